// Package tui is the workshop's face in a terminal, and the plain text that it
// is in a pipe.
package tui

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"
)

// Screen is where lines go. No line is wider than Width.
type Screen struct {
	W        io.Writer
	Width    int  // columns
	Color    bool // styles may be used
	Terminal bool // what is written can be taken back
}

// The width when there is no telling, and the widest that is pleasant to read.
const (
	defaultWidth = 80
	maxWidth     = 100
)

// NewScreen looks at what f is: a terminal gets its own width, and colours
// unless NO_COLOR or TERM=dumb forbid them; anything else gets plain text.
func NewScreen(f *os.File) Screen {
	s := Screen{W: f, Width: defaultWidth}
	fd := int(f.Fd())
	if !term.IsTerminal(fd) || os.Getenv("TERM") == "dumb" || !enableEscapes(f) {
		return s
	}
	s.Terminal = true
	s.Color = os.Getenv("NO_COLOR") == ""
	if width, _, err := term.GetSize(fd); err == nil && width > 0 {
		s.Width = min(width, maxWidth)
	}
	return s
}

// The styles are of the 16 colours that every terminal has and every theme
// makes legible.
var (
	bold   = ansi.NewStyle().Bold()
	faint  = ansi.NewStyle().Faint()
	good   = ansi.NewStyle().ForegroundColor(ansi.Green)
	bad    = ansi.NewStyle().ForegroundColor(ansi.Red)
	alarm  = ansi.NewStyle().Bold().ForegroundColor(ansi.Red).Reverse(true)
	accent = ansi.NewStyle().ForegroundColor(ansi.Cyan)
)

// paint styles text if the screen has colours.
func (s Screen) paint(style ansi.Style, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return style.Styled(text)
}

// Say writes a message, wrapped to the screen's width.
func (s Screen) Say(message string) { s.block(0, ansi.NewStyle(), message) }

// line writes one line, and cuts it off at the screen's width.
func (s Screen) line(parts ...string) {
	text := strings.TrimRight(strings.Join(parts, ""), " ")
	fmt.Fprintln(s.W, ansi.Truncate(text, s.Width, "…"))
}

// block writes text wrapped to the screen's width, each line indented and styled.
func (s Screen) block(indent int, style ansi.Style, text string) {
	for line := range strings.SplitSeq(s.wrap(indent, text), "\n") {
		s.line(strings.Repeat(" ", indent), s.paint(style, line))
	}
}

// wrap breaks lines at spaces, and within a word only if it is wider than the
// screen: half a path or flag is of no use.
func (s Screen) wrap(indent int, text string) string {
	const unbreakable = "\u2011" // a hyphen to the eye
	text = strings.ReplaceAll(clean(text), "-", unbreakable)
	return strings.ReplaceAll(ansi.Wrap(text, max(s.Width-indent, 10), ""), unbreakable, "-")
}

// clean takes out of text what would move the cursor or colour the screen:
// the code under test prints what it likes.
func clean(text string) string {
	text = strings.ReplaceAll(ansi.Strip(text), "\t", "    ")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return -1
		}
		return r
	}, text)
}

// pad fills text up with spaces.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-ansi.StringWidth(text)))
}
