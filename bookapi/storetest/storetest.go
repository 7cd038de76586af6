// Package storetest checks that a store keeps the promises of
// bookapi.BookStore and bookapi.UserStore. Every implementation runs it.
package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
)

// Run tests the stores that open returns, each of them new and empty.
func Run(t *testing.T, open func(t *testing.T) bookapi.Store) {
	for name, test := range map[string]func(*testing.T, bookapi.Store){
		"a created book is there":              createBook,
		"no ID is used twice":                  neverReuseID,
		"books come in pages by ID":            pages,
		"an update keeps the creator":          updateBook,
		"a deleted book is gone":               deleteBook,
		"a created user is there":              createUser,
		"a name belongs to one user":           nameTaken,
		"a name is compared exactly":           exactName,
		"a hash is replaced if still current":  replaceHash,
		"any text comes back as it was":        hostileText,
		"concurrent writers lose nothing":      concurrentBooks,
		"concurrent sign-ups have one winner":  concurrentSignUp,
		"concurrent rehashes have one winner":  concurrentRehash,
		"concurrent deletions have one winner": concurrentDelete,
		"a cancelled call does all or nothing": cancelled,
	} {
		t.Run(name, func(t *testing.T) {
			test(t, open(t))
		})
	}
}

func mustCreate(t *testing.T, s bookapi.Store, b bookapi.Book) bookapi.Book {
	t.Helper()
	created, err := s.CreateBook(t.Context(), b)
	require.NoError(t, err)
	return created
}

func createBook(t *testing.T, s bookapi.Store) {
	want := bookapi.Book{ID: 4711, Title: "Emma", Author: "Jane Austen", Year: 1815, CreatedBy: "ada"}
	created := mustCreate(t, s, want)
	assert.Positive(t, created.ID)
	assert.NotEqual(t, want.ID, created.ID, "the ID is the store's to choose")
	want.ID = created.ID
	assert.Equal(t, want, created)

	found, err := s.Book(t.Context(), created.ID)
	require.NoError(t, err)
	assert.Equal(t, want, found)

	for _, id := range []int64{0, -1, created.ID + 1, 1<<63 - 1, -1 << 63} {
		_, err = s.Book(t.Context(), id)
		assert.ErrorIs(t, err, bookapi.ErrNotFound, "book %d", id)
	}
}

func neverReuseID(t *testing.T, s bookapi.Store) {
	var last int64
	for range 3 {
		b := mustCreate(t, s, bookapi.Book{Title: "Emma", Author: "Jane Austen"})
		assert.Greater(t, b.ID, last, "a link to the deleted book %d would now show another", last)
		last = b.ID
		require.NoError(t, s.DeleteBook(t.Context(), b.ID)) // the last and only one
	}
}

func pages(t *testing.T, s bookapi.Store) {
	page, err := s.Books(t.Context(), 0, 10)
	require.NoError(t, err)
	assert.Equal(t, []bookapi.Book{}, page, "no books: empty, not nil, or JSON would say null")

	var all []bookapi.Book
	for i := range bookapi.MaxPage + 5 {
		all = append(all, mustCreate(t, s, bookapi.Book{Title: fmt.Sprint("Volume ", i), Author: "Anonymous"}))
	}
	require.NoError(t, s.DeleteBook(t.Context(), all[1].ID))
	all = slices.Delete(all, 1, 2)

	for _, c := range []struct {
		name  string
		after int64
		limit int
		want  []bookapi.Book
	}{
		{"the first page", 0, 3, all[:3]},
		{"the next page", all[2].ID, 3, all[3:6]},
		{"after a deleted book", all[0].ID + 1, 2, all[1:3]},
		{"the last page", all[len(all)-3].ID, 10, all[len(all)-2:]},
		{"after the last", all[len(all)-1].ID, 10, []bookapi.Book{}},
		{"after every number", 1<<63 - 1, 10, []bookapi.Book{}},
		{"before every number", -1 << 63, 1, all[:1]},
		{"limit 0", 0, 0, []bookapi.Book{}},
		{"limit below 0", 0, -1, []bookapi.Book{}},
		{"more than MaxPage", 0, bookapi.MaxPage + 1, all[:bookapi.MaxPage]},
	} {
		page, err := s.Books(t.Context(), c.after, c.limit)
		require.NoError(t, err, c.name)
		assert.Equal(t, c.want, page, c.name)
	}
}

