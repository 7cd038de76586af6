package watch

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/live"
)

// A page is what the middle of the screen shows.
type page int

const (
	verdict page = iota
	hint
	diff
	ask // whether to show the diff of what is not green
	output
	overview
	help
)

// model is what is on the screen, and what it depends on.
type model struct {
	texts  Texts
	color  bool
	again  func()
	states newest

	state   live.State
	written functions
	since   time.Time // when the tests that run were begun

	width, height int
	shown         string // the exercise
	page          page
	rungs         map[string]int // how many hints were asked for, by exercise
	lines         []string       // of the page, as wide as the screen
	side          []string       // of the map beside it, on a wide screen
	top           int            // the first of them that is seen
	frame         int            // of the spinner
}

func newModel(c *course.Course, texts Texts, color bool) *model {
	return &model{texts: texts, color: color, state: live.State{Course: c}, written: readFunctions(c), since: time.Now(), rungs: map[string]int{}}
}

type tick struct{}

// Init implements tea.Model.
func (m *model) Init() tea.Cmd { return tea.Batch(m.nextState, nextTick()) }

// nextState waits for news.
func (m *model) nextState() tea.Msg { return <-m.states }

func nextTick() tea.Cmd {
	return tea.Tick(100*time.Millisecond, func(time.Time) tea.Msg { return tick{} })
}

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tick:
		m.frame++
		return m, nextTick()
	case live.State:
		m.take(msg)
		return m, m.nextState
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.lay()
	case tea.KeyPressMsg:
		return m, m.press(msg.String())
	}
	return m, nil
}

// take shows a new state.
func (m *model) take(s live.State) {
	before := m.state
	m.state = s
	if before.Doing != "" && onlyDoing(before, s) {
		return
	}
	m.since = time.Now()
	functions := readFunctions(s.Course)
	shown := front(m.shown, before, s, m.written.written(functions))
	m.written = functions
	if shown != m.shown {
		m.show(shown)
		return
	}
	step, _, _ := m.exercise()
	saved := slices.Contains(s.Stale, step.Name) && !slices.Contains(before.Stale, step.Name)
	switch {
	case saved && m.page != output: // whoever saves wants to see the verdict
		m.open(verdict)
		return
	case m.page == verdict && before.Report != s.Report:
		m.top = 0
	}
	m.lay()
}

// onlyDoing reports whether nothing but the running test is another.
func onlyDoing(a, b live.State) bool {
	return a.Course == b.Course && a.Report == b.Report && a.Saved == b.Saved && a.Problem == b.Problem && slices.Equal(a.Stale, b.Stale)
}

// show turns to an exercise.
func (m *model) show(id string) {
	m.shown = id
	m.open(verdict)
}

func (m *model) open(p page) {
	m.page, m.top = p, 0
	m.lay()
}

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
		m.show(atHand(m.state.Report))
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
	_, e, _ := m.exercise()
	if m.page == hint || m.rungs[e.ID] == 0 {
		m.rungs[e.ID] = min(m.rungs[e.ID]+1, len(e.Hints))
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

// lastTop is the first line that is seen when the last one is.
func (m *model) lastTop() int { return max(0, len(m.lines)-m.room()) }

// exercise is the one that is shown.
func (m *model) exercise() (course.Step, course.Exercise, bool) {
	return m.state.Course.Exercise(m.shown)
}

// stale reports whether the verdict on the shown exercise is older than what
// was saved.
func (m *model) stale() bool {
	step, _, _ := m.exercise()
	return slices.Contains(m.state.Stale, step.Name)
}
