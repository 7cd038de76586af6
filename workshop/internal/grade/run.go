package grade

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gotest"
)

// The states of an exercise.
const (
	Green    = gotest.Green
	Red      = gotest.Red
	Todo     = gotest.Todo
	NoBuild  = "does not build"
	TimedOut = "timed out"
)

// The bounds of time: so much, or so many times what the reference needed, where a
// machine is slow or has other things to do.
const (
	stepTime     = time.Minute      // for the tests of a step
	exerciseTime = 20 * time.Second // for those of one exercise, after the step took too long
	leeway       = 6
	mostTime     = 8 * time.Minute
	mostAlone    = 6                // times that for all exercises of a step, one by one
	grace        = 10 * time.Second // for a binary to end by itself then
	mostOutput   = 8 << 20          // bytes that the tests of a step may print
)

// limit is how long tests of the step may take.
func (b *bench) limit(least time.Duration) time.Duration {
	return min(max(least, leeway*b.g.took[b.Name]), mostTime)
}

// An Exercise is what became of one exercise of a submission.
type Exercise struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	Test    string `json:"test,omitempty"`    // the first that failed
	Failure string `json:"failure,omitempty"` // its first line, or why it does not build
	Output  string `json:"output,omitempty"`  // the failure in full
}

// step grades one step of a submission.
func (g *Grader) step(ctx context.Context, slot int, l *lesson, t taken) ([]Exercise, []string, error) {
	if t.missing || t.untouched(l) {
		var all []Exercise
		for _, e := range l.Exercises {
			all = append(all, Exercise{ID: e.ID, State: Todo})
		}
		return all, nil, nil
	}
	b, err := g.newBench(l)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = b.close() }() // the scratch folder goes in the end
	s, err := b.settle(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	r := run{bench: b, slot: slot, tests: s.tests, results: make(map[string]Exercise)}
	for id, fault := range s.broken {
		where := fault.File
		if where != "" && fault.Line > 0 {
			where = fmt.Sprintf("%s:%d", where, fault.Line)
		}
		failure := strings.TrimPrefix(where+": "+fault.Message, ": ")
		r.results[id] = Exercise{ID: id, State: NoBuild, Failure: firstLine(failure), Output: failure}
	}
	if len(s.broken) < len(l.Exercises) {
		if err := r.all(ctx); err != nil {
			return nil, nil, err
		}
	}
	var all []Exercise
	for _, e := range l.Exercises {
		all = append(all, r.results[e.ID])
	}
	return all, append(s.flags, r.flags...), nil
}

// A run runs the tests of a step that is built.
type run struct {
	*bench
	slot    int
	tests   []string
	results map[string]Exercise // by exercise; those that do not build are there from the start
	flags   []string
}

// all judges every exercise. One whose tests do not end is looked at again alone,
// so that it costs nothing in the others; and so is one that is red, as a machine
// that is busy may make a test fail that measures time.
func (r *run) all(ctx context.Context) error {
	start := time.Now()
	report, p, err := r.run(ctx, "", r.limit(stepTime))
	if err != nil {
		return err
	}
	if r.g.warming {
		r.g.took[r.Name] = time.Since(start)
	}
	switch {
	case report == nil && !p.begun:
		for _, e := range r.Exercises {
			r.set(Exercise{ID: e.ID, State: TimedOut, Failure: "the code runs before the tests begin, and does not end"})
		}
		return nil
	case report == nil, hung(report):
		return r.each(ctx)
	}
	var all []Exercise
	for _, e := range report.Exercises {
		all = append(all, r.judge(e, p))
	}
	hangs := slices.ContainsFunc(all, func(e Exercise) bool { return e.State == TimedOut })
	for _, judged := range all {
		if _, done := r.results[judged.ID]; judged.State == Red && p.begun && !done {
			again, err := r.alone(ctx, judged.ID)
			if err != nil {
				return err
			}
			if again.State == Green {
				judged = again
				if !hangs { // what hangs takes a processor from the others
					r.flags = append(r.flags, "not the same each time: "+judged.ID)
				}
			}
		}
		r.set(judged)
	}
	return nil
}

// each judges every exercise alone.
func (r *run) each(ctx context.Context) error {
	start, all := time.Now(), mostAlone*r.limit(exerciseTime)
	for _, e := range r.Exercises {
		if _, done := r.results[e.ID]; done {
			continue
		}
		if time.Since(start) > all {
			r.set(Exercise{ID: e.ID, State: TimedOut, Failure: "the exercises before it took all the time that there is for a step"})
			continue
		}
		judged, err := r.alone(ctx, e.ID)
		if err != nil {
			return err
		}
		r.set(judged)
	}
	return nil
}

