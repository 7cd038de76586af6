package codediff

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gofunc"
)

// A Comparison is an exercise as the learner and the reference have it.
type Comparison struct {
	Pairs   []Pair
	Helpers []Helper // what the reference leans on and the learner's package does not have
	Dir     string   // the folder of the reference, from the root with slashes
}

// A Pair is one function in both versions.
type Pair struct {
	Own, Reference Place
	Diff           Diff
}

// A Place is a function as it stands in a file.
type Place struct {
	File string // from the root with slashes, or in words that there is none
	Line int    // of "func", or 0
	Text string

	first int // the line of the first line of Text
}

func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// MissingError is the error for a function that the reference does not have.
type MissingError struct{ Func, Dir string }

func (e MissingError) Error() string {
	return fmt.Sprintf("There is no %s in %s to compare with.", e.Func, e.Dir)
}

// Exercise compares the functions of an exercise with the reference. The only
// error is a MissingError.
func Exercise(root string, step course.Step, e course.Exercise) (Comparison, error) {
	all := Comparison{Dir: path.Join("solutions", step.Name)}
	names := markedIn(root, all.Dir, e)
	var references []string
	for _, name := range names {
		wanted := gofunc.Wanted{Name: name, Exercise: e.ID, Others: names}
		ref, ok := findFunc(root, all.Dir, e.File, wanted)
		if !ok {
			return Comparison{}, MissingError{name, all.Dir}
		}
		own, ok := findFunc(root, step.Name, path.Base(ref.File), wanted)
		if !ok {
			own = Place{File: "nowhere in " + step.Name}
		}
		all.Pairs = append(all.Pairs, Pair{own, ref, ofPair(own, ref)})
		references = append(references, ref.Text)
	}
	all.Helpers = Helpers(references, filepath.Join(root, filepath.FromSlash(all.Dir)), filepath.Join(root, step.Name))
	return all, nil
}

var stub = regexp.MustCompile(`errTODO\("|todoHandler\("|// TODO: exercise `)

// ofPair is the diff, whose words know of what is not written yet.
func ofPair(own, ref Place) Diff {
	d := Compare(own.Text, ref.Text, own.first)
	switch {
	case own.Text == "":
		d.Words = []string{"You do not have this function."}
	case stub.MatchString(own.Text):
		d.Words = []string{"You have not written this one yet."}
	}
	return d
}

// markedIn names the functions of an exercise: those in which its comment
// stands, or the one that lesson.toml names.
func markedIn(root, dir string, e course.Exercise) []string {
	var names []string
	for _, file := range sources(root, dir, e.File) {
		if src, err := os.ReadFile(file); err == nil {
			names = append(names, gofunc.Marked(src, e.ID)...)
		}
	}
	if len(names) == 0 {
		return []string{e.Func}
	}
	return names
}

// findFunc looks for a function, first in the file where it should be.
func findFunc(root, dir, first string, wanted gofunc.Wanted) (Place, bool) {
	for _, file := range sources(root, dir, first) {
		src, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if f, ok := gofunc.Find(src, wanted); ok {
			return Place{
				File:  path.Join(dir, filepath.Base(file)),
				Line:  f.Line,
				Text:  string(src[f.Start:f.End]),
				first: 1 + strings.Count(string(src[:f.Start]), "\n"),
			}, true
		}
	}
	return Place{}, false
}

// sources returns the Go files of a folder that are no tests.
func sources(root, dir, first string) []string {
	dir = filepath.Join(root, filepath.FromSlash(dir))
	files, _ := filepath.Glob(filepath.Join(dir, "*.go")) // fails for a bad pattern only
	files = slices.DeleteFunc(files, func(name string) bool {
		return strings.HasSuffix(name, "_test.go") || filepath.Base(name) == first
	})
	return append([]string{filepath.Join(dir, first)}, files...)
}
