package windows_test

import (
	"bufio"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
)

// limit is how long one command may take, the first one for SQLite included.
const limit = 8 * time.Minute

// A machine is a Windows with Go and a copy of the repository.
type machine struct{ wine, tree string }

func newMachine(t *testing.T) machine {
	folder := os.Getenv("BOOKAPI_TEST_WINE")
	if folder == "" {
		t.Skip("there is no Windows: set BOOKAPI_TEST_WINE to the folder that .ci/wine has made")
	}
	m := machine{filepath.Join(folder, "wine"), t.TempDir()}
	repository.Copy(t, m.tree)
	return m
}

func (m machine) command(t *testing.T, dir string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, m.wine, args...)
	cmd.Dir, cmd.WaitDelay = filepath.Join(m.tree, dir), time.Second
	return cmd
}

// run runs the go command of Windows, and returns what it prints and its exit code.
func (m machine) run(t *testing.T, dir string, args ...string) (said string, code int) {
	t.Helper()
	cmd := m.command(t, dir, append([]string{"go"}, args...)...)
	out, err := cmd.CombinedOutput()
	require.NotNil(t, cmd.ProcessState, "%v", err)
	return string(out), cmd.ProcessState.ExitCode()
}

// The first evening of a learner, up to the first red, and what is found where it
// leads.
func TestTheFirstSteps(t *testing.T) {
	m := newMachine(t)
	for _, step := range []struct {
		args []string
		code int
		want []string
	}{
		{[]string{"version"}, 0, []string{"windows/amd64"}},
		{[]string{"test", "./step1-hashing", "-run", "TestHashPasswordMakesAHash"}, 1, []string{
			"exercise_1_1_test.go:", "Promise broken (1.1): HashPassword makes a hash", "exercise 1.1 is not written yet",
		}},
		{[]string{"run", "./workshop"}, 0, []string{"0 of 23 green", "step1-hashing/password.go:", "go test ./step1-hashing -run TestHashPassword"}},
		{[]string{"run", "./workshop", "hint"}, 0, []string{"1.1  Hash a password", "go run ./workshop hint 1.1 2"}},
		{[]string{"run", "./workshop", "reset", "1.1"}, 0, []string{"1.1 is as it was handed out"}},
		{[]string{"run", "./workshop", "doctor"}, 0, []string{"The course can be taken."}},
	} {
		said, code := m.run(t, ".", step.args...)
		assert.Equal(t, step.code, code, "go %v:\n%s", step.args, said)
		for _, want := range step.want {
			assert.Contains(t, said, want, "go %v", step.args)
		}
	}
	m.serves(t)
}

// serves starts the page of the companion, and fetches it.
func (m machine) serves(t *testing.T) {
	cmd := m.command(t, ".", "go", "run", "./workshop", "serve", "--browser=false", "--addr", "127.0.0.1:0")
	pipe, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	address := ""
	for lines := bufio.NewScanner(pipe); address == "" && lines.Scan(); {
		address = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+/open/[A-Z2-7]{26}`).FindString(lines.Text())
	}
	answer, err := http.Get(address)
	require.NoError(t, err)
	answer.Body.Close()
	assert.Equal(t, http.StatusOK, answer.StatusCode)
	require.NoError(t, cmd.Process.Kill()) // Wine passes no Ctrl-C on
	_ = cmd.Wait()
}

// The solutions pass, and so do the store and the server of all steps.
func TestSolutionsAndServers(t *testing.T) {
	m := newMachine(t)
	for dir, packages := range map[string][]string{
		"solutions": {"./step1-hashing", "./step3-protect", "./step4-authz"},
		"bookapi":   {"./sqlstore", "./server", "./memory", "./rest"},
	} {
		said, code := m.run(t, dir, append([]string{"test"}, packages...)...)
		assert.Zero(t, code, "%s:\n%s", dir, said)
	}
}
