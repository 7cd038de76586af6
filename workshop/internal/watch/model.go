package watch

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"example.com/bookapi/workshop/internal/course"
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
	hinted        map[red]int // how many hints were asked for
	lines         []string    // of the page, as wide as the screen
	side          []string    // of the map beside it, on a wide screen
	top           int         // the first line that is seen
	frame         int         // of the spinner
}

func newModel(c *course.Course, texts Texts, color bool) *model {
	return &model{texts: texts, color: color, state: live.State{Course: c}, written: readFunctions(c), since: time.Now(), hinted: map[red]int{}}
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

// lastTop is the first line that is seen when the last one is.
func (m *model) lastTop() int { return max(0, len(m.lines)-m.room()) }

// exercise is the one that is shown.
func (m *model) exercise() (course.Step, course.Exercise, bool) {
	return m.state.Course.Exercise(m.shown)
}

// red is what hints are for: an exercise, and the first of its tests that is red.
type red struct{ exercise, test string }

// hints returns those for the exercise that is shown, as it is now.
func (m *model) hints() ([]course.Hint, red) {
	_, e, _ := m.exercise()
	about := red{exercise: e.ID, test: find(m.state.Report, e.ID).FirstRed()}
	return e.HintsFor(about.test), about
}

// stale reports whether the verdict on the shown exercise is older than what
// was saved.
func (m *model) stale() bool {
	step, _, _ := m.exercise()
	return slices.Contains(m.state.Stale, step.Name)
}
