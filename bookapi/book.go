package bookapi

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds of a book's fields. Text is counted in code points.
const (
	MaxTextLength = 200
	MaxYear       = 9999
)

// MaxPage is the largest number of books, or users, that one call returns.
const MaxPage = 100

// MaxBooks is how many books one user may have created that are still there.
const MaxBooks = 100_000

// Book is one book on the shelf.
type Book struct {
	ID     int64  `json:"id"`
	Title  string `json:"title"`
	Author string `json:"author"`
	Year   int    `json:"year,omitempty"` // 0: unknown

	// CreatedBy is the username of the caller who added the book; empty if
	// the route had no guard. The client never chooses it.
	CreatedBy string `json:"created_by,omitempty"`
}

// Validate reports the first field that cannot be stored, as an *InvalidError.
func (b Book) Validate() error {
	if err := validateText("title", b.Title); err != nil {
		return err
	}
	if err := validateText("author", b.Author); err != nil {
		return err
	}
	if b.Year < 0 || b.Year > MaxYear {
		return Invalid("year", "must be between 1 and 9999, or left out")
	}
	return nil
}

func validateText(field, s string) error {
	switch {
	case strings.TrimSpace(s) == "":
		return Invalid(field, "must not be empty")
	case utf8.RuneCountInString(s) > MaxTextLength:
		return Invalid(field, "must not be longer than 200 characters")
	case !utf8.ValidString(s), strings.ContainsFunc(s, unicode.IsControl):
		// A line break in a title is a forged line in a log; a NUL is an
		// error in some databases and the end of the text in others.
		return Invalid(field, "must not contain control characters")
	}
	return nil
}

// BookStore keeps books. An implementation is safe for concurrent use, and
// what it has acknowledged is still there after a restart if it stores to disk.
type BookStore interface {
	// CreateBook stores a book under an ID that was never used before and
	// returns it with that ID. The ID of the argument is ignored. ErrTooMany if its
	// creator, who is a user, has MaxBooks.
	CreateBook(ctx context.Context, b Book) (Book, error)

	// Book returns the book with this ID, or ErrNotFound.
	Book(ctx context.Context, id int64) (Book, error)

	// Books returns up to limit books, at most MaxPage, whose ID is greater
	// than after, in the order of their IDs. No books: an empty slice.
	Books(ctx context.Context, after int64, limit int) ([]Book, error)

	// UpdateBook replaces title, author and year of the book with this ID and
	// returns the book as it is now. Who created it does not change.
	// ErrNotFound if there is no such book.
	UpdateBook(ctx context.Context, b Book) (Book, error)

	// DeleteBook removes the book with this ID, or returns ErrNotFound.
	DeleteBook(ctx context.Context, id int64) error
}
