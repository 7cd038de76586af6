// Package gotest runs the tests of the course with "go test -json" and gives a
// verdict for each exercise. The tests are the only record of progress.
package gotest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gocmd"
)

// Timeout is how long the tests of one step may take. They take a second or so,
// and more than a minute on a machine that others use, too. A lesson test ends an
// exercise that hangs much earlier, by the processor time that it has had.
const Timeout = 3 * time.Minute

// Runner runs tests. Its zero value is ready for use.
type Runner struct {
	Timeout    time.Duration           // for the tests of one step; 0 means Timeout
	MostOutput int                     // of the tests of one step, in bytes; 0 means MostOutput
	Flags      []string                // more flags for go test, such as -overlay=file
	Running    func(step, test string) // if not nil, is told each test as it begins
	// If not nil, the test binaries to run, by import path, in place of go test. Of
	// the flags they take those of the tests, such as -run.
	Compiled map[string]string
	Inside   []string // the command, with its flags, that is given Compiled to run; none if empty
	Env      []string // more of the environment, for Compiled
}

// Run runs the tests of the selection, all in one go command, and reports. A
// step whose tests end in a panic or an exit is run again, exercise by exercise,
// so that one mistake hides nothing of the others. An error means that there is
// nothing to report: the go command is missing, too old or refused to work, or
// ctx ended.
func (r Runner) Run(ctx context.Context, c *course.Course, sel course.Selection) (*Report, error) {
	if r.Timeout == 0 {
		r.Timeout = Timeout
	}
	if r.MostOutput == 0 {
		r.MostOutput = MostOutput
	}
	events, err := r.collect(ctx, c, sel)
	if err != nil {
		return nil, err
	}
	again := map[string]*pkg{}
	for _, s := range sel.Steps {
		crash := events.pkg(s.ImportPath).findCrash(c.Root, r.Timeout)
		if crash == nil || crash.hung || crash.test == "" || sel.Exercise != "" {
			continue
		}
		for _, e := range s.Exercises {
			one := course.Selection{Steps: []course.Step{s}, Exercise: e.ID}
			alone, err := r.collect(ctx, c, one)
			if err != nil {
				return nil, err
			}
			again[e.ID] = alone.pkg(s.ImportPath)
		}
	}
	return (&judge{course: c, events: events, again: again, timeout: r.Timeout}).report(sel), nil
}

// collect runs the tests of the selection once.
func (r Runner) collect(ctx context.Context, c *course.Course, sel course.Selection) (*Results, error) {
	args := append([]string{fmt.Sprintf("-timeout=%s", r.Timeout)}, r.Flags...)
	if prefix := onlyTests(sel); prefix != "" {
		args = append(args, "-run=^"+prefix)
	}
	steps := map[string]string{} // names by import path
	for _, s := range sel.Steps {
		args = append(args, "./"+s.Dir)
		steps[s.ImportPath] = s.Name
	}

	tell := func(e Event) {
		if r.Running != nil && e.Action == "run" {
			r.Running(steps[e.Package], e.Test)
		}
	}
	results, err := collect(ctx, r.MostOutput, tell, func(ctx context.Context, each func(Event)) (string, error) {
		if r.Compiled != nil {
			return r.stream(ctx, c.Root, sel.Steps, args[:len(args)-len(sel.Steps)], each)
		}
		return Stream(ctx, c.Root, args, each)
	})
	if err != nil {
		return nil, err
	}
	rest := slices.DeleteFunc(slices.Clone(sel.Steps), func(s course.Step) bool { return results.pkg(s.ImportPath).action != "" })
	switch {
	case len(rest) == 0:
	case results.flooded == "":
		return nil, explain(results.Said)
	default: // the end of the run was none of theirs
		others, err := r.collect(ctx, c, course.Selection{Steps: rest, Exercise: sel.Exercise})
		if err != nil {
			return nil, err
		}
		for _, s := range rest {
			results.pkgs[s.ImportPath] = others.pkg(s.ImportPath)
		}
		maps.Copy(results.builds, others.builds)
	}
	return results, nil
}

// onlyTests is the beginning of the tests' names if one exercise is selected.
func onlyTests(sel course.Selection) string {
	if sel.Exercise == "" {
		return ""
	}
	i := slices.IndexFunc(sel.Steps[0].Exercises, func(e course.Exercise) bool { return e.ID == sel.Exercise })
	return sel.Steps[0].Exercises[i].Tests
}

// explain makes an error of what the go command said when it ran no test.
func explain(said string) error {
	if said == "" {
		return errors.New("the go command stopped before the tests ran, and gave no reason")
	}
	advice := gocmd.Explain(said)
	if advice == "" {
		advice = "The go command could not run the tests."
	}
	return errors.New(advice + " It says:\n" + strings.TrimSpace(said))
}
