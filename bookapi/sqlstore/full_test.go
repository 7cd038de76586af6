package sqlstore

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
)

// On a full disk what is there can be read, what cannot be written is said to be
// unavailable, and later it can.
func TestAFullDiskIsNotAvailable(t *testing.T) {
	s := MustOpen(t, t.TempDir()+"/books.db")
	emma, err := s.CreateBook(t.Context(), bookapi.Book{Title: "Emma", Author: "Jane Austen"})
	require.NoError(t, err)
	limit := func(pages int) {
		_, err := s.write.ExecContext(t.Context(), fmt.Sprintf(`PRAGMA max_page_count = %d`, pages))
		require.NoError(t, err)
	}
	limit(1) // no more than there are
	full := false
	for range 1000 {
		if _, err = s.CreateBook(t.Context(), emma); err != nil {
			full = true
			break
		}
	}
	require.True(t, full)
	require.ErrorIs(t, err, bookapi.ErrUnavailable)
	found, err := s.Book(t.Context(), emma.ID)
	require.NoError(t, err)
	assert.Equal(t, emma, found)
	var refused error
	for i := 0; refused == nil && i < 1000; i++ {
		_, refused = s.CountAttempt(t.Context(), fmt.Sprint(i), 1, time.Now(), time.Minute)
	}
	require.ErrorIs(t, refused, bookapi.ErrUnavailable, "what /readyz asks")
	limit(1 << 20)
	_, err = s.CreateBook(context.WithoutCancel(t.Context()), emma)
	require.NoError(t, err)
}
