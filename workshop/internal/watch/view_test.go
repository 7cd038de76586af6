package watch

import (
	"regexp"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/live"
	"example.com/bookapi/workshop/internal/tui"
)

// evil is what a test may print.
const evil = "wiped\x1b[2J\x1b[Hout\x1b[?1049l\x1b]0;title\a\rhere\u009b2J"

var colours = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// opened is a model of the tiny workshop, before it knows anything.
func opened(t *testing.T, color bool) (*model, *course.Course) {
	t.Helper()
	c, err := course.Load(coursetest.Repo(t))
	require.NoError(t, err)
	texts := Texts{
		Diff: func(s tui.Screen, _ *course.Course, _ course.Step, e course.Exercise) error {
			s.Say("the diff of " + e.ID)
			return nil
		},
	}
	m := newModel(c, texts, color)
	m.again = func() {}
	return m, c
}

// known is a state in which all that a test may say was said.
func known(c *course.Course) live.State {
	r := &gotest.Report{Progress: gotest.Progress{Red: 1, Todo: 2, Total: 3}, Next: &gotest.Next{Exercise: "1.1", Title: evil}}
	for _, step := range c.Steps {
		r.Steps = append(r.Steps, gotest.Step{Name: step.Name, Number: step.Number, Title: step.Title})
		for _, e := range step.Exercises {
			r.Exercises = append(r.Exercises, gotest.Exercise{
				ID: e.ID, Title: e.Title, Step: step.Name, File: evil, Line: 7, State: gotest.Red, Command: "go test " + evil,
				Tests: []gotest.Test{
					{Name: "TestA/" + evil, Result: gotest.Fail, Where: evil, Failure: "ATTACK SUCCEEDED: " + evil, Output: "ATTACK SUCCEEDED: " + evil + "\n" + strings.Repeat(evil+"\n", 30)},
					{Name: "TestB/" + evil, Result: gotest.Fail},
				},
			})
		}
	}
	return live.State{Course: c, Report: r, Saved: evil, Doing: "step1-alpha  " + evil}
}

// build is known, but for code that does not build.
func build(c *course.Course) live.State {
	s := known(c)
	s.Report.Build = []gotest.BuildError{{File: evil, Line: 1, Column: 1, Message: evil}}
	for i := range s.Report.Exercises {
		s.Report.Exercises[i].Why = "does not build " + evil
	}
	return s
}

// Whatever there is to say, the screen is as high as it is and no wider, and
// what a test printed comes to nobody's terminal as it was.
func TestEveryPageInEverySize(t *testing.T) {
	sizes := []tea.WindowSizeMsg{{Width: 80, Height: 24}, {Width: 200, Height: 50}, {Width: 40, Height: 10}, {Width: 12, Height: 4}, {Width: 1, Height: 1}}
	for _, color := range []bool{false, true} {
		m, c := opened(t, color)
		stale := known(c)
		stale.Stale = []string{"step1-alpha"}
		unknown := live.State{Course: c, Problem: evil}
		for _, s := range []live.State{{Course: c}, known(c), stale, build(c), unknown} {
			m.Update(s)
			for _, keys := range []string{"", "h", "hhh", "d", "dy", "o", "oG", "m", "?", "? ", "n", "p"} {
				for _, size := range sizes {
					m.Update(size)
					m.open(verdict)
					for _, key := range keys {
						m.Update(tea.KeyPressMsg{Code: key, Text: string(key)})
					}
					content := m.View().Content
					lines := strings.Split(content, "\n")
					require.Len(t, lines, size.Height, "%v, keys %q", size, keys)
					for _, line := range lines {
						require.LessOrEqual(t, ansi.StringWidth(line), size.Width, "%v, keys %q: %q", size, keys, line)
					}
					// What is left of it are letters: no escape code but for colours.
					codes := strings.ReplaceAll(content, "\n", "")
					if color {
						codes = colours.ReplaceAllString(codes, "")
					}
					require.NotRegexp(t, `[[:cntrl:]\x{80}-\x{9f}]`, codes, "%v, keys %q", size, keys)
				}
			}
		}
	}
}
