package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"example.com/bookapi/workshop/internal/gotest"
)

// Map shows all exercises of a report by step.
func (s Screen) Map(r *gotest.Report) { s.steps(r) }

// Progress shows how far the learner has come.
func (s Screen) Progress(p gotest.Progress) { s.progress(p) }

// Marks is the map in one line: a mark for each exercise by step, the one that
// is being looked at in brackets.
func (s Screen) Marks(r *gotest.Report, at string) {
	var line strings.Builder
	for _, step := range r.Steps {
		if line.Len() > 0 {
			line.WriteString("  ")
		}
		line.WriteString(s.paint(faint, fmt.Sprint(step.Number, " ")))
		for _, e := range r.Exercises {
			if e.Step != step.Name {
				continue
			}
			mark, style := mark(e.State)
			if e.ID == at {
				line.WriteString(s.paint(bold, "[") + s.paint(style, mark) + s.paint(bold, "]"))
				continue
			}
			line.WriteString(s.paint(style, mark))
		}
	}
	s.line(line.String())
}

// Exercise shows an exercise as its tests left it: where it stands, what hinders
// it, and which promises are kept. A note goes below the title.
func (s Screen) Exercise(r *gotest.Report, e gotest.Exercise, note string) {
	s.exerciseTitle(e)
	s.line("     ", s.paint(accent, clean(fmt.Sprintf("%s:%d", e.File, e.Line))))
	s.lesson(5, e.Lesson)
	s.line("     ", s.paint(accent, note))
	failed := failures(e)
	switch {
	case e.State == gotest.Green:
		s.block(0, good, e.ID+" is green: well done!")
		s.lead(r, e)
	case e.Why != "" && len(r.Build) > 0:
		s.BuildErrors(r.Build)
	case len(failed) > 0:
		s.testFailure(failed[0])
		if e.State == gotest.Red { // before that, they all are
			s.line()
			s.line("The promises:")
			s.tests(e)
		}
	case e.Why != "":
		s.block(2, bad, e.Why)
	}
}

func (s Screen) exerciseTitle(e gotest.Exercise) {
	mark, style := mark(e.State)
	s.line(s.paint(bold, clean(e.ID+"  "+e.Title)), "  ", s.paint(style, mark+" "+e.State), "  ", s.paint(faint, detail(e)))
}

func failures(e gotest.Exercise) []gotest.Test {
	var failed []gotest.Test
	for _, t := range e.Tests {
		if t.Result == gotest.Fail {
			failed = append(failed, t)
		}
	}
	return failed
}

func (s Screen) testFailure(t gotest.Test) {
	s.failure(&gotest.Next{Test: t.Name, Where: t.Where, Failure: t.Failure, Output: t.Output})
}

// Output shows all that the tests of an exercise said, and which of them passed.
func (s Screen) Output(r *gotest.Report, e gotest.Exercise) {
	s.exerciseTitle(e)
	s.line("     ", s.paint(accent, clean(e.Command)))
	if e.Why != "" {
		s.line()
		for _, b := range r.Build {
			s.buildError(b)
		}
	}
	for _, t := range failures(e) {
		s.line()
		s.block(2, faint, strings.TrimSpace(t.Name+"  "+t.Where))
		for i, line := range strings.Split(t.Output, "\n") {
			style := ansi.NewStyle()
			if i == 0 {
				style = failureStyle(line)
			}
			s.block(2, style, line)
		}
	}
	if len(e.Tests) > 0 {
		s.line()
		s.tests(e)
	}
}
