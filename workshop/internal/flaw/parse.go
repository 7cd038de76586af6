package flaw

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// Parse reads a patch file: a header of "Key: value" lines, a blank line, the
// story, and a unified diff against the solutions. All but the diff may be
// missing. Errors begin with file and line.
//
// file is the path with slashes. A folder "alternatives" on it, or a header
// Allowed-by, makes the patch an alternative; any other is a flaw. The step is
// that of the exercise, or else the folder that the diff changes first.
func Parse(file string, text []byte) (*Patch, error) {
	r := &reader{
		Patch: &Patch{Name: strings.TrimSuffix(path.Base(file), ".patch"), File: file},
		lines: strings.SplitAfter(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n"),
		keys:  make(map[string]int),
	}
	begin := r.diffBegins()
	if begin < 0 {
		return nil, r.fault(len(r.lines), "there is no diff: it begins with the lines \"--- a/step...\" and \"+++ b/step...\"")
	}
	if err := r.header(r.lines[:begin]); err != nil {
		return nil, err
	}
	if err := r.diff(begin); err != nil {
		return nil, err
	}
	if err := r.resolve(); err != nil {
		return nil, err
	}
	return r.Patch, nil
}

// reader reads one patch file.
type reader struct {
	*Patch
	lines []string       // each with its newline
	keys  map[string]int // the lines of the keys that were there, and of what came with them
	at    int            // the line of the correct answer
	race  string         // the value of Race:
}

// fault is an error at a line, counted from 1.
func (r *reader) fault(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", r.File, line, fmt.Sprintf(format, args...))
}

// diffBegins returns the index of the first line of the diff, or -1.
func (r *reader) diffBegins() int {
	for i, line := range r.lines {
		twoNames := i+1 < len(r.lines) && strings.HasPrefix(line, "--- ") && strings.HasPrefix(r.lines[i+1], "+++ ")
		if twoNames || strings.HasPrefix(line, "diff --git ") {
			return i
		}
	}
	return -1
}

var headerLine = regexp.MustCompile(`^([A-Z][A-Za-z-]*):\s*(.*)$`)

// header reads what stands before the diff.
func (r *reader) header(lines []string) error {
	var value *string // that an indented line goes on with
	for i, line := range lines {
		line = strings.TrimRight(line, " \t\n")
		indented := strings.TrimLeft(line, " \t")
		switch m := headerLine.FindStringSubmatch(line); {
		case line == "":
			r.Story = paragraphs(lines[i:])
			return nil
		case m != nil:
			var err error
			if value, err = r.field(i+1, m[1], m[2]); err != nil {
				return err
			}
		case r.keys["Choices"] > 0 && (strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "* ")):
			if line[0] == '*' {
				if r.at > 0 {
					return r.fault(i+1, "a second right answer: line %d has one", r.at)
				}
				r.Answer, r.at = len(r.Choices), i+1
			}
			r.Choices = append(r.Choices, line[2:])
			value = &r.Choices[len(r.Choices)-1]
		case indented != line && value != nil:
			*value += " " + indented
		default:
			return r.fault(i+1, "%q is no header line: write \"Key: value\", and a blank line before the story", line)
		}
	}
	return nil
}

// field puts the value of a header line where it belongs.
func (r *reader) field(line int, key, value string) (*string, error) {
	fields := map[string]*string{
		"Title": &r.Title, "CWE": &r.CWE, "Breaks": &r.Breaks, "Allowed-by": &r.AllowedBy, "Exercise": &r.Exercise,
		"Caught-by": &r.CaughtBy.Name, "Message": &r.Message, "Race": &r.race, "Precedent": &r.Precedent, "Choices": nil,
	}
	field, known := fields[key]
	switch {
	case !known:
		return nil, r.fault(line, "there is no header %q: it is one of Title, CWE, Breaks, Allowed-by, Exercise, Caught-by, Message, Race, Precedent, Choices", key)
	case r.keys[key] > 0:
		return nil, r.fault(line, "%s: is there twice: line %d has it", key, r.keys[key])
	case field == nil && value != "":
		return nil, r.fault(line, "the choices stand on lines of their own: \"- \" begins a wrong one, \"* \" the right one")
	case field != nil && value == "":
		return nil, r.fault(line, "%s: has no value", key)
	}
	r.keys[key] = line
	if field != nil {
		*field = value
	}
	return field, nil
}

// paragraphs joins the lines of each paragraph: whoever shows them wraps them
// again.
func paragraphs(lines []string) string {
	var all []string
	for text := range strings.SplitSeq(strings.Join(lines, ""), "\n\n") {
		if text = strings.Join(strings.Fields(text), " "); text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, "\n\n")
}

var gitdiffError = regexp.MustCompile(`^gitdiff: line (\d+): (.*)$`)

