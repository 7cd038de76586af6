// Package bookapi is the domain of the Book API: what a book and a user are,
// which of them are valid, and what a store promises. It knows neither HTTP
// nor a database; the packages below it each wrap one of those.
//
// This is the API as the earlier lessons left it. It checks, shapes and stores,
// and it has no lock: every client that reaches it can write. The lock is what the
// steps of the workshop add.
package bookapi

import (
	"errors"
	"fmt"
)

var (
	// ErrNotFound says that no such book or user is stored.
	ErrNotFound = errors.New("bookapi: not found")

	// ErrExists says that the name is taken.
	ErrExists = errors.New("bookapi: already exists")

	// ErrTooMany says that the user has as many of these as may be kept.
	ErrTooMany = errors.New("bookapi: too many")

	// ErrUnavailable says that something cannot be done just now, as the store
	// cannot be asked or there is too much to do: nothing is wrong with the
	// question, and later it may be answered.
	ErrUnavailable = errors.New("bookapi: not available just now")

	// ErrInvalid is what every *InvalidError is: compare with errors.Is.
	ErrInvalid = errors.New("bookapi: invalid")
)

// InvalidError tells a client which of its values was refused and why.
// Reason is shown to the client, so it never repeats a secret.
type InvalidError struct {
	Field  string // as the client calls it: "title", "password"
	Reason string // completes "title ...": "must not be empty"
}

// Invalid refuses the value of field for a reason the client may read.
func Invalid(field, reason string) error {
	return &InvalidError{Field: field, Reason: reason}
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("bookapi: %s %s", e.Field, e.Reason)
}

// Is makes errors.Is(err, ErrInvalid) true.
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

// Store keeps everything that the Book API keeps.
type Store interface {
	BookStore
	UserStore
	SessionStore
	AttemptStore
}
