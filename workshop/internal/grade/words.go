package grade

import (
	"crypto/rand"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// mostName is as much as is shown of a name that a stranger has given.
const mostName = 80

// printable is a name for a list in a line of text, whatever a stranger has put
// into it.
func printable(name string) string {
	return cut(strings.ReplaceAll(oneLine(name), ";", "_"), mostName)
}

// oneLine is a text in one line, without what moves a cursor or hides letters.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n':
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, ansi.Strip(strings.ToValidUTF8(text, "?")))
	return strings.TrimSpace(text)
}

func cut(text string, most int) string { return ansi.Truncate(text, most, "…") }

func newSecret() string { return "graded-" + rand.Text() }

func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
