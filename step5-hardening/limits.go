package hardening

import (
	"net/http"

	"example.com/bookapi/rest"
)

// MaxBody is the largest body that any route reads, in bytes.
const MaxBody = rest.MaxBody

// LimitBody returns a handler that reads no more than MaxBody of a request. A
// body that says it is longer is answered 413 before anything of it is read; of
// one that turns out to be longer, next gets an error in its place.
func LimitBody(next http.Handler) http.Handler {
	// Exercise 5.6: no request may fill the memory.
	//
	// r.ContentLength is what the client says: if it is more than MaxBody, answer
	// with rest.WriteProblem. A client need not say anything, or the truth: put
	// http.MaxBytesReader around r.Body, whatever it says.
	return todoHandler("5.6")
}

// NewServer returns a server of handler that waits for nobody for ever: not
// for headers, not for a body, not for a client to take its answer, not for a
// next request. In net/http none of this has a limit unless one is set.
func NewServer(handler http.Handler) *http.Server {
	// Exercise 5.6: no client may hold a connection for ever.
	//
	// Set Handler, ReadHeaderTimeout (5 seconds), ReadTimeout (15 seconds, with
	// the body), WriteTimeout (30 seconds: hashing may have to wait for its turn),
	// IdleTimeout (2 minutes) and MaxHeaderBytes (32 KiB) of an http.Server.
	return nil // TODO: exercise 5.6
}
