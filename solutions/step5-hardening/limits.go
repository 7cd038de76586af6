package hardening

import (
	"net/http"
	"time"

	"example.com/bookapi/rest"
)

// MaxBody is the largest body that any route reads, in bytes.
const MaxBody = rest.MaxBody

// LimitBody returns a handler that reads no more than MaxBody of a request, of
// every method, path, content type and client. If a request says that its body is
// longer, the answer is 413, nothing of the body is read, and next does not run. If a
// body turns out to be longer, next reads MaxBody of it at most, and then an error.
func LimitBody(next http.Handler) http.Handler {
	// Exercise 5.6: no request may fill the memory.
	//
	// Toolbox: r.ContentLength, http.MaxBytesReader, rest.WriteProblem.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > MaxBody {
			w.Header().Set("Connection", "close") // rather than read on to the next request
			rest.WriteProblem(w, http.StatusRequestEntityTooLarge, "the body is larger than this API reads")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		next.ServeHTTP(w, r)
	})
}

// NewServer returns a server of handler that waits for no client for ever: two minutes
// at most for its headers, two for its body, two until it has taken its answer, and ten
// minutes for its next request. The server reads no more than 1 MiB of headers.
//
// It serves an honest client on a slow line, and a login, which may wait 20 seconds
// for its turn to hash. (net/http counts the time for the answer from the end of the
// headers, so the body and the wait are a part of it.)
func NewServer(handler http.Handler) *http.Server {
	// Exercise 5.6: decide how long a client may take for what.
	//
	// Toolbox: the fields of http.Server.
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      45 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
}
