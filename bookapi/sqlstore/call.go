package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"example.com/bookapi"
)

// errTimeout is the error of a call that the database has not answered in time.
var errTimeout = errors.New("no answer in time")

// call does something with the database, and puts its error into words.
func (s *Store) call(ctx context.Context, what string, do func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, s.callTimeout)
	defer cancel()
	err := do(bounded)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		err = ctx.Err() // rather than the trouble it caused further down
	case bounded.Err() != nil:
		err = fmt.Errorf("%w: %w", bookapi.ErrUnavailable, errTimeout)
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
		if hasUnstorableText(args) {
			return bookapi.ErrNotFound
		}
		rows, err := list(ctx, s, make([]T, 0, 1), scan, query, args...)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return bookapi.ErrNotFound
		}
		found = rows[0]
		return nil
	})
	return found, err
}

// page returns up to limit rows of a query, of which limit is the last argument.
func page[T any](ctx context.Context, s *Store, what string, scan func(row) (T, error), limit int, query string, after any) (page []T, err error) {
	limit = min(max(limit, 0), bookapi.MaxPage)
	err = s.call(ctx, what, func(ctx context.Context) (err error) {
		page, err = list(ctx, s, make([]T, 0, limit), scan, query, after, limit)
		return err
	})
	return page, err
}

// list adds the rows of a query to those that there are.
func list[T any](ctx context.Context, s *Store, all []T, scan func(row) (T, error), query string, args ...any) (_ []T, err error) {
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		next, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, next)
	}
	return all, rows.Err()
}

// query runs a query, which is one of a few constants.
func (s *Store) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if !s.dialect.prepares {
		return s.read.QueryContext(ctx, query, args...)
	}
	kept, ok := s.statements.Load(query)
	if !ok {
		statement, err := s.read.PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		if kept, ok = s.statements.LoadOrStore(query, statement); ok {
			_ = statement.Close() //nolint:sqlclosecheck // now: another call was quicker
		}
	}
	return kept.(*sql.Stmt).QueryContext(ctx, args...)
}

// change makes the changes of one transaction: all of them, or none.
func (s *Store) change(ctx context.Context, what string, change func(context.Context, tx) error) error {
	return s.call(ctx, what, func(ctx context.Context) error {
		if s.writer != nil {
			return s.writer.change(ctx, change)
		}
		return inTx(ctx, s.write, s.callTimeout, func(tx *sql.Tx) error { return change(ctx, tx) })
	})
}

// changeOne runs a statement that changes one row, and returns otherwise if
// it found none to change.
func (s *Store) changeOne(ctx context.Context, what string, otherwise error, statement string, args ...any) error {
	return s.change(ctx, what, func(ctx context.Context, tx tx) error {
		return changeOne(ctx, tx, otherwise, statement, args...)
	})
}

// changeOne is Store.changeOne as a part of a transaction.
func changeOne(ctx context.Context, tx tx, otherwise error, statement string, args ...any) error {
	if hasUnstorableText(args) {
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
// connection and the statements; only limit ends the commit, since a commit that
// is cut off may or may not have happened.
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
