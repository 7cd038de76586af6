// Package sqlstore keeps books and users in a database that outlives the
// program: an SQLite file, through database/sql and a driver without cgo.
//
// What a call has acknowledged survives a crash of the program and a loss of
// power. Several programs may use the same file at once.
//
// No lesson imports this package: the driver takes a minute to compile.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

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

// CreateBook implements bookapi.BookStore.
func (s *Store) CreateBook(ctx context.Context, b bookapi.Book) (bookapi.Book, error) {
	err := inTx(ctx, s.write, func(tx *sql.Tx) error {
		next := `UPDATE last_book SET id = id + 1 RETURNING id`
		if err := tx.QueryRowContext(ctx, next).Scan(&b.ID); err != nil {
			return err
		}
		insert := `INSERT INTO books (id, title, author, year, created_by) VALUES ($1, $2, $3, $4, $5)`
		_, err := tx.ExecContext(ctx, insert, b.ID, b.Title, b.Author, b.Year, b.CreatedBy)
		return err
	})
	if err != nil {
		return bookapi.Book{}, fmt.Errorf("sqlstore: create book: %w", err)
	}
	return b, nil
}

// Book implements bookapi.BookStore.
func (s *Store) Book(ctx context.Context, id int64) (bookapi.Book, error) {
	query := `SELECT id, title, author, year, created_by FROM books WHERE id = $1`
	b, err := scanBook(s.read.QueryRowContext(ctx, query, id))
	if err != nil {
		return bookapi.Book{}, fmt.Errorf("sqlstore: read book: %w", err)
	}
	return b, nil
}

// Books implements bookapi.BookStore.
func (s *Store) Books(ctx context.Context, after int64, limit int) (page []bookapi.Book, err error) {
	defer func() {
		if err != nil {
			page, err = nil, fmt.Errorf("sqlstore: list books: %w", err)
		}
	}()
	limit = min(max(limit, 0), bookapi.MaxPage)
	query := `SELECT id, title, author, year, created_by FROM books WHERE id > $1 ORDER BY id LIMIT $2`
	rows, err := s.read.QueryContext(ctx, query, after, limit)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()

	page = make([]bookapi.Book, 0, limit)
	for rows.Next() {
		b, err := scanBook(rows)
		if err != nil {
			return nil, err
		}
		page = append(page, b)
	}
	return page, rows.Err()
}

// UpdateBook implements bookapi.BookStore.
func (s *Store) UpdateBook(ctx context.Context, b bookapi.Book) (bookapi.Book, error) {
	err := inTx(ctx, s.write, func(tx *sql.Tx) (err error) {
		update := `UPDATE books SET title = $1, author = $2, year = $3 WHERE id = $4
			RETURNING id, title, author, year, created_by`
		b, err = scanBook(tx.QueryRowContext(ctx, update, b.Title, b.Author, b.Year, b.ID))
		return err
	})
	if err != nil {
		return bookapi.Book{}, fmt.Errorf("sqlstore: update book: %w", err)
	}
	return b, nil
}

// DeleteBook implements bookapi.BookStore.
func (s *Store) DeleteBook(ctx context.Context, id int64) error {
	if err := s.changeOne(ctx, bookapi.ErrNotFound, `DELETE FROM books WHERE id = $1`, id); err != nil {
		return fmt.Errorf("sqlstore: delete book: %w", err)
	}
	return nil
}

// CreateUser implements bookapi.UserStore.
func (s *Store) CreateUser(ctx context.Context, u bookapi.User) error {
	insert := `INSERT INTO users (username, password_hash, role) VALUES ($1, $2, $3) ON CONFLICT (username) DO NOTHING`
	if err := s.changeOne(ctx, bookapi.ErrExists, insert, u.Username, u.PasswordHash, string(u.Role)); err != nil {
		return fmt.Errorf("sqlstore: create user: %w", err)
	}
	return nil
}

// User implements bookapi.UserStore.
func (s *Store) User(ctx context.Context, username string) (bookapi.User, error) {
	var u bookapi.User
	query := `SELECT username, password_hash, role FROM users WHERE username = $1`
	err := s.read.QueryRowContext(ctx, query, username).Scan(&u.Username, &u.PasswordHash, &u.Role)
	if err != nil {
		return bookapi.User{}, fmt.Errorf("sqlstore: read user: %w", notFound(err))
	}
	return u, nil
}

// ReplacePasswordHash implements bookapi.UserStore.
func (s *Store) ReplacePasswordHash(ctx context.Context, username, current, next string) error {
	update := `UPDATE users SET password_hash = $1 WHERE username = $2 AND password_hash = $3`
	if err := s.changeOne(ctx, bookapi.ErrNotFound, update, next, username, current); err != nil {
		return fmt.Errorf("sqlstore: replace password hash: %w", err)
	}
	return nil
}

// changeOne runs a statement that changes one row, and returns otherwise if
// it found none to change.
func (s *Store) changeOne(ctx context.Context, otherwise error, statement string, args ...any) error {
	return inTx(ctx, s.write, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if err == nil && n == 0 {
			err = otherwise
		}
		return err
	})
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

// scanBook reads the columns id, title, author, year and created_by.
func scanBook(row interface{ Scan(...any) error }) (b bookapi.Book, err error) {
	err = row.Scan(&b.ID, &b.Title, &b.Author, &b.Year, &b.CreatedBy)
	return b, notFound(err)
}

// notFound says "no such row" in the words of the domain.
func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return bookapi.ErrNotFound
	}
	return err
}
