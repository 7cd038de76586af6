package sqlstore

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
)

func TestAUserHasABoundedNumberOfBooks(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		s := MustOpen(t, name)
		require.NoError(t, s.CreateUser(t.Context(), bookapi.User{Username: "ada", PasswordHash: "hash", Role: bookapi.RoleReader}))
		_, err := s.write.ExecContext(t.Context(), `UPDATE users SET books = $1`, bookapi.MaxBooks-2)
		require.NoError(t, err)
		emma := bookapi.Book{Title: "Emma", Author: "Jane Austen", CreatedBy: "ada"}
		first, err := s.CreateBook(t.Context(), emma)
		require.NoError(t, err)
		_, err = s.CreateBook(t.Context(), emma)
		require.NoError(t, err)
		_, err = s.CreateBook(t.Context(), emma)
		require.ErrorIs(t, err, bookapi.ErrTooMany)
		emma.CreatedBy = "nobody"
		_, err = s.CreateBook(t.Context(), emma)
		require.NoError(t, err, "of no user")
		require.NoError(t, s.DeleteBook(t.Context(), first.ID))
		emma.CreatedBy = "ada"
		next, err := s.CreateBook(t.Context(), emma)
		require.NoError(t, err, "one was removed")
		assert.Equal(t, first.ID+3, next.ID, "a book that was refused has used up no ID")
	})
}

func TestSessionsThatEndedDoNotPileUp(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		s := MustOpen(t, name)
		now := time.Now()
		for i := range 30 {
			name := fmt.Sprint("user", i)
			require.NoError(t, s.CreateUser(t.Context(), bookapi.User{Username: name, PasswordHash: "hash", Role: bookapi.RoleReader}))
			session := bookapi.Session{ID: name, Username: name, TokenHash: "token", Started: now, Expires: now.Add(time.Hour)}
			require.NoError(t, s.CreateSession(t.Context(), session, "hash"))
		}
		for i := range 4 {
			started := now.Add(2 * time.Hour)
			session := bookapi.Session{ID: fmt.Sprint("later ", i), Username: "user0", TokenHash: "token", Started: started, Expires: started.Add(time.Hour)}
			require.NoError(t, s.CreateSession(t.Context(), session, "hash"))
		}
		var rows int
		require.NoError(t, s.read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM sessions`).Scan(&rows))
		assert.Equal(t, 4, rows, "sessions of users who never come back have ended")
	})
}

// A botnet's guesses at names that there are not, and sign-ups of names that are
// taken: a row each, and a bounded number of them.
func TestWindowsOfAttemptsHaveABound(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		s := MustOpen(t, name)
		now := time.Now()
		rows := func() (n int) {
			require.NoError(t, s.read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM attempts`).Scan(&n))
			return n
		}
		fill := `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3 * CAST($1 AS INTEGER))
			INSERT INTO attempts (key_hash, counted, begins, ends) SELECT 'window ' || CAST(i AS TEXT), 1, 0, CAST($2 AS BIGINT) + i FROM n`
		_, err := s.write.ExecContext(t.Context(), fill, maxAttempts, millis(now))
		require.NoError(t, err)
		require.Equal(t, 3*maxAttempts, rows())
		for i := range sweepEach {
			_, err := s.CountAttempt(t.Context(), fmt.Sprint("address ", i), 100, now, time.Hour)
			require.NoError(t, err)
		}
		assert.LessOrEqual(t, rows(), maxAttempts+sweepEach)
		for range 3 {
			until, err := s.CountAttempt(t.Context(), "address 0", 2, now, time.Hour)
			require.NoError(t, err)
			if !until.IsZero() {
				return
			}
		}
		t.Error("a window that has just begun is forgotten")
	})
}

func TestAnAttemptThatIsForgivenLeavesNoRow(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		s := MustOpen(t, name)
		now := time.Now()
		for range 2 {
			_, err := s.CountAttempt(t.Context(), "ada", 2, now, time.Hour)
			require.NoError(t, err)
		}
		for range 3 {
			require.NoError(t, s.ForgiveAttempt(t.Context(), "ada", now))
		}
		var rows int
		require.NoError(t, s.read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM attempts`).Scan(&rows))
		assert.Zero(t, rows)
	})
}
