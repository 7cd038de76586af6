//go:build unix

package watchtest

import (
	"os"
	"os/exec"
	"testing"

	"example.com/bookapi/workshop/internal/termtest"
)

// Start runs the watch command of a program in a terminal, over the workshop in
// root.
func Start(t testing.TB, program, root string, columns, rows uint16, env ...string) *termtest.Terminal {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "watch")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), append([]string{"GOWORK=", "TERM=xterm-256color", "NO_COLOR="}, env...)...)
	return termtest.Start(t, cmd, columns, rows)
}

// Idle waits for the end of all tests.
func Idle(screen *termtest.Terminal) termtest.View {
	return screen.Until("the end of the tests", func(v termtest.View) bool {
		return v.Has("Waiting for you to save.") || v.Has(" is tested.")
	})
}
