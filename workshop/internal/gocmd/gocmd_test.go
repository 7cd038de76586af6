package gocmd_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/gocmd"
)

// module writes a module and returns its folder.
func module(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/m\n\ngo 1.26.0\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "m.go"), []byte("package m\n"), 0o600))
	return dir
}

func TestOutput(t *testing.T) {
	dir := module(t)
	out, err := gocmd.Output(t.Context(), dir, gocmd.Alone(), "list")
	require.NoError(t, err)
	assert.Equal(t, "example.com/m\n", out)

	_, err = gocmd.Output(t.Context(), dir, gocmd.Alone(), "list", "./nowhere")
	failure := new(gocmd.Error)
	require.ErrorAs(t, err, &failure)
	assert.Contains(t, failure.Said, "nowhere")

	t.Setenv("PATH", t.TempDir())
	_, err = gocmd.Output(t.Context(), dir, nil, "list")
	assert.ErrorIs(t, err, gocmd.ErrNotFound)
}

// Where the go command stands it tells by PWD, if that is true: so folders below a
// symbolic link must come out below it.
func TestTheFolderIsTheOneThatWasNamed(t *testing.T) {
	dir := module(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	t.Setenv("PWD", os.TempDir())
	out, err := gocmd.Output(t.Context(), link, gocmd.Alone(), "list", "-f", "{{.Dir}}")
	require.NoError(t, err)
	want := link
	if runtime.GOOS == "windows" { // which knows no PWD
		want = dir
	}
	assert.Equal(t, want, strings.TrimSpace(out))
}

func TestNoVariableGetsInTheWayOfTheCourse(t *testing.T) {
	root := module(t)
	require.NoError(t, os.WriteFile(filepath.Join(root, "go.work"), []byte("go 1.26.0\n\nuse .\n"), 0o600))
	for name, value := range map[string]string{
		"GOFLAGS": "-mod=vendor", "GO111MODULE": "off", "GOWORK": "off", "GOOS": "plan9", "GOARCH": "wasm", "GOROOT": root,
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			out, err := gocmd.Output(t.Context(), root, gocmd.WorkspaceOf(root), "env", "GOWORK", "GOOS")
			require.NoError(t, err)
			assert.Equal(t, filepath.Join(root, "go.work")+"\n"+runtime.GOOS+"\n", out)
			_, err = gocmd.Output(t.Context(), root, gocmd.WorkspaceOf(root), "list", "./...")
			assert.NoError(t, err)
		})
	}
}

// What the go command really says is explained, and not just what it said once.
func TestExplain(t *testing.T) {
	root := module(t)
	require.NoError(t, os.WriteFile(filepath.Join(root, "go.work"), []byte("go 1.26.0\n\nuse .\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "far.go"), []byte("package m\n\nimport _ \"example.org/far\"\n"), 0o600))
	for _, test := range []struct{ env, args, want string }{
		{"GOFLAGS=-mod=mod", "build .", "go env -u GOFLAGS"},
		{"GOFLAGS=-mod=vendor", "build .", "go env -u GOFLAGS"},
		{"GO111MODULE=off", "build .", "GO111MODULE"},
		{"GOEXPERIMENT=tea", "build .", "go env -u GOEXPERIMENT"},
		{"GOOS=amiga", "build .", "go env -u GOOS GOARCH"},
		{"GOFLAGS=-race CGO_ENABLED=0", "build .", "go env -u GOFLAGS"},
		{"GOPROXY=off", "get example.org/far@v1.0.0", "go mod download"},
		{"GOPROXY=http://127.0.0.1:1", "get example.org/far@v1.0.0", "go mod download"},
	} {
		env := append([]string{"GOWORK=" + filepath.Join(root, "go.work"), "GOTOOLCHAIN=local", "GOFLAGS=", "GONOSUMDB=*"}, strings.Fields(test.env)...)
		_, err := gocmd.Output(t.Context(), root, env, strings.Fields(test.args)...)
		if assert.Error(t, err, test.env) {
			assert.Contains(t, gocmd.Explain(err.Error()), test.want, "%s: %v", test.env, err)
		}
	}
	require.NoError(t, os.WriteFile(filepath.Join(root, "go.work"), []byte("go 9.99.0\n\nuse .\n"), 0o600))
	_, err := gocmd.Output(t.Context(), root, append(gocmd.WorkspaceOf(root), "GOTOOLCHAIN=local"), "build", ".")
	require.Error(t, err)
	assert.Contains(t, gocmd.Explain(err.Error()), "needs Go 9.99.0 or newer")
	assert.Empty(t, gocmd.Explain("./m.go:3:1: syntax error"))
}

func TestExcerpt(t *testing.T) {
	var whole, short gocmd.Excerpt
	for i := range 3 {
		fmt.Fprintln(&whole, "line", i)
	}
	assert.Equal(t, "line 0\nline 1\nline 2\n", whole.String())

	for i := range 1_000_000 {
		fmt.Fprintln(&short, "line", i)
	}
	assert.LessOrEqual(t, short.Len(), 3*gocmd.Most)
	text := short.String()
	assert.True(t, strings.HasPrefix(text, "line 0\nline 1\n"))
	assert.True(t, strings.HasSuffix(text, "\nline 999998\nline 999999\n"))
	assert.Regexp(t, `\nline \d+\n… 11 MB left out …\nline \d+\n`, text)

	endless := gocmd.Excerpt{Most: 10}
	for range 100 {
		_, _ = endless.WriteString("0123456789")
	}
	assert.Regexp(t, `^0123456789\n… 9\d\d bytes left out …\n[0-9]+$`, endless.String())
	endless.Reset()
	assert.Empty(t, endless.String())
}
