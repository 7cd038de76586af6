// Package sqlstore keeps everything in a database that outlives the program: an
// SQLite file, or PostgreSQL. Both are reached through database/sql, with drivers
// that need no cgo, and with the same SQL.
//
// What a call has acknowledged survives a crash of the program and a loss of
// power. Several programs may use the same database at once.
//
// No lesson imports this package: the drivers take a minute to compile.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"example.com/bookapi"
)

// patience is how long a call waits for the database.
const patience = 10 * time.Second

var _ bookapi.Store = (*Store)(nil)

// Store is a bookapi.Store over a database, safe for concurrent use.
//
// A call whose context ends returns the context's error and has changed nothing.
// If the database cannot be asked now, because it is down, overloaded, locked, or
// silent for ten seconds, the error is bookapi.ErrUnavailable; the next call asks
// again. One that should have changed something may then have done so, if the
// connection was lost while its end was awaited: nothing is tried twice.
type Store struct {
	read     *sql.DB
	write    *sql.DB
	dialect  dialect
	patience time.Duration
}

// dialect is what the databases do not have in common.
type dialect struct {
	name       string // as in the file name of a migration for this database only
	takeTurns  string // a statement that makes other migrations wait for the end of the transaction; empty: they do anyway
	skipLocked string // the end of a query that passes over rows that others are changing; empty: nobody is

	// unavailable reports an error that says nothing about the question.
	unavailable func(error) bool
}

// Open opens a database: the PostgreSQL of a postgres:// or postgresql:// URL, or
// the SQLite file of any other name. A missing file is created, readable by its
// owner only, since it will hold password hashes. A database without our tables
// gets them, and older ones are brought up to date.
//
// An error is one sentence for the person at the keyboard, and keeps the
// password of the URL to itself.
func Open(ctx context.Context, name string) (*Store, error) {
	scheme, _, isURL := strings.Cut(name, "://")
	switch {
	case isURL && (scheme == "postgres" || scheme == "postgresql"):
		return openPostgres(ctx, name)
	case isURL && len(scheme) > 1: // C://books.db is a file
		return nil, errScheme
	default:
		return openSQLite(ctx, name)
	}
}

// Close ends the use of the database.
func (s *Store) Close() error {
	return errors.Join(s.read.Close(), s.write.Close())
}

// errSilence is the reason for which a call gives up by itself.
var errSilence = errors.New("no answer in time")

// call does something with the database, and puts its error into words.
func (s *Store) call(ctx context.Context, what string, do func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	err := do(bounded)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		err = ctx.Err() // rather than the trouble it caused further down
	case bounded.Err() != nil:
		err = fmt.Errorf("%w: %w", bookapi.ErrUnavailable, errSilence)
	case s.dialect.unavailable(err):
		err = fmt.Errorf("%w: %w", bookapi.ErrUnavailable, err)
	}
	return fmt.Errorf("sqlstore: %s: %w", what, err)
}

// row is what has columns to scan: an *sql.Row, or the current one of *sql.Rows.
type row interface{ Scan(...any) error }

// find returns the one row of a query, or bookapi.ErrNotFound.
func find[T any](ctx context.Context, s *Store, what string, scan func(row) (T, error), query string, args ...any) (found T, err error) {
	err = s.call(ctx, what, func(ctx context.Context) error {
		if unheardOf(args) {
			return bookapi.ErrNotFound
		}
		found, err = scan(s.read.QueryRowContext(ctx, query, args...))
		return notFound(err)
	})
	return found, err
}

// page returns up to limit rows of a query, of which limit is the last argument.
func page[T any](ctx context.Context, s *Store, what string, scan func(row) (T, error), limit int, query string, after any) (page []T, err error) {
	limit = min(max(limit, 0), bookapi.MaxPage)
	page = make([]T, 0, limit)
	err = s.call(ctx, what, func(ctx context.Context) (err error) {
		rows, err := s.read.QueryContext(ctx, query, after, limit)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			next, err := scan(rows)
			if err != nil {
				return err
			}
			page = append(page, next)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// change makes the changes of one transaction: all of them, or none.
func (s *Store) change(ctx context.Context, what string, change func(context.Context, *sql.Tx) error) error {
	return s.call(ctx, what, func(ctx context.Context) error {
		return inTx(ctx, s.write, s.patience, func(tx *sql.Tx) error { return change(ctx, tx) })
	})
}

// changeOne runs a statement that changes one row, and returns otherwise if
// it found none to change.
func (s *Store) changeOne(ctx context.Context, what string, otherwise error, statement string, args ...any) error {
	return s.change(ctx, what, func(ctx context.Context, tx *sql.Tx) error {
		return changeOne(ctx, tx, otherwise, statement, args...)
	})
}

// changeOne is Store.changeOne as a part of a transaction.
func changeOne(ctx context.Context, tx *sql.Tx, otherwise error, statement string, args ...any) error {
	if unheardOf(args) {
		return otherwise
	}
	result, err := tx.ExecContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		err = otherwise
	}
	return err
}

// inTx makes the changes in one transaction. The end of ctx ends the wait for a
// connection and the statements, but not the commit: cut off there, nobody could
// say whether anything has changed. Only limit ends that.
func inTx(ctx context.Context, db *sql.DB, limit time.Duration, change func(*sql.Tx) error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // back to the pool, whatever happened
	whole, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	tx, err := conn.BeginTx(whole, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // without effect after Commit
	if err := change(tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return tx.Commit()
}

// notFound says "no such row" in the words of the domain.
func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return bookapi.ErrNotFound
	}
	return err
}
