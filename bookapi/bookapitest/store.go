package bookapitest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest/attack"
	"example.com/bookapi/bookapitest/internal/where"
	"example.com/bookapi/memory"
)

// DatabaseAddress stands in every error of a Store, as a database driver puts it
// there. An answer that holds it tells a client how the database is reached.
const DatabaseAddress = "10.0.0.7:5432"

var _ bookapi.Store = (*Store)(nil)

// Store is the bookapi.Store of the lesson tests: memory.Store as a database
// would answer. Every error is wrapped twice, so that err == bookapi.ErrNotFound
// is never true; a call whose context has ended does nothing; and every call is
// recorded. Inject and After make it answer in other ways.
//
// The zero value is empty and ready.
type Store struct {
	// Inner keeps what is stored; a memory.Store if nil. Calls of Inner are
	// neither recorded nor changed.
	Inner bookapi.Store

	own memory.Store

	mu    sync.Mutex
	calls Calls
	count map[string]int // calls by method
	hooks []hook

	fault Fault
	since int // calls of the fault's method before it was injected

	panicked bool // since then
}

// A hook runs after the nth call of a method.
type hook struct {
	method string
	nth    int
	do     func()
}

// Call is one call of a method of a Store.
type Call struct {
	Method string
	Args   []any // without the context
	Ctx    context.Context
	Err    error
}

// String is the call as it stands in Go: User("ada").
func (c Call) String() string {
	args := make([]string, len(c.Args))
	for i, arg := range c.Args {
		args[i] = fmt.Sprintf("%#v", arg)
		if formatter, ok := arg.(fmt.Formatter); ok { // a row: its hash is not for the failure
			args[i] = fmt.Sprintf("%v", formatter)
		}
	}
	return c.Method + "(" + strings.Join(args, ", ") + ")"
}

// Writes reports whether the method changes what is stored.
func (c Call) Writes() bool { return isWrite(c.Method) }

func isWrite(method string) bool {
	return !slices.Contains([]string{"Book", "Books", "User", "Users", "Session"}, method)
}

// Calls are calls of a Store, in the order in which they began.
type Calls []Call

// Methods names the methods that were called, in order, each as often as it was.
func (c Calls) Methods() []string {
	names := make([]string, len(c))
	for i, call := range c {
		names[i] = call.Method
	}
	return names
}

// Of returns the calls of these methods.
func (c Calls) Of(methods ...string) Calls {
	return c.those(func(call Call) bool { return slices.Contains(methods, call.Method) })
}

// Writes returns the calls that change what is stored.
func (c Calls) Writes() Calls { return c.those(Call.Writes) }

// Err joins the errors of the calls.
func (c Calls) Err() error {
	all := make([]error, len(c))
	for i, call := range c {
		all[i] = call.Err
	}
	return errors.Join(all...)
}

// Outside returns the calls that were not given ctx, which Trace returned, or a
// context made from it; and, if ctx has ended, those whose context goes on.
func (c Calls) Outside(ctx context.Context) Calls {
	return c.those(func(call Call) bool {
		return call.Ctx.Value(traceKey{}) != ctx.Value(traceKey{}) || ctx.Err() != nil && call.Ctx.Err() == nil
	})
}

func (c Calls) those(wanted func(Call) bool) (found Calls) {
	for _, call := range c {
		if wanted(call) {
			found = append(found, call)
		}
	}
	return found
}

type traceKey struct{}

// Trace returns a context that Calls.Outside tells from all others.
func Trace(ctx context.Context) context.Context {
	return context.WithValue(ctx, traceKey{}, new(int))
}

// During returns the calls that the store gets while f runs.
func (s *Store) During(f func()) Calls {
	s.mu.Lock()
	before := len(s.calls)
	s.mu.Unlock()
	f()
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls[before:])
}

// Calls returns all calls so far.
func (s *Store) Calls() Calls {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Inject makes the store answer as fault says, from now on. The zero Fault makes
// it honest again.
func (s *Store) Inject(fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.since, s.panicked = fault, s.count[fault.Method], false
}

// Panicked reports whether the store has panicked since the last Inject.
func (s *Store) Panicked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.panicked
}

