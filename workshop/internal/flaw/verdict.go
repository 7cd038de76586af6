package flaw

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gotest"
)

// accepted is the verdict on an alternative of a step: all tests must be green,
// and among them those that carry it through the finished server.
func accepted(c *course.Course, step string, r *gotest.Report) Verdict {
	if why := broken(r); why != "" {
		return Verdict{Why: why}
	}
	rejected := func(of func(Test) bool) (Verdict, bool) {
		for _, e := range ran(r) {
			for _, t := range e.Tests {
				if test := (Test{Step: e.Step, Name: t.Name}); t.Result == gotest.Fail && of(test) {
					return Verdict{Test: test, Failure: t, Why: fmt.Sprintf("%s rejects it: %s", test, t.Failure)}, true
				}
			}
		}
		return Verdict{}, false
	}
	if v, ok := rejected(func(t Test) bool { return stepNumber(t.Step) <= stepNumber(step) && !t.finished() }); ok {
		return v
	}
	if v, ok := rejected(Test.finished); ok {
		v.Why = fmt.Sprintf("its own tests accept it, but the finished server breaks (%s): %s", v.Test, v.Failure.Failure)
		return v
	}
	if v, ok := rejected(func(Test) bool { return true }); ok {
		return v
	}
	for _, e := range r.Exercises {
		if e.State != gotest.Green {
			return Verdict{Why: fmt.Sprintf("exercise %s is not green: %s", e.ID, e.Why)}
		}
	}
	if test, ok := untried(c, r); ok {
		return Verdict{Why: fmt.Sprintf("it was not carried through the finished server: %s did not run", test)}
	}
	return Verdict{OK: true}
}

// ran returns the exercises of a report, and the failing tests that belong to none
// as if each step had one more.
func ran(r *gotest.Report) []gotest.Exercise {
	all := slices.Clone(r.Exercises)
	for _, s := range r.Steps {
		all = append(all, gotest.Exercise{Step: s.Name, Tests: s.Also})
	}
	return all
}

// finished reports whether a test of the last step carries a request through all
// that the steps have built: its name says so.
func (t Test) finished() bool { return strings.Contains(t.Top(), "FinishedServer") }

// untried returns a test of the finished server that has not passed.
func untried(c *course.Course, r *gotest.Report) (Test, bool) {
	passed := make(map[Test]bool)
	for _, e := range r.Exercises {
		for _, t := range e.Tests {
			test := Test{Step: e.Step, Name: t.Name}
			passed[Test{Step: e.Step, Name: test.Top()}] = t.Result == gotest.Pass
		}
	}
	for _, s := range c.Steps {
		for _, name := range c.TestNames(s) {
			if test := (Test{Step: s.Name, Name: name}); test.finished() && !passed[test] {
				return test, true
			}
		}
	}
	return Test{}, false
}

// broken says that the patched code does not build or vet; "" if it does.
func broken(r *gotest.Report) string {
	if len(r.Build) == 0 {
		return ""
	}
	b := r.Build[0]
	if b.File == "" {
		return "it does not build, or go vet objects: " + b.Message
	}
	return fmt.Sprintf("it does not build, or go vet objects: %s:%d: %s", b.File, b.Line, b.Message)
}

// hung reports whether tests did not end by themselves. They need not hang again.
func hung(r *gotest.Report) bool {
	return slices.ContainsFunc(ran(r), func(e gotest.Exercise) bool {
		return slices.ContainsFunc(e.Tests, func(t gotest.Test) bool { return t.Hung })
	})
}

// caught is the verdict on a flaw. It is caught if the code builds and vets, if
// the test of Caught-by fails by an assertion of its own with the Message, and
// if the honest caller still gets in: in the flaw's exercise, or in each of its
// step if it names none.
func caught(p *Patch, r *gotest.Report) Verdict {
	if why := broken(r); why != "" {
		return Verdict{Why: why}
	}
	v := byTest(p, r)
	if !v.OK {
		return v
	}
	return letsIn(p, r, v)
}

