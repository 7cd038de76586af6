package server

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// The door is locked when nobody has come in for settle, or after atMost: where
// admitNobody does nothing, there is no end to those who come.
const (
	settle = 20 * time.Millisecond
	atMost = time.Second
)

// door is a listener that can be shut without turning away who is in it.
//
// The system makes connections before the program accepts them: a client may
// have sent its request already. Closing a listener drops such connections, so
// they are accepted first.
type door struct {
	*net.TCPListener
	closes atomic.Pointer[time.Time] // at the latest; nil while the door is open
}

// Accept returns the next connection. Once the door is being shut, it returns
// those that are there, and then net.ErrClosed.
func (d *door) Accept() (net.Conn, error) {
	for {
		closes := d.closes.Load()
		if closes != nil {
			_ = d.SetDeadline(earlier(time.Now().Add(settle), *closes))
		}
		conn, err := d.TCPListener.Accept()
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return conn, err
		}
		if closes != nil {
			_ = d.Close()
			return nil, net.ErrClosed
		}
	}
}

// shut lets nobody else in.
func (d *door) shut() {
	if err := admitNobody(d.TCPListener); err != nil {
		slog.Warn("a client that connects at this moment may be cut off", "error", err)
	}
	closes := time.Now().Add(atMost)
	d.closes.Store(&closes)
	_ = d.SetDeadline(time.Now()) // Accept is waiting
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
