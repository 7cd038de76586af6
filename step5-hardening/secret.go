package hardening

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	token "example.com/bookapi/step2-token"
)

// Secret is a text that must not be printed. It says so in whatever format it
// is asked to (ASVS 5.0 16.2.5); string(s) is the text itself.
type Secret string

const hidden = "[secret]"

// String implements fmt.Stringer, for those who ask for no format: panic does.
func (Secret) String() string { return hidden }

// Format implements fmt.Formatter.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, hidden) }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText implements encoding.TextMarshaler.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// CheckSecret returns the bytes of a secret that is written in base64 or hex,
// as random number generators print it. It refuses one that mallory could have
// too: shorter than token.MinSecret, copied from a tutorial, or, as far as a
// program can tell, thought up by a person (RFC 8725 §3.5, ASVS 5.0 11.5.1). The
// error does not repeat it.
func CheckSecret(text string) ([]byte, error) {
	secret, err := decodeSecret(text)
	switch {
	case err != nil:
		return nil, err
	case isExample(text, secret):
		return nil, errors.New("has a secret in it that stands in tutorials and word lists")
	case len(secret) < token.MinSecret:
		return nil, fmt.Errorf("has a secret of %d bytes, of %d that it must have", len(secret), token.MinSecret)
	case thoughtUp(text, secret):
		return nil, errors.New("has a secret that a person has thought up, and another can guess")
	}
	return secret, nil
}

// decodeSecret reads hex digits as hex, and all else as base64 in either
// alphabet, with or without padding.
func decodeSecret(text string) ([]byte, error) {
	if secret, err := hex.DecodeString(text); err == nil {
		return secret, nil
	}
	plain := strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(text)
	secret, err := base64.RawURLEncoding.DecodeString(plain)
	if err != nil {
		return nil, errors.New("has a secret that is neither base64 nor hex")
	}
	return secret, nil
}

// What everybody has seen: words that no random text holds by chance, and how
// the key in the guide's own example and the one in RFC 7515 §A.1 begin.
var (
	exampleWords = regexp.MustCompile(`(?i:change.?me|passw[o0]rd|example|default|bookapi)|[Ss]ecret|SECRET|[Qq]werty|QWERTY`)
	exampleKeys  = []string{"09d25e094faa6ca2", "0323354b2b0fa5bc"}
)

func isExample(text string, secret []byte) bool {
	digits := hex.EncodeToString(secret)
	return exampleWords.MatchString(text) || exampleWords.Match(secret) ||
		slices.ContainsFunc(exampleKeys, func(start string) bool { return strings.HasPrefix(digits, start) })
}

// thoughtUp reports whether a secret looks like the work of a person: digits
// alone, letters of one case, a text in base64 or hex, a piece over and over, or
// a row of numbers. A random one does so less often than once in a billion.
func thoughtUp(text string, secret []byte) bool {
	isHex := len(text) == 2*len(secret)
	lower, upper := strings.ToLower(text), strings.ToUpper(text)
	oneCase := lower == upper || !isHex && (text == lower || text == upper)
	typed := utf8.Valid(secret) && !bytes.ContainsFunc(secret, func(r rune) bool {
		return !unicode.IsPrint(r) && !unicode.IsSpace(r) && r != 0 // every other byte of a text in UTF-16
	})
	return oneCase || typed || repeats(strings.TrimRight(text, "=")) || repeats(string(secret)) || isRow(secret)
}

// repeats reports whether a piece of at most half the text makes all of it.
func repeats(text string) bool {
	for piece := 1; piece <= len(text)/2; piece++ {
		if text[piece:] == text[:len(text)-piece] {
			return true
		}
	}
	return false
}

// isRow reports whether the bytes of a secret are a row, as of numbers: from one
// to the next there are few different steps.
func isRow(secret []byte) bool {
	steps := make(map[byte]bool)
	for i := 1; i < len(secret); i++ {
		steps[secret[i]-secret[i-1]] = true
	}
	return len(steps) < token.MinSecret/2
}
