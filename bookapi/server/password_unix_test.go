//go:build linux || darwin

package server

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/term"
)

// dialogue runs `admin add grace` at a terminal. When the program has asked for
// something, it is typed.
func dialogue(t *testing.T, asked ...[2]string) (shown, dir string, err error) {
	t.Helper()
	cmd := child(t, []string{childEnv + "=complete"}, "admin", "add", "grace")
	terminal, err := pty.Start(cmd)
	require.NoError(t, err)
	t.Cleanup(func() { _ = terminal.Close() })
	var seen strings.Builder
	for _, a := range asked {
		for buf := make([]byte, 256); !strings.HasSuffix(seen.String(), a[0]); {
			n, err := terminal.Read(buf)
			require.NoError(t, err, seen.String())
			seen.Write(buf[:n])
		}
		_, err := io.WriteString(terminal, a[1])
		require.NoError(t, err)
	}
	_, _ = io.Copy(&seen, terminal) // until the program ends; Linux reports an error then
	return seen.String(), cmd.Dir, cmd.Wait()
}

func TestAPasswordIsTypedTwiceAndNotShown(t *testing.T) {
	shown, dir, err := dialogue(t, [2]string{"password for grace: ", phrase + "\r"}, [2]string{"once more: ", phrase + "\r"})
	require.NoError(t, err, shown)
	assert.NotContains(t, shown, "own long phrase")
	assert.Contains(t, shown, "grace has an account now")
	assert.Equal(t, "hash of "+phrase, user(t, dir, "grace").PasswordHash)
}

func TestNothingIsMadeOfADialogueThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		asked [][2]string
		want  string
	}{
		"the second is another": {[][2]string{{"grace: ", phrase + "\r"}, {"more: ", "something else\r"}}, "differ"},
		"Ctrl-C":                {[][2]string{{"grace: ", "half of it\x03"}}, "stopped"},
		"Ctrl-C at the second":  {[][2]string{{"grace: ", phrase + "\r"}, {"more: ", "\x03"}}, "stopped"},
		"Ctrl-D":                {[][2]string{{"grace: ", "\x04"}}, "stopped"},
		"nothing typed":         {[][2]string{{"grace: ", "\r"}, {"more: ", "\r"}}, "no password"},
	} {
		t.Run(name, func(t *testing.T) {
			shown, dir, err := dialogue(t, c.asked...)
			require.Error(t, err, shown)
			assert.Contains(t, shown, c.want)
			assert.NotContains(t, shown, "half of it")
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			assert.Empty(t, left)
		})
	}
}

// Who stops the program from elsewhere gets back a terminal that shows what is
// typed.
func TestTheTerminalIsNotLeftMute(t *testing.T) {
	cmd := child(t, []string{childEnv + "=complete"}, "admin", "add", "grace")
	master, slave, err := pty.Open()
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = master.Close(), slave.Close() })
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	before, err := term.GetState(int(slave.Fd()))
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var seen strings.Builder
	for buf := make([]byte, 256); !strings.HasSuffix(seen.String(), "grace: "); {
		n, err := master.Read(buf)
		require.NoError(t, err)
		seen.Write(buf[:n])
	}
	muted, err := term.GetState(int(slave.Fd()))
	require.NoError(t, err)
	require.NotEqual(t, before, muted)

	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.Error(t, cmd.Wait())
	after, err := term.GetState(int(slave.Fd()))
	require.NoError(t, err)
	assert.Equal(t, before, after)
	assert.NoFileExists(t, filepath.Join(cmd.Dir, "bookapi.db"))
}
