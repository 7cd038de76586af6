package watch

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"example.com/bookapi/workshop/internal/tui"
)

// lowScreen is the height below which every line is needed for the page.
const lowScreen = 16

// View implements tea.Model.
func (m *model) View() tea.View {
	lines := m.header()
	for i := range m.room() {
		line := ""
		if at := m.top + i; at < len(m.lines) {
			line = m.lines[at]
		}
		if i < len(m.side) {
			line += strings.Repeat(" ", max(0, maxWidth+gap-ansi.StringWidth(line))) + m.side[i]
		}
		lines = append(lines, line)
	}
	lines = append(lines, m.status(), m.keys())
	if len(lines) > m.height {
		lines = lines[len(lines)-m.height:]
	}
	for i := range lines {
		lines[i] = ansi.Truncate(lines[i], m.width, "…")
	}
	view := tea.NewView(strings.Join(lines, "\n"))
	view.AltScreen = true
	return view
}

// header shows the progress and, where there is room, the map in one line.
func (m *model) header() []string {
	var head bytes.Buffer
	s := tui.Screen{W: &head, Width: min(m.width, maxWidth), Color: m.color}
	if r := m.state.Report; r != nil {
		s.Progress(m.state.Progress)
		if m.height >= lowScreen {
			s.Marks(r, m.shown)
			s.Gap()
		}
	}
	return strings.Split(head.String(), "\n")[:strings.Count(head.String(), "\n")]
}

// room is how many lines of the page are seen at once.
func (m *model) room() int { return max(1, m.height-len(m.header())-2) }

// status is the sign of life, and how much more there is to read.
func (m *model) status() string {
	more := ""
	switch below := len(m.lines) - m.top - m.room(); {
	case below > 0:
		more = fmt.Sprintf("↓ %d more", below)
	case m.top > 0:
		more = "↑ the end"
	}
	room := max(10, m.width-ansi.StringWidth(more)-2)
	var line bytes.Buffer
	m.life(tui.Screen{W: &line, Width: room, Color: m.color})
	says, _, _ := strings.Cut(line.String(), "\n")
	return says + strings.Repeat(" ", max(0, room-ansi.StringWidth(says))) + "  " + m.paint(faint, more)
}

// life tells what is going on.
func (m *model) life(s tui.Screen) {
	switch state := m.state; {
	case state.Problem != "":
		s.Marked(tui.Bad, "✗", 0, "The tests could not be run.")
	case state.Report == nil || state.Doing != "":
		doing := state.Doing
		if took := time.Since(m.since); took > 3*time.Second {
			doing = fmt.Sprintf("%d s  %s", int(took.Seconds()), doing)
		}
		s.Turning(m.frame, doing)
	case state.Saved == "":
		s.Text(tui.Faint, 0, "Waiting for you to save.")
	default:
		s.Marked(tui.Good, "✓", 0, state.Saved+" is tested.")
	}
}

var (
	faint = ansi.NewStyle().Faint()
	cyan  = ansi.NewStyle().ForegroundColor(ansi.Cyan)
)

func (m *model) paint(style ansi.Style, text string) string {
	if !m.color || text == "" {
		return text
	}
	return style.Styled(text)
}
