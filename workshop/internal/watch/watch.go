// Package watch is the companion that stays: it shows the exercise at hand in a
// terminal, and draws it anew at every save.
package watch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	tea "charm.land/bubbletea/v2"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/live"
	"example.com/bookapi/workshop/internal/tui"
)

// ErrInterrupted means that somebody pressed Ctrl-C.
var ErrInterrupted = errors.New("interrupted")

// Texts are those that other commands show as well.
type Texts struct {
	// Diff compares the learner's code with the reference.
	Diff func(tui.Screen, *course.Course, course.Step, course.Exercise) error
}

// Run follows the course on the terminal until the learner quits. When it
// returns, the terminal is as it was, and no test runs any more.
func Run(ctx context.Context, c *course.Course, texts Texts) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	states := make(newest, 1)
	follower := live.NewFollower(c.Root, states.put)
	m := newModel(c, texts, tui.NewScreen(os.Stdout).Color)
	m.again = follower.Again
	m.states = states
	// Signals end ctx. Bubble Tea's own handler would know of fewer.
	program := tea.NewProgram(m, tea.WithContext(ctx), tea.WithoutSignalHandler())

	ended := make(chan ending, 1)
	go func() {
		defer cancel() // the end of one is the end of both
		ended <- follow(ctx, follower)
	}()
	_, err := program.Run()
	cancel()
	end := <-ended
	switch {
	case end.panic != "":
		panic(end.panic) // now that it can be read
	case errors.Is(err, tea.ErrInterrupted):
		return ErrInterrupted
	case errors.Is(err, tea.ErrProgramPanic):
		return errors.New("This is a mistake of the companion's, not yours. Please report what it says above.") //nolint:revive,staticcheck // a message to learners, as others are
	case !errors.Is(end.err, context.Canceled):
		return end.err
	}
	return err
}

// ending is how following came to its end.
type ending struct {
	err   error
	panic string
}

// follow catches a panic: the program is not to end before the terminal has
// been put right.
func follow(ctx context.Context, follower *live.Follower) (end ending) {
	defer func() {
		if reason := recover(); reason != nil {
			end.panic = fmt.Sprintf("%v\n\n%s", reason, debug.Stack())
		}
	}()
	return ending{err: follower.Follow(ctx)}
}

// newest holds the latest state until it is taken. Those that came before it are
// of no interest any more, however many tests have begun since.
type newest chan live.State

func (n newest) put(s live.State) {
	select {
	case <-n:
	default:
	}
	n <- s
}
