package server

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// A drained listener closes when it has accepted nothing for drainIdle, or after
// drainMax: where dropNewConnections does nothing, clients may keep connecting.
const (
	drainIdle = 20 * time.Millisecond
	drainMax  = time.Second
)

// drainListener is a listener that accepts its backlog before it closes. Closing
// a listener resets the connections that the system has established and the
// program has not accepted, with the requests that clients have sent on them.
type drainListener struct {
	*net.TCPListener
	deadline atomic.Pointer[time.Time] // of the drain; nil before it
}

// Accept returns the next connection. During a drain it returns those of the
// backlog, and then net.ErrClosed.
func (l *drainListener) Accept() (net.Conn, error) {
	for {
		deadline := l.deadline.Load()
		if deadline != nil {
			_ = l.SetDeadline(earlier(time.Now().Add(drainIdle), *deadline))
		}
		conn, err := l.TCPListener.Accept()
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return conn, err
		}
		if deadline != nil {
			_ = l.Close()
			return nil, net.ErrClosed
		}
	}
}

// drain stops admitting connections, and lets Accept return the backlog.
func (l *drainListener) drain() {
	if err := dropNewConnections(l.TCPListener); err != nil {
		slog.Warn("a client that connects during shutdown may be cut off", "error", err)
	}
	deadline := time.Now().Add(drainMax)
	l.deadline.Store(&deadline)
	_ = l.SetDeadline(time.Now()) // wakes Accept
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
