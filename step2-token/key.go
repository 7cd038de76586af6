package token

import (
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
)

// MinSecret is the length of the shortest secret that may sign a token, in
// bytes: as many as SHA-256 puts out, the hash of HS256 (RFC 7518 §3.2).
const MinSecret = 32

// newSecret is the length of a new secret: long enough for HS512, too.
const newSecret = 64

// Key is a secret that signs tokens and verifies them. It prints as its ID alone,
// whatever the format: with the secret, a token for any user can be signed.
type Key struct {
	ID     string // goes into a token's header as kid, so that keys can change
	Secret []byte `json:"-"`
}

// NewKey draws a new random key. Tokens signed with it end with the program that
// drew it, unless the program keeps it.
func NewKey() Key {
	secret := make([]byte, newSecret)
	rand.Read(secret) // never fails: see crypto/rand
	return Key{ID: rand.Text()[:8], Secret: secret}
}

// Format implements fmt.Formatter.
func (k Key) Format(f fmt.State, _ rune) { io.WriteString(f, "key "+k.ID) }

// LogValue implements slog.LogValuer.
func (k Key) LogValue() slog.Value { return slog.StringValue("key " + k.ID) }
