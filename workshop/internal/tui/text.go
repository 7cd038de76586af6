package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// A Style is how a text looks on a screen that has colours.
type Style int

// The styles, named after what they say rather than how they look.
const (
	Plain  Style = iota
	Bold         // a heading
	Faint        // what may be skipped
	Good         // right, green
	Bad          // wrong, red
	Accent       // what to type, or where to look
)

func (style Style) ansi() ansi.Style {
	switch style {
	case Bold:
		return bold
	case Faint:
		return faint
	case Good:
		return good
	case Bad:
		return bad
	case Accent:
		return accent
	}
	return ansi.NewStyle()
}

// Text writes text wrapped to the screen's width, each line indented. A line
// that begins with spaces keeps them when it is wrapped.
func (s Screen) Text(style Style, indent int, text string) {
	for line := range strings.SplitSeq(strings.TrimRight(clean(text), "\n"), "\n") {
		words := strings.TrimLeft(line, " ")
		s.block(indent+len(line)-len(words), style.ansi(), words)
	}
}

// Hint writes a hint: its words wrapped to the screen's width, and its code, the
// lines that begin with four spaces, whole, however long, as it is to be copied.
func (s Screen) Hint(text string) {
	for line := range strings.SplitSeq(strings.TrimRight(clean(text), "\n"), "\n") {
		if strings.HasPrefix(line, "    ") {
			fmt.Fprintln(s.W, line)
			continue
		}
		s.block(2, ansi.NewStyle(), line)
	}
}

// Command writes a command to type.
func (s Screen) Command(command string) { s.Text(Accent, 2, command) }

// Gap writes an empty line.
func (s Screen) Gap() { s.line() }

// Titled writes a heading, and behind it what else is to know in a few words.
func (s Screen) Titled(title, remark string) {
	s.line(s.paint(bold, clean(title)), "  ", s.paint(faint, clean(remark)))
}

// Marked writes text behind a mark, "✓ " or "✗ ", and wraps it to stand beside
// the mark.
func (s Screen) Marked(style Style, mark string, indent int, text string) {
	width := ansi.StringWidth(mark) + 1
	for i, line := range strings.Split(s.wrap(indent+width, text), "\n") {
		lead := strings.Repeat(" ", width)
		if i == 0 {
			lead = s.paint(style.ansi(), mark) + " "
		}
		s.line(strings.Repeat(" ", indent), lead, line)
	}
}

// Code writes a line of code behind a sign. What does not fit goes on below it,
// further in.
func (s Screen) Code(style Style, sign, code string) {
	const margin, further = 4, 4
	code = strings.TrimRight(clean(code), " ")
	text := strings.TrimLeft(code, " ")
	lead := strings.Repeat(" ", len(code)-len(text))
	parts := []string{text}
	if ansi.StringWidth(lead+text) > s.Width-margin {
		parts = strings.Split(s.wrap(margin+len(lead)+further, text), "\n")
	}
	for i, part := range parts {
		if i > 0 {
			part = strings.Repeat(" ", further) + part
		}
		s.line("  ", s.paint(style.ansi(), pad(sign, 1)+" "+lead+part))
	}
}
