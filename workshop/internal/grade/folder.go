package grade

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Folder holds results: grades.csv of all, and for each submission a folder with
// result.json and feedback.md.
type Folder struct{ dir string }

// The files of a folder of results.
const (
	GradesFile   = "grades.csv"
	FeedbackFile = "feedback.md"
	resultFile   = "result.json"
)

// OpenFolder makes a folder for results, if there is none.
func OpenFolder(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return &Folder{dir}, nil
}

// Results are all that are in the folder, in the order of names.
func (f *Folder) Results() ([]Result, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	var all []Result
	for _, entry := range entries {
		if r, ok := f.find(entry.Name()); ok {
			all = append(all, r)
		}
	}
	return all, nil
}

// find returns the result of a submission that is there already.
func (f *Folder) find(name string) (Result, bool) {
	text, err := os.ReadFile(filepath.Join(f.dir, name, resultFile))
	if err != nil {
		return Result{}, false
	}
	var r Result
	return r, json.Unmarshal(text, &r) == nil && r.Name == name
}

// put writes a result, and the table of all that there are so far.
func (f *Folder) put(g *Grader, r Result, all []Result) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	dir := filepath.Join(f.dir, r.Name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	table, err := g.table(sorted(all))
	if err != nil {
		return err
	}
	return errors.Join(
		write(filepath.Join(dir, FeedbackFile), []byte(g.Feedback(r))),
		write(filepath.Join(dir, resultFile), append(text, '\n')),
		write(filepath.Join(f.dir, GradesFile), table),
	)
}

// write writes a file whole or not at all.
func write(name string, text []byte) error {
	beside := name + ".new"
	if err := os.WriteFile(beside, text, 0o644); err != nil {
		return err
	}
	return os.Rename(beside, name)
}

// Submissions gives each path a name of its own, which is fit for a file: that of
// the folder or archive. Where two have the same, those of the folders around them
// come in front.
func Submissions(paths []string) ([]Submission, error) {
	own := func(p string) string { return safeName(filepath.Base(p)) }
	names := make([]string, len(paths))
	full := make([]string, len(paths))
	for i, p := range paths {
		if _, err := os.Lstat(p); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no %s", p)
		}
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		full[i], names[i] = abs, own(abs)
	}
	for i := range names {
		for j := range names {
			if i != j && strings.EqualFold(own(full[i]), own(full[j])) {
				names[i] = safeName(filepath.Base(filepath.Dir(full[i])) + "_" + filepath.Base(full[i]))
			}
		}
	}
	var all []Submission
	used := make(map[string]bool)
	for i, p := range full {
		name := names[i]
		for n := 2; used[strings.ToLower(name)]; n++ {
			name = names[i] + "-" + strconv.Itoa(n)
		}
		used[strings.ToLower(name)] = true
		all = append(all, Submission{Name: name, Path: p})
	}
	return all, nil
}

// reserved are names that Windows keeps for itself.
var reserved = []string{"con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "lpt1", "lpt2", "lpt3"}

// safeName is a name for a folder on every system, in a table and in a text: with
// letters, digits, and of all signs but dots, hyphens and underlines.
func safeName(name string) string {
	for _, ending := range []string{".zip", ".git", ".bundle"} {
		if rest, ok := strings.CutSuffix(strings.ToLower(name), ending); ok {
			name = name[:len(rest)]
		}
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		case r > 127 && isLetter(r):
			return r
		}
		return '_'
	}, strings.ToValidUTF8(name, "_"))
	name = strings.Trim(name, ".-")
	if runes := []rune(name); len(runes) > 60 {
		name = string(runes[:60])
	}
	if name = strings.TrimRight(name, "."); name == "" || slices.Contains(reserved, strings.ToLower(name)) || strings.EqualFold(name, GradesFile) {
		name = "submission_" + name
	}
	return name
}
