package bookapitest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"example.com/bookapi"
)

// Fault is an answer that a method of a Store gives instead of the honest one:
// at its Nth call after Inject, and at every one that follows.
type Fault struct {
	Method string
	Nth    int   // 1: the first call
	Err    error // errors.Is finds it in the answer
	Panics bool  // the method panics; it answers with Err in a goroutine of no test's, where a panic would end all of them

	// HangsUp says that the client goes away during the call: the request is to
	// be sent with Context.
	HangsUp bool

	answer func(honest func() (any, error)) (any, error)
	cancel *context.CancelFunc
}

// Context returns the context for a request that meets the fault: the one that
// ends while the store is asked, if the fault HangsUp.
func (f Fault) Context(parent context.Context) context.Context {
	if f.cancel == nil {
		return parent
	}
	ctx, cancel := context.WithCancel(parent)
	*f.cancel = cancel
	return ctx
}

// IsNotFound reports whether the answer says that there is no such row, which
// is an answer; all others say that nobody can tell.
func (f Fault) IsNotFound() bool { return errors.Is(f.Err, bookapi.ErrNotFound) }

// StoreFaults walks every answer other than the honest one that these methods
// may give. A method that is named twice is also walked from its second call
// on, so that the Methods of an honest run give every call of it:
//
//	calls := store.During(func() { adaEnters(t, store) })
//	for name, fault := range bookapitest.StoreFaults(calls.Methods()...) {
//
// The name is for the failure: "User says that it is unavailable".
func StoreFaults(methods ...string) iter.Seq2[string, Fault] {
	return func(yield func(string, Fault) bool) {
		seen := make(map[string]int)
		for _, method := range methods {
			seen[method]++
			from := ""
			if seen[method] > 1 {
				from = fmt.Sprintf(", from call %d on,", seen[method])
			}
			for _, kind := range faultKinds() {
				if kind.methods != nil && !kind.methods(method) {
					continue
				}
				fault := kind.fault
				fault.Method, fault.Nth = method, seen[method]
				if !yield(method+from+" "+kind.does, fault) {
					return
				}
			}
		}
	}
}

// A faultKind is what can be the matter with some methods.
type faultKind struct {
	does    string            // completes "User ..."
	methods func(string) bool // nil: all
	fault   Fault
}

// errConnection is what a driver says.
var errConnection = errors.New("dial tcp " + DatabaseAddress + ": connect: connection refused")

var errPanic = errors.New("the store panics, because the test wants it to")

// errWords has the words of other errors in it, and is none of them.
var errWords = fmt.Errorf("lookup db.internal: host %v", strings.Join([]string{
	bookapi.ErrNotFound.Error(), bookapi.ErrExists.Error(), bookapi.ErrInvalid.Error(),
}, ", "))

func faultKinds() []faultKind {
	fails := func(does string, is, err error, methods func(string) bool) faultKind {
		return faultKind{does, methods, Fault{Err: is, answer: func(func() (any, error)) (any, error) { return nil, err }}}
	}
	misses := func(method string) bool {
		return !slices.Contains([]string{"CreateBook", "CreateUser", "Books", "Users", "EndSession", "CountAttempt", "ForgiveAttempt"}, method)
	}
	creates := func(method string) bool { return method == "CreateUser" }
	reads := func(method string) bool { return !isWrite(method) }
	finds := func(method string) bool { return method == "User" || method == "Session" || method == "Book" }

	var hangUp context.CancelFunc
	return []faultKind{
		fails("finds nothing", bookapi.ErrNotFound, bookapi.ErrNotFound, misses),
		fails("finds nothing, and joins another error to that", bookapi.ErrNotFound, errors.Join(errors.New("rows not closed"), bookapi.ErrNotFound), misses),
		fails("says that the name is taken", bookapi.ErrExists, bookapi.ErrExists, creates),
		fails("says that the name is taken, and joins another error to that", bookapi.ErrExists, errors.Join(errors.New("rolled back"), bookapi.ErrExists), creates),
		{"finds nothing, beside the whole row", finds, Fault{Err: bookapi.ErrNotFound, answer: func(honest func() (any, error)) (any, error) {
			row, _ := honest()
			return row, bookapi.ErrNotFound
		}}},
		fails("is unavailable", bookapi.ErrUnavailable, fmt.Errorf("%w: %w", bookapi.ErrUnavailable, errConnection), nil),
		fails("takes too long", context.DeadlineExceeded, context.DeadlineExceeded, nil),
		fails("is cancelled", context.Canceled, context.Canceled, nil),
		fails("fails", errConnection, errConnection, nil),
		fails("fails with words that sound like an answer", errWords, errWords, nil),
		{"fails beside a half-filled row", finds, Fault{Err: errConnection, answer: func(honest func() (any, error)) (any, error) {
			row, _ := honest()
			return half(row), errConnection
		}}},
		{"fails beside the whole row", reads, Fault{Err: errConnection, answer: func(honest func() (any, error)) (any, error) {
			row, _ := honest()
			return row, errConnection
		}}},
		{"writes, and then fails", isWrite, Fault{Err: errConnection, answer: func(honest func() (any, error)) (any, error) {
			row, _ := honest()
			return row, errConnection
		}}},
		{"panics", nil, Fault{Err: errPanic, Panics: true, answer: func(func() (any, error)) (any, error) {
			panic(errPanic.Error())
		}}},
		{"is asked by a client that hangs up", nil, Fault{Err: context.Canceled, HangsUp: true, cancel: &hangUp, answer: func(func() (any, error)) (any, error) {
			if hangUp != nil {
				hangUp()
			}
			return nil, context.Canceled
		}}},
	}
}

// half is what of a row was read before the connection broke.
func half(row any) any {
	switch row := row.(type) {
	case bookapi.User:
		return bookapi.User{Username: row.Username, Role: row.Role}
	case bookapi.Session:
		return bookapi.Session{ID: row.ID, Username: row.Username}
	case bookapi.Book:
		return bookapi.Book{ID: row.ID, CreatedBy: row.CreatedBy}
	}
	return row
}
