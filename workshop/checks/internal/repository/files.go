package repository

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Files returns the files of the course, by path from the root of the
// repository, with slashes. What only tests read is none of them.
func Files(t testing.TB) []string {
	t.Helper()
	return slices.DeleteFunc(allFiles(t), func(name string) bool { return slices.Contains(strings.Split(name, "/"), "testdata") })
}

func allFiles(t testing.TB) []string {
	t.Helper()
	Root(t)
	r, err := found()
	require.NoError(t, err)
	return slices.Sorted(maps.Keys(r.files))
}

// Documents returns the Markdown files of the course, as Files does.
func Documents(t testing.TB) []string {
	t.Helper()
	return slices.DeleteFunc(Files(t), func(name string) bool { return path.Ext(name) != ".md" })
}

// Copy copies the repository, without what is no part of the course.
func Copy(t testing.TB, to string) {
	t.Helper()
	for _, name := range allFiles(t) {
		from, to := filepath.Join(Root(t), name), filepath.Join(to, name)
		content, err := os.ReadFile(from)
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
		require.NoError(t, os.WriteFile(to, content, 0o600))
	}
}

// Solve puts the solutions of the steps up to last into a copy of the
// repository, or of all steps if last is none. The steps keep their go.mod.
func Solve(t testing.TB, tree, last string) {
	t.Helper()
	for _, step := range Course(t).Steps {
		dir, solution := filepath.Join(tree, step.Name), filepath.Join(tree, "solutions", step.Name)
		require.NoError(t, os.Remove(filepath.Join(dir, "todo.go")))
		entries, err := os.ReadDir(solution)
		require.NoError(t, err)
		for _, entry := range entries {
			if strings.HasSuffix(entry.Name(), ".go") {
				content, err := os.ReadFile(filepath.Join(solution, entry.Name()))
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(filepath.Join(dir, entry.Name()), content, 0o600))
			}
		}
		if step.Name == last {
			return
		}
	}
}
