package coursetest

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Lacks skips a test that this machine has not all for, and says what. Where
// BOOKAPI_TEST_ALL says that all is installed, the test fails.
func Lacks(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("BOOKAPI_TEST_ALL") != "" {
		t.Fatal("BOOKAPI_TEST_ALL is set, and there is no " + what)
	}
	t.Skip("there is no " + what)
}

// SharedFolder makes a temporary folder that other accounts can enter, as they
// cannot that of a test.
func SharedFolder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bookapi-") //nolint:usetesting // others cannot enter that of a test
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				_ = os.Chmod(name, 0o700) // modules are not to be written to
			}
			return nil
		})
		assert.NoError(t, os.RemoveAll(dir))
	})
	require.NoError(t, os.Chmod(dir, 0o755))
	return dir
}
