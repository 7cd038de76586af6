package overlay_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/gocmd"
	"example.com/bookapi/workshop/internal/overlay"
)

func TestTheGoCommandSeesTheOverlayAndTheDiskDoesNot(t *testing.T) {
	t.Parallel()
	module := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(module, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	write("go.mod", "module example.com/m\n\ngo 1.26.0\n")
	main := write("main.go", "package main\n\nfunc main() { print(\"disk\") }\n")
	broken := write("broken.go", "this is not Go\n")
	added := filepath.Join(module, "added.go")

	file, err := overlay.Write(t.TempDir(), map[string][]byte{
		main:   []byte("package main\n\nfunc main() { print(word) }\n"),
		added:  []byte("package main\n\nconst word = \"overlay\"\n"),
		broken: nil,
	})
	require.NoError(t, err)

	cmd := gocmd.Command(t.Context(), module, gocmd.Alone(), "run", "-overlay="+file, ".")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, "overlay", string(out))
	assert.NoFileExists(t, added)
}

func TestFilesOfOneNameStayApart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := overlay.Write(dir, map[string][]byte{
		filepath.Join("a", "same.go"): []byte("package a\n"),
		filepath.Join("b", "same.go"): []byte("package b\n"),
	})
	require.NoError(t, err)
	copies, err := filepath.Glob(filepath.Join(dir, "*-same.go"))
	require.NoError(t, err)
	assert.Len(t, copies, 2)
}

func TestADirectoryThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	gone := filepath.Join(t.TempDir(), "gone")
	_, err := overlay.Write(gone, nil)
	assert.ErrorContains(t, err, gone)
}