func updateBook(t *testing.T, s bookapi.Store) {
	old := mustCreate(t, s, bookapi.Book{Title: "Emma", Author: "Jane Austen", Year: 1815, CreatedBy: "ada"})
	other := mustCreate(t, s, bookapi.Book{Title: "Persuasion", Author: "Jane Austen"})

	updated, err := s.UpdateBook(t.Context(), bookapi.Book{ID: old.ID, Title: "Emma, revised", Author: "J. A.", CreatedBy: "mallory"})
	require.NoError(t, err)
	want := bookapi.Book{ID: old.ID, Title: "Emma, revised", Author: "J. A.", CreatedBy: "ada"}
	assert.Equal(t, want, updated)

	all, err := s.Books(t.Context(), 0, 10)
	require.NoError(t, err)
	assert.Equal(t, []bookapi.Book{want, other}, all)

	_, err = s.UpdateBook(t.Context(), bookapi.Book{ID: other.ID + 1, Title: "x", Author: "y"})
	assert.ErrorIs(t, err, bookapi.ErrNotFound)
	_, err = s.Book(t.Context(), other.ID+1)
	assert.ErrorIs(t, err, bookapi.ErrNotFound, "an update creates nothing")
}

func deleteBook(t *testing.T, s bookapi.Store) {
	gone := mustCreate(t, s, bookapi.Book{Title: "Emma", Author: "Jane Austen"})
	kept := mustCreate(t, s, bookapi.Book{Title: "Persuasion", Author: "Jane Austen"})

	require.NoError(t, s.DeleteBook(t.Context(), gone.ID))
	_, err := s.Book(t.Context(), gone.ID)
	assert.ErrorIs(t, err, bookapi.ErrNotFound)
	_, err = s.UpdateBook(t.Context(), gone)
	assert.ErrorIs(t, err, bookapi.ErrNotFound)
	assert.ErrorIs(t, s.DeleteBook(t.Context(), gone.ID), bookapi.ErrNotFound)

	all, err := s.Books(t.Context(), 0, 10)
	require.NoError(t, err)
	assert.Equal(t, []bookapi.Book{kept}, all)
}

func createUser(t *testing.T, s bookapi.Store) {
	ada := bookapi.User{Username: "ada", PasswordHash: "hash of ada", Role: bookapi.RoleReader}
	grace := bookapi.User{Username: "grace", PasswordHash: "hash of grace", Role: bookapi.RoleAdmin}
	for _, u := range []bookapi.User{ada, grace} {
		require.NoError(t, s.CreateUser(t.Context(), u))
	}
	for _, want := range []bookapi.User{ada, grace} {
		u, err := s.User(t.Context(), want.Username)
		require.NoError(t, err)
		assert.Equal(t, want, u)
	}
}

func nameTaken(t *testing.T, s bookapi.Store) {
	ada := bookapi.User{Username: "ada", PasswordHash: "hash", Role: bookapi.RoleReader}
	require.NoError(t, s.CreateUser(t.Context(), ada))
	err := s.CreateUser(t.Context(), bookapi.User{Username: "ada", PasswordHash: "mallory's", Role: bookapi.RoleAdmin})
	assert.ErrorIs(t, err, bookapi.ErrExists)

	u, err := s.User(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, ada, u, "the second sign-up changed the first user")
}

func exactName(t *testing.T, s bookapi.Store) {
	require.NoError(t, s.CreateUser(t.Context(), bookapi.User{Username: "ada", PasswordHash: "hash"}))
	for _, other := range []string{"", "Ada", "ADA", " ada", "ada ", "ada\n", "ad", "adaa", "ad_", "ad%", "a*", "аda"} {
		_, err := s.User(t.Context(), other)
		assert.ErrorIs(t, err, bookapi.ErrNotFound, "%q is not ada", other)
		err = s.ReplacePasswordHash(t.Context(), other, "hash", "mallory's")
		assert.ErrorIs(t, err, bookapi.ErrNotFound, "%q is not ada", other)
		assert.NoError(t, s.CreateUser(t.Context(), bookapi.User{Username: other}), "%q is not ada", other)
	}
}

