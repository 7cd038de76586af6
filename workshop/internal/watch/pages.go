package watch

import (
	"bytes"
	"fmt"
	"strings"

	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/tui"
)

// A page is no wider than is pleasant to read. Where there is room for it, the
// map of all exercises stands beside it.
const (
	maxWidth = 100
	gap      = 4
	mapWidth = 70
)

// lay writes the page anew, as wide as the screen is now.
func (m *model) lay() {
	if m.width == 0 {
		return // nothing is known of the screen yet
	}
	var page bytes.Buffer
	m.write(tui.Screen{W: &page, Width: min(m.width, maxWidth), Color: m.color})
	m.lines = lines(page)
	m.side = nil
	if m.state.Report != nil && m.width >= maxWidth+gap+mapWidth {
		var side bytes.Buffer
		tui.Screen{W: &side, Width: mapWidth, Color: m.color}.Map(m.state.Report)
		m.side = lines(side)
	}
	m.top = max(0, min(m.top, m.lastTop()))
}

func lines(text bytes.Buffer) []string {
	return strings.Split(strings.TrimRight(text.String(), "\n"), "\n")
}

func (m *model) write(s tui.Screen) {
	r := m.state.Report
	switch {
	case m.page == help:
		writeHelp(s)
	case m.state.Problem != "":
		s.Say("The tests could not be run.")
		s.Gap()
		s.Text(tui.Bad, 2, m.state.Problem)
		s.Gap()
		s.Say("They will be once that is put right and saved, or when you press r.")
	case r == nil:
		writeWelcome(s)
	case m.page == overview:
		s.Map(r)
	case m.page == hint:
		m.writeHints(s)
	case m.page == ask:
		s.Titled(m.shown+"  "+find(r, m.shown).Title, "")
		s.Gap()
		s.Say(m.shown + " is not green yet, and the reference gives it away. Show it all the same? [y/N]")
		s.Gap()
		s.Say("A hint may be enough: press h.")
	case m.page == diff:
		step, e, _ := m.exercise()
		if err := m.texts.Diff(s, m.state.Course, step, e); err != nil {
			s.Say(err.Error())
		}
	case m.page == output:
		s.Output(r, *find(r, m.shown))
	default:
		m.writeVerdict(s)
	}
}

func writeWelcome(s tui.Screen) {
	s.Text(tui.Bold, 0, "Welcome!")
	s.Gap()
	s.Say("The tests of all steps are being built and run. The first time, this may take a minute or two: Go compiles what they need.")
	s.Gap()
	s.Say("Then you will see here what to do next. Write it in your editor and save: the verdict comes by itself.")
}

// older says of a verdict that there will be another one soon.
const older = "from before you saved"

// writeVerdict shows what the tests say, in faint colours and with a note while
// they run again.
func (m *model) writeVerdict(s tui.Screen) {
	e := find(m.state.Report, m.shown)
	if !m.stale() {
		s.Exercise(m.state.Report, *e, "")
		m.writeMove(s, e)
		return
	}
	var old bytes.Buffer
	tui.Screen{W: &old, Width: s.Width}.Exercise(m.state.Report, *e, older)
	for line := range strings.Lines(old.String()) {
		line = strings.TrimRight(line, "\n")
		switch {
		case !s.Color || line == "":
		case strings.TrimSpace(line) == older:
			line = cyan.Styled(line)
		default:
			line = faint.Styled(line)
		}
		fmt.Fprintln(s.W, line)
	}
}

// writeMove says how to go on.
func (m *model) writeMove(s tui.Screen, e *gotest.Exercise) {
	r := m.state.Report
	switch {
	case r.Next == nil:
		s.Gap()
		s.Text(tui.Good, 0, fmt.Sprintf("All %d exercises of the course are green: well done!", r.Progress.Total))
		s.Gap()
		s.Say("Compare your code with the reference: d.")
	case e.State == gotest.Green:
		s.Gap()
		s.Say(fmt.Sprintf("Press Enter to go on with %s  %s.", r.Next.Exercise, r.Next.Title))
	case r.Next.Exercise != e.ID:
		s.Gap()
		s.Text(tui.Faint, 0, fmt.Sprintf("The exercise at hand is %s: Enter goes there.", r.Next.Exercise))
	}
}

// writeHints shows the hints that were asked for.
func (m *model) writeHints(s tui.Screen) {
	step, e, _ := m.exercise()
	place := m.state.Course.Locate(step, e)
	s.Titled(e.ID+"  "+e.Title, fmt.Sprintf("%s:%d", place.File, place.Line))
	s.Lesson(m.state.Course.Readme(step).Exercise(e.ID))
	hints, about := m.hints()
	open := m.hinted[about]
	for i := range open {
		s.Gap()
		s.HintTitle(hints, i+1)
		s.Gap()
		s.Hint(hints[i].Text)
	}
	s.Gap()
	switch {
	case open == 0: // the code was saved, and another test is red now
		s.Text(tui.Faint, 0, "There are hints for what is red now: press h again.")
		return
	case open < len(hints):
		s.NextHint(hints, open, " press h again.")
		return
	}
	s.Text(tui.Faint, 0, "That was the last one. The reference itself, beside your code: press d.")
}

func writeHelp(s tui.Screen) {
	s.Text(tui.Bold, 0, "Write in your editor and save. The tests run by themselves.")
	s.Gap()
	for _, k := range []struct{ key, what string }{
		{"h", "a hint for what is red, and with each press the next hint"},
		{"d", "your code beside the reference"},
		{"o", "all that the tests said"},
		{"n  p", "the next and the previous exercise"},
		{"Enter", "the exercise at hand"},
		{"m", "the map of all exercises"},
		{"r", "run all tests again"},
		{"↑ ↓", "scroll; also Space, PgUp, PgDn, Home and End"},
		{"Esc", "back to the exercise"},
		{"q", "back, and from the exercise: quit"},
		{"Ctrl-C", "quit at once"},
	} {
		s.Marked(tui.Accent, fmt.Sprintf("%-6s", k.key), 2, k.what)
	}
	s.Gap()
	s.Text(tui.Plain, 0, "The line of marks below the bar is the map: ✓ green, ✗ red, · not written yet, and the exercise that you see in brackets.")
	s.Gap()
	s.Text(tui.Plain, 0, "Nothing is remembered between two runs: progress is what the tests say.")
}
