package codediff

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/exercise"
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

// Exercise compares the functions of an exercise with the reference. The error
// is a MissingError or a course.ReferenceError.
func Exercise(c *course.Course, step course.Step, e course.Exercise) (Comparison, error) {
	if err := c.CheckReference(step); err != nil {
		return Comparison{}, err
	}
	reference := folder{root: c.Root, dir: path.Join("solutions", step.Name)}
	yours := folder{root: c.Root, dir: step.Name}
	reference.read()
	yours.read()
	all := Comparison{Dir: reference.dir}
	names := reference.asked(e)
	var references []string
	for _, name := range names {
		want := exercise.Wanted{ID: e.ID, Name: name, File: e.File, Others: names}
		ref, ok := reference.find(want)
		if !ok {
			return Comparison{}, MissingError{name, all.Dir}
		}
		want.File = path.Base(ref.File)
		own, ok := yours.find(want)
		if !ok {
			own.Place = Place{File: "nowhere in " + step.Name}
		}
		all.Pairs = append(all.Pairs, Pair{own.Place, ref.Place, ofPair(own, ref.Place)})
		references = append(references, ref.Text)
	}
	all.Helpers = Helpers(references, filepath.Join(c.Root, filepath.FromSlash(all.Dir)), filepath.Join(c.Root, step.Name))
	return all, nil
}

// found is a function, and whether anything is written in it.
type found struct {
	Place
	stub bool
}

// ofPair is the diff, whose words know of what is not written yet.
func ofPair(own found, ref Place) Diff {
	d := Compare(own.Text, ref.Text, own.first)
	switch {
	case own.Text == "":
		d.Words = []string{"You do not have this function."}
	case own.stub:
		d.Words = []string{"You have not written this one yet."}
	}
	return d
}

// A folder is a package, from the root.
type folder struct {
	root, dir string
	source    exercise.Source
}

func (f *folder) read() { f.source = exercise.ReadSource(f.path("")) }

func (f *folder) path(name string) string {
	return filepath.Join(f.root, filepath.FromSlash(f.dir), name)
}

// asked names the functions that an exercise asks for: those in which its
// comment stands, or the one that lesson.toml names.
func (f *folder) asked(e course.Exercise) []string {
	var names []string
	for _, file := range slices.Sorted(maps.Keys(f.source)) {
		for _, fn := range f.source[file].Funcs {
			if slices.Contains(fn.Marks, e.ID) {
				names = append(names, fn.Name)
			}
		}
	}
	if len(names) == 0 {
		return []string{e.Func}
	}
	return names
}

func (f *folder) find(want exercise.Wanted) (found, bool) {
	places := f.source.Find(want)
	if len(places) == 0 {
		return found{}, false
	}
	p := places[0]
	src, err := os.ReadFile(f.path(p.File))
	if err != nil || len(src) < p.End {
		return found{}, false // it has changed since
	}
	return found{Place{File: path.Join(f.dir, p.File), Line: p.Line, Text: string(src[p.Start:p.End]), first: p.First}, p.Stub}, true
}
