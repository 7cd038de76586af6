package main_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

func TestGradeSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)
	root := coursetest.RepoWithReference(t)
	handIn := coursetest.Repo(t)
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"grade"}, 2, "Where to put the results?"},
		{[]string{"grade", "--out", "grades"}, 2, "What to grade?"},
		{[]string{"grade", "--out", filepath.Join(handIn, "grades"), handIn}, 2, "cannot be put into what is graded"},
		{[]string{"grade", "--out", t.TempDir(), "nowhere"}, 1, "there is no nowhere"},
		{[]string{"grade", "--out", t.TempDir(), "--class"}, 1, "There is no result in"},
	} {
		stdout, stderr, code := program.run(t, root, test.args...)
		assert.Equal(t, test.code, code, test.args)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, test.want)
	}
}

// The tiny workshop is graded without the sandbox: the code is ours.
func TestGradeGradesAndGoesOn(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)
	root := coursetest.RepoWithReference(t)
	hall, out := t.TempDir(), t.TempDir()
	for name, greeting := range map[string]string{"alice": `"hello " + name`, "bob": `"bye " + name`, "carol": "nothing"} {
		solved := coursetest.Repo(t)
		coursetest.Solve(t, solved)
		for _, step := range []string{"step1-alpha", "step2-beta"} {
			require.NoError(t, os.CopyFS(filepath.Join(hall, name, step), os.DirFS(filepath.Join(solved, step))))
		}
		coursetest.Replace(t, hall, name+"/step1-alpha/alpha.go", `"hello " + name`, greeting)
	}
	args := []string{"grade", "--unconfined", "--out", out, filepath.Join(hall, "alice"), filepath.Join(hall, "bob"), filepath.Join(hall, "carol")}
	stdout, stderr, code := program.run(t, root, args...)
	assert.Zero(t, code, stderr)
	assert.Contains(t, stdout, "3 graded:")
	assert.Contains(t, stdout, "The flags say where a person should look")
	table := grades(t, out)
	assert.Contains(t, table, "\nsubmission,green,1.1,1.2,2.1,flags\n")
	assert.Contains(t, table, "\nalice,3,green,green,green,")
	assert.Contains(t, table, "\nbob,2,green,red,green,")
	assert.Contains(t, table, "\ncarol,1,does not build,does not build,green,")
	assert.Contains(t, stderr, "bob: 2 green")

	coursetest.Replace(t, hall, "bob/step1-alpha/alpha.go", `"bye "`, `"hello "`)
	stdout, stderr, code = program.run(t, root, append(args, "--class")...)
	assert.Zero(t, code, stderr)
	assert.Contains(t, grades(t, out), "\nbob,3,green,green,green,")
	assert.Contains(t, stdout, "  1.2  Greet somebody: 2 green, 1 does not build\n")
	assert.NotContains(t, stdout, "carol")

	again, stderr, _ := program.run(t, root, "grade", "--out", out, "--class")
	assert.Contains(t, again, "2 green, 1 does not build", stderr)
}

func grades(t *testing.T, out string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(out, "grades.csv"))
	require.NoError(t, err)
	return string(text)
}
