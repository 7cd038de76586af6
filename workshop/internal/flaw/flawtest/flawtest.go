// Package flawtest makes a tiny workshop with solutions and a gallery, for the
// tests of what judges them.
package flawtest

import (
	_ "embed"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
)

//go:embed repo.txtar
var repo []byte

// Repo writes the workshop to a temporary folder, and returns that.
func Repo(t testing.TB) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	files, err := txtar.FS(txtar.Parse(repo))
	require.NoError(t, err)
	require.NoError(t, os.CopyFS(root, files))
	return root
}
