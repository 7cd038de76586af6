package server

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how long the end of a program may take.
type patience struct {
	drain time.Duration // for clients that have nothing to send
	grace time.Duration // for everything
}

var usualPatience = patience{drain: 2 * time.Second, grace: 10 * time.Second}

// ending ends a server without cutting off a request that is on its way.
//
// http.Server.Shutdown closes a connection on which nothing happens, and the
// client may be sending just then: it cannot know whether its request was
// heard, and may not send it twice. So, before that, each answer asks the
// client to give its connection up (RFC 9112 §9.6), and those who have not been
// asked yet have some time to send one more request.
type ending struct {
	begun   atomic.Bool
	unasked atomic.Int64  // answers under way that do not ask
	asked   chan struct{} // receives when there are none, or no more

	mu   sync.Mutex
	open int           // connections
	none chan struct{} // closed while there are none
}

// endingOf prepares the end of srv.
func endingOf(srv *http.Server) *ending {
	e := &ending{asked: make(chan struct{}, 1), none: make(chan struct{})}
	close(e.none)
	next := srv.Handler
	srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.unasked.Add(1)
		if e.begun.Load() {
			e.oneLess()
			w.Header().Set("Connection", "close") // over HTTP/2, net/http says it in a GOAWAY
		} else {
			defer e.oneLess()
		}
		next.ServeHTTP(w, r)
	})
	also := srv.ConnState
	srv.ConnState = func(c net.Conn, state http.ConnState) {
		e.count(state)
		if also != nil {
			also(c, state)
		}
	}
	return e
}

// begin lets every answer from now on ask for the end of its connection.
func (e *ending) begin() {
	e.unasked.Add(1)
	e.begun.Store(true)
	e.oneLess()
}

func (e *ending) oneLess() {
	if e.unasked.Add(-1) > 0 || !e.begun.Load() {
		return
	}
	select {
	case e.asked <- struct{}{}:
	default: // it is known already
	}
}

func (e *ending) count(state http.ConnState) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch state {
	case http.StateNew:
		if e.open == 0 {
			e.none = make(chan struct{})
		}
		e.open++
	case http.StateClosed, http.StateHijacked:
		if e.open--; e.open == 0 {
			close(e.none)
		}
	case http.StateActive, http.StateIdle:
	}
}

// run goes through with the end: it has the door shut when clients have let go of
// their connections, or have had the time to, and returns when those have had it
// too whose answers came later.
func (e *ending) run(ctx context.Context, drain time.Duration, shutDoor func()) {
	var late sync.WaitGroup
	late.Go(func() {
		select {
		case <-e.asked:
		case <-ctx.Done():
		}
		e.wait(ctx, drain)
	})
	e.wait(ctx, drain)
	shutDoor()
	late.Wait()
}

// wait returns when no connection is open, or after the time, or when ctx ends.
func (e *ending) wait(ctx context.Context, time time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, time)
	defer cancel()
	e.mu.Lock()
	none := e.none
	e.mu.Unlock()
	select {
	case <-none:
	case <-ctx.Done():
	}
}
