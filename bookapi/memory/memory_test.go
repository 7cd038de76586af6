package memory_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/memory"
	"example.com/bookapi/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) bookapi.Store { return new(memory.Store) })
}

func TestUsersAreWhatAThiefFinds(t *testing.T) {
	var store memory.Store
	for _, name := range []string{"mallory", "ada", "grace"} {
		require.NoError(t, store.CreateUser(t.Context(), bookapi.User{Username: name, PasswordHash: "hash of " + name}))
	}
	require.NoError(t, store.DeleteUser(t.Context(), "mallory"))
	assert.ErrorIs(t, store.DeleteUser(t.Context(), "mallory"), bookapi.ErrNotFound)
	left, err := store.Users(t.Context(), "", bookapi.MaxPage)
	require.NoError(t, err)
	assert.Equal(t, []bookapi.User{
		{Username: "ada", PasswordHash: "hash of ada"},
		{Username: "grace", PasswordHash: "hash of grace"},
	}, left)
}
