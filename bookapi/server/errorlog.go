package server

import (
	"bytes"
	"log/slog"
	"sync"
	"time"
)

// What the HTTP server logs of itself: so many lines in so long a time.
const (
	errorLines  = 10
	errorWindow = time.Minute
)

// errorLog is where an http.Server complains, mostly of clients whose TLS
// handshake has failed. Anybody can make it complain as often as they like, so
// it logs a few lines a minute, and then how many there were.
type errorLog struct {
	logger *slog.Logger
	now    func() time.Time

	mu    sync.Mutex
	since time.Time // the beginning of this window
	lines int       // in this window
}

// Write logs one complaint.
func (e *errorLog) Write(line []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if now := e.now(); now.Sub(e.since) >= errorWindow {
		if more := e.lines - errorLines; more > 0 {
			e.logger.Warn("the HTTP server had more to say", "lines", more)
		}
		e.since, e.lines = now, 0
	}
	if e.lines++; e.lines <= errorLines {
		e.logger.Warn("HTTP server", "error", string(bytes.TrimSpace(line)))
	}
	return len(line), nil
}
