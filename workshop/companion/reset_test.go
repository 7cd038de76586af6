package main_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

// contents returns the files below root, by path, but for what the companion
// keeps.
func contents(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		if name == ".workshop" {
			return fs.SkipDir
		}
		if err == nil && !entry.IsDir() {
			files[name] = file(t, root, name)
		}
		return err
	}))
	return files
}

func file(t *testing.T, root, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	require.NoError(t, err)
	return string(text)
}

// keptIn is the folder that a command says it has kept something in.
func keptIn(t *testing.T, stdout string) string {
	t.Helper()
	_, folder, ok := strings.Cut(strings.Join(strings.Fields(stdout), " "), "is kept in ")
	require.True(t, ok, stdout)
	folder, _, _ = strings.Cut(folder, ". ")
	return strings.TrimSuffix(folder, ".")
}

func TestReset(t *testing.T) {
	t.Parallel()
	const alpha = "step1-alpha/alpha.go"
	program := buildWorkshop(t)
	solved := func(t *testing.T) string {
		t.Helper()
		root := coursetest.RepoWithReference(t)
		coursetest.Solve(t, root)
		return root
	}

	t.Run("an exercise, and back", func(t *testing.T) {
		t.Parallel()
		root := solved(t)
		before := contents(t, root)
		stdout, stderr, code := program.run(t, root, "reset", "1.1")
		assert.Zero(t, code)
		assert.Empty(t, stderr)
		assert.True(t, strings.HasPrefix(stdout, "1.1 is as it was handed out:\n  step1-alpha/alpha.go\n  step1-alpha/todo.go\n"), stdout)
		assert.True(t, strings.HasSuffix(stdout, "To have it back:\n  go run ./workshop reset 1.1 --undo\n"), stdout)
		assert.Equal(t, before[alpha], file(t, root, path.Join(keptIn(t, stdout), alpha)))
		assert.Contains(t, file(t, root, alpha), `errTODO("1.1")`)
		assert.Contains(t, file(t, root, alpha), `"hello " + name`, "the other exercise stays")

		status, _, _ := program.run(t, root)
		assert.Contains(t, status, "· 1.1  Double a number  todo")
		assert.Contains(t, status, "✓ 1.2  Greet somebody   green")

		again, _, code := program.run(t, root, "reset", "1.1")
		assert.Zero(t, code)
		assert.Equal(t, "1.1 is as it was handed out. There is nothing to put back.\n", again)

		stdout, _, code = program.run(t, root, "reset", "1.1", "--undo")
		assert.Zero(t, code)
		assert.Equal(t, "1.1 is as it was before the reset:\n  step1-alpha/alpha.go\n  step1-alpha/todo.go\n", stdout)
		assert.Equal(t, before, contents(t, root))
	})

	t.Run("a step, and back from any folder, with what was written since", func(t *testing.T) {
		t.Parallel()
		root := solved(t)
		coursetest.Write(t, root, "step1-alpha/mine.go", "package alpha\n")
		before := contents(t, root)
		stdout, _, code := program.run(t, root, "reset", "alpha")
		assert.Zero(t, code)
		assert.Contains(t, stdout, "\n  step1-alpha/mine.go is taken out: it is not part of the step\n")
		coursetest.Write(t, root, alpha, "package alpha // a second try\n")

		stdout, _, code = program.run(t, filepath.Join(root, "step2-beta"), "reset", "--undo")
		assert.Zero(t, code)
		assert.Equal(t, "package alpha // a second try\n", file(t, root, path.Join(keptIn(t, stdout), alpha)))
		assert.Equal(t, before, contents(t, root))
	})

	t.Run("what cannot be done is said", func(t *testing.T) {
		t.Parallel()
		root := coursetest.RepoWithReference(t)
		before := contents(t, root)
		mistake(t, program, root, "reset", `Say what to start again: an exercise, as in "reset 1.2", or a step, as in "reset step1-hashing".`)
		mistake(t, program, root, "reset 1.9", `There is no exercise or step "1.9". Did you mean "1.2"?`)
		mistake(t, program, root, "reset 1.1 1.2", `One thing at a time, please: "1.2" is too much.`)
		for typed, want := range map[string]string{
			"reset --undo":     "There is no reset to take back.",
			"reset 1.2 --undo": "There is no reset of 1.2 to take back.",
		} {
			refused(t, program, root, typed, want)
		}
		assert.Equal(t, before, contents(t, root))
		coursetest.Replace(t, root, alpha, "add the number to itself", "add it")
		require.NoError(t, os.Chmod(filepath.Join(root, alpha), 0o444))
		refused(t, program, root, "reset 1.1", "step1-alpha/alpha.go is read-only: make it writable, and try again")
		require.NoError(t, os.Chmod(filepath.Join(root, alpha), 0o644))
		coursetest.Replace(t, root, alpha, "add it", "add the number to itself")
		assert.Equal(t, before, contents(t, root))
	})

	t.Run("without the solutions, and with files gone", func(t *testing.T) {
		t.Parallel()
		root := coursetest.RepoWithReference(t)
		before := contents(t, root)
		require.NoError(t, os.RemoveAll(filepath.Join(root, "solutions")))
		for _, name := range []string{alpha, "step1-alpha/todo.go", "step1-alpha/alpha_test.go"} {
			require.NoError(t, os.Remove(filepath.Join(root, name)))
		}
		stdout, stderr, code := program.run(t, root, "reset", "1.1")
		assert.Zero(t, code)
		assert.Empty(t, stderr)
		assert.True(t, strings.HasPrefix(stdout, "1.1 is as it was handed out:\n  step1-alpha/alpha.go\n  step1-alpha/alpha_test.go\n  step1-alpha/todo.go\n"), stdout)
		for name, text := range contents(t, root) {
			assert.Equal(t, before[name], text, name)
		}
		_, _, code = program.run(t, root, "reset", "--undo")
		assert.Zero(t, code)
		assert.NoFileExists(t, filepath.Join(root, alpha))
	})
}

// refused demands that what was typed was not done, for a reason that is one
// sentence.
func refused(t *testing.T, program workshop, root, typed, want string) {
	t.Helper()
	stdout, stderr, code := program.run(t, root, strings.Fields(typed)...)
	assert.Equal(t, 1, code, typed)
	assert.Empty(t, stdout, typed)
	assert.Equal(t, want, strings.Join(strings.Fields(stderr), " "), typed)
}
