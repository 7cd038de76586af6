package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/flaw"
	"example.com/bookapi/workshop/internal/gotest"
)

// Gallery shows what became of the flaws and the alternatives, by step, and
// counts them in the last line.
func (s Screen) Gallery(c *course.Course, verdicts []flaw.Verdict) {
	names := 0
	for _, v := range verdicts {
		names = max(names, ansi.StringWidth(v.Patch.Name))
	}
	for i, v := range verdicts {
		if i == 0 || verdicts[i-1].Patch.Step != v.Patch.Step {
			if i > 0 {
				s.line()
			}
			s.stepOf(c, v.Patch.Step)
		}
		if i == 0 || verdicts[i-1].Patch.Step != v.Patch.Step || verdicts[i-1].Patch.Alternative != v.Patch.Alternative {
			s.columns(v.Patch.Alternative, names)
		}
		s.verdict(v, names)
	}
	s.line()
	s.line(s.paint(bold, flaw.Sum(verdicts).String()))
}

func (s Screen) stepOf(c *course.Course, name string) {
	for _, step := range c.Steps {
		if step.Name == name {
			s.line(s.paint(bold, fmt.Sprintf("Step %d  %s", step.Number, step.Title)), "  ", s.paint(faint, name))
		}
	}
}

const seconds = 7 // the width of their column

// row lays out a name, what became of it and the seconds. The middle is cut if
// the line is too long.
func (s Screen) row(names int, name, middle, end string) string {
	room := max(10, s.Width-4-names-2-2-seconds)
	return pad(name, names) + "  " + pad(ansi.Truncate(middle, room, "…"), room) + "  " + strings.Repeat(" ", max(0, seconds-ansi.StringWidth(end))) + end
}

func (s Screen) columns(alternative bool, names int) {
	if alternative {
		s.line("    ", s.paint(faint, s.row(names, "alternative", "", "seconds")))
		return
	}
	s.line("    ", s.paint(faint, s.row(names, "flaw", "caught by", "seconds")))
}

// Judged is one line about a verdict, where no table is growing and no count
// turns: how many there are so far, and of how many.
func (s Screen) Judged(v flaw.Verdict, count, of int) {
	mark, style, middle := outcome(v)
	if v.Patch.Alternative || !v.OK {
		middle = ": " + middle
	} else {
		middle = " is caught by " + middle
	}
	s.line(fmt.Sprintf("%*d of %d  ", len(fmt.Sprint(of)), count, of), s.paint(style, mark), " ", v.Patch.ID(), middle)
}

// outcome is what became of a patch: its mark, and the test that caught it.
func outcome(v flaw.Verdict) (mark string, style ansi.Style, middle string) {
	mark, style, middle = "✓", good, "accepted"
	switch {
	case v.OK && v.Test.Step == v.Patch.Step:
		middle = v.Test.Name
	case v.OK && v.Test.Name != "":
		middle = v.Test.String()
	case v.Skipped != "":
		mark, style, middle = "-", faint, "skipped"
	case v.Patch.Alternative && !v.OK:
		mark, style, middle = "✗", bad, "rejected"
	case !v.OK:
		mark, style, middle = "✗", bad, "not caught"
	}
	return mark, style, middle
}

func (s Screen) verdict(v flaw.Verdict, names int) {
	mark, style, middle := outcome(v)
	s.line("  ", s.paint(style, mark), " ", s.row(names, v.Patch.Name, middle, fmt.Sprintf("%.1f", v.Took.Seconds())))
	switch {
	case v.Skipped != "":
		s.block(6, faint, v.Skipped)
	case !v.OK:
		s.block(6, bad, v.Why)
	}
}

// Exhibit shows a patch: its story, its diff, and what the tests said to it.
func (s Screen) Exhibit(v flaw.Verdict) {
	p := v.Patch
	title := p.Title
	if title == "" {
		title = p.Name
	}
	s.block(0, bold, title)
	s.block(0, faint, strings.TrimSpace(p.ID()+"  "+p.Exercise))
	s.line()
	s.Story(p)
	s.line()
	s.Diff(p.Diff)
	s.line()
	s.Provoked(v)
}

// Story tells what a patch is about, and where to read on.
func (s Screen) Story(p *flaw.Patch) {
	if p.Story != "" {
		s.block(0, ansi.NewStyle(), p.Story)
		s.line()
	}
	for _, fact := range []struct{ name, value string }{
		{"Weakness", strings.TrimSpace(p.CWE + " " + flaw.Weakness(p.CWE))},
		{"Breaks", p.Breaks},
		{"Allowed by", p.AllowedBy},
		{"Seen in", p.Precedent},
	} {
		if fact.value != "" {
			s.line(s.paint(faint, pad(fact.name, 10)), "  ", strings.TrimLeft(fact.value, " "))
		}
	}
}

// Diff shows a unified diff. Its lines stay whole, however long: half of one is
// other code.
func (s Screen) Diff(diff string) {
	for line := range strings.Lines(strings.TrimRight(diff, " \n")) {
		style := ansi.NewStyle()
		switch {
		case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "), strings.HasPrefix(line, "diff "):
			style = bold
		case strings.HasPrefix(line, "@@ "):
			style = accent
		case strings.HasPrefix(line, "+"):
			style = good
		case strings.HasPrefix(line, "-"):
			style = bad
		}
		fmt.Fprintln(s.W, s.paint(style, strings.TrimRight(clean(line), "\n ")))
	}
}

// Provoked shows what the tests said to a patch.
func (s Screen) Provoked(v flaw.Verdict) {
	switch {
	case v.Failure.Name != "":
		s.failure(&gotest.Next{Test: v.Failure.Name, Where: v.Failure.Where, Failure: v.Failure.Failure, Output: v.Failure.Output})
		if !v.OK {
			s.line()
			s.block(0, bad, v.Why)
		}
	case v.Skipped != "":
		s.block(0, faint, v.Skipped)
	case v.OK:
		s.block(0, good, "All tests of this step and of the later ones are green.")
	default:
		s.block(0, bad, v.Why)
	}
}
