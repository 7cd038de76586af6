package hardening

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// A refresh token is ID.SECRET: the session it belongs to, and a text that
// cannot be guessed, of 130 bits from the system's random numbers (RFC 9700 §4.14,
// ASVS 5.0 11.5.1). To its owner it is one opaque text.

// newID draws the ID of a session.
func newID() string { return rand.Text() }

// newRefreshToken draws a token of the session with this ID, and returns it
// with the hash that is stored in its place. The hash may be a fast one: unlike
// a password, 130 random bits are on no word list.
func newRefreshToken(id string) (raw, hash string) {
	raw = id + "." + rand.Text()
	return raw, hashRefreshToken(raw)
}

// SessionID returns the ID of the session that a token says it belongs to.
func SessionID(raw string) string {
	id, _, _ := strings.Cut(raw, ".")
	return id
}

// hashRefreshToken returns the hash to look for in the store.
func hashRefreshToken(raw string) string {
	sum := sha256.Sum256([]byte(raw))
	return hex.EncodeToString(sum[:])
}