// After runs do once, after the nth call of the method from now on has read or
// written, and before it returns: a row that changes between two calls, or a
// caller that is held.
func (s *Store) After(method string, nth int, do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = append(s.hooks, hook{method, s.count[method] + nth, do})
}

func (s *Store) inner() bookapi.Store {
	if s.Inner != nil {
		return s.Inner
	}
	return &s.own
}

// begin records a call. It returns its index, the fault to answer with, if any,
// and what is to be done after it.
func (s *Store) begin(ctx context.Context, method string, args []any) (index int, fault Fault, after []func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count == nil {
		s.count = make(map[string]int)
	}
	s.count[method]++
	call := Call{Method: method, Args: args, Ctx: ctx}
	s.calls = append(s.calls, call)
	attack.Note(ctx, "the store is asked for %v", call)
	if s.fault.Method == method && s.count[method]-s.since >= s.fault.Nth {
		fault = s.fault
	}
	s.hooks = slices.DeleteFunc(s.hooks, func(h hook) bool {
		due := h.method == method && h.nth == s.count[method]
		if due {
			after = append(after, h.do)
		}
		return due
	})
	return len(s.calls) - 1, fault, after
}

// ask gives a call to the inner store, or to the fault that is injected.
func ask[Row any](ctx context.Context, s *Store, method string, honest func() (Row, error), args ...any) (row Row, err error) {
	index, fault, after := s.begin(ctx, method, args)
	defer func() {
		for _, do := range after {
			do()
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls[index].Err = err
	}()
	if ctx.Err() != nil {
		return row, wrap(method, ctx.Err())
	}
	if fault.Panics {
		if !guarded() {
			return row, wrap(method, fault.Err)
		}
		s.panics()
	}
	if fault.answer != nil {
		answer, err := fault.answer(func() (any, error) { return honest() })
		row, _ = answer.(Row)
		return row, wrap(method, err)
	}
	row, err = honest()
	return row, wrap(method, err)
}

func (s *Store) panics() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.panicked = true
}

// guarded reports whether a panic of the caller is seen by a test: in the goroutine of
// a test, or in one that a test or the package attack has started, and not in one of
// the code that is tested.
func guarded() bool {
	return slices.ContainsFunc(where.Here(), func(f where.Frame) bool {
		return f.Func == "testing.tRunner" || strings.HasSuffix(f.File, "_test.go") ||
			strings.HasPrefix(f.Func, "example.com/bookapi/bookapitest/attack.")
	})
}

// change is ask for a method that returns nothing but an error.
func change(ctx context.Context, s *Store, method string, honest func() error, args ...any) error {
	_, err := ask(ctx, s, method, func() (struct{}, error) { return struct{}{}, honest() }, args...)
	return err
}

// wrap puts an error into words twice, as bookapi/sqlstore does.
func wrap(method string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("store: %s: %w", method, fmt.Errorf("database %s: %w", DatabaseAddress, err))
}

// CreateBook implements bookapi.BookStore.
func (s *Store) CreateBook(ctx context.Context, b bookapi.Book) (bookapi.Book, error) {
	return ask(ctx, s, "CreateBook", func() (bookapi.Book, error) { return s.inner().CreateBook(ctx, b) }, b)
}

// Book implements bookapi.BookStore.
func (s *Store) Book(ctx context.Context, id int64) (bookapi.Book, error) {
	return ask(ctx, s, "Book", func() (bookapi.Book, error) { return s.inner().Book(ctx, id) }, id)
}

// Books implements bookapi.BookStore.
func (s *Store) Books(ctx context.Context, after int64, limit int) ([]bookapi.Book, error) {
	return ask(ctx, s, "Books", func() ([]bookapi.Book, error) { return s.inner().Books(ctx, after, limit) }, after, limit)
}

// UpdateBook implements bookapi.BookStore.
func (s *Store) UpdateBook(ctx context.Context, b bookapi.Book) (bookapi.Book, error) {
	return ask(ctx, s, "UpdateBook", func() (bookapi.Book, error) { return s.inner().UpdateBook(ctx, b) }, b)
}

// DeleteBook implements bookapi.BookStore.
func (s *Store) DeleteBook(ctx context.Context, id int64) error {
	return change(ctx, s, "DeleteBook", func() error { return s.inner().DeleteBook(ctx, id) }, id)
}

