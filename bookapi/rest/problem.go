// Package rest speaks HTTP for the Book API: it reads requests, calls a store,
// and writes answers. It decides nothing about who may call; that is what the
// middleware in front of it is for.
package rest

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

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

// internalErrorDetail is all that a client learns of an internal error.
const internalErrorDetail = "the server could not do this; the mistake is not yours"

// WriteProblem answers with status and, in words for the client, detail.
func WriteProblem(w http.ResponseWriter, status int, detail string) {
	writeProblem(w, Problem{Status: status, Detail: detail})
}

func writeProblem(w http.ResponseWriter, p Problem) {
	p.Title = http.StatusText(p.Status)
	w.Header().Set("Content-Type", "application/problem+json")
	writeJSON(w, p.Status, p)
}

// StatusError is an error that says how it is answered, here and at POST /token.
type StatusError struct {
	Status     int
	Detail     string        // for the client
	RetryAfter time.Duration // when to try again; 0: the answer does not say
	Err        error         // the cause, which the client does not see
}

func (e *StatusError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *StatusError) Unwrap() error { return e.Err }

// SetRetryAfter tells the client to wait, in whole seconds (RFC 9110 §10.2.3). It
// says nothing if there is nothing to wait for.
func SetRetryAfter(w http.ResponseWriter, wait time.Duration) {
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
}

// WriteError answers with what a client may know of err: its own mistakes by
// name, ours as a plain 500 whose cause goes to the log (ASVS 5.0 16.5.1).
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	var (
		invalid    *bookapi.InvalidError
		notWritten bookapi.NotWritten
		status     *StatusError
	)
	switch {
	case errors.As(err, &status):
		SetRetryAfter(w, status.RetryAfter)
		WriteProblem(w, status.Status, status.Detail)
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
	case errors.Is(err, bookapi.ErrTooMany):
		WriteProblem(w, http.StatusForbidden, "you have as many of these as one account may have; remove some first")
	case errors.Is(err, bookapi.ErrExists):
		WriteProblem(w, http.StatusConflict, "that name is taken")
	default:
		switch status := Failure(r, err); status {
		case http.StatusServiceUnavailable:
			SetRetryAfter(w, time.Second)
			WriteProblem(w, status, "this cannot be done just now; try again in a moment")
		case StatusHungUp:
			w.WriteHeader(status)
		default:
			WriteProblem(w, status, internalErrorDetail)
		}
	}
}

// StatusHungUp is the status of a request whose client has hung up before it was
// answered: no answer is sent, and none has failed. No standard has one; 499 is
// nginx's.
const StatusHungUp = 499

// Failure logs an error that is not of the client's making, and returns its status:
// 503 for bookapi.ErrUnavailable, otherwise 500. What fails since the client has hung
// up is no failure: StatusHungUp, and no line.
func Failure(r *http.Request, err error) (status int) {
	message := "request failed"
	status = http.StatusInternalServerError
	switch {
	case r.Context().Err() == context.Canceled && errors.Is(err, context.Canceled):
		return StatusHungUp
	case errors.Is(err, bookapi.ErrUnavailable):
		message, status = "not available just now", http.StatusServiceUnavailable
	}
	slog.ErrorContext(r.Context(), message, "method", r.Method, "path", r.URL.Path, "error", err)
	return status
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
