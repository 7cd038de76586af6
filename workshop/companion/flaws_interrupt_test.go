//go:build unix

package main_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/flaw/flawtest"
)

// Ctrl-C ends the run with what is judged so far, and leaves no temporary files.
func TestFlawsInterrupted(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)
	root, temp := flawtest.Repo(t), t.TempDir()
	// One that is not done for a long time, beside those of the course.
	coursetest.Write(t, root, "workshop/flaws/step2-house/endless.patch", "--- a/step2-house/house.go\n+++ b/step2-house/house.go\n@@ -8,3 +8,5 @@\n \t// Exercise 2.1: ask the door.\n+\tfor key != \"\" {\n+\t}\n \tif !door.Opens(key) {\n \t\treturn \"stay out\"\n")
	stdout, last := program.interrupted(t, root, temp, "2 of 4 ", "flaws")
	assert.Regexp(t, "^It ended before all were judged: [23] of 4 are.$", last)
	assert.Contains(t, stdout, " caught, ")
	assert.Contains(t, stdout, "✓ ")
}

// interrupted sends Ctrl-C to a command once a line of its progress begins with
// something. It demands the exit code of one that was interrupted and that no
// temporary file stays, and returns what was printed and the last line of progress.
func (program workshop) interrupted(t *testing.T, root, temp, progress string, args ...string) (stdout, last string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), string(program), args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOWORK=", "TMPDIR="+temp, "GOTMPDIR="+temp)
	var printed bytes.Buffer
	cmd.Stdout = &printed
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	said := bufio.NewScanner(stderr)
	for said.Scan() {
		if strings.HasPrefix(said.Text(), progress) {
			require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
			break
		}
	}
	for said.Scan() {
		last = said.Text()
	}
	require.NoError(t, said.Err())
	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Wait(), &exit)
	assert.Equal(t, 130, exit.ExitCode())
	left, err := filepath.Glob(filepath.Join(temp, "*"))
	require.NoError(t, err)
	assert.Empty(t, left, "temporary files")
	return printed.String(), last
}
