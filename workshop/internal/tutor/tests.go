package tutor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"strings"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/overlay"
	"example.com/bookapi/workshop/internal/starter"
	"example.com/bookapi/workshop/internal/tui"
)

// testAsHandedOut runs the course's tests as they were handed out, whatever has
// become of them in the steps, and no others.
func testAsHandedOut(ctx context.Context, c *course.Course, sel course.Selection) (*gotest.Report, error) {
	replace := make(map[string][]byte)
	for _, step := range sel.Steps {
		edited, err := editedTests(c.Root, step)
		if err != nil {
			return nil, err
		}
		maps.Copy(replace, edited)
	}
	return test(ctx, c, sel, replace)
}

// proves returns an error if the tests of an exercise let the stub pass that was
// handed out: what they lean on has been changed, so that green says nothing.
func proves(ctx context.Context, c *course.Course, step course.Step, e course.Exercise) error {
	files, err := starter.Of(step.Name)
	if err != nil {
		return err
	}
	replace, err := starter.Overlay(c.Root, step.Name, files)
	if err != nil {
		return err
	}
	report, err := test(ctx, c, course.Selection{Steps: []course.Step{step}, Exercise: e.ID}, replace)
	if err != nil {
		return err
	}
	for _, t := range result(report, e).Tests {
		if t.Result == gotest.Fail {
			return nil
		}
	}
	return fmt.Errorf("the tests of %s do not stop the stub that was handed out, so green says nothing: look for what has changed in bookapi, go.work and go.mod", e.ID)
}

func test(ctx context.Context, c *course.Course, sel course.Selection, replace map[string][]byte) (*gotest.Report, error) {
	if len(replace) == 0 {
		return gotest.Runner{}.Run(ctx, c, sel)
	}
	dir, err := os.MkdirTemp("", "tutor-")
	if err != nil {
		return nil, err
	}
	flag, err := overlay.Write(dir, replace)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	report, err := gotest.Runner{Flags: []string{"-overlay=" + flag}}.Run(ctx, c, sel)
	return report, errors.Join(err, os.RemoveAll(dir))
}

// editedTests returns what the go command has to be told to see the tests of a step
// as they were handed out.
func editedTests(root string, step course.Step) (map[string][]byte, error) {
	if step.Dir != step.Name { // the reference's
		return nil, nil
	}
	want, err := starter.Of(step.Name)
	if err != nil {
		return nil, err
	}
	differences, err := starter.Drift(root, step.Name, want)
	if err != nil {
		return nil, err
	}
	replace := make(map[string][]byte)
	for _, d := range differences {
		if strings.HasSuffix(d.Path, "_test.go") || strings.Contains("/"+d.Path, "/testdata/") {
			replace[filepath.Join(root, step.Name, filepath.FromSlash(d.Path))] = want[d.Path] // nil, if it is not one of ours
		}
	}
	return replace, nil
}

// sayEdited names the tests that are not as they were handed out.
func sayEdited(s tui.Screen, root string, steps ...course.Step) {
	for _, step := range steps {
		edited, err := editedTests(root, step)
		if err != nil {
			continue // the run has told
		}
		for file := range edited {
			s.Gap()
			s.Say(path.Join(step.Name, filepath.Base(file)) + " is not as it was handed out. This verdict is by the tests that were.")
		}
	}
}
