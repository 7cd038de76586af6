package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.com/bookapi"
)

// tx is a transaction, as those who make changes in it see it.
type tx interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// maxShared is how many changes share a transaction at most, so that none waits long
// for the end of it.
const maxShared = 64

// A writer makes changes to an SQLite file, which takes one transaction at a time.
// What costs is its end, when the disk has to confirm: so the changes that wait share
// the next transaction. One that fails is undone alone, to its savepoint. Only if
// the transaction itself is lost, as on a full disk, do all of it fail.
type writer struct {
	db         *sql.DB
	limit      time.Duration // of a transaction
	statements sync.Map      // of each query, an *sql.Stmt

	mu      sync.Mutex
	waiting []*change
	busy    bool // somebody makes the changes
}

// A change is what one call wants done.
type change struct {
	ctx   context.Context
	do    func(context.Context, tx) error
	taken atomic.Bool // by the writer, or by its caller, who has given up
	done  chan error
	err   error // why it was undone
	cause any   // of a panic
}

// change makes a change, and returns when it is on the disk. If ctx ends before its
// turn has come, or while it is made, nothing is changed.
func (w *writer) change(ctx context.Context, do func(context.Context, tx) error) error {
	c := &change{ctx: ctx, do: do, done: make(chan error, 1)}
	w.mu.Lock()
	w.waiting = append(w.waiting, c)
	begin := !w.busy
	w.busy = true
	w.mu.Unlock()
	if begin {
		go w.write()
	}
	select {
	case err := <-c.done:
		return c.result(err)
	case <-ctx.Done():
		if c.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		return c.result(<-c.done)
	}
}

// result returns the error of a change, or panics as it did.
func (c *change) result(err error) error {
	if c.cause != nil {
		panic(c.cause)
	}
	return err
}

// write makes changes until none waits.
func (w *writer) write() {
	for w.more() {
		w.transaction()
	}
}

// more reports whether there are changes to make; if not, the next one begins anew.
func (w *writer) more() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = slices.DeleteFunc(w.waiting, func(c *change) bool { return c.taken.Load() }) // given up
	w.busy = len(w.waiting) > 0
	return w.busy
}

// take returns the changes that share the next transaction.
func (w *writer) take(most int) (all []*change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(most, len(w.waiting))
	for _, c := range w.waiting[:n] {
		if c.taken.CompareAndSwap(false, true) {
			all = append(all, c)
		}
	}
	w.waiting = slices.Clone(w.waiting[n:])
	return all
}

// transaction makes the changes that wait, in one transaction.
func (w *writer) transaction() {
	ctx, cancel := context.WithTimeout(context.Background(), w.limit)
	defer cancel()
	begun, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		finish(w.take(1), err) // who has waited longest; the others try once more
		return
	}
	t := &preparedTx{Tx: begun, statements: &w.statements}
	all := w.take(maxShared)
	for i, c := range all {
		var lost error
		if c.err, lost = t.make(ctx, c); lost != nil {
			_ = begun.Rollback()
			w.giveBack(all[i+1:])
			finish(all[:i], fmt.Errorf("%w: the transaction was lost: %w", bookapi.ErrUnavailable, lost))
			finish(all[i:i+1], errors.Join(c.err, lost))
			return
		}
	}
	err = begun.Commit()
	for _, query := range t.missing { // now that the connection is free
		if statement, err := w.db.PrepareContext(ctx, query); err == nil {
			w.statements.Store(query, statement)
		}
	}
	finish(all, err)
}

// giveBack puts changes back in front of those that wait.
func (w *writer) giveBack(rest []*change) {
	for _, c := range rest {
		c.taken.Store(false)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = slices.Concat(rest, w.waiting)
}

// finish tells those who wait for the changes what came of their transaction. Only
// what is on the disk is an answer, also to a change that found another's in its way.
func finish(all []*change, err error) {
	for _, c := range all {
		if err != nil {
			c.done <- err
		} else {
			c.done <- c.err
		}
	}
}

// preparedTx is a transaction whose statements are compiled once, rather than at each
// call.
type preparedTx struct {
	*sql.Tx
	statements *sync.Map
	missing    []string // that are not prepared yet
}

// make makes one change, or undoes it. Lost is not nil if it could not be undone
// alone.
func (t *preparedTx) make(ctx context.Context, c *change) (err, lost error) {
	if _, err := t.ExecContext(ctx, `SAVEPOINT change`); err != nil {
		return err, err
	}
	func() {
		defer func() {
			if c.cause = recover(); c.cause != nil {
				err = fmt.Errorf("panic: %v", c.cause)
			}
		}()
		err = c.do(ctx, t)
	}()
	if err == nil {
		err = c.ctx.Err()
	}
	if err != nil {
		_, lost = t.ExecContext(ctx, `ROLLBACK TO change`)
	}
	if lost == nil {
		_, lost = t.ExecContext(ctx, `RELEASE change`)
	}
	return err, lost
}

// prepared returns the statement of a query, or nil if it is not prepared yet.
func (t *preparedTx) prepared(ctx context.Context, query string) *sql.Stmt {
	kept, ok := t.statements.Load(query)
	if !ok {
		t.missing = append(t.missing, query)
		return nil
	}
	return t.StmtContext(ctx, kept.(*sql.Stmt))
}

// ExecContext implements tx.
func (t *preparedTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if s := t.prepared(ctx, query); s != nil { //nolint:sqlclosecheck // it is kept, and this use of it ends with t
		return s.ExecContext(ctx, args...)
	}
	return t.Tx.ExecContext(ctx, query, args...)
}

// QueryRowContext implements tx.
func (t *preparedTx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := t.prepared(ctx, query); s != nil { //nolint:sqlclosecheck // it is kept, and this use of it ends with t
		return s.QueryRowContext(ctx, args...)
	}
	return t.Tx.QueryRowContext(ctx, query, args...)
}
