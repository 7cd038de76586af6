package sqlstore

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/sqlstore/pgtest"
)

// A connection that is closed with its statement costs the next caller a process of the
// server's and a handshake, so a client that hangs up again and again would hold up
// all others.
func TestACallerWhoLeavesCostsNoConnection(t *testing.T) {
	s := MustOpen(t, pgtest.Open(t))
	s.read.SetMaxOpenConns(1)
	process := func() (id int) {
		require.NoError(t, s.read.QueryRowContext(t.Context(), `SELECT pg_backend_pid()`).Scan(&id))
		return id
	}
	first := process()
	for what, call := range map[string]func(context.Context) error{
		"read": func(ctx context.Context) error {
			rows, err := s.query(ctx, `SELECT pg_sleep(0.1)`)
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			for rows.Next() {
				continue
			}
			return rows.Err()
		},
		"change": func(ctx context.Context) error {
			_, err := s.write.ExecContext(ctx, `UPDATE last_book SET id = id FROM pg_sleep(0.1)`)
			return err
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		err := s.call(ctx, what, call)
		cancel()
		if err != nil {
			assert.ErrorIs(t, err, context.DeadlineExceeded, what)
		}
		assert.Equal(t, first, process(), "the server's process after a %s", what)
	}
	_, err := s.CreateBook(t.Context(), bookapi.Book{Title: "Emma", Author: "Jane Austen"})
	assert.NoError(t, err)
}
