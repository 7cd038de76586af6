package exercise

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"
)

// Files holds the contents of a folder, by path within it, with slashes.
type Files map[string][]byte

// A Wanted function is one that an exercise asks for.
type Wanted struct {
	ID     string   // of the exercise, "1.2"
	Name   string   // "VerifyPassword", for a method "Issuer.Issue"
	File   string   // where it was handed out
	Others []string // functions that were handed out beside it
}

// A Source holds the outlines of a package's files, by name. Tests are not
// among them.
type Source map[string]Outline

// A Place is where a function stands.
type Place struct {
	File string
	Func
}

// ReadSource is Parser.Source for whoever asks but once.
func ReadSource(dir string) Source { return (*Parser)(nil).Source(dir) }

// Source outlines the package in a folder of the files.
func (f Files) Source(dir string) Source {
	s := make(Source)
	for name, src := range f {
		if path.Dir(name) == dir && IsCode(name) {
			s[name] = Parse(src)
		}
	}
	return s
}

// IsCode reports whether a file is Go and no test.
func IsCode(name string) bool {
	return path.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go")
}

// Find returns the places of a function, the most likely one first. This is the
// rule: a function is known by its name. If none has that, it is the one with
// the comment of the exercise in it, unless its name is another's. There is
// more than one place if a function stands there twice.
func (s Source) Find(want Wanted) []Place {
	var named, marked []Place
	for _, file := range slices.SortedFunc(maps.Keys(s), func(a, b string) int {
		return cmp.Or(-compareBool(a == want.File, b == want.File), strings.Compare(a, b))
	}) {
		for _, f := range s[file].Funcs {
			switch place := (Place{file, f}); {
			case f.Name == want.Name:
				named = append(named, place)
			case slices.Contains(f.Marks, want.ID) && !slices.Contains(want.Others, f.Name):
				marked = append(marked, place)
			}
		}
	}
	if len(named) == 0 {
		return marked[:min(1, len(marked))]
	}
	slices.SortStableFunc(named, func(a, b Place) int {
		return -compareBool(slices.Contains(a.Marks, want.ID), slices.Contains(b.Marks, want.ID))
	})
	return named
}

// FindComment returns the place of an exercise's comment that stands in no
// function, such as one whose first line is gone.
func (s Source) FindComment(id string) (file string, line int) {
	for _, file := range slices.Sorted(maps.Keys(s)) {
		if line := s[file].Loose[id]; line > 0 {
			return file, line
		}
	}
	return "", 0
}

// At returns the function that a fault in a line of a file is about. Of a file
// that is no Go it is the first function which is none, as the parser often
// notices only in a later one; at is then the line where that function breaks.
func (s Source) At(file string, line int) (f Func, at int, ok bool) {
	o := s[file]
	for _, f := range o.Funcs {
		within := f.First <= line && line <= f.Last
		switch {
		case o.Fault == nil && within:
			return f, line, true
		case o.Fault == nil || f.Fault == nil:
		case within:
			return f, line, true
		default:
			return f, f.Fault.Line, true
		}
	}
	return Func{}, 0, false
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
