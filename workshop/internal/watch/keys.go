package watch

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"example.com/bookapi/workshop/internal/gotest"
)

// press does what a key is for.
func (m *model) press(key string) tea.Cmd {
	if key == "ctrl+c" {
		return tea.Interrupt
	}
	if m.page == ask {
		m.answer(key)
		return nil
	}
	switch key {
	case "q":
		if m.page == verdict {
			return tea.Quit
		}
		m.open(verdict)
	case "esc", "backspace":
		m.open(verdict)
	case "r":
		m.again()
	case "?":
		m.open(help)
	default:
		if m.state.Report != nil {
			m.turn(key)
		}
		m.scroll(key)
	}
	return nil
}

// turn does what keys are for once there is a verdict.
func (m *model) turn(key string) {
	switch key {
	case "h":
		m.nextHint()
	case "d":
		m.openDiff()
	case "o":
		m.open(output)
	case "m":
		m.open(overview)
	case "n", "right", "l":
		m.step(1)
	case "p", "left":
		m.step(-1)
	case "enter":
		m.show(m.state.Report.AtHand())
	}
}

// step goes on or back by some exercises.
func (m *model) step(by int) {
	all := m.state.Report.Exercises
	at := slices.IndexFunc(all, func(e gotest.Exercise) bool { return e.ID == m.shown })
	m.show(all[min(max(at+by, 0), len(all)-1)].ID)
}

// nextHint opens the hints that were asked for before, and another one if those
// are on the screen already.
func (m *model) nextHint() {
	hints, about := m.hints()
	if m.page == hint || m.hinted[about] == 0 {
		m.hinted[about] = min(m.hinted[about]+1, len(hints))
	}
	m.open(hint)
	m.top = m.lastTop() // where the new one is
}

// openDiff asks first, unless the reference gives nothing away any more.
func (m *model) openDiff() {
	step, e, _ := m.exercise()
	own := step.Dir == step.Name // else it is the reference itself that is green
	if own && find(m.state.Report, e.ID).State == gotest.Green && !m.stale() {
		m.open(diff)
		return
	}
	m.open(ask)
}

func (m *model) answer(key string) {
	switch key {
	case "y", "Y":
		m.open(diff)
	case "h":
		m.nextHint()
	default:
		m.open(verdict)
	}
}

// scroll moves what is seen of a long page.
func (m *model) scroll(key string) {
	room := m.room()
	switch key {
	case "up", "k":
		m.top--
	case "down", "j":
		m.top++
	case "pgup", "b":
		m.top -= room
	case "pgdown", "space":
		m.top += room
	case "home", "g":
		m.top = 0
	case "end", "G":
		m.top = m.lastTop()
	}
	m.top = max(0, min(m.top, m.lastTop()))
}

// A hotkey is offered in the last line.
type hotkey struct {
	key, what string
	rank      int // what is offered first where there is little room
}

var (
	exerciseKeys = []hotkey{
		{"h", "hint", 2}, {"d", "diff", 3}, {"o", "output", 6}, {"n", "next", 4}, {"p", "previous", 5},
		{"m", "map", 7}, {"r", "run again", 8}, {"?", "help", 1}, {"q", "quit", 0},
	}
	pageKeys   = []hotkey{{"Esc", "back", 0}, {"↑↓", "scroll", 1}, {"n", "next", 3}, {"p", "previous", 4}, {"?", "help", 2}}
	hintKeys   = []hotkey{{"h", "next hint", 1}, {"Esc", "back", 0}, {"↑↓", "scroll", 3}, {"d", "diff", 2}, {"?", "help", 4}}
	answerKeys = []hotkey{{"y", "show it", 0}, {"n", "do not", 1}, {"h", "hint", 2}}
	firstKeys  = []hotkey{{"?", "help", 1}, {"q", "quit", 0}}
)

// keys is the last line. What does not fit is left to the help.
func (m *model) keys() string {
	all := pageKeys
	switch {
	case m.page == ask:
		all = answerKeys
	case m.page == hint:
		all = hintKeys
	case m.page == verdict && m.state.Report == nil:
		all = firstKeys
	case m.page == verdict:
		all = exerciseKeys
	}
	for n := len(all); n > 0; n-- {
		var parts []string
		for _, k := range all {
			if k.rank < n {
				parts = append(parts, m.paint(cyan, k.key)+" "+k.what)
			}
		}
		if line := strings.Join(parts, "  "); ansi.StringWidth(line) <= m.width {
			return line
		}
	}
	return ""
}