func replaceHash(t *testing.T, s bookapi.Store) {
	const first, second, third = "$2a$04$first", "$2a$12$second", "$2a$12$third"
	for _, name := range []string{"ada", "grace"} {
		require.NoError(t, s.CreateUser(t.Context(), bookapi.User{Username: name, PasswordHash: first, Role: bookapi.RoleAdmin}))
	}
	require.NoError(t, s.ReplacePasswordHash(t.Context(), "ada", first, second))
	assert.ErrorIs(t, s.ReplacePasswordHash(t.Context(), "ada", first, third), bookapi.ErrNotFound, "the first hash is no longer current")
	assert.ErrorIs(t, s.ReplacePasswordHash(t.Context(), "ada", "$2A$12$SECOND", third), bookapi.ErrNotFound, "a hash is compared exactly")
	assert.ErrorIs(t, s.ReplacePasswordHash(t.Context(), "mallory", first, third), bookapi.ErrNotFound)

	ada, err := s.User(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, bookapi.User{Username: "ada", PasswordHash: second, Role: bookapi.RoleAdmin}, ada)
	grace, err := s.User(t.Context(), "grace")
	require.NoError(t, err)
	assert.Equal(t, first, grace.PasswordHash, "grace has the same hash, and is somebody else")
}

func hostileText(t *testing.T, s bookapi.Store) {
	for _, text := range []string{
		`'; DROP TABLE books; --`,
		`Robert"); DELETE FROM users; --`,
		`$1 ?1 :title @title %s %d \' \\ /* */ --`,
		"O'Brien “quoted” `ticked` [bracketed]",
		"日本語 Ωμέγα עברית 🔐📚👩‍💻 e\u0301 \u202e",
		"0123", "1e3", "NULL", "true", " spaces ",
	} {
		want := mustCreate(t, s, bookapi.Book{Title: text, Author: text, CreatedBy: text})
		found, err := s.Book(t.Context(), want.ID)
		require.NoError(t, err)
		assert.Equal(t, bookapi.Book{ID: want.ID, Title: text, Author: text, CreatedBy: text}, found)

		updated, err := s.UpdateBook(t.Context(), bookapi.Book{ID: want.ID, Title: text + text, Author: text})
		require.NoError(t, err)
		assert.Equal(t, text+text, updated.Title)

		user := bookapi.User{Username: text, PasswordHash: text, Role: bookapi.RoleReader}
		require.NoError(t, s.CreateUser(t.Context(), user))
		require.NoError(t, s.ReplacePasswordHash(t.Context(), text, text, text+text))
		u, err := s.User(t.Context(), text)
		require.NoError(t, err)
		assert.Equal(t, bookapi.User{Username: text, PasswordHash: text + text, Role: bookapi.RoleReader}, u)
	}
}

func concurrentBooks(t *testing.T, s bookapi.Store) {
	const writers, each, readers = 16, 15, 4
	var writing, reading sync.WaitGroup
	written := make(chan struct{}, writers*each)
	for range readers {
		reading.Go(func() {
			var seen []int64
			for range written {
				page, err := s.Books(t.Context(), 0, bookapi.MaxPage)
				if !assert.NoError(t, err) {
					return
				}
				var now []int64
				for _, b := range page {
					now = append(now, b.ID)
				}
				if len(now) < len(seen) || !slices.Equal(seen, now[:len(seen)]) {
					t.Errorf("a book appeared before one that a reader has already passed: %v, then %v", seen, now)
					return
				}
				seen = now
			}
		})
	}
	ids := make([][]int64, writers)
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				text := fmt.Sprintf("writer %d, book %d", w, i)
				b, err := s.CreateBook(t.Context(), bookapi.Book{Title: text, Author: "Anonymous"})
				if !assert.NoError(t, err) {
					return
				}
				written <- struct{}{}
				b.Author = text
				if _, err = s.UpdateBook(t.Context(), b); !assert.NoError(t, err) {
					return
				}
				ids[w] = append(ids[w], b.ID)
			}
		})
	}
	writing.Wait()
	close(written)
	reading.Wait()

	used := make(map[int64]bool)
	for w := range writers {
		require.Len(t, ids[w], each)
		for i, id := range ids[w] {
			require.False(t, used[id], "ID %d was given to two books", id)
			used[id] = true
			b, err := s.Book(t.Context(), id)
			require.NoError(t, err)
			text := fmt.Sprintf("writer %d, book %d", w, i)
			require.Equal(t, bookapi.Book{ID: id, Title: text, Author: text}, b)
		}
	}
}

