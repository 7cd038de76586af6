package main_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"

	"example.com/bookapi/workshop/internal/course"
)

// The tests of this folder hold the repository to its promises, one file for
// each. They take some minutes with an empty build cache and one or two with a
// full one; -short leaves out what takes longest.

// repository is the absolute path of the repository.
func repository(t testing.TB) string {
	t.Helper()
	root, err := root()
	require.NoError(t, err)
	return root
}

var root = sync.OnceValues(func() (string, error) {
	workshop, err := os.Getwd()
	if err != nil {
		return "", err
	}
	return filepath.Dir(workshop), watch(workshop + string(filepath.Separator) + "..")
})

// watch makes go test run these tests again, rather than say "(cached)", when
// a file of the repository has changed. The go command notices which files a
// test opens, but not what the programs do that the test starts; and it takes
// notice of paths below the module only, of which dir/.. is one to it.
func watch(dir string) error {
	return fs.WalkDir(os.DirFS(dir), ".", func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && passing(entry.Name()) {
			return fs.SkipDir
		}
		return err
	})
}

// passing reports whether a file or folder is no part of the course: git's,
// what a server or the companion left behind.
func passing(name string) bool {
	return name == ".git" || name == ".workshop" || strings.Contains(name, ".db")
}

func TestAChangeAnywhereRunsTheTestsAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	}
	write("module/go.mod", "module example.com/m\n\ngo 1.26.0\n")
	write("module/m_test.go", `package m

import ("io/fs"; "os"; "testing")

func TestWatch(t *testing.T) {
	dir, _ := os.Getwd()
	fs.WalkDir(os.DirFS(dir + string(os.PathSeparator) + ".."), ".", func(_ string, _ fs.DirEntry, err error) error { return err })
}
`)
	write("elsewhere/a", "")
	test := func() string { return goCommand(t, filepath.Join(dir, "module"), "test", ".") }
	test()
	require.Contains(t, test(), "(cached)")
	write("elsewhere/b", "")
	require.NotContains(t, test(), "(cached)", "go test does not notice what the tests look at any more: look for another way in watch")
}

// lessons is the course as its learners have it.
func lessons(t testing.TB) *course.Course {
	t.Helper()
	c, err := course.Load(repository(t))
	require.NoError(t, err)
	return c
}

// goCommand runs the go command in dir, and returns what it printed. If it
// fails, so does the test.
func goCommand(t testing.TB, dir string, args ...string) string {
	t.Helper()
	out, err := tryGo(t, dir, nil, args...)
	require.NoError(t, err, "go %s, in %s:\n%s", strings.Join(args, " "), dir, out)
	return out
}

// tryGo runs the go command in dir, with more variables in its environment. It
// finds the go.work that belongs to dir, whatever GOWORK says to the tests.
func tryGo(t testing.TB, dir string, env []string, args ...string) (output string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "GOWORK="), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		require.NoError(t, err)
	}
	if err != nil {
		return stdout.String() + stderr.String(), err
	}
	return stdout.String(), nil
}

// modules returns the folders, with slashes from the root, of the modules that
// the go.work of a folder uses.
func modules(t testing.TB, workspace string) []string {
	t.Helper()
	file := filepath.Join(repository(t), workspace, "go.work")
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	work, err := modfile.ParseWork(file, content, nil)
	require.NoError(t, err)
	var dirs []string
	for _, use := range work.Use {
		dirs = append(dirs, path.Join(workspace, use.Path))
	}
	return dirs
}

// allModules returns the folders of the modules of both workspaces.
func allModules(t testing.TB) []string {
	t.Helper()
	dirs := append(modules(t, "."), modules(t, "solutions")...)
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// packagesOf returns the patterns for all packages of a module: "..." leaves
// out the programs, which the module ignores to keep the learner's loop short.
func packagesOf(t testing.TB, module string) []string {
	t.Helper()
	patterns := []string{"./..."}
	programs, err := filepath.Glob(filepath.Join(repository(t), module, "cmd", "*"))
	require.NoError(t, err)
	for _, program := range programs {
		patterns = append(patterns, "./cmd/"+filepath.Base(program))
	}
	return patterns
}

// below puts the patterns of a module below a folder.
func below(folder string, patterns []string) []string {
	var all []string
	for _, p := range patterns {
		all = append(all, "./"+folder+"/"+strings.TrimPrefix(p, "./"))
	}
	return all
}
