package rest

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

// NewRouter returns a chi router with no routes yet, on which every answer is
// the API's own: an unknown path is a 404, a known path with another method a
// 405 that names the methods, a panic a 500, each with a problem body.
func NewRouter() *chi.Mux {
	r := chi.NewRouter()
	r.Use(recoverPanic, middleware.GetHead)
	notFound := func(w http.ResponseWriter, _ *http.Request) {
		WriteProblem(w, http.StatusNotFound, "there is no such path")
	}
	r.NotFound(notFound)
	r.MethodNotAllowed(func(w http.ResponseWriter, req *http.Request) {
		path := cmp.Or(req.URL.RawPath, req.URL.Path) // what chi routes by
		allowed := strings.Join(methods(r, path), ", ")
		if allowed == "" { // chi does not look for the path of a method it does not know
			notFound(w, req)
			return
		}
		w.Header().Set("Allow", allowed)
		WriteProblem(w, http.StatusMethodNotAllowed, "this path takes "+allowed)
	})
	return r
}

// methods returns what the routes at path answer to.
func methods(routes chi.Routes, path string) (allowed []string) {
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		find := method
		if method == "HEAD" {
			find = "GET" // middleware.GetHead
		}
		if routes.Match(chi.NewRouteContext(), find, path) {
			allowed = append(allowed, method)
		}
	}
	return allowed
}

// recoverPanic answers 500 for a handler that panicked and logs why. If the
// answer has begun, it drops the connection: a broken answer must not look whole.
func recoverPanic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(cause) // net/http's own way to drop a connection
			}
			slog.ErrorContext(r.Context(), "panic", "cause", cause, "stack", string(debug.Stack()))
			if answer.Status() != 0 {
				panic(http.ErrAbortHandler)
			}
			WriteProblem(w, http.StatusInternalServerError, internalErrorDetail)
		}()
		next.ServeHTTP(answer, r)
	})
}

// Routes is the Book API without guards: every caller may do everything. More
// routes can be added to it.
func Routes(books Books) *chi.Mux {
	r := NewRouter()
	r.Get("/books", books.List)
	r.Get("/books/{id}", books.Get)
	r.Post("/books", books.Create)
	r.Put("/books/{id}", books.Update)
	r.Delete("/books/{id}", books.Delete)
	return r
}
