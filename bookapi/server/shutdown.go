package server

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// timeouts are how long a shutdown may take.
type timeouts struct {
	drain time.Duration // for clients that have nothing to send
	grace time.Duration // in all
}

var defaultTimeouts = timeouts{drain: 2 * time.Second, grace: 10 * time.Second}

// shutdown stops a server without cutting off a request that is on its way.
//
// http.Server.Shutdown closes idle connections, on which a client may be sending
// at that instant: it cannot know whether its request was heard. So each answer
// first asks the client to close its connection (RFC 9112 §9.6), and a client that
// has not been asked yet has some time to send one more request.
type shutdown struct {
	begun    atomic.Bool
	unasked  atomic.Int64  // answers under way that do not ask
	allAsked chan struct{} // receives when there are none, or no more

	mu   sync.Mutex
	open int           // connections
	none chan struct{} // closed while there are none
}

// newShutdown prepares the shutdown of srv.
func newShutdown(srv *http.Server) *shutdown {
	s := &shutdown{allAsked: make(chan struct{}, 1), none: make(chan struct{})}
	close(s.none)
	next := srv.Handler
	srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.unasked.Add(1)
		if s.begun.Load() {
			s.asked()
			w.Header().Set("Connection", "close") // over HTTP/2, net/http sends a GOAWAY
		} else {
			defer s.asked()
		}
		next.ServeHTTP(w, r)
	})
	connState := srv.ConnState
	srv.ConnState = func(c net.Conn, state http.ConnState) {
		s.count(state)
		if connState != nil {
			connState(c, state)
		}
	}
	return s
}

// begin makes every answer from now on ask its client to close the connection.
func (s *shutdown) begin() {
	s.unasked.Add(1)
	s.begun.Store(true)
	s.asked()
}

// asked counts one unasked answer less.
func (s *shutdown) asked() {
	if s.unasked.Add(-1) > 0 || !s.begun.Load() {
		return
	}
	select {
	case s.allAsked <- struct{}{}:
	default: // sent already
	}
}

// count keeps the number of open connections.
func (s *shutdown) count(state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state {
	case http.StateNew:
		if s.open == 0 {
			s.none = make(chan struct{})
		}
		s.open++
	case http.StateClosed, http.StateHijacked:
		if s.open--; s.open == 0 {
			close(s.none)
		}
	case http.StateActive, http.StateIdle:
	}
}

// run waits until clients have closed their connections or had the time to, calls
// drainListener, and returns when clients whose answers came later have had the
// time as well.
func (s *shutdown) run(ctx context.Context, drain time.Duration, drainListener func()) {
	var late sync.WaitGroup
	late.Go(func() {
		select {
		case <-s.allAsked:
		case <-ctx.Done():
		}
		s.wait(ctx, drain)
	})
	s.wait(ctx, drain)
	drainListener()
	late.Wait()
}

// wait returns when no connection is open, or after the time, or when ctx ends.
func (s *shutdown) wait(ctx context.Context, time time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, time)
	defer cancel()
	s.mu.Lock()
	none := s.none
	s.mu.Unlock()
	select {
	case <-none:
	case <-ctx.Done():
	}
}
