package course

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/exercise"
)

// Place is where the function of an exercise stands in the learner's code.
type Place struct {
	File string // from the root, with slashes
	Line int    // the line of "func", or 1 if it could not be found
	End  int    // the line of the closing brace, or 0
	Stub bool   // the function is as it was handed out: nothing written yet
}

// Locate finds an exercise's function in the step's folder, while it is being
// written, too. See exercise.Source for the rule.
func (c *Course) Locate(s Step, e Exercise) Place {
	source := c.parser.Source(c.folder(s))
	places := source.Find(s.wanted(e))
	if len(places) == 0 {
		if file, line := source.FindComment(e.ID); line > 0 {
			return Place{File: path.Join(s.Dir, file), Line: line}
		}
		return Place{File: path.Join(s.Dir, e.File), Line: 1}
	}
	written := slices.ContainsFunc(places, func(p exercise.Place) bool { return !p.Stub })
	return Place{File: path.Join(s.Dir, places[0].File), Line: places[0].Line, End: places[0].Last, Stub: !written}
}

// Blame returns the exercise that a build error in a step is about, and where to
// look. The compiler often notices a fault only in a later function, or in what
// calls one that is gone. If there is no telling, ok is false.
func (c *Course) Blame(s Step, file string, line int, message string) (e Exercise, place Place, ok bool) {
	dir := c.folder(s)
	source := c.parser.Source(dir)
	for _, e := range s.Exercises {
		named := slices.ContainsFunc(source.Find(s.wanted(e)), func(p exercise.Place) bool { return p.Name == e.Func })
		if name := e.Func[strings.LastIndex(e.Func, ".")+1:]; !named && slices.Contains(missing(message), name) {
			return e, c.Locate(s, e), true
		}
	}
	_, pkg, _ := strings.Cut(s.Name, "-")
	for _, m := range otherPackage.FindAllStringSubmatch(message, -1) {
		if i := slices.IndexFunc(s.Exercises, func(e Exercise) bool { return m[1] != pkg && e.File == m[2] }); i >= 0 {
			return s.Exercises[i], Place{File: path.Join(s.Dir, m[2]), Line: packageLine(filepath.Join(dir, m[2]))}, true
		}
	}
	f, at, ok := source.At(strings.TrimPrefix(file, s.Dir+"/"), line)
	for _, e := range s.Exercises {
		if ok && (f.Name == e.Func || slices.Contains(f.Marks, e.ID)) {
			return e, Place{File: file, Line: at, End: f.Last}, true
		}
	}
	var there []Exercise // whose code stands in the file, as its imports do
	for _, e := range s.Exercises {
		if path.Join(s.Dir, e.File) == file {
			there = append(there, e)
		}
	}
	if len(there) == 1 {
		return there[0], Place{File: file, Line: line}, true
	}
	return Exercise{}, Place{}, false
}

var (
	undefined    = regexp.MustCompile(`undefined: (?:\w+\.)?(\w+)|has no field or method (\w+)`)
	otherPackage = regexp.MustCompile(`(\w+) \(([^()]+\.go)\)`) // found packages a (a.go) and b (b.go)
)

// missing returns the names that a build error did not find.
func missing(message string) []string {
	var names []string
	for _, m := range undefined.FindAllStringSubmatch(message, -1) {
		names = append(names, m[1]+m[2])
	}
	return names
}

// packageLine returns the line of a file's package clause, and 1 if there is
// none.
func packageLine(file string) int {
	src, _ := os.ReadFile(file) // what is not there has no lines
	line := 0
	for l := range strings.Lines(string(src)) {
		if line++; strings.HasPrefix(l, "package ") {
			return line
		}
	}
	return 1
}

// wanted is the function of an exercise among those of the step.
func (s Step) wanted(e Exercise) exercise.Wanted {
	want := exercise.Wanted{ID: e.ID, Name: e.Func, File: e.File}
	for _, other := range s.Exercises {
		if other.ID != e.ID {
			want.Others = append(want.Others, other.Func)
		}
	}
	return want
}

// TestNames returns the top-level tests that the step's folder holds, whether
// it builds or not.
func (c *Course) TestNames(s Step) []string {
	var names []string
	tests := c.parser.Tests(c.folder(s))
	for _, file := range slices.Sorted(maps.Keys(tests)) {
		for _, f := range tests[file].Funcs {
			if strings.HasPrefix(f.Name, "Test") && !strings.Contains(f.Name, ".") && f.Name != "TestMain" {
				names = append(names, f.Name)
			}
		}
	}
	return names
}

// folder is where the code of a step is.
func (c *Course) folder(s Step) string { return filepath.Join(c.Root, filepath.FromSlash(s.Dir)) }

// Owner returns the exercise that a test of the step belongs to: the one whose
// prefix is the longest part of the test's name.
func (s Step) Owner(test string) (Exercise, bool) {
	var owner Exercise
	for _, e := range s.Exercises {
		if strings.HasPrefix(test, e.Tests) && len(e.Tests) > len(owner.Tests) {
			owner = e
		}
	}
	return owner, owner.ID != ""
}
