package storetest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
)

func cancelled(t *testing.T, s bookapi.Store) {
	before := mustCreate(t, s, bookapi.Book{Title: "Emma", Author: "Jane Austen"})
	require.NoError(t, s.CreateUser(t.Context(), bookapi.User{Username: "ada", PasswordHash: "old"}))
	mustStart(t, s, login("phone", "ada"), "old")
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

	err = s.SetRole(ctx, "ada", bookapi.RoleAdmin)
	assert.Equal(t, err == nil, user(t, s, "ada").Role == bookapi.RoleAdmin, "role set: %v", err)

	err = s.RotateSession(ctx, "phone", "first of phone", "next")
	session, sessionErr := s.Session(t.Context(), "phone")
	require.NoError(t, sessionErr)
	assert.Equal(t, err == nil, session.TokenHash == "next", "rotated: %v, hash: %s", err, session.TokenHash)

	hash := user(t, s, "ada").PasswordHash
	err = s.CreateSession(ctx, login("laptop", "ada"), hash)
	_, sessionErr = s.Session(t.Context(), "laptop")
	assert.Equal(t, err == nil, sessionErr == nil, "logged in: %v, found: %v", err, sessionErr)

	err = s.ChangePassword(ctx, "ada", hash, "newest", atNoon)
	_, sessionErr = s.Session(t.Context(), "phone")
	assert.Equal(t, err == nil, user(t, s, "ada").PasswordHash == "newest", "changed: %v", err)
	assert.Equal(t, err == nil, sessionErr != nil, "changed: %v, session: %v", err, sessionErr)

	err = s.SetDisabled(ctx, "ada", true, atNoon)
	assert.Equal(t, err == nil, user(t, s, "ada").Disabled, "disabled: %v", err)

	_, err = s.CountAttempt(ctx, "ada", 1, noon, window)
	until, countErr := s.CountAttempt(t.Context(), "ada", 1, noon, window)
	require.NoError(t, countErr)
	assert.Equal(t, err == nil, !until.IsZero(), "counted: %v, blocked until: %s", err, until)
}
