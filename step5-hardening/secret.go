package hardening

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
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
// as random number generators print it. It refuses one that can be guessed:
// shorter than token.MinSecret, copied from a tutorial, the digest of a common
// word, or, as far as a program can tell, made up by a person (RFC 8725 §3.5,
// ASVS 5.0 11.5.1). The error does not repeat it.
func CheckSecret(text string) ([]byte, error) {
	secret, err := decodeSecret(text)
	switch {
	case err != nil:
		return nil, err
	case isExample(text, secret):
		return nil, errors.New("has a secret in it that stands in tutorials and word lists")
	case len(secret) < token.MinSecret:
		return nil, fmt.Errorf("has a secret of %d bytes, of %d that it must have", len(secret), token.MinSecret)
	case wordDigests()[string(secret)]:
		return nil, errors.New("has a secret that is the digest of a word, which a word list finds as fast as the word")
	case looksHumanMade(text, secret):
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

// What is public: words that no random text holds by chance, and how
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

// commonWords are those of which "echo secret | sha256sum" makes a key that looks
// random.
const commonWords = `
	secret password passw0rd passwd changeme change-me change_me default example test testing demo dev admin root user
	key mykey my-key apikey api-key api_key secretkey secret-key secret_key mysecret my-secret my_secret mysecretkey
	jwt jwtsecret jwt-secret jwt_secret jwtkey token signingkey signing-key private privatekey supersecret super-secret
	verysecret topsecret your-256-bit-secret your-secret-key bookapi book-api BookAPI books hello helloworld foo bar
	foobar abc abc123 letmein welcome qwerty iloveyou monkey dragon master sunshine princess football baseball batman
	superman trustno1 shadow hunter2 swordfish correcthorsebatterystaple 1 12 123 1234 12345 123456 1234567 12345678
	123456789 1234567890 0`

// wordDigests are the SHA-2 digests of common words, in several spellings, of at
// least token.MinSecret bytes.
var wordDigests = sync.OnceValue(func() map[string]bool {
	digests := make(map[string]bool)
	add := func(text string) {
		long, middle, short := sha512.Sum512([]byte(text)), sha512.Sum384([]byte(text)), sha256.Sum256([]byte(text))
		digests[string(long[:])], digests[string(middle[:])], digests[string(short[:])] = true, true, true
	}
	for _, word := range append(strings.Fields(commonWords), "") {
		for _, spelled := range []string{word, strings.ToUpper(word), strings.ToUpper(word[:min(1, len(word))]) + word[min(1, len(word)):]} {
			for _, end := range []string{"", "1", "123", "!", "123!"} {
				add(spelled + end)
				add(spelled + end + "\n") // as echo writes it
			}
		}
	}
	return digests
})

// looksHumanMade reports whether a secret looks like the work of a person: digits
// alone, letters of one case, a text in base64 or hex, a piece over and over, or
// a row of numbers. A random one does so less often than once in a billion.
func looksHumanMade(text string, secret []byte) bool {
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
