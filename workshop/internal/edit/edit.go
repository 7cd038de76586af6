// Package edit changes texts at some places and leaves every other byte as it
// is.
package edit

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// An Edit puts Text in the place of src[Start:End].
type Edit struct {
	Start, End int
	Text       string
}

// Apply makes the edits, in whatever order they come. What one of them inserts
// where another deletes is inserted behind that.
func Apply(src []byte, edits []Edit) []byte {
	edits = slices.SortedStableFunc(slices.Values(edits), func(a, b Edit) int { return cmp.Compare(a.Start, b.Start) })
	var out []byte
	done := 0
	for _, e := range edits {
		out = append(append(out, src[done:max(done, e.Start)]...), e.Text...)
		done = max(done, e.End)
	}
	return append(out, src[done:]...)
}

// Lines deletes src[start:end], and the rest of its lines if that is blank.
func Lines(src []byte, start, end int) Edit {
	from, to := start, end
	for from > 0 && (src[from-1] == ' ' || src[from-1] == '\t') {
		from--
	}
	for to < len(src) && (src[to] == ' ' || src[to] == '\t' || src[to] == '\r') {
		to++
	}
	switch atStart := from == 0 || src[from-1] == '\n'; {
	case atStart && to < len(src) && src[to] == '\n':
		return Edit{Start: from, End: to + 1}
	case atStart && to == len(src):
		return Edit{Start: from, End: to}
	}
	return Edit{Start: start, End: end}
}

// Unix gives a text the line ends that every file of the course has, whatever a
// checkout on Windows made of them.
func Unix(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }

// LikeIn gives a text the line ends that most lines of a source have.
func LikeIn(src []byte, text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if crlf := bytes.Count(src, []byte("\r\n")); 2*crlf > bytes.Count(src, []byte("\n")) {
		return strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}
