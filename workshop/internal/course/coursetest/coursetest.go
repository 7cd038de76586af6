// Package coursetest makes a tiny workshop in a temporary folder, for the tests
// of what reads and runs the real one.
package coursetest

import (
	_ "embed"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
)

//go:embed repo.txtar
var repo []byte

//go:embed solved.txtar
var solved []byte

//go:embed reference.txtar
var reference []byte

// Repo writes the workshop with nothing written yet and returns its folder.
func Repo(t testing.TB) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	write(t, root, repo)
	return root
}

// RepoWithReference is a Repo that has its solutions beside it, and a server.
func RepoWithReference(t testing.TB) string {
	t.Helper()
	root := Repo(t)
	write(t, root, reference)
	return root
}

// Solve solves every exercise of the workshop in root.
func Solve(t testing.TB, root string) {
	t.Helper()
	write(t, root, solved)
}

// Write writes one file of the workshop in root; name has slashes.
func Write(t testing.TB, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
}

// Replace replaces the one place in a file where old stands.
func Replace(t testing.TB, root, name, old, replacement string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(text), old), "%s must hold %q once", name, old)
	Write(t, root, name, strings.Replace(string(text), old, replacement, 1))
}

func write(t testing.TB, root string, archive []byte) {
	t.Helper()
	for _, file := range txtar.Parse(archive).Files {
		Write(t, root, file.Name, string(file.Data))
	}
}
