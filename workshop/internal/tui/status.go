package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"example.com/bookapi/workshop/internal/gotest"
)

// Status shows the map of the report's exercises, how far the learner has
// come, and the one next thing to do.
func (s Screen) Status(r *gotest.Report) {
	s.steps(r)
	s.progress(r.Progress)
	s.line()
	s.leadToNext(r)
	if r.Next == nil {
		s.finished(r)
		return
	}
	s.next(r)
}

func (s Screen) steps(r *gotest.Report) {
	titles := 0
	for _, e := range r.Exercises {
		titles = max(titles, ansi.StringWidth(e.Title))
	}
	for _, step := range r.Steps {
		s.line(s.paint(bold, fmt.Sprintf("Step %d  %s", step.Number, step.Title)), "  ", s.paint(faint, whose(step)))
		if step.Why != "" {
			s.block(2, bad, step.Why)
		}
		for _, e := range r.Exercises {
			if e.Step != step.Name {
				continue
			}
			detail := detail(e)
			if e.Why == step.Why && e.Why != "" {
				detail = "" // said once, above
			}
			if step.Why != "" && e.State == gotest.Red {
				e.State = "?" // its tests did not run
			}
			s.exercise(e, titles, detail)
			if len(r.Exercises) == 1 {
				s.tests(e)
			}
		}
		for _, t := range step.Also {
			s.block(2, bad, fmt.Sprintf("✗ also fails: %s  %s: %s", clean(t.Name), t.Where, clean(t.Failure)))
		}
		s.line()
	}
}

// whose is the folder of a step, and whose code it holds if not the learner's.
func whose(step gotest.Step) string {
	switch step.Dir {
	case "", step.Name:
		return step.Name
	case "solutions/" + step.Name:
		return step.Dir + " (the reference)"
	}
	return step.Dir
}

// exercise writes one row. A detail that does not fit goes below it.
func (s Screen) exercise(e gotest.Exercise, titles int, detail string) {
	mark, style := mark(e.State)
	row := fmt.Sprintf("  %s %-4s %s  %s", s.paint(style, mark), e.ID, pad(e.Title, titles), pad(s.paint(style, e.State), 5))
	if ansi.StringWidth(row)+2+ansi.StringWidth(detail) <= s.Width {
		s.line(row, "  ", s.paint(faint, detail))
		return
	}
	s.line(row)
	s.block(9, faint, detail)
}

func mark(state string) (string, ansi.Style) {
	switch state {
	case gotest.Green:
		return "✓", good
	case gotest.Red:
		return "✗", bad
	}
	return "·", faint
}

// detail is what else a row tells.
func detail(e gotest.Exercise) string {
	switch {
	case e.Why != "":
		return clean(e.Why) // it may quote what a test printed
	case e.State == gotest.Todo:
		return fmt.Sprintf("about %d min", e.Minutes)
	case e.State == gotest.Red:
		passed := 0
		for _, t := range e.Tests {
			if t.Result == gotest.Pass {
				passed++
			}
		}
		return fmt.Sprintf("%d of %d promises kept", passed, len(e.Tests))
	}
	return ""
}

func (s Screen) tests(e gotest.Exercise) {
	for _, t := range e.Tests {
		mark, style := "·", faint
		switch t.Result {
		case gotest.Pass:
			mark, style = "✓", good
		case gotest.Fail:
			mark, style = "✗", bad
		}
		word := strings.Replace(t.Result, gotest.NotRun, "did not run", 1)
		s.line("         ", s.paint(style, mark), " ", pad(s.paint(style, word), 4), "  ", clean(t.Name))
	}
}

