package course

import (
	"regexp"
	"strings"
)

// A Hint is one piece of advice for an exercise.
type Hint struct {
	Test string // the red test that it is for, or "" if it is for the whole exercise
	Kind string // "a question"
	Text string // lines that begin with four spaces are code
}

// hintKinds says what the first, second and third hint for one thing are.
var hintKinds = [...]string{"a question", "where to read", "nearly the code"}

// HintsFor returns the hints to give while a test is the first that is red, in
// their order: those for this test, and then those for the whole exercise. The
// test is "" if none is red, or if none can tell.
func (e Exercise) HintsFor(test string) []Hint {
	var hints []Hint
	add := func(test string, texts []string) {
		for i, text := range texts {
			hints = append(hints, Hint{test, hintKinds[i], text})
		}
	}
	test, _, _ = strings.Cut(test, "/") // its subtests have no hints of their own
	for _, h := range e.TestHints {
		if test != "" && regexp.MustCompile(h.Tests).MatchString(test) {
			add(test, h.Steps)
			break
		}
	}
	add("", e.Hints)
	return hints
}
