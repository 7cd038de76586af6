package server

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// settle is how long nobody must have come in before the door is locked.
const settle = 20 * time.Millisecond

// door is a listener that can be shut without turning away who is in it.
//
// The system makes connections before the program accepts them: a client may
// have sent its request already. Closing a listener drops such connections, so
// they are accepted first.
type door struct {
	*net.TCPListener
	closing atomic.Bool
}

// Accept returns the next connection. Once the door is being shut, it returns
// those that are there, and then net.ErrClosed.
func (d *door) Accept() (net.Conn, error) {
	for {
		closing := d.closing.Load()
		if closing {
			_ = d.SetDeadline(time.Now().Add(settle))
		}
		conn, err := d.TCPListener.Accept()
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return conn, err
		}
		if closing {
			_ = d.Close()
			return nil, net.ErrClosed
		}
	}
}

// shut lets nobody else in.
func (d *door) shut() {
	if err := admitNobody(d.TCPListener); err != nil {
		slog.Debug("who connects at this moment may be cut off", "error", err)
	}
	d.closing.Store(true)
	_ = d.SetDeadline(time.Now()) // Accept is waiting
}