// letsIn takes back the verdict that a flaw is caught if the honest caller does
// not get in.
func letsIn(p *Patch, r *gotest.Report, v Verdict) Verdict {
	for _, e := range r.Exercises {
		if (e.ID == p.Exercise || p.Exercise == "" && e.Step == p.Step) && !honest(e) {
			return Verdict{Why: fmt.Sprintf("it locks out the honest caller too, in exercise %s: %s", e.ID, firstFailure(e))}
		}
	}
	return v
}

// byTest looks for the test that catches the flaw.
func byTest(p *Patch, r *gotest.Report) Verdict {
	var found, other, elsewhere Verdict
	for _, e := range ran(r) {
		for _, t := range e.Tests {
			test := Test{Step: e.Step, Name: t.Name}
			named := p.CaughtBy.covers(e.Step, t.Name) || p.CaughtBy.Name == "" && e.Step == p.Step
			switch {
			case p.Race && t.Failure == raced: // whichever test was the first to do it twice at once
				better(&found, Verdict{OK: true, Test: test, Failure: t})
			case named && t.Result == gotest.NotRun && e.Why != "":
				keep(&other, Verdict{Test: test, Why: fmt.Sprintf("%s %s", test.Name, e.Why)})
			case t.Result != gotest.Fail:
			case named && asserted(t.Failure) && matches(p.Message, t.Failure):
				better(&found, Verdict{OK: true, Test: test, Failure: t})
			case named:
				keep(&other, Verdict{Test: test, Failure: t, Why: fmt.Sprintf("%s fails for another reason: %s", test.Name, t.Failure)})
			default:
				keep(&elsewhere, Verdict{Test: test, Failure: t})
			}
		}
	}
	switch {
	case found.OK:
		return found
	case other.Why != "":
		return other
	case p.CaughtBy.Name == "":
		return Verdict{Why: "nobody notices: all tests of the step are green"}
	case elsewhere.Test.Name != "":
		elsewhere.Why = fmt.Sprintf("%s does not notice. %s does: %s", p.CaughtBy.Name, elsewhere.Test, elsewhere.Failure.Failure)
		return elsewhere
	}
	return Verdict{Why: fmt.Sprintf("nobody notices: %s is green", p.CaughtBy.Name)}
}

func keep(first *Verdict, v Verdict) {
	if first.Test.Name == "" {
		*first = v
	}
}

// better prefers a test that tells of an attack.
func better(best *Verdict, v Verdict) {
	if !best.OK || !attacked(best.Failure.Failure) && attacked(v.Failure.Failure) {
		*best = v
	}
}

// honest reports whether the honest caller of an exercise gets in. The tests of
// the course let them in first; so one that passes has seen it, and so has one
// in which mallory succeeds afterwards.
func honest(e gotest.Exercise) bool {
	for _, t := range e.Tests {
		if t.Result == gotest.Pass || t.Result == gotest.Fail && attacked(t.Failure) {
			return true
		}
	}
	return false
}

func firstFailure(e gotest.Exercise) string {
	for _, t := range e.Tests {
		if t.Result == gotest.Fail {
			return t.Name + ": " + t.Failure
		}
	}
	return e.Why
}

func attacked(failure string) bool { return strings.HasPrefix(failure, "ATTACK SUCCEEDED: ") }

// raced is what go test says of a test in which the race detector saw something.
const raced = "race detected during execution of test"

// assertions are how the lessons' own assertions begin. Anything else is a
// crash, a timeout, or a fixture that could not be made.
var assertions = regexp.MustCompile(`^(ATTACK SUCCEEDED: |Promise broken \(\d+\.\d+\): |[A-Z]+ \S+ made the handler panic: )`)

func asserted(failure string) bool { return assertions.MatchString(failure) }

// matches reports whether a failure's first line contains a message, in which …
// stands for anything. An empty message says nothing and matches all.
func matches(message, failure string) bool {
	parts := strings.Split(message, "…")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(strings.TrimSpace(parts[i]))
	}
	return regexp.MustCompile(strings.Join(parts, `.*`)).MatchString(failure)
}
