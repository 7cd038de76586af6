package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
)

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
