package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"example.com/bookapi"
)

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
		return bookapi.Book{}, failed("create book", err)
	}
	return b, nil
}

// Book implements bookapi.BookStore.
func (s *Store) Book(ctx context.Context, id int64) (bookapi.Book, error) {
	query := `SELECT id, title, author, year, created_by FROM books WHERE id = $1`
	b, err := scanBook(s.read.QueryRowContext(ctx, query, id))
	if err != nil {
		return bookapi.Book{}, failed("read book", notFound(err))
	}
	return b, nil
}

// Books implements bookapi.BookStore.
func (s *Store) Books(ctx context.Context, after int64, limit int) ([]bookapi.Book, error) {
	query := `SELECT id, title, author, year, created_by FROM books WHERE id > $1 ORDER BY id LIMIT $2`
	page, err := page(ctx, s, scanBook, limit, query, after)
	return page, failed("list books", err)
}

// UpdateBook implements bookapi.BookStore.
func (s *Store) UpdateBook(ctx context.Context, b bookapi.Book) (bookapi.Book, error) {
	err := inTx(ctx, s.write, func(tx *sql.Tx) (err error) {
		update := `UPDATE books SET title = $1, author = $2, year = $3 WHERE id = $4
			RETURNING id, title, author, year, created_by`
		b, err = scanBook(tx.QueryRowContext(ctx, update, b.Title, b.Author, b.Year, b.ID))
		return notFound(err)
	})
	if err != nil {
		return bookapi.Book{}, failed("update book", err)
	}
	return b, nil
}

// DeleteBook implements bookapi.BookStore.
func (s *Store) DeleteBook(ctx context.Context, id int64) error {
	return failed("delete book", s.changeOne(ctx, bookapi.ErrNotFound, `DELETE FROM books WHERE id = $1`, id))
}

// row is what Scan reads the columns of: an *sql.Row, or the current of *sql.Rows.
type row interface{ Scan(...any) error }

// scanBook reads the columns id, title, author, year and created_by.
func scanBook(row row) (b bookapi.Book, err error) {
	err = row.Scan(&b.ID, &b.Title, &b.Author, &b.Year, &b.CreatedBy)
	return b, err
}

// page returns up to limit rows of a query of two arguments, of which limit is
// the second.
func page[T any](ctx context.Context, s *Store, scan func(row) (T, error), limit int, query string, after any) (page []T, err error) {
	limit = min(max(limit, 0), bookapi.MaxPage)
	rows, err := s.read.QueryContext(ctx, query, after, limit)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()

	page = make([]T, 0, limit)
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		page = append(page, one)
	}
	return page, rows.Err()
}