// race calls f from n goroutines and returns the indices of those that got no
// error. Everybody else must have got the error lost.
func race(t *testing.T, n int, lost error, f func(i int) error) (winners []int) {
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	for i, err := range errs {
		if err == nil {
			winners = append(winners, i)
		} else {
			assert.ErrorIs(t, err, lost)
		}
	}
	return winners
}

func concurrentSignUp(t *testing.T, s bookapi.Store) {
	hash := func(i int) string { return fmt.Sprint("hash ", i) }
	winners := race(t, 20, bookapi.ErrExists, func(i int) error {
		return s.CreateUser(t.Context(), bookapi.User{Username: "ada", PasswordHash: hash(i)})
	})
	require.Len(t, winners, 1, "so many were told that the name is theirs")
	u, err := s.User(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, hash(winners[0]), u.PasswordHash, "the account opens with the password of a loser")
}

func concurrentRehash(t *testing.T, s bookapi.Store) {
	require.NoError(t, s.CreateUser(t.Context(), bookapi.User{Username: "ada", PasswordHash: "old"}))
	next := func(i int) string { return fmt.Sprint("new ", i) }
	winners := race(t, 20, bookapi.ErrNotFound, func(i int) error {
		return s.ReplacePasswordHash(t.Context(), "ada", "old", next(i))
	})
	require.Len(t, winners, 1)
	u, err := s.User(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, next(winners[0]), u.PasswordHash)
}

func concurrentDelete(t *testing.T, s bookapi.Store) {
	b := mustCreate(t, s, bookapi.Book{Title: "Emma", Author: "Jane Austen"})
	winners := race(t, 20, bookapi.ErrNotFound, func(int) error {
		return s.DeleteBook(t.Context(), b.ID)
	})
	assert.Len(t, winners, 1)
}

func cancelled(t *testing.T, s bookapi.Store) {
	before := mustCreate(t, s, bookapi.Book{Title: "Emma", Author: "Jane Austen"})
	require.NoError(t, s.CreateUser(t.Context(), bookapi.User{Username: "ada", PasswordHash: "old"}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()

	// A store in memory may be done before it looks at the context. What no
	// store may do is say one thing and have done the other.
	_, err := s.CreateBook(ctx, bookapi.Book{Title: "Persuasion", Author: "Jane Austen"})
	all, listErr := s.Books(t.Context(), 0, 10)
	require.NoError(t, listErr)
	assert.Equal(t, err == nil, len(all) == 2, "created: %v, books: %v", err, all)

	err = s.CreateUser(ctx, bookapi.User{Username: "grace"})
	_, userErr := s.User(t.Context(), "grace")
	assert.Equal(t, err == nil, userErr == nil, "signed up: %v, found: %v", err, userErr)

	err = s.ReplacePasswordHash(ctx, "ada", "old", "new")
	u, userErr := s.User(t.Context(), "ada")
	require.NoError(t, userErr)
	assert.Equal(t, err == nil, u.PasswordHash == "new", "replaced: %v, hash: %s", err, u.PasswordHash)

	err = s.DeleteBook(ctx, before.ID)
	_, findErr := s.Book(t.Context(), before.ID)
	assert.Equal(t, err == nil, findErr != nil, "deleted: %v, found: %v", err, findErr)
}
