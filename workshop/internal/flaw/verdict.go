package flaw

import (
	"fmt"
	"regexp"
	"strings"

	"example.com/bookapi/workshop/internal/gotest"
)

// accepted is the verdict on an alternative: all tests must be green.
func accepted(r *gotest.Report) Verdict {
	if why := broken(r); why != "" {
		return Verdict{Why: why}
	}
	for _, e := range r.Exercises {
		for _, t := range e.Tests {
			if t.Result == gotest.Fail {
				test := Test{Step: e.Step, Name: t.Name}
				return Verdict{Test: test, Failure: t, Why: fmt.Sprintf("%s rejects it: %s", test, t.Failure)}
			}
		}
		if e.State != gotest.Green {
			return Verdict{Why: fmt.Sprintf("exercise %s is not green: %s", e.ID, e.Why)}
		}
	}
	return Verdict{OK: true}
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
	for _, e := range r.Exercises {
		for _, t := range e.Tests {
			test := Test{Step: e.Step, Name: t.Name}
			named := p.CaughtBy.covers(e.Step, t.Name) || p.CaughtBy.Name == "" && e.Step == p.Step
			switch {
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
