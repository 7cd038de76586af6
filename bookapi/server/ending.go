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
	drain time.Duration // until clients have let go of their connections
	grace time.Duration // until answers in flight are finished, all in all
}

var usualPatience = patience{drain: 2 * time.Second, grace: 10 * time.Second}

// ending ends a server without cutting off a request that is on its way.
//
// http.Server.Shutdown closes a connection on which nothing happens, and the
// client may be sending just then: it cannot know whether its request was
// heard, and may not send it twice. So, before that, each answer asks the
// client to close the connection (RFC 9112 §9.6), and it can go on with another
// one for as long as the door is open.
type ending struct {
	begun atomic.Bool

	mu   sync.Mutex
	open int           // connections
	none chan struct{} // closed while there are none
}

// endingOf prepares the end of srv.
func endingOf(srv *http.Server) *ending {
	e := &ending{none: make(chan struct{})}
	close(e.none)

	next := srv.Handler
	srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if e.begun.Load() {
			w.Header().Set("Connection", "close") // over HTTP/2, net/http says it in a GOAWAY
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

// wait begins the end, and returns when no connection is left, when it has
// waited long enough, or when ctx ends.
func (e *ending) wait(ctx context.Context, enough time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, enough)
	defer cancel()
	e.begun.Store(true)
	e.mu.Lock()
	none := e.none
	e.mu.Unlock()
	select {
	case <-none:
	case <-ctx.Done():
	}
}
