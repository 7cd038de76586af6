package hardening

import (
	"errors"
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

// named quotes a wrong word for whoever typed it. One that is too long for that
// it does not repeat: it may be a key, pasted into the wrong variable.
func named(word string) string {
	const longest = 20
	if len(word) > longest {
		return fmt.Sprintf("a text of %d bytes", len(word))
	}
	return strconv.Quote(word)
}

// eachOnce joins mistakes that may be lists of mistakes, and says each of them
// once.
func eachOnce(errs ...error) error {
	said := make(map[string]bool)
	var once []error
	all := errors.Join(errs...)
	if all == nil {
		return nil
	}
	for line := range strings.Lines(all.Error()) {
		if line = strings.TrimSuffix(line, "\n"); !said[line] {
			said[line] = true
			once = append(once, errors.New(line))
		}
	}
	return errors.Join(once...)
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
