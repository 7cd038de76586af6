package sqlstore

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// hasUnstorableText reports whether one of the values is text that no database
// is asked about: NUL and broken UTF-8 are never stored, and PostgreSQL cannot
// even compare them.
func hasUnstorableText(args []any) bool {
	return slices.ContainsFunc(args, func(arg any) bool {
		s, ok := arg.(string)
		return ok && (!utf8.ValidString(s) || strings.ContainsRune(s, 0))
	})
}

// millis is a time as the database keeps it.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// fromMillis is the time that millis made ms of.
func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
