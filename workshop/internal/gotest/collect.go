package gotest

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// pkg is what the events told of one package.
type pkg struct {
	tests       map[string]*testRun
	order       []string // the tests' names, in the order in which they began
	output      strings.Builder
	action      string // pass, fail or skip; empty if the package was never heard of
	failedBuild string // the import path of what could not be built
	clock       int    // counts events
}

// testRun is what the events told of one test.
type testRun struct {
	output strings.Builder
	result string // pass, fail or skip; empty while it runs
	paused bool   // waits for its turn among the parallel tests
	since  int    // when it last got going
}

// collector gathers events by package.
type collector struct {
	pkgs   map[string]*pkg
	builds map[string]*strings.Builder // by import path
}

func newCollector() *collector {
	return &collector{pkgs: map[string]*pkg{}, builds: map[string]*strings.Builder{}}
}

func (c *collector) add(e Event) {
	if e.ImportPath != "" {
		if e.Action == "build-output" {
			if c.builds[e.ImportPath] == nil {
				c.builds[e.ImportPath] = &strings.Builder{}
			}
			c.builds[e.ImportPath].WriteString(e.Output)
		}
		return
	}
	p := c.pkg(e.Package)
	p.clock++
	if e.Test == "" {
		p.add(e)
		return
	}
	t := p.test(e.Test)
	switch e.Action {
	case "run", "cont":
		t.paused, t.since = false, p.clock
	case "pause":
		t.paused = true
	case "output":
		t.output.WriteString(e.Output)
	case Pass, Fail, Skip:
		t.result = e.Action
	}
}

func (p *pkg) add(e Event) {
	switch e.Action {
	case "output":
		p.output.WriteString(e.Output)
	case Pass, Fail, Skip:
		p.action, p.failedBuild = e.Action, e.FailedBuild
	}
}

// pkg returns the package of that import path, an empty one if it is new.
func (c *collector) pkg(importPath string) *pkg {
	p, ok := c.pkgs[importPath]
	if !ok {
		p = &pkg{tests: map[string]*testRun{}}
		c.pkgs[importPath] = p
	}
	return p
}

func (p *pkg) test(name string) *testRun {
	t, ok := p.tests[name]
	if !ok {
		t = &testRun{}
		p.tests[name] = t
		p.order = append(p.order, name)
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

// buildErrors reads what the compiler, vet or the package loader said.
// Locations come out relative to root, with slashes.
func buildErrors(output, root string) []BuildError {
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
