package bookapitest

import (
	"fmt"
	"regexp"
	"unicode"
)

// opaque is a text without a space that nobody reads: a token, a hash, a key.
var opaque = regexp.MustCompile(`[\w$./+=,-]{40,}`)

// Shorten replaces each token, hash or key in a text by its first 12 characters
// and its length, so that a failure stays readable.
func Shorten(text string) string {
	return opaque.ReplaceAllStringFunc(text, func(s string) string {
		digits := 0
		for _, r := range s {
			if unicode.IsDigit(r) {
				digits++
			}
		}
		if digits < 3 { // a name, or a path
			return s
		}
		return fmt.Sprintf("%s… (%d characters)", s[:12], len(s))
	})
}
