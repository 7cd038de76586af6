package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"example.com/bookapi"
)

// CreateBook implements bookapi.BookStore.
func (s *Store) CreateBook(ctx context.Context, b bookapi.Book) (bookapi.Book, error) {
	if err := s.disk.checkRoom("create book"); err != nil {
		return bookapi.Book{}, err
	}
	err := s.change(ctx, "create book", func(ctx context.Context, tx tx) error {
		next := `UPDATE last_book SET id = id + 1 RETURNING id`
		if err := tx.QueryRowContext(ctx, next).Scan(&b.ID); err != nil {
			return err
		}
		if err := countBook(ctx, tx, b.CreatedBy); err != nil {
			return err
		}
		insert := `INSERT INTO books (id, title, author, year, created_by) VALUES ($1, $2, $3, $4, $5)`
		_, err := tx.ExecContext(ctx, insert, b.ID, b.Title, b.Author, b.Year, b.CreatedBy)
		return err
	})
	if err != nil {
		return bookapi.Book{}, err
	}
	return b, nil
}

// Book implements bookapi.BookStore.
func (s *Store) Book(ctx context.Context, id int64) (bookapi.Book, error) {
	query := `SELECT id, title, author, year, created_by FROM books WHERE id = $1`
	return find(ctx, s, "read book", scanBook, query, id)
}

// Books implements bookapi.BookStore.
func (s *Store) Books(ctx context.Context, after int64, limit int) ([]bookapi.Book, error) {
	query := `SELECT id, title, author, year, created_by FROM books WHERE id > $1 ORDER BY id LIMIT $2`
	return page(ctx, s, "list books", scanBook, limit, query, after)
}

// UpdateBook implements bookapi.BookStore.
func (s *Store) UpdateBook(ctx context.Context, b bookapi.Book) (updated bookapi.Book, err error) {
	if err := s.disk.checkRoom("update book"); err != nil {
		return bookapi.Book{}, err
	}
	err = s.change(ctx, "update book", func(ctx context.Context, tx tx) error {
		update := `UPDATE books SET title = $1, author = $2, year = $3 WHERE id = $4
			RETURNING id, title, author, year, created_by`
		updated, err = scanBook(tx.QueryRowContext(ctx, update, b.Title, b.Author, b.Year, b.ID))
		return notFound(err)
	})
	if err != nil {
		return bookapi.Book{}, err
	}
	return updated, nil
}

// DeleteBook implements bookapi.BookStore.
func (s *Store) DeleteBook(ctx context.Context, id int64) error {
	return s.change(ctx, "delete book", func(ctx context.Context, tx tx) error {
		var creator string
		err := tx.QueryRowContext(ctx, `DELETE FROM books WHERE id = $1 RETURNING created_by`, id).Scan(&creator)
		if err != nil {
			return notFound(err)
		}
		return changeOne(ctx, tx, nil, `UPDATE users SET books = books - 1 WHERE username = $1 AND books > 0`, creator)
	})
}

// countBook counts one more book of a user, or returns bookapi.ErrTooMany. A creator
// who is no user has no limit: the API has no guard then.
func countBook(ctx context.Context, tx tx, creator string) error {
	update := `UPDATE users SET books = books + 1 WHERE username = $1 AND books < $2`
	err := changeOne(ctx, tx, bookapi.ErrTooMany, update, creator, bookapi.MaxBooks)
	if !errors.Is(err, bookapi.ErrTooMany) {
		return err
	}
	var is int
	switch found := tx.QueryRowContext(ctx, `SELECT 1 FROM users WHERE username = $1`, creator).Scan(&is); {
	case found == nil:
		return err
	case errors.Is(found, sql.ErrNoRows):
		return nil
	default:
		return found
	}
}

// scanBook reads the columns id, title, author, year and created_by.
func scanBook(row row) (b bookapi.Book, err error) {
	err = row.Scan(&b.ID, &b.Title, &b.Author, &b.Year, &b.CreatedBy)
	return b, err
}