func (r *run) set(e Exercise) {
	if _, done := r.results[e.ID]; !done {
		r.results[e.ID] = e
	}
}

// alone judges one exercise by its own tests.
func (r *run) alone(ctx context.Context, id string) (Exercise, error) {
	limit := r.limit(exerciseTime)
	report, p, err := r.run(ctx, id, limit)
	if err != nil {
		return Exercise{}, err
	}
	if report == nil {
		return Exercise{ID: id, State: TimedOut, Failure: fmt.Sprintf("did not finish in %.0f s", limit.Seconds())}, nil
	}
	return r.judge(report.Exercises[0], p), nil
}

// run runs the tests of the step, or of one exercise. Without a report and an
// error, they have not ended in time.
func (r *run) run(ctx context.Context, id string, limit time.Duration) (*gotest.Report, proof, error) {
	c := confinement{slot: r.slot, folder: filepath.Join(r.dir, r.Name), binary: r.binary, record: r.record}
	s := r.g.sandbox
	if err := s.prepare(c); err != nil {
		return nil, proof{}, err
	}
	runner := gotest.Runner{
		Timeout: limit, MostOutput: mostOutput,
		Compiled: map[string]string{r.ImportPath: s.path(c)}, Inside: s.command(c),
	}
	if runner.Inside == nil {
		runner.Env = []string{recordVariable + "=" + r.record}
	}
	limited, stop := context.WithTimeout(ctx, limit+grace)
	defer stop()
	report, err := runner.Run(limited, r.course(), course.Selection{Steps: []course.Step{r.Step}, Exercise: id})
	s.clear(c)
	if ctx.Err() != nil {
		return nil, proof{}, ctx.Err()
	}
	p, problem := r.proof()
	if problem != nil {
		return nil, proof{}, problem
	}
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, proof{}, err
	}
	return report, p, nil
}

// proof reads what the test binaries have reported.
func (r *run) proof() (proof, error) {
	f, err := os.Open(r.record)
	if err != nil {
		return proof{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	record, err := io.ReadAll(io.LimitReader(f, mostRecord))
	if err != nil {
		return proof{}, err
	}
	return readProof(record, r.secret), nil
}

// hung reports whether a test, or what the tests print, was stopped.
func hung(report *gotest.Report) bool {
	return slices.ContainsFunc(report.Exercises, func(e gotest.Exercise) bool {
		return slices.ContainsFunc(e.Tests, func(t gotest.Test) bool { return t.Hung })
	})
}

// judge is the state of an exercise. It is green if the tests say so, and each of
// them has reported that it passed, in a binary that ran to its end.
func (r *run) judge(e gotest.Exercise, p proof) Exercise {
	judged := Exercise{ID: e.ID, State: e.State}
	for _, t := range e.Tests {
		if t.Result == gotest.Fail {
			judged.Test, judged.Failure, judged.Output = t.Name, oneLine(t.Failure), t.Output
			if t.Hung && !strings.HasPrefix(t.Failure, "printed more") || comesNotBack(t.Failure) {
				judged.State = TimedOut
			}
			break
		}
	}
	switch {
	case judged.State == Green && !r.proven(e.ID, p):
		judged.State = Red
		judged.Failure = "the tests have not run to their end, whatever the output says: the code ends the program, or prints results of its own"
		r.flag("claims results that the tests do not confirm")
	case judged.State != Green && judged.Failure == "":
		judged.Failure = oneLine(e.Why)
	}
	if judged.State == Todo {
		judged.Test, judged.Failure, judged.Output = "", "", ""
	}
	return judged
}

func (r *run) flag(flag string) {
	if flag = r.Name + " " + flag; !slices.Contains(r.flags, flag) {
		r.flags = append(r.flags, flag)
	}
}

// comesNotBack reports whether the failure is that of a test which gave up waiting
// for the code: what bookapitest.Exercise says then.
func comesNotBack(failure string) bool {
	return strings.HasPrefix(failure, "Promise broken (") && strings.Contains(failure, "): the code comes back; ")
}

// proven reports whether all tests of an exercise have reported that they passed.
func (r *run) proven(id string, p proof) bool {
	for _, test := range r.tests {
		if owner, ok := r.Owner(test); ok && owner.ID == id && !p.passed[test] {
			return false
		}
	}
	return true
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return oneLine(line)
}
