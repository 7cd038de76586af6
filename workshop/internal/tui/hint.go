package tui

import (
	"fmt"

	"example.com/bookapi/workshop/internal/course"
)

// HintTitle says which of the hints follows, and what it is for.
func (s Screen) HintTitle(hints []course.Hint, number int) {
	h := hints[number-1]
	title := fmt.Sprintf("hint %d of %d: %s", number, len(hints), h.Kind)
	if h.Test != "" {
		title += ", for the red " + h.Test
	}
	s.Text(Faint, 0, title)
}

// NextHint says what the hint behind this one is, and how to get it.
func (s Screen) NextHint(hints []course.Hint, number int, how string) {
	next := hints[number]
	whole := ""
	if next.Test != hints[number-1].Test {
		whole = " about the whole exercise"
	}
	s.Text(Faint, 0, fmt.Sprintf("The next hint is %s%s:%s", next.Kind, whole, how))
}
