package sqlstore

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/sqlstore/pgtest"
)

// OnEach runs a test on each kind of database. The function that it passes on
// returns the name of one that is new and empty.
func OnEach(t *testing.T, test func(t *testing.T, create func(*testing.T) string)) {
	t.Run("SQLite", func(t *testing.T) {
		test(t, func(t *testing.T) string { return filepath.Join(t.TempDir(), "books.db") })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		pgtest.Server(t)
		test(t, func(t *testing.T) string { return pgtest.Open(t) })
	})
}

// onEach is OnEach for a test that needs one database.
func onEach(t *testing.T, test func(t *testing.T, name string)) {
	OnEach(t, func(t *testing.T, create func(*testing.T) string) { test(t, create(t)) })
}

// MustOpen opens a database until the test ends.
func MustOpen(t *testing.T, name string) *Store {
	t.Helper()
	s, err := Open(t.Context(), name)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// EveryCall returns each method of a store, with arguments.
func EveryCall(s *Store) map[string]func(context.Context) error {
	var now time.Time
	return map[string]func(context.Context) error{
		"CreateBook": func(ctx context.Context) error {
			_, err := s.CreateBook(ctx, bookapi.Book{Title: "Emma", Author: "Jane Austen"})
			return err
		},
		"Book":                func(ctx context.Context) error { _, err := s.Book(ctx, 1); return err },
		"Books":               func(ctx context.Context) error { _, err := s.Books(ctx, 0, 10); return err },
		"UpdateBook":          func(ctx context.Context) error { _, err := s.UpdateBook(ctx, bookapi.Book{ID: 1}); return err },
		"DeleteBook":          func(ctx context.Context) error { return s.DeleteBook(ctx, 1) },
		"CreateUser":          func(ctx context.Context) error { return s.CreateUser(ctx, bookapi.User{Username: "ada"}) },
		"User":                func(ctx context.Context) error { _, err := s.User(ctx, "ada"); return err },
		"Users":               func(ctx context.Context) error { _, err := s.Users(ctx, "", 10); return err },
		"SetRole":             func(ctx context.Context) error { return s.SetRole(ctx, "ada", bookapi.RoleAdmin) },
		"ReplacePasswordHash": func(ctx context.Context) error { return s.ReplacePasswordHash(ctx, "ada", "", "") },
		"CreateSession":       func(ctx context.Context) error { return s.CreateSession(ctx, bookapi.Session{Username: "ada"}, "") },
		"Session":             func(ctx context.Context) error { _, err := s.Session(ctx, "phone"); return err },
		"RotateSession":       func(ctx context.Context) error { return s.RotateSession(ctx, "phone", "", "") },
		"EndSession":          func(ctx context.Context) error { return s.EndSession(ctx, "phone") },
		"ChangePassword":      func(ctx context.Context) error { return s.ChangePassword(ctx, "ada", "", "", time.Now) },
		"SetDisabled":         func(ctx context.Context) error { return s.SetDisabled(ctx, "ada", true, time.Now) },
		"CountAttempt": func(ctx context.Context) error {
			_, err := s.CountAttempt(ctx, "ada", 1, now, time.Minute)
			return err
		},
		"ForgiveAttempt": func(ctx context.Context) error { return s.ForgiveAttempt(ctx, "ada", now) },
	}
}
