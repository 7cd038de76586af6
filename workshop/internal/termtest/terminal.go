//go:build unix

package termtest

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/term"
)

// limit is how long anything may take: long, for a machine that has much else
// to do.
const limit = 2 * time.Minute

// Terminal is a terminal with a program in it.
type Terminal struct {
	t           testing.TB
	master, tty *os.File
	before      *term.State
	cmd         *exec.Cmd
	ended       chan struct{} // closed when the program has ended

	mu      sync.Mutex
	screen  *vt.Emulator
	waiting []wait
}

type wait struct {
	is   func(View) bool
	done chan struct{}
}

// View is what somebody sees who sits there.
type View struct {
	Lines  []string // without the spaces at their ends
	Text   string   // the lines as one
	Alt    bool     // the alternate screen is shown
	Cursor bool     // the cursor is
}

// Has reports whether all these texts are on the screen.
func (v View) Has(texts ...string) bool {
	for _, text := range texts {
		if !strings.Contains(v.Text, text) {
			return false
		}
	}
	return true
}

// Start starts a program. It is ended with the test, if not before.
func Start(t testing.TB, cmd *exec.Cmd, columns, rows uint16) *Terminal {
	t.Helper()
	master, tty, err := pty.Open()
	require.NoError(t, err)
	before, err := term.GetState(int(tty.Fd()))
	require.NoError(t, err)
	terminal := &Terminal{t: t, master: master, tty: tty, before: before, cmd: cmd, ended: make(chan struct{}), screen: vt.NewEmulator(int(columns), int(rows))}
	terminal.Resize(columns, rows)

	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	require.NoError(t, cmd.Start())
	go terminal.show()
	go func() { _, _ = io.Copy(master, terminal.screen) }() // the answers of the terminal, until it is closed
	go func() {
		defer close(terminal.ended)
		_ = cmd.Wait() // Exit looks at the code
	}()
	t.Cleanup(terminal.close)
	return terminal
}

// close ends a program that a failed test has left.
func (t *Terminal) close() {
	_ = t.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-t.ended:
	case <-time.After(limit):
		_ = t.cmd.Process.Kill()
		t.t.Error("the program did not end when it was told to")
	}
	_ = t.master.Close()
	_ = t.tty.Close()
	_ = t.screen.Close()
}

// show puts on the screen what the program writes, and looks each time whether
// that is what somebody waits for: nothing goes by unseen.
func (t *Terminal) show() {
	written := make([]byte, 32*1024)
	for {
		n, err := t.master.Read(written)
		if err != nil {
			return // it has been closed
		}
		t.mu.Lock()
		_, _ = t.screen.Write(written[:n]) // never fails
		view := t.view()
		var still []wait
		for _, w := range t.waiting {
			if w.is(view) {
				close(w.done)
				continue
			}
			still = append(still, w)
		}
		t.waiting = still
		t.mu.Unlock()
	}
}

func (t *Terminal) view() View {
	lines := strings.Split(t.screen.String(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return View{Lines: lines, Text: strings.Join(lines, "\n"), Alt: t.screen.IsAltScreen(), Cursor: !t.screen.CursorHidden()}
}

// View returns what is on the screen now.
func (t *Terminal) View() View {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.view()
}

// Until waits for something to be seen.
func (t *Terminal) Until(what string, is func(View) bool) View {
	t.t.Helper()
	w := wait{is: is, done: make(chan struct{})}
	t.mu.Lock()
	now := t.view()
	seen := is(now)
	if !seen {
		t.waiting = append(t.waiting, w)
	}
	t.mu.Unlock()
	if seen {
		return now
	}
	select {
	case <-w.done:
	case <-time.After(limit):
		t.t.Fatalf("%v went by, and %s was not seen, but:\n%s", limit, what, t.View().Text)
	}
	return t.View()
}

// UntilHas waits for texts to be on the screen together.
func (t *Terminal) UntilHas(texts ...string) View {
	t.t.Helper()
	return t.Until(strings.Join(texts, " and "), func(v View) bool { return v.Has(texts...) })
}

// Type presses keys, as the terminal sends them.
func (t *Terminal) Type(keys string) {
	t.t.Helper()
	_, err := t.master.WriteString(keys)
	require.NoError(t.t, err)
}

// Resize changes the size of the window.
func (t *Terminal) Resize(columns, rows uint16) {
	t.t.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.screen.Resize(int(columns), int(rows))
	require.NoError(t.t, pty.Setsize(t.tty, &pty.Winsize{Cols: columns, Rows: rows}))
}

// Signal sends the program a signal.
func (t *Terminal) Signal(signal os.Signal) {
	t.t.Helper()
	require.NoError(t.t, t.cmd.Process.Signal(signal))
}

// Exit waits until the program has ended and demands that it has left the
// terminal as it was. It returns the exit code.
func (t *Terminal) Exit() int {
	t.t.Helper()
	select {
	case <-t.ended:
	case <-time.After(limit):
		t.t.Fatalf("%v went by, and the program has not ended:\n%s", limit, t.View().Text)
	}
	t.Until("the screen as it was, with its cursor", func(v View) bool { return !v.Alt && v.Cursor })
	after, err := term.GetState(int(t.tty.Fd()))
	require.NoError(t.t, err)
	assert.Equal(t.t, t.before, after, "keys are read as they were before")
	return t.cmd.ProcessState.ExitCode()
}

// Styled returns what is on the screen with the escape codes of its styles.
func (t *Terminal) Styled() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.Render()
}
