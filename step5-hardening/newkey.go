package hardening

import (
	"encoding/base64"
	"regexp"

	token "example.com/bookapi/step2-token"
)

// keyIDs are the IDs that a key can have: they stand in tokens and in logs.
var keyIDs = regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)

// NewKey returns a fresh key in the form of BOOKAPI_KEYS, for the one who runs
// the server: the only place where a secret is printed.
func NewKey() string {
	key := token.NewKey()
	return key.ID + ":" + base64.RawURLEncoding.EncodeToString(key.Secret)
}
