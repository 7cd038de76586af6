// Package testrun runs go test and judges what each test of a step did.
package testrun

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gotest"
)

// A Suite is what go test told about one package.
type Suite struct {
	Tests  map[string]*Result
	Passed bool            // or there was nothing to run
	Output strings.Builder // of no test: a build error, a crash, a timeout
}

// A Result is what became of one test, of however many runs.
type Result struct {
	actions []string // pass, fail, skip
	Output  strings.Builder
}

// Run runs go test in dir, a folder of the repository, and returns what it
// told, by the import path of the package.
func Run(t testing.TB, dir string, args ...string) map[string]*Suite {
	t.Helper()
	suites := make(map[string]*Suite)
	builds := make(map[string]string)
	args = append([]string{"-count=1"}, args...) // measured, even if the tests start what go test does not see
	said, err := gotest.Stream(t.Context(), dir, args, func(e gotest.Event) {
		if e.Action == "build-output" {
			builds[e.ImportPath] += e.Output
			return
		}
		if e.Package == "" {
			return
		}
		s := suites[e.Package]
		if s == nil {
			s = &Suite{Tests: make(map[string]*Result)}
			suites[e.Package] = s
		}
		s.add(e, builds[e.FailedBuild])
	})
	require.NoError(t, err)
	require.NotEmpty(t, suites, "go test %s ran nothing:\n%s", strings.Join(args, " "), said)
	return suites
}

func (s *Suite) add(e gotest.Event, build string) {
	if e.Test == "" {
		s.Passed = s.Passed || e.Action == gotest.Pass || e.Action == gotest.Skip
		s.Output.WriteString(e.Output + build)
		return
	}
	r := s.Tests[e.Test]
	if r == nil {
		r = &Result{}
		s.Tests[e.Test] = r
	}
	switch e.Action {
	case "output":
		r.Output.WriteString(e.Output)
	case gotest.Pass, gotest.Fail, gotest.Skip:
		r.actions = append(r.actions, e.Action)
	}
}

// Leaves returns the names of the tests that have no subtests, sorted.
func (s *Suite) Leaves() []string {
	parents := make(map[string]bool)
	for name := range s.Tests {
		for i, r := range name {
			if r == '/' {
				parents[name[:i]] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.Tests)), func(name string) bool { return parents[name] })
}

// panicked returns the end of a test binary that panicked, hung or was ended,
// and the test that it came in.
func (s *Suite) panicked() (test, output string) {
	for _, name := range slices.Sorted(maps.Keys(s.Tests)) {
		if out := s.Tests[name].Output.String(); died.MatchString(out) {
			return name, out
		}
	}
	if out := s.Output.String(); died.MatchString(out) {
		return "none of the tests", out
	}
	return "", ""
}

// All is everything that the package and its tests printed, for a failure that
// has no better explanation.
func (s *Suite) All() string {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.Tests)) {
		out.WriteString(s.Tests[name].Output.String())
	}
	return out.String() + s.Output.String()
}

// Did is what a test did, in a word.
func (r *Result) Did() string {
	switch {
	case len(r.actions) == 0:
		return "did not end"
	case slices.Contains(r.actions, gotest.Fail):
		return "failed"
	case slices.Contains(r.actions, gotest.Skip):
		return "was skipped"
	}
	return "passed"
}

// notGreen says what is wrong with a leaf that should be green; "" if it is.
func (r *Result) notGreen() string {
	if r.Did() == "passed" {
		return ""
	}
	return fmt.Sprintf("%s, but its exercise is solved:\n%s", r.Did(), r.Output.String())
}

var (
	framing   = regexp.MustCompile(`^\s*(=== |--- )`)
	assertion = regexp.MustCompile(`^ {4}\w+_test\.go:\d+: (.*)$`)
	died      = regexp.MustCompile(`(?m)^(panic: |fatal error: |goroutine \d+ \[)`)
	broken    = regexp.MustCompile(`^Promise broken \((\d+\.\d+)\): .`)
)

const attack = "ATTACK SUCCEEDED: "

