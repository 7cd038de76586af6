package sqlstore

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWindowsThatEndedDoNotPileUp(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		s := MustOpen(t, name)
		noon := time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)
		try := func(key string, now time.Time) {
			until, err := s.CountAttempt(t.Context(), key, 1, now, time.Minute)
			require.NoError(t, err)
			require.Zero(t, until)
		}
		rows := func() (n int) {
			require.NoError(t, s.read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM attempts`).Scan(&n))
			return n
		}
		for i := range 30 {
			try(fmt.Sprint("mallory from address ", i), noon)
		}
		require.Equal(t, 30, rows(), "none has ended")
		try("ada", noon.Add(time.Minute))
		assert.Less(t, rows(), 30)
		assert.Greater(t, rows(), 15, "the next caller does not pay for all")
		for i := range 5 {
			try(fmt.Sprint("grace from address ", i), noon.Add(time.Minute))
		}
		assert.Equal(t, 6, rows(), "only those that have not ended are left")

		until, err := s.CountAttempt(t.Context(), "ada", 1, noon.Add(90*time.Second), time.Minute)
		require.NoError(t, err)
		assert.True(t, until.Equal(noon.Add(2*time.Minute)))
	})
}

// Under a key stands what people type into a login form, and now and then that
// is their password.
func TestTheDatabaseDoesNotKnowWhatWasTyped(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		s := MustOpen(t, name)
		_, err := s.CountAttempt(t.Context(), "account correct horse battery staple", 1, time.Now(), time.Minute)
		require.NoError(t, err)
		var key string
		require.NoError(t, s.read.QueryRowContext(t.Context(), `SELECT key_hash FROM attempts`).Scan(&key))
		assert.NotContains(t, key, "horse")
	})
}

func TestWhoeverIsBlockedWritesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		s := MustOpen(t, name)
		noon := time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)
		_, err := s.CountAttempt(t.Context(), "ada", 1, noon, time.Minute)
		require.NoError(t, err)

		other := MustOpen(t, name) // holds what every writer needs
		tx, err := other.write.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer func() { assert.NoError(t, tx.Rollback()) }()
		_, err = tx.ExecContext(t.Context(), `UPDATE attempts SET counted = counted`)
		require.NoError(t, err)

		until, err := s.CountAttempt(t.Context(), "ada", 1, noon, time.Minute)
		require.NoError(t, err)
		assert.True(t, until.Equal(noon.Add(time.Minute)))
	})
}
