package browser

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheProgramThatOpensAFile(t *testing.T) {
	t.Parallel()
	there := func(name string) (string, error) { return name, nil }
	gone := func(string) (string, error) { return "", errors.New("not there") }
	none := func(string) string { return "" }
	screen := func(name string) string { return map[string]string{"DISPLAY": ":0"}[name] }
	wayland := func(name string) string { return map[string]string{"WAYLAND_DISPLAY": "wayland-0"}[name] }
	assert.Equal(t, []string{"open"}, opener("darwin", none, there))
	assert.Equal(t, []string{"rundll32", "url.dll,FileProtocolHandler"}, opener("windows", none, there))
	assert.Equal(t, []string{"xdg-open"}, opener("linux", screen, there))
	assert.Equal(t, []string{"xdg-open"}, opener("freebsd", wayland, there))
	assert.Nil(t, opener("linux", none, there), "nobody sits there")
	assert.Nil(t, opener("linux", screen, gone))
}

func TestTheSecretIsNoArgument(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("the program that opens a file cannot be replaced there")
	}
	root, bin := t.TempDir(), t.TempDir()
	got := filepath.Join(bin, "got")
	script := "#!/bin/sh\necho \"$@\" >" + got + ".tmp && mv " + got + ".tmp " + got + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(bin, "xdg-open"), []byte(script), 0o755))
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("DISPLAY", ":0")

	clean, err := Open(t.Context(), root, "http://127.0.0.1:8090/open/SECRET?a&b\"<")
	require.NoError(t, err)
	var args []byte
	require.Eventually(t, func() bool { args, err = os.ReadFile(got); return err == nil }, 10*time.Second, 10*time.Millisecond)
	assert.NotContains(t, string(args), "SECRET", "ATTACK SUCCEEDED: every user of the machine reads the secret")

	files, err := filepath.Glob(filepath.Join(root, ".workshop", "open-*.html"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	info, err := os.Stat(files[0])
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "ATTACK SUCCEEDED: every user of the machine reads the file")
	page, err := os.ReadFile(files[0])
	require.NoError(t, err)
	assert.Contains(t, string(page), `content="0;url=http://127.0.0.1:8090/open/SECRET?a&amp;b&#34;&lt;"`)

	clean()
	assert.NoFileExists(t, files[0])
}
