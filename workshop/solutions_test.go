package main_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The solutions pass their tests in any order and again and again, watched by
// the race detector where there is one, and what is made of them proves itself.
func TestSolutionsAreGreen(t *testing.T) {
	t.Parallel()
	suites := solved.run(t)
	for _, step := range lessons(t).Steps {
		s := suites[step.ImportPath]
		if assert.NotNil(t, s, "go test did not name solutions/%s", step.Name) {
			assert.NotEmpty(t, s.tests, "solutions/%s has no test that ran:\n%s", step.Name, s.output.String())
		}
	}
	for pkg, s := range suites {
		for _, name := range s.leaves() {
			did := s.tests[name].did()
			// Without PostgreSQL or a browser a proof skips, but not in CI.
			maySkip := strings.HasPrefix(pkg, "example.com/bookapi/proof") && os.Getenv("CI") == ""
			if did != "passed" && (did != "was skipped" || !maySkip) {
				t.Errorf("%s: %s of the solution %s\n%s", pkg, name, did, s.tests[name].output.String())
			}
		}
		if !s.passed && !t.Failed() {
			t.Errorf("the solution %s is not green:\n%s", pkg, s.all())
		}
	}
}

// So does the API that is given.
func TestTheGivenAPIIsGreen(t *testing.T) {
	t.Parallel()
	for pkg, s := range goTest(t, repository(t), below("bookapi", packagesOf(t, "bookapi"))...) {
		for _, name := range s.leaves() {
			if did := s.tests[name].did(); did == "failed" || did == "did not end" {
				t.Errorf("%s: %s %s\n%s", pkg, name, did, s.tests[name].output.String())
			}
		}
		if !s.passed && !t.Failed() {
			t.Errorf("%s is not green:\n%s", pkg, s.all())
		}
	}
}

// solved is the one run of the solutions' tests that more than one test asks.
var solved solvedRun

type solvedRun struct {
	once   sync.Once
	suites map[string]*suite
}

func (r *solvedRun) run(t *testing.T) map[string]*suite {
	t.Helper()
	r.once.Do(func() {
		var lessons, proof []string
		for _, module := range modules(t, "solutions") {
			inside, ok := strings.CutPrefix(module, "solutions/")
			switch pattern := "./" + inside + "/..."; {
			case inside == "proof":
				proof = append(proof, pattern)
			case ok:
				lessons = append(lessons, pattern)
			}
		}
		flags := []string{"-timeout=8m", "-shuffle=on"}
		var again []string
		if !testing.Short() {
			again = append([]string{"-count=3"}, race(t)...)
		}
		suites := goTest(t, repository(t)+"/solutions", slices.Concat(flags, again, lessons)...)
		if !testing.Short() { // minutes of whole programs, for which once is enough
			maps.Copy(suites, goTest(t, repository(t)+"/solutions", slices.Concat(flags, proof)...))
		}
		r.suites = suites
	})
	if r.suites == nil {
		t.Fatal("the tests of the solutions could not be run; another test says why")
	}
	return r.suites
}

// race returns the flags for the race detector, and none where it cannot work:
// it needs cgo, a C compiler and a platform that has it. bcrypt is arithmetic
// on variables of its own, with nothing to race for, and thirteen times slower
// when watched: it is built as always.
func race(t *testing.T) []string {
	t.Helper()
	if out, err := tryGo(t, repository(t), nil, "test", "-race", "-run=^$", "./workshop/internal/overlay"); err != nil {
		t.Logf("the solutions run without the race detector, which does not work here:\n%s", out)
		return nil
	}
	return []string{"-race", "-gcflags=golang.org/x/crypto/blowfish=-race=false"}
}