func (s Screen) progress(p gotest.Progress) {
	counts := fmt.Sprintf("  %d of %d green", p.Own(), p.Total)
	if p.Reference > 0 {
		counts += fmt.Sprintf(", %d by the reference", p.Reference)
	}
	if p.Unknown > 0 {
		counts += fmt.Sprintf(", %d not known", p.Unknown)
	}
	width := max(1, min(40, s.Width-len(counts)))
	full, unknown := 0, 0
	if p.Total > 0 {
		full = width * p.Own() / p.Total
		unknown = width*(p.Own()+p.Unknown)/p.Total - full
	}
	s.line(s.paint(good, strings.Repeat("█", full)), s.paint(good, strings.Repeat("▒", unknown)),
		s.paint(faint, strings.Repeat("░", width-full-unknown)), s.paint(bold, counts))
}

// finished says so in a line, and where to go on.
func (s Screen) finished(r *gotest.Report) {
	switch last := r.Steps[len(r.Steps)-1]; {
	case r.Progress.Own() == 0:
		s.block(0, good, "All is green, by the reference. To write it yourself: go run ./workshop catchup 1")
	case r.Progress.Reference > 0:
		s.block(0, good, fmt.Sprintf("Your %d are green: well done! The reference wrote the other %d. To write those as well: go run ./workshop catchup 1", r.Progress.Own(), r.Progress.Reference))
	case r.Progress.Total == 1:
		s.block(0, good, fmt.Sprintf("%s is green: well done! Go on with: go run ./workshop", r.Exercises[0].ID))
		s.happened(r.Exercises[0])
	case len(r.Steps) == 1:
		s.block(0, good, fmt.Sprintf("Step %d is green: well done!", last.Number))
		s.afterStep(last, r.Exercises[len(r.Exercises)-1])
	default:
		s.block(0, good, fmt.Sprintf("All %d are green: well done!", r.Progress.Total))
		s.afterStep(last, r.Exercises[len(r.Exercises)-1])
	}
}

// The longest failure and list of build errors that are shown: the command
// below them shows all.
const (
	maxFailure = 12 // lines
	maxErrors  = 5
)

func (s Screen) next(r *gotest.Report) {
	n := r.Next
	title := n.Exercise + "  " + n.Title
	if n.Build {
		title = "make it build again, then " + title
	}
	s.line(s.paint(bold, "Next: "+title))
	s.line("      ", s.paint(accent, fmt.Sprintf("%s:%d", n.File, n.Line)))
	s.lesson(6, n.Lesson)
	s.line()
	if n.Build {
		s.buildErrors(r.Build)
	} else {
		s.failure(n)
	}
	s.line()
	s.line("Check it with:")
	s.block(2, accent, n.Command)
}

// BuildErrors shows what keeps the code from being built.
func (s Screen) BuildErrors(errs []gotest.BuildError) {
	s.line("Make it build again:")
	s.line()
	s.buildErrors(errs)
}

func (s Screen) buildErrors(errs []gotest.BuildError) {
	for i, e := range errs {
		if i == maxErrors {
			s.line(s.paint(faint, fmt.Sprintf("  … and %d more", len(errs)-i)))
			return
		}
		s.buildError(e)
	}
}

func (s Screen) buildError(e gotest.BuildError) {
	text := e.Message
	if e.File != "" {
		text = fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
	}
	s.block(2, bad, text)
}

func (s Screen) failure(n *gotest.Next) {
	if n.Test != "" {
		s.block(2, faint, strings.TrimSpace(n.Test+"  "+n.Where))
	}
	s.block(2, failureStyle(n.Failure), n.Failure)
	more := strings.Split(s.wrap(4, strings.TrimPrefix(n.Output, n.Failure)), "\n")
	for len(more) > 0 && strings.TrimSpace(more[0]) == "" {
		more = more[1:]
	}
	for i, line := range more {
		if i == maxFailure {
			s.line(s.paint(faint, fmt.Sprintf("    … and %d lines more", len(more)-i)))
			return
		}
		s.line("    ", line)
	}
}

// failureStyle makes an attack that succeeded stand out.
func failureStyle(failure string) ansi.Style {
	if strings.Contains(failure, "ATTACK SUCCEEDED") {
		return alarm
	}
	return bad
}
