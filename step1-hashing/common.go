package hashing

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed common.txt
var commonText string

var commonPasswords = sync.OnceValue(func() map[string]bool {
	list := make(map[string]bool)
	for line := range strings.Lines(commonText) {
		list[strings.TrimSpace(line)] = true
	}
	return list
})

// Common reports whether a password is among those that attackers try first
// (ASVS 5.0 6.2.4), in any letter case, or is one short piece over and over.
// The list that comes with the course is short; a service that matters loads a
// long one, of passwords found in real leaks.
func Common(password string) bool {
	folded := strings.ToLower(password)
	return commonPasswords()[folded] || repeats(folded)
}

// repeats reports whether s is a piece of at most four bytes again and again,
// the last time perhaps cut short.
func repeats(s string) bool {
	for size := 1; size <= min(4, len(s)/2); size++ {
		if s[size:] == s[:len(s)-size] {
			return true
		}
	}
	return false
}
