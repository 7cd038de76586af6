package web

import (
	"sync"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/live"
	"example.com/bookapi/workshop/internal/stepserver"
)

// maxStreams is how many pages are kept up to date at a time. A browser opens
// six connections to a server, and somebody may have two browsers.
const maxStreams = 24

// hub knows how things stand, and wakes the pages that follow it. It waits for
// none of them: a page that is slow misses what was in between.
type hub struct {
	mu      sync.Mutex
	now     moment
	streams map[chan struct{}]bool
}

// moment is how things stand.
type moment struct {
	state  live.State
	server stepserver.Status
	saves  int // how many there had been when the server was started
}

func newHub(c *course.Course) *hub {
	return &hub{
		now:     moment{state: live.State{Course: c}, server: stepserver.Status{Phase: stepserver.Stopped}},
		streams: make(map[chan struct{}]bool),
	}
}

func (h *hub) moment() moment {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hub) course() *course.Course { return h.moment().state.Course }

func (h *hub) change(how func(*moment)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	how(&h.now)
	for stream := range h.streams {
		select {
		case stream <- struct{}{}:
		default: // it has not come to the last change yet
		}
	}
}

func (h *hub) stateChanged(state live.State) {
	h.change(func(m *moment) { m.state = state })
}

func (h *hub) serverChanged(status stepserver.Status) {
	h.change(func(m *moment) {
		if status.Phase == stepserver.Starting && m.server.Phase != stepserver.Starting {
			m.saves = m.state.Saves
		}
		m.server = status
	})
}

// problem tells why nothing is followed any more.
func (h *hub) problem(err error) {
	h.change(func(m *moment) { m.state.Problem = err.Error() })
}

// join returns a channel on which changes are announced, until leave is called.
// It is not ok if too many are there already.
func (h *hub) join() (changed <-chan struct{}, leave func(), ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.streams) >= maxStreams {
		return nil, nil, false
	}
	stream := make(chan struct{}, 1)
	h.streams[stream] = true
	return stream, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.streams, stream)
	}, true
}
