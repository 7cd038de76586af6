package main_test

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

// asideIn is the folder that reset --all says it has put everything in.
func asideIn(t *testing.T, stdout string) string {
	t.Helper()
	_, folder, ok := strings.Cut(strings.Join(strings.Fields(stdout), " "), "is put aside in ")
	require.True(t, ok, stdout)
	folder, _, _ = strings.Cut(folder, ", each file")
	return folder
}

// worked is a workshop in which a group has been at work.
func worked(t *testing.T, program workshop) (root string, handedOut map[string]string) {
	t.Helper()
	root = coursetest.RepoWithReference(t)
	handedOut = contents(t, root)
	_, stderr, code := program.run(t, root, "reset", "1.1") // nothing to keep yet
	require.Zero(t, code, stderr)
	coursetest.Solve(t, root)
	_, stderr, code = program.run(t, root, "reset", "1.1")
	require.Zero(t, code, stderr)
	coursetest.Write(t, root, "step1-alpha/mine.go", "package alpha\n")
	coursetest.Write(t, root, "step1-alpha/notes/answers.txt", "double it")
	require.NoError(t, os.Remove(filepath.Join(root, "step1-alpha", "alpha_test.go")))
	coursetest.Write(t, root, "bookapi.db", "ada")
	coursetest.Write(t, root, "step2-beta/bookapi.db-wal", "grace")
	coursetest.Write(t, root, "step2-beta/cmd/key.pem", "secret")
	_, stderr, code = program.run(t, root, "catchup", "2")
	require.Zero(t, code, stderr)
	return root, handedOut
}

func TestResetAll(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)

	t.Run("the next group starts at nothing, and nothing is lost", func(t *testing.T) {
		t.Parallel()
		root, handedOut := worked(t, program)
		group := contents(t, root)
		stdout, stderr, code := program.run(t, filepath.Join(root, "step2-beta"), "reset", "--all")
		require.Zero(t, code, stderr)
		assert.Contains(t, stdout, "The next group starts at 0 of 3.")
		assert.Equal(t, handedOut, contents(t, root))
		assert.NoDirExists(t, filepath.Join(root, ".workshop", "kept"))
		status, _, _ := program.run(t, root)
		assert.Contains(t, status, "0 of 3 green")

		aside := asideIn(t, stdout)
		for name, text := range group {
			if handedOut[name] != text {
				assert.Equal(t, text, file(t, root, path.Join(aside, name)), name)
			}
		}
		copies, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(aside), "kept"))
		require.NoError(t, err)
		assert.Len(t, copies, 2, "of the reset, and of the catch-up")
		refused(t, program, root, "reset --undo", "There is no reset to take back.")

		again, _, code := program.run(t, root, "reset", "--all")
		assert.Zero(t, code)
		assert.Contains(t, again, "There was nothing to put aside.")
	})

	t.Run("forget asks", func(t *testing.T) {
		t.Parallel()
		root, handedOut := worked(t, program)
		group := contents(t, root)
		forget := func(answer string) string {
			t.Helper()
			cmd := exec.CommandContext(t.Context(), string(program), "reset", "--all", "--forget")
			cmd.Dir, cmd.Stdin = root, strings.NewReader(answer)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			return strings.Join(strings.Fields(string(out)), " ")
		}
		for _, no := range []string{"", "\n", "n\n"} {
			assert.Contains(t, forget(no), "Nothing is changed.")
			assert.Equal(t, group, contents(t, root))
		}
		said := forget("y\n")
		assert.Contains(t, said, "3 databases and keys, and every kept copy?")
		assert.Contains(t, said, "What was there is removed.")
		assert.Equal(t, handedOut, contents(t, root))
		entries, err := os.ReadDir(filepath.Join(root, ".workshop", "put-aside"))
		require.NoError(t, err)
		assert.Empty(t, entries)
	})

	t.Run("what differs elsewhere is said, and stays", func(t *testing.T) {
		t.Parallel()
		root := coursetest.RepoWithReference(t)
		coursetest.Write(t, root, ".gitignore", "/.workshop/\n")
		for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=ada", "-c", "user.email=ada@example.com", "commit", "-qm", "x"}} {
			out, err := exec.Command("git", append([]string{"-C", root}, args...)...).CombinedOutput()
			require.NoError(t, err, "%s", out)
		}
		coursetest.Write(t, root, "step1-alpha/README.md", "the group's words\n")
		coursetest.Write(t, root, "scratch/x.go", "package x\n")
		stdout, _, code := program.run(t, root, "reset", "--all")
		assert.Zero(t, code)
		assert.Contains(t, stdout, "Left as it is, though git has it otherwise: step1-alpha/README.md, scratch/.")
		assert.Equal(t, "the group's words\n", file(t, root, "step1-alpha/README.md"))
	})

	t.Run("what cannot be done changes nothing", func(t *testing.T) {
		t.Parallel()
		root, _ := worked(t, program)
		coursetest.Replace(t, root, "go.work", "./step2-beta", "./elsewhere/step2-beta")
		require.NoError(t, os.CopyFS(filepath.Join(root, "elsewhere"), os.DirFS(filepath.Join(root, "step2-beta"))))
		require.NoError(t, os.Rename(filepath.Join(root, "elsewhere"), filepath.Join(root, "x")))
		require.NoError(t, os.MkdirAll(filepath.Join(root, "elsewhere"), 0o755))
		require.NoError(t, os.Rename(filepath.Join(root, "x"), filepath.Join(root, "elsewhere", "step2-beta")))
		group := contents(t, root)
		_, stderr, code := program.run(t, root, "reset", "--all")
		assert.Equal(t, 1, code)
		assert.Contains(t, strings.Join(strings.Fields(stderr), " "), "neither yours nor the reference's")
		assert.Equal(t, group, contents(t, root))

		mistake(t, program, root, "reset --forget", `"reset --forget" goes with --all: what one reset keeps takes little room.`)
		mistake(t, program, root, "reset --all 1.1", `"reset --all" stands alone, or with --forget. What it puts aside you copy back yourself.`)
		mistake(t, program, root, "reset --all --undo", `"reset --all" stands alone, or with --forget. What it puts aside you copy back yourself.`)
	})
}
