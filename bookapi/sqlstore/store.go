// Package sqlstore keeps everything in a database that outlives the program: an
// SQLite file, through database/sql and a driver without cgo.
//
// What a call has acknowledged survives a crash of the program and a loss of
// power. Several programs may use the same database at once.
//
// No lesson imports this package: the driver takes a minute to compile.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/bookapi"
)

var _ bookapi.Store = (*Store)(nil)

// Store is a bookapi.Store over a database, safe for concurrent use. A call
// whose context ends returns the context's error and has changed nothing.
type Store struct {
	read  *sql.DB
	write *sql.DB
}

// Close ends the use of the database.
func (s *Store) Close() error {
	return errors.Join(s.read.Close(), s.write.Close())
}

// one reads the one row of a query into the variables that dest points to.
func (s *Store) one(ctx context.Context, query string, args []any, dest ...any) error {
	if unheardOf(args) {
		return bookapi.ErrNotFound
	}
	return notFound(s.read.QueryRowContext(ctx, query, args...).Scan(dest...))
}

// changeOne runs a statement that changes one row, and returns otherwise if
// it found none to change.
func (s *Store) changeOne(ctx context.Context, otherwise error, statement string, args ...any) error {
	return inTx(ctx, s.write, func(tx *sql.Tx) error {
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

// inTx makes the changes in one transaction: all of them, or none.
func inTx(ctx context.Context, db *sql.DB, change func(*sql.Tx) error) (err error) {
	defer func() {
		if err != nil && ctx.Err() != nil {
			err = ctx.Err() // rather than the trouble it caused further down
		}
	}()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // without effect after Commit
	if err := change(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// unheardOf reports whether one of the values is text that no database is asked
// about: NUL and broken UTF-8 are never stored, and PostgreSQL cannot even
// compare them.
func unheardOf(args []any) bool {
	return slices.ContainsFunc(args, func(arg any) bool {
		s, ok := arg.(string)
		return ok && (!utf8.ValidString(s) || strings.ContainsRune(s, 0))
	})
}

// failed says what could not be done. Without an error it returns nil.
func failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("sqlstore: %s: %w", what, err)
}

// notFound says "no such row" in the words of the domain.
func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return bookapi.ErrNotFound
	}
	return err
}

// millis is a time as the database keeps it.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// fromMillis is the time that millis made ms of.
func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
