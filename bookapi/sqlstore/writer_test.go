package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
)

// share makes changes that wait for one another, so that they share a transaction.
func share(t *testing.T, s *Store, changes ...func(context.Context, tx) error) []error {
	t.Helper()
	errs := make([]error, len(changes))
	hold, held := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		assert.NoError(t, s.change(t.Context(), "hold", func(context.Context, tx) error {
			close(held)
			<-hold
			return nil
		}))
	})
	<-held
	for i, change := range changes {
		all.Go(func() { errs[i] = s.change(t.Context(), "change", change) })
		require.Eventually(t, func() bool {
			s.writer.mu.Lock()
			defer s.writer.mu.Unlock()
			return len(s.writer.waiting) == i+1
		}, 10*time.Second, time.Millisecond)
	}
	close(hold)
	all.Wait()
	return errs
}

func insert(id int) func(context.Context, tx) error {
	return func(ctx context.Context, tx tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO books (id, title, author, year, created_by) VALUES ($1, 'Emma', 'Jane Austen', 0, '')`, id)
		return err
	}
}

func booksOf(t *testing.T, s *Store) (ids []int64) {
	t.Helper()
	books, err := s.Books(t.Context(), 0, bookapi.MaxPage)
	require.NoError(t, err)
	for _, b := range books {
		ids = append(ids, b.ID)
	}
	return ids
}

// A change that fails is undone alone, and none of those that share its transaction.
func TestAChangeThatFailsTakesNoOtherWithIt(t *testing.T) {
	s := MustOpen(t, filepath.Join(t.TempDir(), "books.db"))
	no := errors.New("no")
	errs := share(t, s,
		insert(1),
		func(ctx context.Context, tx tx) error { return errors.Join(insert(2)(ctx, tx), no) },
		insert(3),
		insert(3), // the number is taken
		insert(4),
	)
	require.NoError(t, errors.Join(errs[0], errs[2], errs[4]))
	require.ErrorIs(t, errs[1], no)
	require.Error(t, errs[3])
	assert.Equal(t, []int64{1, 3, 4}, booksOf(t, s))
}

// A caller that leaves while its change waits has changed nothing.
func TestAChangeOfACallerWhoHasLeftIsNotMade(t *testing.T) {
	s := MustOpen(t, filepath.Join(t.TempDir(), "books.db"))
	ctx, leave := context.WithCancel(t.Context())
	errs := share(t, s,
		insert(1),
		func(_ context.Context, tx tx) error { leave(); return insert(2)(context.WithoutCancel(ctx), tx) },
	)
	require.NoError(t, errors.Join(errs...), "it has left another call")
	_, err := s.CreateBook(ctx, bookapi.Book{Title: "Emma", Author: "Jane Austen"})
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, []int64{1, 2}, booksOf(t, s))
}

// A panic is its caller's.
func TestAPanicInAChangeIsItsCallers(t *testing.T) {
	s := MustOpen(t, filepath.Join(t.TempDir(), "books.db"))
	assert.PanicsWithValue(t, "no", func() {
		_ = s.change(t.Context(), "panic", func(ctx context.Context, tx tx) error {
			assert.NoError(t, insert(1)(ctx, tx))
			panic("no")
		})
	})
	require.NoError(t, s.change(t.Context(), "insert", insert(2)))
	assert.Equal(t, []int64{2}, booksOf(t, s))
}

// If the transaction itself is lost, nobody in it is told that it went well, and those
// who come later are not affected.
func TestALostTransactionIsAcknowledgedToNobody(t *testing.T) {
	s := MustOpen(t, filepath.Join(t.TempDir(), "books.db"))
	errs := share(t, s,
		insert(1),
		func(ctx context.Context, tx tx) error {
			_, err := tx.ExecContext(ctx, `ROLLBACK`)
			return errors.Join(err, bookapi.ErrNotFound)
		},
		insert(3),
	)
	require.ErrorIs(t, errs[0], bookapi.ErrUnavailable)
	require.NotErrorIs(t, errs[0], bookapi.ErrNotFound, "what another did not find is no answer of ours")
	require.ErrorIs(t, errs[1], bookapi.ErrNotFound)
	require.NoError(t, errs[2])
	assert.Equal(t, []int64{3}, booksOf(t, s))
}

// BenchmarkCreateBook adds books, thirty-two at once: sharing transactions, and each
// with one of its own.
func BenchmarkCreateBook(b *testing.B) {
	for name, shared := range map[string]bool{"shared": true, "alone": false} {
		b.Run(name, func(b *testing.B) {
			s, err := Open(b.Context(), filepath.Join(b.TempDir(), "books.db"))
			require.NoError(b, err)
			defer func() { assert.NoError(b, s.Close()) }()
			if !shared {
				s.writer = nil
			}
			require.NoError(b, s.CreateUser(b.Context(), bookapi.User{Username: "ada", PasswordHash: "hash", Role: bookapi.RoleReader}))
			_, err = s.write.ExecContext(b.Context(), fmt.Sprintf(`UPDATE users SET books = %d`, -10*bookapi.MaxBooks))
			require.NoError(b, err)
			b.ReportAllocs()
			b.SetParallelism(16)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := s.CreateBook(b.Context(), bookapi.Book{Title: "Emma", Author: "Jane Austen", CreatedBy: "ada"}); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkBooks reads a page of twenty.
func BenchmarkBooks(b *testing.B) {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "books.db"))
	require.NoError(b, err)
	defer func() { assert.NoError(b, s.Close()) }()
	for range 100 {
		_, err := s.CreateBook(b.Context(), bookapi.Book{Title: "Kindred", Author: "Octavia E. Butler", Year: 1979})
		require.NoError(b, err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if page, err := s.Books(b.Context(), 0, 20); err != nil || len(page) != 20 {
			b.Fatal(err)
		}
	}
}
