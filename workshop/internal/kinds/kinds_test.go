package kinds_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/kinds"
)

// read reads a course of one exercise, whose tests are in one file.
func read(t *testing.T, file, tests string) (*course.Course, []kinds.Exercise, error) {
	t.Helper()
	c := &course.Course{Root: t.TempDir(), Steps: []course.Step{{
		Number: 1, Name: "step1-alpha", Title: "Alpha",
		Exercises: []course.Exercise{{ID: "1.1", Title: "Add", Func: "Add", Tests: "TestAdd"}},
	}}}
	dir := filepath.Join(c.Root, "solutions", "step1-alpha")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte("package alpha_test\n\n"+tests), 0o644))
	exercises, err := kinds.Read(c)
	return c, exercises, err
}

const addTests = `
// TestAddAnswersOnce: one answer.
//
// Kinds: one-answer, routes
func TestAddAnswersOnce() {}

// Kinds: routes.
func TestAddServesNothingElse() {}

// Kind cost: does not apply, since adding
// costs nothing.
// Kind randomness: does not apply, since a | b is no draw.
`

func TestReadFindsTestsAndReasons(t *testing.T) {
	c, exercises, err := read(t, "exercise_1_1_test.go", addTests)
	require.NoError(t, err)
	require.Len(t, exercises, 1)
	cells := exercises[0].Cells
	assert.Equal(t, []string{"TestAddAnswersOnce", "TestAddServesNothingElse"}, cells["routes"].Tests)
	assert.Equal(t, []string{"TestAddAnswersOnce"}, cells["one-answer"].Tests)
	assert.Equal(t, "adding costs nothing.", cells["cost"].Reason)

	document, err := kinds.Update([]byte("above\n<!-- kinds: made by go generate ./workshop -->\nold\n<!-- end of kinds -->\nbelow\n"), c, exercises)
	require.NoError(t, err)
	assert.Contains(t, string(document), "above\n<!-- kinds")
	assert.Contains(t, string(document), "| 1.1 Add | one-difference | **missing** |\n|  | routes | `TestAddAnswersOnce`, `TestAddServesNothingElse` |")
	assert.Contains(t, string(document), `|  | randomness | none: a \| b is no draw. |`)
	assert.Contains(t, string(document), "end of kinds -->\nbelow\n")
	assert.NotContains(t, string(document), "old")
}

func TestReadRefusesWhatCannotBeRight(t *testing.T) {
	for name, c := range map[string]struct{ file, tests, says string }{
		"an unknown kind":           {"exercise_1_1_test.go", "// Kinds: doors\nfunc TestAdd() {}\n", `no kind of attack "doors"`},
		"an unknown kind's reason":  {"exercise_1_1_test.go", "// Kind doors: does not apply, since there are none.\n", `no kind of attack "doors"`},
		"a test of no exercise":     {"exercise_1_1_test.go", "// Kinds: routes\nfunc TestOther() {}\n", "the test of no exercise"},
		"a reason for no exercise":  {"lesson_test.go", "// Kind routes: does not apply, since there are none.\n", "exercise_N_M_test.go"},
		"a reason for another file": {"exercise_7_1_test.go", "// Kind routes: does not apply, since there are none.\n", "exercise_N_M_test.go"},
	} {
		_, _, err := read(t, c.file, c.tests)
		assert.ErrorContains(t, err, c.says, name)
	}
}

func TestUpdateWantsItsMarks(t *testing.T) {
	_, err := kinds.Update([]byte("nothing of the kind\n"), new(course.Course), nil)
	assert.ErrorContains(t, err, "CONTRIBUTING.md")
}
