package gotest

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.com/bookapi/workshop/internal/gocmd"
)

// crash is the sudden end of a test binary, by which tests after it never ran.
type crash struct {
	test    string // the test that was running; empty if none was
	did     string // what it did, "panicked", to say of the tests that did not run
	hung    bool   // it was stopped after the timeout
	failure failure
}

var (
	died       = regexp.MustCompile(`(?m)^(panic: |fatal error: )(.*)$`)
	goroutine  = regexp.MustCompile(`(?m)^goroutine \d+ `)
	timedOut   = regexp.MustCompile(`^test timed out after `)
	running    = regexp.MustCompile(`(?m)^\t\t(Test\S*) \(\d`)
	killed     = regexp.MustCompile(`(?m)^\*\*\* Test killed`)
	repanicked = regexp.MustCompile(` \[recovered(, repanicked)?\]$`)
	stackFrame = regexp.MustCompile(`(?m)^\t(.+\.go:\d+)( \+0x[0-9a-f]+)?$`)
)

// findCrash looks for the end of the binary in a package whose tests failed.
func (p *pkg) findCrash(root string, timeout time.Duration) *crash {
	if p.action != Fail {
		return nil
	}
	if p.flooded {
		did := fmt.Sprintf("printed more than %s and was stopped", gocmd.Size(p.printed))
		words := p.lastWords()
		return &crash{test: p.lastRunning(), did: did, hung: true, failure: failure{first: did + ": look for an endless loop that prints", more: words[:min(len(words), 10)]}}
	}
	for _, name := range slices.Concat(p.order, []string{""}) {
		output := p.output.String()
		if name != "" {
			output = p.tests[name].output.String()
		}
		at := died.FindStringSubmatchIndex(output)
		if at == nil || !goroutine.MatchString(output[at[1]:]) {
			continue
		}
		reason, stack := output[at[4]:at[5]], output[at[1]:]
		where := firstFrame(stack, root)
		if timedOut.MatchString(reason) {
			c := hang(timeout, where)
			c.test = name
			if tests := running.FindAllStringSubmatch(stack, -1); tests != nil {
				c.test = tests[len(tests)-1][1]
			}
			return c
		}
		reason = repanicked.ReplaceAllString(output[at[2]:at[5]], "")
		c := &crash{test: p.culprit(name), did: "panicked", failure: failure{first: reason, where: where}}
		if strings.HasPrefix(reason, "fatal error: concurrent map") { // no recover catches it
			c.failure.first = "ATTACK SUCCEEDED: two callers came at the same moment, and the whole server ends: " + reason
		}
		if strings.HasPrefix(reason, "panic: unexpected call to os.Exit") {
			c.did = "ended the whole test run"
		}
		return c
	}
	if killed.MatchString(p.output.String()) {
		c := hang(timeout, "")
		c.test = p.lastRunning()
		return c
	}
	if p.unfinished() {
		return &crash{
			test: p.lastRunning(),
			did:  "ended the whole test run",
			failure: failure{
				first: "the test run ended in the middle: look for os.Exit or log.Fatal",
				more:  p.lastWords(),
			},
		}
	}
	return nil
}

func hang(timeout time.Duration, where string) *crash {
	d := fmt.Sprintf("did not finish in %.0f s", timeout.Seconds())
	return &crash{did: d, hung: true, failure: failure{first: d + ": look for an endless loop", where: where}}
}

// firstFrame finds the first place in a stack that is the learner's: a file
// below root, and if there is a choice, no test.
func firstFrame(stack, root string) string {
	var inTest string
	for _, m := range stackFrame.FindAllStringSubmatch(stack, -1) {
		place, mine := strings.CutPrefix(m[1], filepath.ToSlash(root)+"/")
		switch {
		case !mine:
		case !strings.Contains(place, "_test.go:"):
			return place
		case inTest == "":
			inTest = place
		}
	}
	return inTest
}

// culprit finds the subtest behind a panic: go test reports the panic with the
// parent, although a subtest has just failed that asserted nothing.
func (p *pkg) culprit(name string) string {
	for _, n := range p.order {
		if strings.HasPrefix(n, name+"/") && p.tests[n].result == Fail && !asserted(p.tests[n].output.String()) {
			name = n
		}
	}
	return name
}

// asserted reports whether a test said what was wrong.
func asserted(output string) bool {
	return slices.ContainsFunc(said(output), position.MatchString)
}

// unfinished reports whether tests began and never ended.
func (p *pkg) unfinished() bool { return p.lastRunning() != "" }

// lastRunning is the test that was running when the binary ended.
func (p *pkg) lastRunning() string {
	last := ""
	for _, n := range p.order {
		if t := p.tests[n]; t.result == "" && !t.paused && (last == "" || t.since > p.tests[last].since) {
			last = n
		}
	}
	return last
}

// lastWords is what the test said that was running last.
func (p *pkg) lastWords() []string {
	t, ok := p.tests[p.lastRunning()]
	if !ok {
		return nil
	}
	return trim(said(t.output.String()))
}