// notRed says what is wrong with a leaf of exercise own that should be red for
// the right reason; "" if it is: its own assertion failed, and the first line
// names an exercise that is not solved and not later than own, or an attack.
func (r *Result) notRed(c *course.Course, own string, solved int) string {
	output := r.Output.String()
	if r.Did() != "failed" {
		return fmt.Sprintf("%s, but nobody has solved its exercise: green without work, or a test that checks nothing\n%s", r.Did(), output)
	}
	first := ""
	for line := range strings.Lines(output) {
		if !framing.MatchString(line) {
			first = strings.TrimRight(line, "\r\n")
			break
		}
	}
	said := assertion.FindStringSubmatch(first)
	if said == nil {
		return "did not fail by its own assertion; its first line is not of a _test.go file:\n" + output
	}
	if strings.HasPrefix(said[1], attack) {
		return ""
	}
	promise := broken.FindStringSubmatch(said[1])
	if promise == nil {
		return fmt.Sprintf("begins with %q: begin with Promise(t, %q, ...) or %q, so that the learner reads what is wrong", said[1], own, attack)
	}
	ids := ExerciseIDs(c)
	switch at := slices.Index(ids, promise[1]); {
	case at < 0:
		return fmt.Sprintf("says that exercise %s is broken, which does not exist: %s", promise[1], said[1])
	case at > slices.Index(ids, own):
		return fmt.Sprintf("belongs to exercise %s and needs %s, which comes later: %s", own, promise[1], said[1])
	case at < solved:
		return fmt.Sprintf("says that exercise %s is broken, which is solved: %s", promise[1], said[1])
	}
	return ""
}

// ExerciseIDs returns the numbers of all exercises in the order of the course.
func ExerciseIDs(c *course.Course) []string {
	var ids []string
	for _, step := range c.Steps {
		for _, e := range step.Exercises {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// CheckGreen demands that all tests passed, or if need be were skipped.
func CheckGreen(t testing.TB, suites map[string]*Suite, maySkip bool) {
	t.Helper()
	for pkg, s := range suites {
		for _, name := range s.Leaves() {
			did := s.Tests[name].Did()
			if did != "passed" && (did != "was skipped" || !maySkip) {
				t.Errorf("%s: %s %s\n%s", pkg, name, did, s.Tests[name].Output.String())
			}
		}
		if !s.Passed && !t.Failed() {
			t.Errorf("%s is not green:\n%s", pkg, s.All())
		}
	}
}

// CheckStep demands of a step whose first exercises of the course are solved
// that their leaves are green and all later ones red for the right reason, and
// that no leaf is lost against the whole solution.
func CheckStep(t testing.TB, c *course.Course, step course.Step, got, solution *Suite, solved int) {
	t.Helper()
	if got == nil || len(got.Tests) == 0 {
		t.Errorf("%s ran no test: it must build, whatever is solved\n%s", step.Name, outputOf(got))
		return
	}
	if name, output := got.panicked(); output != "" {
		t.Errorf("%s: a panic in %s hides the tests after it: fail by an assertion instead\n%s", step.Name, name, output)
		return
	}
	want, have := solution.Leaves(), got.Leaves()
	for _, name := range want {
		if !slices.Contains(have, name) {
			t.Errorf("%s: %s runs over the solution only: fail inside of it, not before it begins", step.Name, name)
		}
	}
	ids := ExerciseIDs(c)
	for _, name := range have {
		top, _, _ := strings.Cut(name, "/")
		owner, ok := step.Owner(top)
		if !ok {
			continue // TestEveryTestBelongsToOneExercise says so
		}
		var wrong string
		if slices.Index(ids, owner.ID) < solved {
			wrong = got.Tests[name].notGreen()
		} else {
			wrong = got.Tests[name].notRed(c, owner.ID, solved)
		}
		if wrong == "" && !slices.Contains(want, name) {
			wrong = "does not run over the solution"
		}
		if wrong != "" {
			t.Errorf("%s, exercise %s: %s %s", step.Name, owner.ID, name, wrong)
		}
	}
}

func outputOf(s *Suite) string {
	if s == nil {
		return "(go test did not name it)"
	}
	return s.Output.String()
}
