package gotest

import "io"

// NewCollected returns a writer for the output of go test, of which it keeps what
// Collect keeps.
func NewCollected() io.Writer {
	r := newResults(MostOutput)
	return &eventWriter{each: r.add}
}
