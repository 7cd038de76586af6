package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/stepserver"
)

// The pace of an event stream.
const (
	pause     = 80 * time.Millisecond // between two tellings: tests begin faster than anybody reads
	heartbeat = 15 * time.Second      // by which a page that has gone is noticed
	tellTime  = 10 * time.Second      // for a page to take what it is told
)

// now is what changes all the time.
type now struct {
	Doing   string   `json:"doing"`
	Saved   string   `json:"saved"`
	Stale   []string `json:"stale"`
	Problem string   `json:"problem"`
	Runs    int      `json:"runs"`
}

// serverNow is how the server of a step stands.
type serverNow struct {
	stepserver.Status
	Old bool `json:"old"` // something was saved since it was started
}

// events tells a page what changes, as server-sent events: "report" when tests
// have ended, "now" and "server". The first ones tell how things stand.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	changed, leave, ok := s.hub.join()
	if !ok {
		w.Header().Set("Retry-After", "5")
		refuse(w, http.StatusServiceUnavailable, "Too many pages of the workshop are open: close some.")
		return
	}
	defer leave()
	w.Header().Set("Content-Type", "text/event-stream")
	stream := &stream{w: w, control: http.NewResponseController(w), told: make(map[string][]byte)}
	if err := stream.control.SetReadDeadline(time.Time{}); err != nil {
		return // it has gone
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		if stream.tell(s.hub.moment()) != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-time.After(pause):
		}
		select {
		case <-r.Context().Done():
			return
		case <-changed:
		case <-beat.C:
			if stream.write(": still here\n\n") != nil {
				return
			}
		}
	}
}

// stream is one page that is told.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	told    map[string][]byte // the last data of each event
	report  *gotest.Report    // that was told last
}

// tell tells what is new.
func (s *stream) tell(m moment) error {
	if m.state.Report != nil && m.state.Report != s.report {
		s.report = m.state.Report
		report := *m.state.Report
		report.Progress = m.state.Progress // which a build error does not change
		if err := s.event("report", report); err != nil {
			return err
		}
	}
	err := s.event("now", now{m.state.Doing, m.state.Saved, append([]string{}, m.state.Stale...), m.state.Problem, m.state.Runs})
	if err != nil {
		return err
	}
	return s.event("server", serverNow{m.server, m.state.Saves > m.saves})
}

func (s *stream) event(name string, data any) error {
	text, err := json.Marshal(data) // on one line, as an event has to be
	if err != nil || bytes.Equal(text, s.told[name]) {
		return err
	}
	s.told[name] = text
	return s.write(fmt.Sprintf("event: %s\ndata: %s\n\n", name, text))
}

func (s *stream) write(text string) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(tellTime)); err != nil {
		return err
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}
