package gotest

import (
	"context"
	"errors"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/bookapi/workshop/internal/gocmd"
)

// The bounds of what is kept, whatever the tests do: some 100 MB at the most.
const (
	mostTests = 5_000    // of a package
	mostKept  = 16 << 20 // bytes of all tests, before less is kept of each
	leastKept = 1 << 10  // bytes of either end of each test, then
)

// MostOutput is how much the tests of one step may print, in bytes. It is more
// than anyone reads, and written within the time that they have.
const MostOutput = 64 << 20

// Results is what the events of one run of go test told.
type Results struct {
	Said    string // what the go command said beside the events
	pkgs    map[string]*pkg
	builds  map[string]*gocmd.Excerpt // by import path
	kept    int                       // bytes of all tests
	most    int                       // bytes that a package may print
	flooded string                    // the import path of a package that has printed too much, or empty
}

// pkg is what the events told of one package.
type pkg struct {
	tests       map[string]*testRun
	order       []string // the tests' names, in the order in which they began
	output      gocmd.Excerpt
	action      string // pass, fail or skip; empty if the package was never heard of
	took        time.Duration
	failedBuild string // the import path of what could not be built
	clock       int    // counts events
	printed     int    // bytes
	flooded     bool   // it printed too much, and was stopped
}

// testRun is what the events told of one test.
type testRun struct {
	output gocmd.Excerpt
	result string // pass, fail or skip; empty while it runs
	took   time.Duration
	paused bool // waits for its turn among the parallel tests
	since  int  // when it last got going
}

// Collect runs "go test -json" with args in dir. A run in which a package prints
// more than MostOutput is stopped. For the errors see Stream.
func Collect(ctx context.Context, dir string, args []string) (*Results, error) {
	return collect(ctx, MostOutput, func(Event) {}, func(ctx context.Context, each func(Event)) (string, error) {
		return Stream(ctx, dir, args, each)
	})
}

