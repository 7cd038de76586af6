package sqlstore

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/bookapi"
)

// A stranger who fills the disk with books leaves what an administrator needs to stop
// them: books are refused, and all else goes on.
func TestBooksLeaveSomeOfTheDiskFree(t *testing.T) {
	t.Parallel()
	s := MustOpen(t, t.TempDir()+"/books.db")
	mallory := bookapi.User{Username: "mallory", PasswordHash: "a hash", Role: bookapi.RoleReader}
	require.NoError(t, s.CreateUser(t.Context(), mallory))
	emma, err := s.CreateBook(t.Context(), bookapi.Book{Title: "Emma", Author: "Jane Austen", CreatedBy: "mallory"})
	require.NoError(t, err)

	left := func(free, total uint64) {
		s.disk.lookedAt = time.Time{}
		s.disk.space = func(string) (uint64, uint64, bool) { return free, total, true }
	}
	left(reserve-1, 100*reserve)
	_, err = s.CreateBook(t.Context(), emma)
	require.ErrorIs(t, err, bookapi.ErrUnavailable)
	_, err = s.UpdateBook(t.Context(), emma)
	require.ErrorIs(t, err, bookapi.ErrUnavailable, "a longer title needs room as well")
	_, err = s.CountAttempt(t.Context(), "a login", 1, time.Now(), time.Minute)
	require.NoError(t, err)
	require.NoError(t, s.SetDisabled(t.Context(), "mallory", true, time.Now))
	require.NoError(t, s.DeleteBook(t.Context(), emma.ID))

	left(reserve, 100*reserve)
	_, err = s.CreateBook(t.Context(), emma)
	require.NoError(t, err)
	left(reserve/16, reserve/4)
	_, err = s.CreateBook(t.Context(), emma)
	require.NoError(t, err, "a small disk is not kept free as a whole")
}
