package hardening

import (
	"encoding/base64"

	token "example.com/bookapi/step2-token"
)

// NewKey returns a fresh key in the form of BOOKAPI_KEYS, for the one who runs
// the server: the only place where a secret is printed.
func NewKey() string {
	key := token.NewKey()
	return key.ID + ":" + base64.RawURLEncoding.EncodeToString(key.Secret)
}
