// Package gotest runs the tests of the course with "go test -json" and gives a
// verdict for each exercise. The tests are the only record of progress.
package gotest

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.com/bookapi/workshop/internal/course"
)

// Timeout is how long the tests of one step may take. They take a second or
// so; a minute is for a slow machine.
const Timeout = time.Minute

// Runner runs tests. Its zero value is ready for use.
type Runner struct {
	Timeout time.Duration           // for the tests of one step; 0 means Timeout
	Flags   []string                // more flags for go test, such as -overlay=file
	Running func(step, test string) // if not nil, is told each test as it begins
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
func (r Runner) collect(ctx context.Context, c *course.Course, sel course.Selection) (*collector, error) {
	args := append([]string{fmt.Sprintf("-timeout=%s", r.Timeout)}, r.Flags...)
	if prefix := onlyTests(sel); prefix != "" {
		args = append(args, "-run=^"+prefix)
	}
	steps := map[string]string{} // names by import path
	for _, s := range sel.Steps {
		args = append(args, "./"+s.Dir)
		steps[s.ImportPath] = s.Name
	}

	events := newCollector()
	said, err := Stream(ctx, c.Root, args, func(e Event) {
		events.add(e)
		if r.Running != nil && e.Action == "run" {
			r.Running(steps[e.Package], e.Test)
		}
	})
	if err != nil {
		return nil, err
	}
	for _, s := range sel.Steps {
		if events.pkg(s.ImportPath).action == "" {
			return nil, explain(said)
		}
	}
	return events, nil
}

// onlyTests is the beginning of the tests' names if one exercise is selected.
func onlyTests(sel course.Selection) string {
	if sel.Exercise == "" {
		return ""
	}
	i := slices.IndexFunc(sel.Steps[0].Exercises, func(e course.Exercise) bool { return e.ID == sel.Exercise })
	return sel.Steps[0].Exercises[i].Tests
}

var tooOld = regexp.MustCompile(`requires go >= (\S+) \(running go ([^;)\s]+)`)

// explain makes an error of what the go command said when it ran no test.
func explain(said string) error {
	if m := tooOld.FindStringSubmatch(said); m != nil {
		return fmt.Errorf("this course needs Go %s or newer and this is Go %s: get it from https://go.dev/dl", m[1], m[2])
	}
	if said == "" {
		return errors.New("the go command stopped before the tests ran, and gave no reason")
	}
	return errors.New("the go command could not run the tests. It says:\n" + strings.TrimSpace(said))
}
