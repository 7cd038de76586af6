package main_test

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

// A suite is what go test told about one package.
type suite struct {
	tests  map[string]*result
	passed bool            // or there was nothing to run
	output strings.Builder // of no test: a build error, a crash, a timeout
}

// A result is what became of one test, of however many runs.
type result struct {
	actions []string // pass, fail, skip
	output  strings.Builder
}

// goTest runs go test in dir, a folder of the repository, and returns what it
// told, by the import path of the package.
func goTest(t testing.TB, dir string, args ...string) map[string]*suite {
	t.Helper()
	suites := make(map[string]*suite)
	builds := make(map[string]string)
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
			s = &suite{tests: make(map[string]*result)}
			suites[e.Package] = s
		}
		s.add(e, builds[e.FailedBuild])
	})
	require.NoError(t, err)
	require.NotEmpty(t, suites, "go test %s ran nothing:\n%s", strings.Join(args, " "), said)
	return suites
}

func (s *suite) add(e gotest.Event, build string) {
	if e.Test == "" {
		s.passed = s.passed || e.Action == gotest.Pass || e.Action == gotest.Skip
		s.output.WriteString(e.Output + build)
		return
	}
	r := s.tests[e.Test]
	if r == nil {
		r = &result{}
		s.tests[e.Test] = r
	}
	switch e.Action {
	case "output":
		r.output.WriteString(e.Output)
	case gotest.Pass, gotest.Fail, gotest.Skip:
		r.actions = append(r.actions, e.Action)
	}
}

// leaves returns the names of the tests that have no subtests, sorted.
func (s *suite) leaves() []string {
	parents := make(map[string]bool)
	for name := range s.tests {
		for i, r := range name {
			if r == '/' {
				parents[name[:i]] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.tests)), func(name string) bool { return parents[name] })
}

// panicked returns the end of a test binary that panicked, hung or was ended,
// and the test that it came in.
func (s *suite) panicked() (test, output string) {
	for _, name := range slices.Sorted(maps.Keys(s.tests)) {
		if out := s.tests[name].output.String(); died.MatchString(out) {
			return name, out
		}
	}
	if out := s.output.String(); died.MatchString(out) {
		return "none of the tests", out
	}
	return "", ""
}

// all is everything that the package and its tests printed, for a failure that
// has no better explanation.
func (s *suite) all() string {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.tests)) {
		out.WriteString(s.tests[name].output.String())
	}
	return out.String() + s.output.String()
}

// did is what a test did, in a word.
func (r *result) did() string {
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
func (r *result) notGreen() string {
	if r.did() == "passed" {
		return ""
	}
	return fmt.Sprintf("%s, but its exercise is solved:\n%s", r.did(), r.output.String())
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
func (r *result) notRed(c *course.Course, own string, solved int) string {
	output := r.output.String()
	if r.did() != "failed" {
		return fmt.Sprintf("%s, but nobody has solved its exercise: green without work, or a test that checks nothing\n%s", r.did(), output)
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
	ids := exerciseIDs(c)
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

// exerciseIDs returns the numbers of all exercises in the order of the course.
func exerciseIDs(c *course.Course) []string {
	var ids []string
	for _, step := range c.Steps {
		for _, e := range step.Exercises {
			ids = append(ids, e.ID)
		}
	}
	return ids
}

// checkStep demands of a step whose first exercises of the course are solved
// that their leaves are green and all later ones red for the right reason, and
// that no leaf is lost against the whole solution.
func checkStep(t *testing.T, c *course.Course, step course.Step, got, solution *suite, solved int) {
	t.Helper()
	if got == nil || len(got.tests) == 0 {
		t.Errorf("%s ran no test: it must build, whatever is solved\n%s", step.Name, outputOf(got))
		return
	}
	if name, output := got.panicked(); output != "" {
		t.Errorf("%s: a panic in %s hides the tests after it: fail by an assertion instead\n%s", step.Name, name, output)
		return
	}
	want, have := solution.leaves(), got.leaves()
	for _, name := range want {
		if !slices.Contains(have, name) {
			t.Errorf("%s: %s runs over the solution only: fail inside of it, not before it begins", step.Name, name)
		}
	}
	ids := exerciseIDs(c)
	for _, name := range have {
		top, _, _ := strings.Cut(name, "/")
		owner, ok := step.Owner(top)
		if !ok {
			continue // TestEveryTestBelongsToOneExercise says so
		}
		var wrong string
		if slices.Index(ids, owner.ID) < solved {
			wrong = got.tests[name].notGreen()
		} else {
			wrong = got.tests[name].notRed(c, owner.ID, solved)
		}
		if wrong == "" && !slices.Contains(want, name) {
			wrong = "does not run over the solution"
		}
		if wrong != "" {
			t.Errorf("%s, exercise %s: %s %s", step.Name, owner.ID, name, wrong)
		}
	}
}

func outputOf(s *suite) string {
	if s == nil {
		return "(go test did not name it)"
	}
	return s.output.String()
}
