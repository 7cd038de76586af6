package kinds_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/kinds"
)

// Every exercise deals with every kind of attack: with a test, or with a reason
// why the kind is not for it, and not with both.
func TestEveryExerciseDealsWithEveryKind(t *testing.T) {
	t.Parallel()
	exercises, err := kinds.Read(repository.Course(t))
	require.NoError(t, err)
	for _, e := range exercises {
		for _, kind := range kinds.All {
			cell := e.Cells[kind]
			switch {
			case cell == nil:
				t.Errorf("%s has no test for attacks of the kind %s, and no reason", e.ID, kind)
			case len(cell.Tests) > 0 && cell.Reason != "":
				t.Errorf("%s has a test for attacks of the kind %s, and a reason why there is none", e.ID, kind)
			}
		}
	}
}

func TestTheTableOfKindsIsFresh(t *testing.T) {
	t.Parallel()
	c := repository.Course(t)
	exercises, err := kinds.Read(c)
	require.NoError(t, err)
	committed, err := os.ReadFile(filepath.Join(repository.Root(t), kinds.File))
	require.NoError(t, err)
	want, err := kinds.Update(slices.Clone(committed), c, exercises)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(committed), "%s says something else. Run: go generate ./workshop", kinds.File)
}

// A learner reads the tests of the lessons beside the code: no line is longer than
// the template in CONTRIBUTING.md says. A tab counts as 4.
func TestNoLineOfALessonTestIsTooLong(t *testing.T) {
	t.Parallel()
	const most = 120
	files, err := filepath.Glob(filepath.Join(repository.Root(t), "solutions", "step*", "*_test.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for i, line := range strings.Split(string(text), "\n") {
			indent := len(line) - len(strings.TrimLeft(line, "\t"))
			if columns := utf8.RuneCountInString(line) + 3*indent; columns > most {
				t.Errorf("%s:%d has %d columns, and %d are the most", file, i+1, columns, most)
			}
		}
	}
}

// The tests of the lessons stand in the order of the exercises, one file for each.
func TestEveryExerciseHasItsTestFile(t *testing.T) {
	t.Parallel()
	root := repository.Root(t)
	for _, step := range repository.Course(t).Steps {
		for _, e := range step.Exercises {
			name := "exercise_" + string(e.ID[0]) + "_" + e.ID[2:] + "_test.go"
			assert.FileExists(t, filepath.Join(root, "solutions", step.Name, name))
		}
	}
}
