package starters_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/checks/internal/testrun"
)

// A learner begins with tests that are red, each by its own assertion: none is
// green without work, and none hides the others behind a panic, a hang or a
// build error. The first line of a failure is what they read first.
func TestStartersAreRedForTheRightReason(t *testing.T) {
	t.Parallel()
	c := repository.Course(t)
	args := []string{"-timeout=5m", "-vet=all"}
	for _, step := range c.Steps {
		args = append(args, "./"+step.Name)
	}
	starters := testrun.Run(t, c.Root, args...)
	solutions := testrun.Solved(t)
	for _, step := range c.Steps {
		testrun.CheckStep(t, c, step, starters[step.ImportPath], solutions[step.ImportPath], 0)
	}
}

// The companion counts a test for the exercise whose prefix its name has, and
// go test -run with that prefix runs no other's.
func TestEveryTestBelongsToOneExercise(t *testing.T) {
	t.Parallel()
	c := repository.Course(t)
	for _, step := range c.Steps {
		count := make(map[string]int)
		for _, test := range c.TestNames(step) {
			var owners []string
			for _, e := range step.Exercises {
				if strings.Contains(test, e.Tests) { // as go test -run understands it
					owners = append(owners, e.ID)
					count[e.ID]++
				}
			}
			assert.Len(t, owners, 1, "%s of %s must begin with the tests of one exercise of lesson.toml, not of %v", test, step.Name, owners)
		}
		for _, e := range step.Exercises {
			assert.Positive(t, count[e.ID], "exercise %s has no test: none begins with %s", e.ID, e.Tests)
		}
	}
}
