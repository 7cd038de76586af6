// Package workspace says, in the text of a go.work, which steps are the
// learner's and which the reference's. Whatever else stands there is the
// learner's and stays: comments, order, line ends, other modules.
package workspace

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/edit"
)

// An Owner is whose code a step runs.
type Owner string

// The owners.
const (
	Learner   Owner = "yours"
	Reference Owner = "the reference's"
	Nobody    Owner = "" // go.work uses a folder that is neither
)

// OwnerOf tells whose code a step runs at the moment.
func OwnerOf(s course.Step) Owner {
	switch s.Dir {
	case folderOf(s, Learner):
		return Learner
	case folderOf(s, Reference):
		return Reference
	}
	return Nobody
}

// folderOf is the step's folder from the root.
func folderOf(s course.Step, o Owner) string {
	if o == Reference {
		return path.Join("solutions", s.Name)
	}
	return s.Name
}

// mark stands behind the lines that CatchUp adds, so that it knows them again.
const mark = "// catchup"

// CatchUp returns a go.work in which the steps before number n are the
// reference's, and all others the learner's. It changes nothing else, and if
// it cannot tell what a line is for, the error is a sentence that names it.
func CatchUp(work []byte, steps []course.Step, n int) ([]byte, error) {
	file, err := modfile.ParseWork("go.work", work, nil)
	if err != nil {
		return nil, err
	}
	w := editor{file: file, work: work}
	for _, s := range steps {
		owner := Learner
		if s.Number < n {
			owner = Reference
		}
		if err := w.use(s, owner); err != nil {
			return nil, err
		}
		if err := w.replace(s, owner); err != nil {
			return nil, err
		}
	}
	return w.text(), nil
}

// An editor collects changes to the text of a go.work.
type editor struct {
	file  *modfile.WorkFile
	work  []byte
	edits []edit.Edit
	added []string // lines
}

// use makes the line that uses a step use its owner's folder.
func (w *editor) use(s course.Step, o Owner) error {
	if OwnerOf(s) == Nobody {
		return fmt.Errorf("go.work uses %s for step %d, which is neither yours nor the reference's: make that ./%s, and try again", s.Dir, s.Number, s.Name)
	}
	want := folderOf(s, o)
	for _, use := range w.file.Use {
		if path.Clean(strings.ReplaceAll(use.Path, `\`, "/")) == s.Dir && s.Dir != want {
			w.edits = append(w.edits, w.lastWord(use.Syntax, "./"+want))
		}
	}
	return nil
}

// lastWord replaces the last word of a line, which may be in quotes.
func (w *editor) lastWord(line *modfile.Line, word string) edit.Edit {
	start, end := line.Start.Byte, line.End.Byte
	text := w.work[start:end]
	if last := text[len(text)-1]; last == '"' || last == '`' {
		start += bytes.LastIndexByte(text[:len(text)-1], last)
	} else {
		start += bytes.LastIndexAny(text, " \t(") + 1
	}
	return edit.Edit{Start: start, End: end, Text: word}
}

// replace sees to it that modules which ask for the reference by different
// paths mean one folder, and takes its own lines out when they are of no use.
func (w *editor) replace(s course.Step, o Owner) error {
	there := false
	for _, r := range w.file.Replace {
		if r.Old.Path != s.ImportPath {
			continue
		}
		own := slices.ContainsFunc(r.Syntax.Suffix, func(c modfile.Comment) bool { return c.Token == mark })
		if o == Learner {
			if own {
				w.edits = append(w.edits, w.line(r.Syntax))
			}
			continue
		}
		if to := path.Clean(strings.ReplaceAll(r.New.Path, `\`, "/")); to != folderOf(s, Reference) {
			return fmt.Errorf("go.work, line %d, replaces %s by %s, which is not the reference: take that line out, and try again", r.Syntax.Start.Line, r.Old.Path, r.New.Path)
		}
		there = true
	}
	if o == Reference && !there {
		w.added = append(w.added, fmt.Sprintf("replace %s v0.0.0 => ./%s %s", s.ImportPath, folderOf(s, Reference), mark))
	}
	return nil
}

// line takes out a line, whole.
func (w *editor) line(l *modfile.Line) edit.Edit {
	start := bytes.LastIndexByte(w.work[:l.Start.Byte], '\n') + 1
	end := len(w.work)
	if i := bytes.IndexByte(w.work[l.Start.Byte:], '\n'); i >= 0 {
		end = l.Start.Byte + i + 1
	}
	return edit.Edit{Start: start, End: end}
}

var blankAtEnd = regexp.MustCompile(`(\n)(?:[ \t]*\r?\n)+$`)

func (w *editor) text() []byte {
	out := edit.Apply(w.work, w.edits)
	last := 0 // where what follows the last edit begins
	for _, e := range w.edits {
		last = max(last, e.End)
	}
	if slices.ContainsFunc(w.edits, func(e edit.Edit) bool { return e.Text == "" }) && len(bytes.TrimSpace(w.work[last:])) == 0 {
		out = blankAtEnd.ReplaceAll(out, []byte("$1"))
	}
	if len(w.added) > 0 {
		lines := strings.Join(w.added, "\n") + "\n"
		if !bytes.Contains(out, []byte(mark)) {
			lines = "\n" + lines // a paragraph of their own
		}
		if len(out) > 0 && out[len(out)-1] != '\n' {
			lines = "\n" + lines
		}
		out = append(out, edit.LikeIn(w.work, lines)...)
	}
	return out
}
