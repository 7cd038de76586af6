package starter

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/edit"
	"example.com/bookapi/workshop/internal/exercise"
	"example.com/bookapi/workshop/internal/keep"
)

// Files holds the contents of a step, by path within it, with slashes.
type Files = exercise.Files

// byHand names what is written in stepN itself rather than derived. It is
// neither read from a solution nor touched in a step.
var byHand = []string{"README.md", "lesson.toml", "*.svg"}

// passing names what programs and editors leave behind, as .gitignore does.
var passing = []string{".*", "*.db", "*.db-shm", "*.db-wal", "*.pem", "*.swp", "*.test", "*.out", "*.prof"}

// underivable reports whether the derivation has nothing to say about a file
// or folder of a step.
func underivable(name string) bool {
	matches := func(pattern string) bool {
		ok, _ := path.Match(pattern, path.Base(name))
		return ok
	}
	return slices.ContainsFunc(passing, matches) ||
		path.Dir(name) == "." && slices.ContainsFunc(byHand, matches)
}

// Read returns the files of a step or of a solution that the derivation gives
// or would have to give. A folder that is not there has none.
func Read(dir string) (Files, error) {
	files := make(Files)
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			if file == dir && errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		if file == dir {
			return nil
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		switch {
		case underivable(name) && entry.IsDir():
			return fs.SkipDir
		case underivable(name), entry.IsDir():
			return nil
		case !entry.Type().IsRegular():
			return fmt.Errorf("%s is no regular file: put the file itself there", file)
		}
		files[name], err = os.ReadFile(file)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("starter: %w", err)
	}
	return files, nil
}

// IsGo reports whether the go command compiles the file.
func IsGo(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.Contains("/"+name, "/testdata/")
}

// A Kind says in what way a file is not what the derivation gives.
type Kind string

// The kinds of difference.
const (
	Differs Kind = "differs" // both have it
	Missing Kind = "missing" // the step has not
	Extra   Kind = "extra"   // only the step has
)

// A Difference is a file of a step that is not what the derivation gives.
type Difference struct {
	Path string // within the step, with slashes
	Kind Kind
	Line int // the first that differs, if Kind is Differs
}

// Drift compares root/step with the files that it should have. Line ends do
// not count: git may have changed them. The answer is in the order of paths.
func Drift(root, step string, want Files) ([]Difference, error) {
	have, err := Read(filepath.Join(root, step))
	if err != nil {
		return nil, err
	}
	return drift(have, want), nil
}

func drift(have, want Files) []Difference {
	var list []Difference
	for name, content := range want {
		switch found, ok := have[name]; {
		case !ok:
			list = append(list, Difference{Path: name, Kind: Missing})
		case !bytes.Equal(edit.Unix(found), edit.Unix(content)):
			list = append(list, Difference{Path: name, Kind: Differs, Line: firstDifference(edit.Unix(found), edit.Unix(content))})
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			list = append(list, Difference{Path: name, Kind: Extra})
		}
	}
	slices.SortFunc(list, func(a, b Difference) int { return strings.Compare(a.Path, b.Path) })
	return list
}

func firstDifference(a, b []byte) int {
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	return 1 + bytes.Count(a[:same], []byte("\n"))
}

// Changes returns what has to become of the files of root/step so that it has
// those it should have, and no Go file besides: one may need what the step no
// longer has, or have what it has again. What is written by hand in the step
// stays, and so does any other file that is no Go file.
func Changes(root, step string, want Files) ([]keep.File, error) {
	return changes(root, step, want, IsGo)
}

// changes is Changes, with another say on which files besides go.
func changes(root, step string, want Files, goes func(name string) bool) ([]keep.File, error) {
	have, err := Read(filepath.Join(root, step))
	if err != nil {
		return nil, err
	}
	var files []keep.File
	for _, d := range drift(have, want) {
		file := keep.File{Path: path.Join(step, d.Path)}
		switch {
		case d.Kind != Extra:
			file.Content = []byte(edit.LikeIn(have[d.Path], string(want[d.Path])))
		case goes(d.Path):
			file.Gone = true
		default:
			continue
		}
		files = append(files, file)
	}
	return files, nil
}

// Overlay returns what the go command has to be told, by overlay.Write, to see
// root/step as if it had these files, whatever is on disk.
func Overlay(root, step string, files Files) (map[string][]byte, error) {
	have, err := Read(filepath.Join(root, step))
	if err != nil {
		return nil, err
	}
	replace := make(map[string][]byte)
	for name := range have {
		if IsGo(name) {
			replace[filepath.Join(root, step, filepath.FromSlash(name))] = nil
		}
	}
	for name, content := range files {
		replace[filepath.Join(root, step, filepath.FromSlash(name))] = append([]byte{}, content...)
	}
	return replace, nil
}
