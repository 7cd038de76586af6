package hardening

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"

	token "example.com/bookapi/step2-token"
)

// Secret is a text that must not be printed. It says so in whatever format it
// is asked to (ASVS 5.0 16.2.5); string(s) is the text itself.
type Secret string

const hidden = "[secret]"

// Format implements fmt.Formatter.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, hidden) }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText implements encoding.TextMarshaler.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// CheckSecret returns the bytes of a secret that is written in base64 or hex,
// as random number generators print it. It refuses one that mallory could have
// too: shorter than token.MinSecret, copied from a tutorial, or thought up by a
// person (RFC 8725 §3.5, ASVS 5.0 11.5.1). The error does not repeat it.
func CheckSecret(text string) ([]byte, error) {
	secret, err := decodeSecret(text)
	switch {
	case err != nil:
		return nil, err
	case examples.MatchString(text) || examples.Match(secret):
		return nil, errors.New("has a secret in it that stands in tutorials and word lists")
	case len(secret) < token.MinSecret:
		return nil, fmt.Errorf("has a secret of %d bytes, of %d that it must have", len(secret), token.MinSecret)
	case thoughtUp(text, secret):
		return nil, errors.New("has a secret that a person has thought up, and another can guess")
	}
	return secret, nil
}

// decodeSecret reads 64 and more hex digits as hex, all else as base64 in
// either alphabet, with or without padding.
func decodeSecret(text string) ([]byte, error) {
	if secret, err := hex.DecodeString(text); err == nil && len(secret) >= token.MinSecret {
		return secret, nil
	}
	plain := strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(text)
	secret, err := base64.RawURLEncoding.DecodeString(plain)
	if err != nil {
		return nil, errors.New("has a secret that is neither base64 nor hex")
	}
	return secret, nil
}

// examples are what everybody has seen: the start of the key in the guide's
// own example, and words that no random text holds by chance.
var examples = regexp.MustCompile(`(?i)09d25e094faa6ca2|secret|passw|change.?me|example|default|bookapi|qwerty|abcdefgh|01234567|12345678`)

// thoughtUp reports whether a secret looks like the work of a person: a text,
// a text in base64, or a piece over and over. A random one does by chance less
// often than once in a billion.
func thoughtUp(text string, secret []byte) bool {
	isHex := len(text) == 2*len(secret)
	oneCase := strings.ToLower(text) == text || strings.ToUpper(text) == text
	typed := !slices.ContainsFunc(secret, func(b byte) bool { return b < ' ' || b > '~' })
	distinct := slices.Compact(slices.Sorted(slices.Values(secret)))
	return oneCase && !isHex || typed || len(distinct) < token.MinSecret/2
}
