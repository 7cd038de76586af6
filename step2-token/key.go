package token

import (
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
)

// MinSecret is the length of the shortest secret that may sign a token, in
// bytes: as many as the hash it is used with puts out (RFC 7518 §3.2).
const MinSecret = 32

// Key is a secret that signs tokens and verifies them. Whoever has it can be
// anybody, so it prints as its ID alone, whatever the format.
type Key struct {
	ID     string // goes into a token's header as kid, so that keys can change
	Secret []byte `json:"-"`
}

// NewKey draws a key that nobody has seen before. Tokens signed with it end
// with the program that drew it, unless the program keeps it.
func NewKey() Key {
	secret := make([]byte, MinSecret)
	rand.Read(secret) // never fails: see crypto/rand
	return Key{ID: rand.Text()[:8], Secret: secret}
}

// Format implements fmt.Formatter.
func (k Key) Format(f fmt.State, _ rune) { io.WriteString(f, "key "+k.ID) }

// LogValue implements slog.LogValuer.
func (k Key) LogValue() slog.Value { return slog.StringValue("key " + k.ID) }