// CreateUser implements bookapi.UserStore.
func (s *Store) CreateUser(ctx context.Context, u bookapi.User) error {
	return change(ctx, s, "CreateUser", func() error { return s.inner().CreateUser(ctx, u) }, u)
}

// User implements bookapi.UserStore.
func (s *Store) User(ctx context.Context, username string) (bookapi.User, error) {
	return ask(ctx, s, "User", func() (bookapi.User, error) { return s.inner().User(ctx, username) }, username)
}

// Users implements bookapi.UserStore.
func (s *Store) Users(ctx context.Context, after string, limit int) ([]bookapi.User, error) {
	return ask(ctx, s, "Users", func() ([]bookapi.User, error) { return s.inner().Users(ctx, after, limit) }, after, limit)
}

// SetRole implements bookapi.UserStore.
func (s *Store) SetRole(ctx context.Context, username string, role bookapi.Role) error {
	return change(ctx, s, "SetRole", func() error { return s.inner().SetRole(ctx, username, role) }, username, role)
}

// ReplacePasswordHash implements bookapi.UserStore.
func (s *Store) ReplacePasswordHash(ctx context.Context, username, current, next string) error {
	return change(ctx, s, "ReplacePasswordHash", func() error { return s.inner().ReplacePasswordHash(ctx, username, current, next) }, username, current, next)
}

// CreateSession implements bookapi.SessionStore.
func (s *Store) CreateSession(ctx context.Context, session bookapi.Session, passwordHash string) error {
	return change(ctx, s, "CreateSession", func() error { return s.inner().CreateSession(ctx, session, passwordHash) }, session, passwordHash)
}

// Session implements bookapi.SessionStore.
func (s *Store) Session(ctx context.Context, id string) (bookapi.Session, error) {
	return ask(ctx, s, "Session", func() (bookapi.Session, error) { return s.inner().Session(ctx, id) }, id)
}

// RotateSession implements bookapi.SessionStore.
func (s *Store) RotateSession(ctx context.Context, id, current, next string) error {
	return change(ctx, s, "RotateSession", func() error { return s.inner().RotateSession(ctx, id, current, next) }, id, current, next)
}

// EndSession implements bookapi.SessionStore.
func (s *Store) EndSession(ctx context.Context, id string) error {
	return change(ctx, s, "EndSession", func() error { return s.inner().EndSession(ctx, id) }, id)
}

// ChangePassword implements bookapi.SessionStore.
func (s *Store) ChangePassword(ctx context.Context, username, current, next string, tokensValidAfter func() time.Time) error {
	return change(ctx, s, "ChangePassword", func() error { return s.inner().ChangePassword(ctx, username, current, next, tokensValidAfter) }, username, current, next, tokensValidAfter)
}

// SetDisabled implements bookapi.SessionStore.
func (s *Store) SetDisabled(ctx context.Context, username string, disabled bool, tokensValidAfter func() time.Time) error {
	return change(ctx, s, "SetDisabled", func() error { return s.inner().SetDisabled(ctx, username, disabled, tokensValidAfter) }, username, disabled, tokensValidAfter)
}

// CountAttempt implements bookapi.AttemptStore.
func (s *Store) CountAttempt(ctx context.Context, key string, limit int, now time.Time, window time.Duration) (time.Time, error) {
	return ask(ctx, s, "CountAttempt", func() (time.Time, error) { return s.inner().CountAttempt(ctx, key, limit, now, window) }, key, limit, now, window)
}

// ForgiveAttempt implements bookapi.AttemptStore.
func (s *Store) ForgiveAttempt(ctx context.Context, key string, counted time.Time) error {
	return change(ctx, s, "ForgiveAttempt", func() error { return s.inner().ForgiveAttempt(ctx, key, counted) }, key, counted)
}

// DeleteUser removes a user and their sessions, if the inner store can.
func (s *Store) DeleteUser(ctx context.Context, username string) error {
	return change(ctx, s, "DeleteUser", func() error {
		inner, ok := s.inner().(interface {
			DeleteUser(ctx context.Context, username string) error
		})
		if !ok {
			return errors.ErrUnsupported
		}
		return inner.DeleteUser(ctx, username)
	}, username)
}
