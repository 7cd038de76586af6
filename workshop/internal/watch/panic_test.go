//go:build unix

package watch_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/termtest"
	"example.com/bookapi/workshop/internal/tui"
	"example.com/bookapi/workshop/internal/watch"
)

// panicking names the variable by which these tests start themselves in a
// terminal, as a companion that has a mistake in it.
const panicking = "WATCH_AND_PANIC_IN"

func TestMain(m *testing.M) {
	if root := os.Getenv(panicking); root != "" {
		watchAndPanic(root)
		return
	}
	m.Run()
}

func watchAndPanic(root string) {
	c, err := course.Load(root)
	if err == nil {
		err = watch.Run(context.Background(), c, watch.Texts{
			Diff: func(tui.Screen, *course.Course, course.Step, course.Exercise) error { panic("a mistake of ours") },
		})
	}
	fmt.Println("it said:", err)
	os.Exit(1)
}

func TestAPanicLeavesTheTerminalAsItWas(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOWORK=", "TERM=xterm-256color", panicking+"="+root)
	screen := termtest.Start(t, cmd, 100, 200)
	screen.UntilHas("Waiting for you to save.")
	screen.Type("dy")
	left := screen.UntilHas("it said: This is a mistake of the companion's, not yours.")
	assert.True(t, left.Has("a mistake of ours", "goroutine"), "what has to be reported:\n%s", left.Text)
	assert.Equal(t, 1, screen.Exit())
}
