package gotest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/bookapi/workshop/internal/course"
)

// judge turns events into a report.
type judge struct {
	course  *course.Course
	events  *Results
	again   map[string]*pkg // by exercise: its tests alone, after a crash of all together
	timeout time.Duration
}

func (j *judge) report(sel course.Selection) *Report {
	r := &Report{Build: []BuildError{}, Steps: []Step{}, Exercises: []Exercise{}}
	for _, s := range sel.Steps {
		p := j.events.pkg(s.ImportPath)
		why := j.whyNot(s, p, r)
		step := Step{Name: s.Name, Dir: s.Dir, Number: s.Number, Title: s.Title, Why: why, Also: []Test{}, blocked: p.failedBuild != ""}
		readme := j.course.Readme(s)
		step.lead(j.course, s, readme)
		names := j.course.TestNames(s)
		for _, e := range s.Exercises {
			if sel.Exercise != "" && sel.Exercise != e.ID {
				continue
			}
			exercise := j.exercise(s, e, p, why, names)
			exercise.Lesson, exercise.Happened = readme.Exercise(e.ID), readme.Happened(e.ID)
			step.count(exercise.State)
			r.Exercises = append(r.Exercises, exercise)
		}
		if sel.Exercise == "" && why == "" {
			step.Also = j.also(s, p, names)
		}
		r.Steps = append(r.Steps, step)
	}
	r.conclude(j.course)
	return r
}

// whyNot says why no test of the step ran, and notes its build errors in the
// report. The compiler repeats the errors of a step to all that import it;
// those only wait.
func (j *judge) whyNot(s course.Step, p *pkg, r *Report) string {
	if p.failedBuild != "" {
		var text string
		if output, ok := j.events.builds[p.failedBuild]; ok {
			text = output.String()
		}
		errs := BuildErrors(text, j.course.Root)
		if len(errs) == 0 {
			errs = []BuildError{{Message: p.failedBuild + " does not build"}}
		}
		waitsFor := ""
		for _, e := range errs {
			e.Step = j.stepOf(e.File, p.failedBuild, s)
			if e.Step != s.Name {
				waitsFor = j.describe(e)
			}
			if !slices.Contains(r.Build, e) {
				r.Build = append(r.Build, e)
			}
		}
		if waitsFor != "" {
			return "waits for " + waitsFor + " to build"
		}
		return "does not build"
	}
	if len(p.order) > 0 {
		return ""
	}
	if c := p.findCrash(j.course.Root, j.timeout); c != nil {
		return "no test ran: " + c.failure.first
	}
	if p.action == Fail {
		first, _, _ := strings.Cut(strings.TrimSpace(p.output.String()), "\n")
		return "no test ran: " + first
	}
	return "no test was found in " + s.Dir
}

// stepOf returns the name of the step that a build error belongs to: by the
// file, or else by the package that failed. It is empty for a fault elsewhere,
// and the asking step's own name if there is no telling.
func (j *judge) stepOf(file, importPath string, asking course.Step) string {
	for _, s := range j.course.Steps {
		if strings.HasPrefix(file, s.Dir+"/") {
			return s.Name
		}
	}
	if file != "" {
		return ""
	}
	importPath, _, _ = strings.Cut(importPath, " ") // "a [a.test]"
	importPath = strings.TrimSuffix(strings.TrimSuffix(importPath, ".test"), "_test")
	for _, s := range j.course.Steps {
		if s.ImportPath == importPath {
			return s.Name
		}
	}
	return asking.Name
}

// describe names the culprit of a build error for those who wait for it.
func (j *judge) describe(e BuildError) string {
	for _, s := range j.course.Steps {
		if s.Name == e.Step {
			return fmt.Sprintf("step %d", s.Number)
		}
	}
	dir, _, _ := strings.Cut(e.File, "/")
	return dir
}

// exercise judges one exercise by its step's tests, p, or by its own if they
// were run again. Why tells why no test of the step ran, or is empty; names are
// the tests in the step's files.
func (j *judge) exercise(s course.Step, e course.Exercise, p *pkg, why string, names []string) Exercise {
	if alone, ok := j.again[e.ID]; ok {
		p = alone
	}
	c := p.findCrash(j.course.Root, j.timeout)
	place := j.course.Locate(s, e)
	result := Exercise{
		ID: e.ID, Title: e.Title, Step: s.Name, File: place.File, Line: place.Line, Minutes: e.Minutes,
		Why:     why,
		Command: fmt.Sprintf("go test ./%s -run %s", s.Dir, e.Tests),
		Tests:   []Test{},
	}
	for _, top := range p.topLevel(names) {
		if owner, ok := s.Owner(top); !ok || owner.ID != e.ID {
			continue
		}
		leaves := p.leaves(top)
		if len(leaves) == 0 {
			leaves = []string{top} // it never began
		}
		for _, name := range leaves {
			result.Tests = append(result.Tests, j.test(s, p, c, name))
		}
	}
	result.State, result.Why = verdict(result, place.Stub, c)
	return result
}

// also returns the tests of a step that fail and belong to no exercise.
func (j *judge) also(s course.Step, p *pkg, names []string) []Test {
	failed := []Test{}
	c := p.findCrash(j.course.Root, j.timeout)
	for _, top := range p.topLevel(names) {
		if _, ok := s.Owner(top); ok {
			continue
		}
		for _, name := range p.leaves(top) {
			if t := j.test(s, p, c, name); t.Result == Fail {
				failed = append(failed, t)
			}
		}
	}
	return failed
}

// topLevel names the step's tests: those in the files, then any others that ran.
func (p *pkg) topLevel(inFiles []string) []string {
	names := slices.Clone(inFiles)
	for _, name := range p.order {
		if !strings.Contains(name, "/") && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func (j *judge) test(s course.Step, p *pkg, c *crash, name string) Test {
	run, ok := p.tests[name]
	switch {
	case c != nil && c.test == name:
		t := newTest(name, Fail, c.failure)
		t.Hung = c.hung
		return t
	case !ok || run.result == "":
		return Test{Name: name, Result: NotRun}
	case run.result == Fail:
		f := readFailure(run.output.String(), s.Dir, j.course.Root)
		if f.first == "" {
			f.first = "the test failed without a message"
		}
		t := newTest(name, Fail, f)
		t.Plain = plainFirst(run.output.String())
		return t
	}
	return Test{Name: name, Result: run.result}
}

func newTest(name, result string, f failure) Test {
	return Test{Name: name, Result: result, Where: f.where, Failure: f.first, Output: f.text()}
}

// verdict is the state of an exercise, and why tests of it did not run.
func verdict(e Exercise, stub bool, c *crash) (state, why string) {
	results := map[string]int{}
	for _, t := range e.Tests {
		results[t.Result]++
	}
	why = e.Why
	switch {
	case why != "":
	case results[NotRun] > 0 && c != nil && c.test != "":
		why = fmt.Sprintf("did not run: %s %s", c.test, c.did)
	case results[NotRun] > 0:
		why = "did not run to the end"
	case len(e.Tests) == 0:
		why = "it has no test: is the test file gone?"
	case len(e.Tests) == results[Skip]:
		why = "its tests were skipped"
	}
	switch {
	case results[Pass] > 0 && results[Fail]+results[NotRun] == 0:
		return Green, ""
	case stub:
		return Todo, why
	}
	return Red, why
}
