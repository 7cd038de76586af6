// Package codediff compares two versions of a function: in words, and line by
// line.
package codediff

import (
	"fmt"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/charmbracelet/x/ansi"
)

// A Kind says in which of the two versions a line is.
type Kind int

// The kinds of line.
const (
	Both Kind = iota
	Yours
	Reference
)

// A Line is one line of a diff.
type Line struct {
	Kind Kind
	Text string
}

// A Diff is how two versions of a function differ.
type Diff struct {
	Words []string // sentences: what differs first, and what is called
	Lines []Line   // nil if the code is the same
}

// Compare compares the learner's version of a function with the reference. What
// poses the exercise, in front of the functions and at the beginning of their
// bodies, is left out. The learner's text begins in the given line of its file.
func Compare(yours, reference string, line int) Diff {
	own, ref := read(yours, line), read(reference, 0)
	if own.code != "" && own.code == ref.code {
		return Diff{Words: []string{"Your code is the reference's, to the letter."}}
	}
	d := Diff{Lines: diff(own.lines, ref.lines)}
	if own.code == "" {
		d.Words = append(d.Words, "Yours cannot be read as Go.")
	}
	d.Words = append(d.Words, firstDifference(d.Lines, own.numbers))
	d.Words = append(d.Words, inWords(own.calls, ref.calls)...)
	return d
}

// diff puts the lines of both versions in one list.
func diff(own, ref []string) []Line {
	text := strings.Join(own, "\n") + "\n"
	edits := udiff.Lines(text, strings.Join(ref, "\n")+"\n")
	unified, err := udiff.ToUnifiedDiff("", "", text, edits, len(own))
	var lines []Line
	if err != nil { // which cannot be, as the edits are those of the text
		for _, l := range own {
			lines = append(lines, Line{Yours, l})
		}
		for _, l := range ref {
			lines = append(lines, Line{Reference, l})
		}
		return lines
	}
	for _, hunk := range unified.Hunks {
		for _, l := range hunk.Lines {
			kind := map[udiff.OpKind]Kind{udiff.Equal: Both, udiff.Delete: Yours, udiff.Insert: Reference}[l.Kind]
			lines = append(lines, Line{Kind: kind, Text: strings.TrimSuffix(l.Content, "\n")})
		}
	}
	return lines
}

// firstDifference says where the first lines of code differ. The numbers are
// those of the learner's lines in their file.
func firstDifference(lines []Line, numbers []int) string {
	for at, i := 0, 0; i < len(lines); i++ {
		if lines[i].Kind == Both {
			at++
			continue
		}
		own, ref, start := "", "", at // of this run of lines
		for ; i < len(lines) && lines[i].Kind != Both; i++ {
			isOwn := lines[i].Kind == Yours
			if says := strings.TrimSpace(lines[i].Text); saysSomething(says) {
				switch {
				case isOwn && own == "":
					own, start = says, at
				case !isOwn && ref == "":
					ref = says
				}
			}
			if isOwn {
				at++
			}
		}
		i--
		switch {
		case own != "" && ref != "":
			return fmt.Sprintf("In line %d you have `%s`, and the reference `%s`.", numbers[start], short(own), short(ref))
		case own != "":
			return fmt.Sprintf("In line %d you have `%s`, and the reference nothing like it.", numbers[start], short(own))
		case ref != "":
			return fmt.Sprintf("Before line %d the reference has `%s`, and you nothing like it.", numbers[min(at, len(numbers)-1)], short(ref))
		}
	}
	return "They differ in comments, blank lines and braces, and in nothing else."
}

// saysSomething reports whether a line is code and more than a brace.
func saysSomething(line string) bool {
	return strings.Trim(line, "{}()") != "" && !strings.HasPrefix(line, "//")
}

// short fits a line of code into a sentence.
func short(code string) string { return ansi.Truncate(code, 60, "…") }

// inWords says what only one of the two calls.
func inWords(own, ref []string) []string {
	var words []string
	if only := without(ref, own); len(only) > 0 {
		words = append(words, "The reference calls "+enumerated(only)+"; you do not.")
	}
	if only := without(own, ref); len(only) > 0 {
		words = append(words, "You call "+enumerated(only)+"; the reference does not.")
	}
	return words
}

const most = 5 // names in a sentence

func enumerated(names []string) string {
	if len(names) > most {
		names = append(names[:most-1:most-1], fmt.Sprintf("%d more", len(names)-most+1))
	}
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
