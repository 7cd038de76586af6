// Package live keeps up with learners at work: it notices what they save, runs
// the tests that a save has touched, and tells the state of the course. It looks
// at the files from time to time, as no other way of noticing works in WSL, in
// containers and on network drives.
package live

import (
	"context"
	"slices"
	"sync"
	"time"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gotest"
)

// every is how long to wait between two looks at the files. It is far below what
// the tests of a step take.
const every = 100 * time.Millisecond

// State is what is known of the course at one moment. Nobody changes a State
// that has been told.
type State struct {
	Course *course.Course
	Report *gotest.Report // of all steps; nil until the tests have run once
	// Progress is that of the last report in which everything was built, if there
	// was one: a build error takes nothing away from what was green.
	Progress gotest.Progress
	Saved    string // the file whose change was noticed last, from the root with slashes
	Saves    int    // how often a change was noticed
	// Stale names the steps whose verdict is older than what was saved. They are
	// being tested, or will be once those in front of them are done.
	Stale   []string
	Doing   string // the step and the test that run now, "" while nothing does
	Problem string // why the tests could not be run: a sentence, or empty
	Runs    int    // how often tests ran to the end
}

// Follower follows one working copy of the course.
type Follower struct {
	root  string
	tell  func(State)
	again chan struct{}
}

// NewFollower returns a follower of the course in root. It tells each new state,
// one after the other, and waits until it has been taken.
func NewFollower(root string, tell func(State)) *Follower {
	return &Follower{root: root, tell: tell, again: make(chan struct{}, 1)}
}

// Again asks for the tests of all steps to be run once more.
func (f *Follower) Again() {
	select {
	case f.again <- struct{}{}:
	default: // it has been asked already
	}
}

// Follow tests the whole course, and after each save what the save has touched:
// the step of the file first, then those that build on it. A save that comes
// while tests run ends them. Follow returns when ctx ends, with ctx's error, or
// when there is no course to follow.
func (f *Follower) Follow(ctx context.Context) error {
	c, err := course.Load(f.root)
	if err != nil {
		return err
	}
	w := &work{follower: f, done: make(chan result)}
	w.state.Course = c
	w.state.Stale = names(c.Steps)
	files := look(c)
	tick := time.NewTicker(every)
	defer tick.Stop()
	w.start(ctx)
	defer w.stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case r := <-w.done:
			w.finish(r)
			w.start(ctx)
		case <-f.again:
			w.stop()
			w.change(func(s *State) { s.Problem = "" })
			w.touch(w.state.Course.Steps)
			w.start(ctx)
		case <-tick.C:
			now := look(w.state.Course)
			changed := files.changed(now)
			if files = now; len(changed) == 0 {
				continue
			}
			w.stop()
			w.save(changed)
			files = files.with(look(w.state.Course)) // which may be another course by now
			w.start(ctx)
		}
	}
}

// work is what a follower has to do, and the tests that run for it.
type work struct {
	follower *Follower
	mu       sync.Mutex // guards state, which a run changes as well
	state    State
	first    string // the step to test before the others: where something was saved
	cancel   context.CancelFunc
	done     chan result
}

type result struct {
	steps  []course.Step
	report *gotest.Report
	err    error
}

// start tests what is stale: the step of the last save alone, for its verdict
// not to wait for the others, and then all others together. To begin with, it is
// all of them.
func (w *work) start(ctx context.Context) {
	var steps []course.Step
	alone := w.first != "" && w.state.Report != nil
	for _, s := range w.state.Course.Steps {
		if slices.Contains(w.state.Stale, s.Name) && (!alone || s.Name == w.first) {
			steps = append(steps, s)
		}
	}
	if len(steps) == 0 || w.state.Problem != "" {
		w.change(func(s *State) { s.Doing = "" })
		return
	}
	w.change(func(s *State) { s.Doing = "building " + steps[0].Name })
	ctx, w.cancel = context.WithCancel(ctx)
	c := w.state.Course
	go func() {
		runner := gotest.Runner{Running: func(step, test string) {
			if ctx.Err() == nil {
				w.change(func(s *State) { s.Doing = step + "  " + test })
			}
		}}
		report, err := runner.Run(ctx, c, course.Selection{Steps: steps})
		w.done <- result{steps, report, err}
	}()
}

// stop ends the tests that run, and waits until nothing of them is left.
func (w *work) stop() {
	if w.cancel != nil {
		w.cancel()
		<-w.done
		w.cancel = nil
	}
}

// finish takes the verdict of tests that ran to the end.
func (w *work) finish(r result) {
	w.cancel()
	w.cancel, w.first = nil, ""
	w.change(func(s *State) {
		if r.err != nil {
			s.Problem = r.err.Error()
			return
		}
		s.Runs++
		s.Stale = slices.DeleteFunc(slices.Clone(s.Stale), func(name string) bool {
			return slices.ContainsFunc(r.steps, func(step course.Step) bool { return step.Name == name })
		})
		if s.Report == nil {
			s.Report = r.report // of all steps: see start
		} else {
			s.Report = s.Report.With(s.Course, r.report)
		}
		if s.Report.Progress.Unknown == 0 || s.Progress.Total == 0 || s.Progress.Unknown > 0 {
			s.Progress = s.Report.Progress
		}
	})
}

// save notes what has to be tested after these files have changed.
func (w *work) save(changed []string) {
	w.change(func(s *State) { s.Saved, s.Saves, s.Problem = changed[0], s.Saves+1, "" })
	if slices.ContainsFunc(changed, describes) {
		c, err := course.Load(w.follower.root)
		if err != nil {
			w.touch(w.state.Course.Steps)
			w.change(func(s *State) { s.Problem = err.Error() })
			return
		}
		w.change(func(s *State) { s.Course = c })
	}
	steps := w.state.Course.Steps
	for i, step := range steps {
		if slices.ContainsFunc(changed, func(file string) bool { return below(step, file) }) {
			w.touch(steps[i:]) // as each imports the one before it
			w.first = step.Name
			return
		}
	}
	w.touch(steps)
}

// touch makes the verdict on these steps stale.
func (w *work) touch(steps []course.Step) {
	w.first = ""
	w.change(func(s *State) {
		var stale []string
		for _, name := range names(s.Course.Steps) {
			if slices.Contains(s.Stale, name) || slices.Contains(names(steps), name) {
				stale = append(stale, name)
			}
		}
		s.Stale = stale
	})
}

// change changes the state and tells it.
func (w *work) change(how func(*State)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	how(&w.state)
	w.follower.tell(w.state)
}

func names(steps []course.Step) []string {
	var all []string
	for _, s := range steps {
		all = append(all, s.Name)
	}
	return all
}
