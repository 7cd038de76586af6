//go:build unix

package main_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

// Ctrl-C keeps what is graded, ends the code of submissions, and leaves no
// temporary files.
func TestGradeInterrupted(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)
	root := coursetest.RepoWithReference(t)
	hall, out, temp := t.TempDir(), t.TempDir(), t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(temp), 0o755)) // where root grades, the code has another account
	for name, greeting := range map[string]string{"alice": `"hello " + name`, "zoe": `func() string { for {} }()`} {
		solved := coursetest.Repo(t)
		coursetest.Solve(t, solved)
		require.NoError(t, os.CopyFS(filepath.Join(hall, name, "step1-alpha"), os.DirFS(filepath.Join(solved, "step1-alpha"))))
		coursetest.Replace(t, hall, name+"/step1-alpha/alpha.go", `"hello " + name`, greeting)
	}
	stdout, _ := program.interrupted(t, root, temp, "1 of 2  alice", "grade", "--unconfined", "--out", out, filepath.Join(hall, "alice"), filepath.Join(hall, "zoe"))
	assert.Contains(t, stdout, "Interrupted: 1 of 2 are graded. The same command goes on.")
	assert.Contains(t, grades(t, out), "\nalice,2,")
	assert.NotContains(t, grades(t, out), "zoe")
}
