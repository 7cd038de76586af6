// Package flaw tests the tests of the lessons. It patches the solutions in
// memory and runs the lessons' tests over them: a flaw, which is a mistake that
// people make, has to be caught; an alternative, which is correct and only
// unusual, has to be accepted.
package flaw

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"example.com/bookapi/workshop/internal/course"
)

// Patch is a change to the solutions: a flaw or an alternative. Of its header,
// Parse demands only that what is there can be read; Incomplete says what the
// gallery misses.
type Patch struct {
	Name        string // of the file, without ".patch"
	File        string // the name that Parse was given
	Step        string // the folder of the step whose solution is changed: "step3-protect"
	Alternative bool   // it must stay green; otherwise it is a flaw and must turn red

	Title     string
	CWE       string // "CWE-347"
	Breaks    string // the section of a standard that the flaw breaks
	AllowedBy string // the section that leaves the alternative its choice
	Exercise  string // "3.2"
	CaughtBy  Test   // that must fail; the zero value stands for any of the step
	Message   string // what its failure says in the first line, with … for anything
	Race      bool   // only the race detector sees it
	Precedent string // where it has happened
	Choices   []string
	Answer    int    // the index of the right one of Choices
	Story     string // how mallory uses it, or why it is correct: paragraphs
	Diff      string // as it stands in the file

	files []*gitdiff.File
	hunks []int // the lines in File at which the hunks of files begin, one after the other
}

// Test names a test of a step, or a subtest.
type Test struct {
	Step string // "step3-protect"
	Name string // "TestVerify", "TestVerify/alg_none"
}

func (t Test) String() string { return t.Step + ":" + t.Name }

// Top is the name of the test function.
func (t Test) Top() string {
	top, _, _ := strings.Cut(t.Name, "/")
	return top
}

// covers reports whether a test is t or one of its subtests.
func (t Test) covers(step, name string) bool {
	return step == t.Step && (name == t.Name || strings.HasPrefix(name, t.Name+"/"))
}

// ID names the patch where a name could be that of two: "step3-protect/none".
func (p *Patch) ID() string { return p.Step + "/" + p.Name }

// Says reports whether the first line of a failure is what the flaw's Message
// expects.
func (p *Patch) Says(line string) bool { return matches(p.Message, line) }

// Paths returns the files that the patch changes, from the solutions' folder.
func (p *Patch) Paths() []string {
	var paths []string
	for _, f := range p.files {
		paths = append(paths, target(f))
	}
	return paths
}

// target is the path of the file that a part of a patch changes, adds or takes
// away. A diff that "git diff" made in the repository's root has "solutions/"
// in front of it.
func target(f *gitdiff.File) string {
	name := f.NewName
	if f.IsDelete {
		name = f.OldName
	}
	for _, prefix := range []string{"a/", "b/", "solutions/"} {
		name = strings.TrimPrefix(name, prefix)
	}
	return name
}

var fileName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+){1,5}$`)

// Incomplete says what the patch lacks for the gallery that comes with the
// course, a sentence for each fault.
func (p *Patch) Incomplete() []string {
	var faults []string
	need := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	folder := "flaws"
	if p.Alternative {
		folder = "alternatives"
	}
	need(strings.HasSuffix(p.File, path.Join(folder, p.Step, p.Name)+".patch"), "its place is %s/%s/%s.patch", folder, p.Step, p.Name)
	need(fileName.MatchString(p.Name), "name the file by what is wrong, or unusual: two to six words in lower case, with hyphens")
	need(p.Title != "", "Title: is missing")
	need(p.Exercise != "", "Exercise: is missing")
	need(!p.Race || !p.Alternative, "Race: is for flaws")
	need(p.Story != "", "the story is missing, between the header and the diff")
	if p.Alternative {
		need(p.CWE+p.Breaks+p.Message+p.CaughtBy.Name == "" && p.Choices == nil, "an alternative has Title, Exercise and Allowed-by alone")
		return faults
	}
	need(p.CWE != "", "CWE: is missing")
	need(p.CWE == "" || Weakness(p.CWE) != "", "%s has no name yet: add it in internal/flaw/cwe.go", p.CWE)
	need(p.Breaks != "", "Breaks: is missing")
	need(p.AllowedBy == "", "Allowed-by: is for alternatives")
	need(p.CaughtBy.Name != "", "Caught-by: is missing")
	need(p.Message != "" || p.Race, "Message: is missing")
	need(p.Message == "" || !p.Race, "Race: needs no Message:")
	need(p.Choices != nil, "Choices: is missing")
	return faults
}

// Fits refuses a patch of what the course does not have: a step, an exercise, a
// test.
func (p *Patch) Fits(c *course.Course) error {
	step, ok := stepNamed(c, p.Step)
	if !ok {
		return fmt.Errorf("%s: the course has no step %s", p.File, p.Step)
	}
	if p.Exercise != "" && !slices.ContainsFunc(step.Exercises, func(e course.Exercise) bool { return e.ID == p.Exercise }) {
		return fmt.Errorf("%s: %s has no exercise %s", p.File, p.Step, p.Exercise)
	}
	if p.CaughtBy.Name != "" {
		judging, _ := stepNamed(c, p.CaughtBy.Step)
		if !slices.Contains(c.TestNames(judging), p.CaughtBy.Top()) {
			return fmt.Errorf("%s: Caught-by: %s has no test %s", p.File, p.CaughtBy.Step, p.CaughtBy.Top())
		}
	}
	for _, file := range p.Paths() {
		folder, _, _ := strings.Cut(file, "/")
		if _, ok := stepNamed(c, folder); !ok {
			return fmt.Errorf("%s: %s is not a file of a step", p.File, file)
		}
	}
	return nil
}

func stepNamed(c *course.Course, name string) (course.Step, bool) {
	i := slices.IndexFunc(c.Steps, func(s course.Step) bool { return s.Name == name })
	if i < 0 {
		return course.Step{}, false
	}
	return c.Steps[i], true
}
