// Package rest speaks HTTP for the Book API: it reads requests, calls a store,
// and writes answers. It decides nothing about who may call; that is what the
// middleware in front of it is for.
package rest

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"example.com/bookapi"
)

// Problem is the body of an answer that is not a success: problem details
// after RFC 9457, served as application/problem+json. Its type is the default
// "about:blank", so the title is the status in words.
type Problem struct {
	Status int    `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail,omitempty"` // for the person who wrote the client
	Field  string `json:"field,omitempty"`  // the value that was refused, if it was one
}

// ourMistake is all that a client learns of one.
const ourMistake = "the server could not do this; the mistake is not yours"

// WriteProblem answers with status and, in words for the client, detail.
func WriteProblem(w http.ResponseWriter, status int, detail string) {
	writeProblem(w, Problem{Status: status, Detail: detail})
}

func writeProblem(w http.ResponseWriter, p Problem) {
	p.Title = http.StatusText(p.Status)
	w.Header().Set("Content-Type", "application/problem+json")
	writeJSON(w, p.Status, p)
}

// WriteError answers with what a client may know of err: its own mistakes by
// name, ours as a plain 500 whose cause goes to the log (ASVS 5.0 16.5.1).
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	var (
		invalid    *bookapi.InvalidError
		notWritten bookapi.NotWritten
	)
	switch {
	case errors.As(err, &notWritten):
		WriteProblem(w, http.StatusNotImplemented, notWritten.Error())
	case errors.As(err, &invalid):
		writeProblem(w, Problem{
			Status: http.StatusUnprocessableEntity,
			Detail: invalid.Field + " " + invalid.Reason,
			Field:  invalid.Field,
		})
	case errors.Is(err, bookapi.ErrInvalid):
		WriteProblem(w, http.StatusUnprocessableEntity, "the request cannot be accepted as it is")
	case errors.Is(err, bookapi.ErrNotFound):
		WriteProblem(w, http.StatusNotFound, "there is nothing here under that name or number")
	case errors.Is(err, bookapi.ErrExists):
		WriteProblem(w, http.StatusConflict, "that name is taken")
	case errors.Is(err, bookapi.ErrUnavailable):
		slog.ErrorContext(r.Context(), "not available just now", "method", r.Method, "path", r.URL.Path, "error", err)
		w.Header().Set("Retry-After", "1")
		WriteProblem(w, http.StatusServiceUnavailable, "this cannot be done just now; try again in a moment")
	default:
		slog.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		WriteProblem(w, http.StatusInternalServerError, ourMistake)
	}
}

// NotWritten answers 501 with the exercise that waits to be written.
func NotWritten(exercise string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		WriteError(w, r, bookapi.NotWritten(exercise))
	})
}

// WriteJSON answers with status and v as JSON.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	writeJSON(w, status, v)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		slog.Debug("answer not delivered", "error", err)
	}
}
