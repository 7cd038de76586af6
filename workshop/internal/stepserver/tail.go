package stepserver

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// most is how much is kept of what a server prints, in bytes.
const most = 32 << 10

// tail is the last of a text.
type tail []byte

// add adds to the text, and drops whole lines of its beginning.
func (t tail) add(p []byte) tail {
	t = append(t, p...)
	if over := len(t) - most; over > 0 {
		t = t[over:]
		if end := bytes.IndexByte(t, '\n'); end >= 0 {
			t = t[end+1:]
		}
		t = bytes.Clone(t)
	}
	return t
}

// String is the text without what would colour a terminal or move its cursor.
func (t tail) String() string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, ansi.Strip(strings.ToValidUTF8(string(t), "�")))
}
