package stick

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/doctor"
	"example.com/bookapi/workshop/internal/gotest"
)

// prove takes the course from the stick as a learner does: with empty caches and
// without a network. The doctor has to find it complete, and the tests of step 1
// have to be red for their own reasons.
func (m Maker) prove(ctx context.Context, stick, temp string, facts Facts) error {
	m.Doing("Testing the stick: unpacking the course")
	packed, err := zip.OpenReader(filepath.Join(stick, ArchiveFile))
	if err != nil {
		return err
	}
	defer func() { _ = packed.Close() }()
	if err := os.CopyFS(temp, packed); err != nil {
		return err
	}
	root := filepath.Join(temp, courseDir)
	l := learner{temp: temp, proxy: Proxy(filepath.Join(stick, ModulesDir))}
	m.Doing("Testing the stick: go mod download, without a network")
	for _, dir := range workspaces(root) {
		if _, err := l.run(ctx, dir, "mod", "download"); err != nil {
			return failed(ctx, "go mod download", err)
		}
	}
	m.Doing("Testing the stick: the doctor, with nothing compiled yet")
	out, err := l.run(ctx, root, "run", "./workshop", "doctor", "--json")
	var examined struct{ Findings []doctor.Finding }
	if jsonErr := json.Unmarshal([]byte(out), &examined); jsonErr != nil {
		return failed(ctx, "the doctor", errors.Join(err, jsonErr))
	}
	complete := false
	for _, f := range examined.Findings {
		if f.State == doctor.Fail {
			return failed(ctx, "the doctor", errors.New(f.Says))
		}
		complete = complete || f.Check == "modules" && f.State == doctor.OK
	}
	if !complete {
		return failed(ctx, "the doctor", errors.New("it does not find the modules complete"))
	}
	m.Doing("Testing the stick: the tests of step 1")
	if err := m.proveRed(ctx, l, root); err != nil {
		return failed(ctx, "step 1", err)
	}
	if own := runtime.GOOS + "/" + runtime.GOARCH; slices.Contains(facts.Platforms, own) {
		m.Doing("Testing the stick: Go " + facts.Go + " as a module")
		said, err := l.runWith(ctx, temp, []string{"GOTOOLCHAIN=go" + facts.Go, "GOSUMDB=off"}, "version")
		if err == nil && !strings.Contains(said, "go"+facts.Go+" ") {
			err = fmt.Errorf("it is %s", said)
		}
		if err != nil {
			return failed(ctx, "Go "+facts.Go+" for "+own, err)
		}
	}
	return nil
}

func failed(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("the stick was made, and failed its test at %s, so it is not kept:\n%w", what, err)
}

// ownReason begins the failures of the lessons' tests.
var ownReason = regexp.MustCompile(`^(Promise broken \([0-9]+\.[0-9]+\): |ATTACK SUCCEEDED: )`)

// proveRed runs the tests of step 1, all of which have to be red by an assertion.
func (m Maker) proveRed(ctx context.Context, l learner, root string) error {
	out, err := l.run(ctx, root, "run", "./workshop", "status", "1", "--json")
	if err != nil {
		return err
	}
	var report gotest.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		return err
	}
	if len(report.Build) > 0 {
		return fmt.Errorf("%s:%d: %s", report.Build[0].File, report.Build[0].Line, report.Build[0].Message)
	}
	if report.Progress.Todo != report.Progress.Total || report.Progress.Total == 0 {
		return fmt.Errorf("%d of its %d exercises are not as handed out: is the course's folder one in which somebody has worked?", report.Progress.Total-report.Progress.Todo, report.Progress.Total)
	}
	for _, e := range report.Exercises {
		for _, t := range e.Tests {
			if t.Result == gotest.Fail && !ownReason.MatchString(t.Failure) {
				return fmt.Errorf("%s is red, and not by a promise of its own: %s", t.Name, t.Failure)
			}
		}
	}
	return nil
}
