package coursetest

import (
	"bytes"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/gocmd"
)

// Go runs the go command in dir, and returns what it printed. If it fails, so
// does the test.
func Go(t testing.TB, dir string, args ...string) string {
	t.Helper()
	out, err := TryGo(t, dir, nil, args...)
	require.NoError(t, err, "go %s, in %s:\n%s", strings.Join(args, " "), dir, out)
	return out
}

// TryGo runs the go command in dir, with more variables in its environment. It
// finds the go.work that belongs to dir, whatever GOWORK says to the tests.
func TryGo(t testing.TB, dir string, env []string, args ...string) (output string, err error) {
	t.Helper()
	cmd := gocmd.Command(t.Context(), dir, append([]string{"GOWORK="}, env...), args...)
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
