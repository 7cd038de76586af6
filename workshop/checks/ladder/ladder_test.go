package ladder_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/checks/internal/testrun"
	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/overlay"
	"example.com/bookapi/workshop/internal/starter"
	"example.com/bookapi/workshop/internal/starter/derive"
)

// The exercises can be done in their order: after each, the tests up to it are
// green and all later ones still red. So no exercise needs a later one, and
// none is solved by an earlier. The starters, where nothing is solved, have a
// check of their own. What a learner would have on disk is handed to
// the go command as an overlay; the tree stays as it is.
func TestTheLadder(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the whole ladder takes most of a minute")
	}
	c := repository.Course(t)
	solutions := make(map[string]*derive.Solution)
	for _, step := range c.Steps {
		var err error
		solutions[step.Name], err = derive.Load(t.Context(), c.Root, step.Name)
		require.NoError(t, err)
	}
	for i, id := range testrun.ExerciseIDs(c) {
		t.Run("up to "+id, func(t *testing.T) {
			t.Parallel()
			climb(t, c, solutions, i+1)
		})
	}
}

// climb checks the course with its first exercises solved.
func climb(t *testing.T, c *course.Course, solutions map[string]*derive.Solution, rung int) {
	t.Helper()
	replace := make(map[string][]byte)
	for _, step := range c.Steps {
		files, err := solutions[step.Name].Starter(solvedOf(c, step, rung)...)
		require.NoError(t, err)
		own, err := starter.Overlay(c.Root, step.Name, files)
		require.NoError(t, err)
		maps.Copy(replace, own)
	}
	flag, err := overlay.Write(t.TempDir(), replace)
	require.NoError(t, err)

	touched := touchedBy(c, rung)
	args := []string{"-timeout=5m", "-vet=all", "-overlay=" + flag}
	for _, step := range touched {
		args = append(args, "./"+step.Name)
	}
	suites := testrun.Run(t, c.Root, args...)
	for _, step := range touched {
		testrun.CheckStep(t, c, step, suites[step.ImportPath], testrun.Solved(t)[step.ImportPath], rung)
	}
}

// solvedOf returns those of the first exercises of the course that belong to a
// step.
func solvedOf(c *course.Course, step course.Step, rung int) []string {
	var own []string
	for _, e := range step.Exercises {
		if slices.Contains(testrun.ExerciseIDs(c)[:rung], e.ID) {
			own = append(own, e.ID)
		}
	}
	return own
}

// touchedBy returns the steps whose verdict can be another one than on the rung
// below: that of the exercise just solved, and those which build on it.
func touchedBy(c *course.Course, rung int) []course.Step {
	solvedLast := testrun.ExerciseIDs(c)[rung-1]
	at := slices.IndexFunc(c.Steps, func(s course.Step) bool {
		return slices.ContainsFunc(s.Exercises, func(e course.Exercise) bool { return e.ID == solvedLast })
	})
	return c.Steps[at:]
}
