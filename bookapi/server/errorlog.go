package server

import (
	"bytes"
	"log/slog"
	"sync"
	"time"
)

// What the HTTP server logs of itself: so many lines in so long a time.
const (
	errorLogLines  = 10
	errorLogWindow = time.Minute
)

// errorLog is the error log of an http.Server, mostly of failed TLS handshakes.
// Clients can cause as many lines as they like, so it logs a few a minute, and
// then how many there were.
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
	if now := e.now(); now.Sub(e.since) >= errorLogWindow {
		if more := e.lines - errorLogLines; more > 0 {
			e.logger.Warn("the HTTP server had more to say", "lines", more)
		}
		e.since, e.lines = now, 0
	}
	if e.lines++; e.lines <= errorLogLines {
		e.logger.Warn("HTTP server", "error", string(bytes.TrimSpace(line)))
	}
	return len(line), nil
}
