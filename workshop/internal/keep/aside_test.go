package keep

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPutAside(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("a file that is open does not move there, which the next test shows")
	}
	root, k := learners(t)
	before := snapshot(t, root)
	_, err := k.Change("reset", "1.1", []File{{Path: "step1/mine.go", Gone: true}})
	require.NoError(t, err)
	kept, err := k.Change("reset", "all", []File{{Path: "step1/password.go", Content: []byte("the stub")}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(root, "step1", "books.db"), []byte("rows"), 0o600))
	open, err := os.OpenFile(filepath.Join(root, "step1", "books.db"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	defer func() { _ = open.Close() }()

	folder, err := k.PutAside(kept, []string{"step1/books.db"})
	require.NoError(t, err)
	_, err = open.WriteString(", and one that a server writes now")
	require.NoError(t, err)
	in := func(name string) string {
		text, err := os.ReadFile(filepath.Join(root, folder, name))
		require.NoError(t, err)
		return string(text)
	}
	assert.Equal(t, "rows, and one that a server writes now", in("step1/books.db"))
	assert.Contains(t, before["step1/password.go"], in("step1/password.go"))
	assert.NoDirExists(t, filepath.Join(root, keptFolder))
	copies, err := os.ReadDir(filepath.Join(root, folder, "kept"))
	require.NoError(t, err)
	assert.Len(t, copies, 1)

	nothing, err := k.PutAside("", nil)
	require.NoError(t, err)
	assert.Empty(t, nothing)
}

// Whichever rename fails, all is where it was.
func TestPutAsideIsAllOrNothing(t *testing.T) {
	t.Parallel()
	for fails := range 3 {
		root, k := learners(t)
		kept, err := k.Change("reset", "all", []File{{Path: "step1/mine.go", Gone: true}})
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(root, "books.db"), []byte("rows"), 0o600))
		before := snapshot(t, root)
		n := 0
		k.fault = func(op, _ string) error {
			if op == "rename" {
				if n++; n > fails {
					return errors.New("in use")
				}
			}
			return nil
		}
		folder, err := k.PutAside(kept, []string{"books.db"})
		require.ErrorContains(t, err, "in use", fails)
		assert.Empty(t, folder)
		assert.Equal(t, before, snapshot(t, root))
		assert.FileExists(t, filepath.Join(root, kept, recordFile))
		k.fault = nil
		_, err = k.Undo("reset", "all")
		assert.NoError(t, err)
		assert.FileExists(t, filepath.Join(root, "step1", "mine.go"))
	}
}
