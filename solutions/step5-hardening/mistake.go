package hardening

import (
	"fmt"
	"strconv"
	"strings"
)

// mistake says what is wrong with a variable of the environment, and what
// would be right.
func mistake(variable, format string, args ...any) error {
	return fmt.Errorf("%s: "+format, append([]any{variable}, args...)...)
}

// badKey says what is wrong with the n-th key, counted from 0.
func badKey(n int, err error) error {
	return mistake("BOOKAPI_KEYS", "key %d %w; \"bookapi keys new\" prints a good one", n+1, err)
}

// named quotes a wrong word. It does not repeat a long one: that may be a key,
// pasted into the wrong variable.
func named(word string) string {
	const longest = 20
	if len(word) > longest {
		return fmt.Sprintf("a text of %d bytes", len(word))
	}
	return strconv.Quote(word)
}

// list takes a text with commas apart. Spaces around the parts do not count,
// and neither do empty parts.
func list(text string) (parts []string) {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}
