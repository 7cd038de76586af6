package bookapitest

import (
	"context"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/bookapi/bookapitest/internal/where"
)

const (
	// hangLimit is how long a test may take from one step of it to the next.
	hangLimit = 8 * time.Second

	// watchTick is how often to look if code hangs.
	watchTick = time.Second / 2

	// Code that wants to run while the machine has other things to do hangs if
	// it has used the processor for enoughTime, or after starvedLimit.
	enoughTime   = slowdown * 5 * time.Second
	starvedLimit = slowdown * time.Minute

	// idleTicks is how often in a row nothing wants to run where code hangs.
	// Once is not enough: on a busy machine, a pipe is read late.
	idleTicks = 4

	// watchLabel marks the goroutines of a test in the profile.
	watchLabel = "bookapitest"
)

// hangs are the exercises whose code did not come back, and the first test that
// waited for it.
var hangs told

// watch is what is known of a running test.
type watch struct {
	id       string       // the value of watchLabel
	steps    atomic.Int64 // grows while the test goes on
	children atomic.Int64 // subtests, which are watched themselves
	givenUp  atomic.Bool  // its goroutine still runs, and nobody waits for it
}

// watchIDs tells the watches of one test binary apart.
var watchIDs atomic.Int64

// alive says that the test goes on. A test that was given up ends here.
func (w *watch) alive() {
	if w == nil {
		return
	}
	w.steps.Add(1)
	if w.givenUp.Load() {
		runtime.Goexit()
	}
}

// pause says that n more subtests run.
func (w *watch) pause(n int64) {
	if w != nil {
		w.steps.Add(1)
		w.children.Add(n)
	}
}

// run runs the body in a goroutine of its own, so that it can be given up.
func (c *Check) run(body func(check *Check)) {
	c.Helper()
	if first, ok := hangs.is(c.exercise); ok && first != c.Name() {
		c.WaitsFor(c.exercise, first)
	}
	c.watch = &watch{id: strconv.FormatInt(watchIDs.Add(1), 10)}
	var (
		done  = make(chan struct{})
		end   *panicked
		whole bool // the body returned
	)
	go pprof.Do(context.Background(), pprof.Labels(watchLabel, c.watch.id), func(context.Context) {
		defer close(done)
		end = c.guard(func() {
			body(c)
			whole = true
		})
	})
	if limited(c.T) {
		if stands, hung := c.watch.wait(done); hung {
			hangs.firstTold(c.exercise, c.Name())
			c.Fatalf("Promise broken (%s): the code comes back; after %.0f seconds %s", c.exercise, hangLimit.Seconds(), stands)
		}
	} else {
		<-done
	}
	c.sayPanic(end)
	switch {
	case whole:
	case c.Skipped():
		c.SkipNow()
	default:
		c.FailNow()
	}
}

// limited reports whether the test has a time limit: in a debugger it has none,
// and in a bubble of synctest, whose clock is none of ours, it is watched from
// outside.
func limited(t *testing.T) (limited bool) {
	defer func() { _ = recover() }() // what Deadline does in a bubble
	_, limited = t.Deadline()
	return limited
}

// wait waits until the test is done, or hangs; then it tells where.
func (w *watch) wait(done <-chan struct{}) (stands string, hung bool) {
	ticker := time.NewTicker(watchTick)
	defer ticker.Stop()
	steps, p := int64(-1), newPatience()
	for {
		select {
		case <-done:
			return "", false
		case <-ticker.C:
		}
		if now := w.steps.Load(); now != steps || w.children.Load() > 0 || otherProcesses.Load() > 0 {
			steps, p = now, newPatience()
			continue
		}
		if !p.over(hangLimit) {
			continue
		}
		stack := w.stack()
		if inParallel(stack) {
			p = newPatience()
			continue
		}
		select {
		case <-done: // while this goroutine waited for its turn
			return "", false
		default:
		}
		w.givenUp.Store(true)
		endCaptures()
		return standsAt(stack), true
	}
}

// A patience tells code that hangs from code that has no processor to run on.
type patience struct {
	since time.Time
	used  time.Duration // of the processor, before
	idle  int           // ticks in a row in which nothing wanted to run
}

// started is when this process did.
var started = time.Now()

func newPatience() patience { return patience{since: time.Now(), used: processorTime()} }

// over reports, at every watchTick, whether the code hangs: the limit has passed,
// and it was not the machine that was busy.
func (p *patience) over(limit time.Duration) bool {
	if p.idle++; wantsToRun() {
		p.idle = 0
	}
	waited := time.Since(p.since)
	return waited >= limit && (waited >= starvedLimit || processorTime()-p.used >= enoughTime || p.idle >= idleTicks)
}

// standsAt says where a test that hangs is.
func standsAt(stack []where.Frame) string {
	f, ok := where.Learner(stack)
	switch {
	case !ok:
		return "it has not"
	case where.InStep(stack):
		return fmt.Sprintf("it stands at %s", f)
	}
	return fmt.Sprintf("the test still waits at %s", f)
}

// stack returns the stack of the goroutine in which the test stands: its own,
// or one that it started and waits for.
func (w *watch) stack() (own []where.Frame) {
	var profile strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return nil
	}
	var started []where.Frame
	for _, g := range where.Goroutines(profile.String()) {
		if !strings.Contains(g.Labels, fmt.Sprintf("%q:%q", watchLabel, w.id)) {
			continue
		}
		if g.Stack[len(g.Stack)-1].Func == "runtime/pprof.Do" || strings.Contains(g.Stack[len(g.Stack)-1].Func, "bookapitest.(*Check).run") {
			own = g.Stack
		} else if started == nil && where.InStep(g.Stack) {
			started = g.Stack
		}
	}
	if started != nil && !where.InStep(own) {
		return started
	}
	return own
}

// inParallel reports whether a test waits for its turn, in T.Parallel.
func inParallel(stack []where.Frame) bool {
	for _, f := range stack {
		if f.Func == "testing.(*T).Parallel" {
			return true
		}
	}
	return false
}

// wantsToRun reports whether a goroutine besides this one runs or could.
func wantsToRun() bool {
	all := make([]byte, 1<<20)
	all = all[:runtime.Stack(all, true)]
	return strings.Count(string(all), " [runn") > 1
}
