package bookapitest

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
)

// Leak tells in which form secret stands in text: "as it is", "in hex",
// "in base64", "URL-encoded"; or "" if it does not. Encoding hides nothing.
func Leak(text, secret string) string {
	if secret == "" {
		return ""
	}
	folded := strings.ToLower(text)
	switch {
	case strings.Contains(text, secret):
		return "as it is"
	case strings.Contains(folded, strings.ToLower(secret)):
		return "in another letter case"
	case strings.Contains(folded, hex.EncodeToString([]byte(secret))):
		return "in hex"
	case strings.Contains(text, url.QueryEscape(secret)), strings.Contains(text, url.PathEscape(secret)):
		return "URL-encoded"
	}
	for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			if strings.Contains(text, inside(alphabet, before, secret)) {
				return "in base64"
			}
		}
	}
	return ""
}

// inside returns the characters of a base64 text that are the same for every
// such text in which secret stands with before bytes, modulo 3, in front of it.
func inside(alphabet *base64.Encoding, before int, secret string) string {
	whole := alphabet.EncodeToString([]byte(strings.Repeat("\x00", before) + secret))
	first := (before*8 + 5) / 6            // characters that the bytes in front reach into
	last := (before + len(secret)) * 8 / 6 // characters that the bytes behind do not
	return whole[first:last]
}