// diff reads the diff, which begins at an index of lines.
func (r *reader) diff(begin int) error {
	r.Diff = strings.Join(r.lines[begin:], "")
	var err error
	// The blank lines make gitdiff count as the file does.
	r.files, _, err = gitdiff.Parse(strings.NewReader(strings.Repeat("\n", begin) + r.Diff))
	if err != nil {
		line, message := begin+1, err.Error()
		if m := gitdiffError.FindStringSubmatch(message); m != nil {
			line, _ = strconv.Atoi(m[1]) // digits
			message = m[2]
		}
		return r.fault(line, "the diff: %s", message)
	}
	for i, line := range r.lines[begin:] {
		if strings.HasPrefix(line, "@@ ") {
			r.hunks = append(r.hunks, begin+i+1)
		}
	}
	hunks := 0
	for _, f := range r.files {
		if err := checkFile(f); err != nil {
			return r.fault(begin+1, "the diff: %s: %s", target(f), err)
		}
		hunks += len(f.TextFragments)
	}
	if hunks == 0 || hunks != len(r.hunks) {
		return r.fault(begin+1, "the diff: %d hunks begin with \"@@ \", and %d of them can be read", len(r.hunks), hunks)
	}
	return nil
}

// checkFile refuses what a patch may not do.
func checkFile(f *gitdiff.File) error {
	name := target(f)
	switch {
	case f.IsRename || f.IsCopy || f.IsBinary:
		return errors.New("change, add or delete text files: a patch does nothing else here")
	case path.Clean(name) != name || path.IsAbs(name) || strings.HasPrefix(name, "../") || !strings.Contains(name, "/"):
		return errors.New("paths count from the solutions' folder, like a/step3-protect/verify.go")
	case strings.HasSuffix(name, "_test.go"):
		return errors.New("a patch may not change the tests that judge it")
	}
	for _, hunk := range f.TextFragments {
		if !f.IsNew && hunk.OldLines == 0 {
			return fmt.Errorf("the hunk %q shows no line of the file, so there is no telling where it belongs: give it context", strings.TrimSpace(hunk.Header()))
		}
	}
	return nil
}

var (
	weakness   = regexp.MustCompile(`^CWE-[1-9][0-9]*$`)
	exerciseID = regexp.MustCompile(`^([0-9]+)\.[1-9][0-9]*$`)
	testName   = regexp.MustCompile(`^Test\w+(/.+)?$`)
	stepFolder = regexp.MustCompile(`^step([0-9]+)-[a-z0-9]+$`)
)

// resolve finds out what the patch is and which step it is for, and refuses
// values that mean nothing.
func (r *reader) resolve() error {
	folders := strings.Split(path.Dir(r.File), "/")
	r.Alternative = slices.Contains(folders, "alternatives") || r.AllowedBy != ""
	r.Race = r.race == "true"
	exercise := exerciseID.FindStringSubmatch(r.Exercise)
	r.Step = r.stepOf(folders[len(folders)-1])
	step := stepFolder.FindStringSubmatch(r.Step)
	switch {
	case step == nil:
		return r.fault(r.hunks[0], "%s is not a file of a step", target(r.files[0]))
	case r.CWE != "" && !weakness.MatchString(r.CWE):
		return r.fault(r.keys["CWE"], "CWE: is one number, like CWE-347")
	case r.race != "" && !r.Race:
		return r.fault(r.keys["Race"], "Race: is true, or left out")
	case r.Exercise != "" && exercise == nil:
		return r.fault(r.keys["Exercise"], "Exercise: looks like 3.2")
	case exercise != nil && exercise[1] != step[1]:
		return r.fault(r.keys["Exercise"], "exercise %s is not one of %s", r.Exercise, r.Step)
	case r.Choices != nil && (len(r.Choices) != 4 || r.at == 0):
		return r.fault(r.keys["Choices"], "there are four choices, and \"* \" begins the right one")
	}
	r.CaughtBy.Step = r.Step
	if other, name, ok := strings.Cut(r.CaughtBy.Name, ":"); ok {
		r.CaughtBy = Test{Step: other, Name: strings.TrimSpace(name)}
	}
	r.CaughtBy.Name = strings.ReplaceAll(r.CaughtBy.Name, " ", "_") // as go test does
	if r.CaughtBy.Name != "" && (!testName.MatchString(r.CaughtBy.Name) || !stepFolder.MatchString(r.CaughtBy.Step)) {
		return r.fault(r.keys["Caught-by"], "Caught-by: names a test, like TestVerify or step3-protect:TestVerify/alg_none")
	}
	return nil
}

// stepOf returns the folder of the patch's step: the one that the file is in,
// or else the first that the diff changes.
func (r *reader) stepOf(folder string) string {
	if stepFolder.MatchString(folder) {
		return folder
	}
	first, _, _ := strings.Cut(target(r.files[0]), "/")
	return first
}