// collect collects what run hands on, with a bound of its own, and tells each event.
func collect(ctx context.Context, most int, tell func(Event), run func(context.Context, func(Event)) (said string, err error)) (*Results, error) {
	ours, stop := context.WithCancel(ctx)
	defer stop()
	r := newResults(most)
	said, err := run(ours, func(e Event) {
		if r.flooded != "" {
			return // the run is about to end
		}
		r.add(e)
		tell(e)
		if r.flooded != "" {
			stop()
		}
	})
	if r.flooded != "" && ctx.Err() == nil && errors.Is(err, context.Canceled) {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	r.Said = said
	return r, nil
}

// Passed reports whether the tests of a package have passed, and in what time.
func (r *Results) Passed(importPath string) (took time.Duration, ok bool) {
	p := r.pkg(importPath)
	return p.took, p.action == Pass
}

// Failed is the first failing test of a package and what it said, in a line; empty
// if none has failed.
func (r *Results) Failed(importPath string) string {
	p := r.pkg(importPath)
	for _, top := range p.order {
		for _, name := range p.leaves(top) {
			if t := p.tests[name]; t.result == Fail && !strings.Contains(top, "/") {
				return name + ": " + readFailure(t.output.String(), "", "").first + "\n"
			}
		}
	}
	return ""
}

// Durations tells how long each top-level test of a package took that has passed.
func (r *Results) Durations(importPath string) map[string]time.Duration {
	all := make(map[string]time.Duration)
	for name, t := range r.pkg(importPath).tests {
		if t.result == Pass && !strings.Contains(name, "/") {
			all[name] = t.took
		}
	}
	return all
}

func newResults(most int) *Results {
	return &Results{pkgs: map[string]*pkg{}, builds: map[string]*gocmd.Excerpt{}, most: most}
}

func (r *Results) add(e Event) {
	if e.ImportPath != "" {
		if e.Action == "build-output" {
			if r.builds[e.ImportPath] == nil {
				r.builds[e.ImportPath] = &gocmd.Excerpt{}
			}
			_, _ = r.builds[e.ImportPath].WriteString(e.Output)
		}
		return
	}
	p := r.pkg(e.Package)
	p.clock++
	p.printed += len(e.Output)
	if p.printed > r.most {
		p.action, p.flooded, r.flooded = Fail, true, e.Package
		return
	}
	if e.Test == "" {
		p.add(e)
		return
	}
	t := p.test(e.Test)
	before := t.output.Len()
	switch e.Action {
	case "run", "cont":
		t.paused, t.since = false, p.clock
	case "pause":
		t.paused = true
	case "output":
		if r.kept > mostKept && before == 0 {
			t.output.Most = leastKept
		}
		_, _ = t.output.WriteString(e.Output)
	case Pass, Skip:
		t.output.Reset() // nobody asks what it said
		fallthrough
	case Fail:
		t.result, t.took = e.Action, e.elapsed()
	}
	r.kept += t.output.Len() - before
}

func (e Event) elapsed() time.Duration { return time.Duration(e.Elapsed * float64(time.Second)) }

func (p *pkg) add(e Event) {
	switch e.Action {
	case "output":
		_, _ = p.output.WriteString(e.Output)
	case Pass, Fail, Skip:
		p.action, p.failedBuild, p.took = e.Action, e.FailedBuild, e.elapsed()
	}
}

// pkg returns the package of that import path, an empty one if it is new.
func (r *Results) pkg(importPath string) *pkg {
	p, ok := r.pkgs[importPath]
	if !ok {
		p = &pkg{tests: map[string]*testRun{}}
		r.pkgs[importPath] = p
	}
	return p
}

// test returns the test of that name. Beyond the bound a new one is forgotten.
func (p *pkg) test(name string) *testRun {
	t, ok := p.tests[name]
	if !ok {
		t = &testRun{}
		if len(p.order) < mostTests {
			p.tests[name] = t
			p.order = append(p.order, name)
		}
	}
	return t
}

// leaves returns the tests below a top-level test that have none below them,
// and with them a parent that failed by itself and not by its children.
func (p *pkg) leaves(top string) []string {
	var leaves []string
	for _, name := range p.order {
		if name != top && !strings.HasPrefix(name, top+"/") {
			continue
		}
		isChild := func(n string) bool { return strings.HasPrefix(n, name+"/") }
		failed := func(n string) bool { return isChild(n) && p.tests[n].result != Pass && p.tests[n].result != Skip }
		switch t := p.tests[name]; {
		case !slices.ContainsFunc(p.order, isChild):
			leaves = append(leaves, name)
		case t.result == Fail && !slices.ContainsFunc(p.order, failed),
			t.result == Fail && asserted(t.output.String()):
			leaves = append(leaves, name)
		}
	}
	return leaves
}

var compilerLine = regexp.MustCompile(`^(?:vet: )?(.+\.go):(\d+)(?::(\d+))?: (.*)$`)

// BuildErrors reads what the compiler, vet or the package loader said.
// Locations come out relative to root, with slashes.
func BuildErrors(output, root string) []BuildError {
	var errs []BuildError
	for line := range strings.Lines(shorten(output, root)) {
		line = strings.TrimRight(line, "\r\n")
		m := compilerLine.FindStringSubmatch(line)
		switch {
		case line == "" || strings.HasPrefix(line, "# ") || strings.HasSuffix(line, ": too many errors"):
		case m != nil && !strings.HasPrefix(line, "\t"):
			e := BuildError{File: strings.TrimPrefix(filepath.ToSlash(m[1]), "./"), Message: m[4]}
			e.Line, _ = strconv.Atoi(m[2])
			e.Column, _ = strconv.Atoi(m[3])
			errs = append(errs, e)
		case strings.HasPrefix(line, "\t") && len(errs) > 0:
			errs[len(errs)-1].Message += "\n" + strings.TrimSpace(line)
		default:
			errs = append(errs, BuildError{Message: line})
		}
	}
	return slices.CompactFunc(errs, func(a, b BuildError) bool { return a == b })
}
