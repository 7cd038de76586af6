package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
)

func mustCreateUser(t *testing.T, s bookapi.Store, username, hash string) bookapi.User {
	t.Helper()
	u := bookapi.User{Username: username, PasswordHash: hash, Role: bookapi.RoleReader}
	require.NoError(t, s.CreateUser(t.Context(), u))
	return u
}

// user returns the user as stored, disabled or not.
func user(t *testing.T, s bookapi.Store, username string) bookapi.User {
	t.Helper()
	all, err := s.Users(t.Context(), "", bookapi.MaxPage)
	require.NoError(t, err)
	i := slices.IndexFunc(all, func(u bookapi.User) bool { return u.Username == username })
	require.GreaterOrEqual(t, i, 0, "%s is not listed", username)
	return all[i]
}

func createUser(t *testing.T, s bookapi.Store) {
	ada := bookapi.User{Username: "ada", PasswordHash: "hash of ada", Role: bookapi.RoleReader}
	grace := bookapi.User{Username: "grace", PasswordHash: "hash of grace", Role: bookapi.RoleAdmin, TokensValidAfter: noon}
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
		for what, change := range changes(t, s, other) {
			assert.ErrorIs(t, change(), bookapi.ErrNotFound, "%s: %q is not ada", what, other)
		}
		assert.NoError(t, s.CreateUser(t.Context(), bookapi.User{Username: other}), "%q is not ada", other)
	}
	ada, err := s.User(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, bookapi.User{Username: "ada", PasswordHash: "hash"}, ada)
}

// changes are all that can be done to a user who is there, with the hash "hash".
func changes(t *testing.T, s bookapi.Store, username string) map[string]func() error {
	return map[string]func() error{
		"SetRole":             func() error { return s.SetRole(t.Context(), username, bookapi.RoleAdmin) },
		"ReplacePasswordHash": func() error { return s.ReplacePasswordHash(t.Context(), username, "hash", "mallory's") },
		"ChangePassword":      func() error { return s.ChangePassword(t.Context(), username, "hash", "mallory's", atNoon) },
		"SetDisabled":         func() error { return s.SetDisabled(t.Context(), username, true, atNoon) },
		"CreateSession": func() error {
			return s.CreateSession(t.Context(), bookapi.Session{ID: "mallory's", Username: username, Started: noon, Expires: noon.Add(time.Hour)}, "hash")
		},
	}
}

// A request can name anything, and some databases refuse to look for it.
func noText(t *testing.T, s bookapi.Store) {
	mustCreateUser(t, s, "ada", "hash")
	mustStart(t, s, bookapi.Session{ID: "phone", Username: "ada", TokenHash: "first", Started: noon, Expires: noon.Add(time.Hour)}, "hash")
	for _, name := range []string{"\x00", "ada\x00", "ada\x00mallory", "\xff", "ada\xff", "\xc3", "\xed\xa0\x80"} {
		_, err := s.User(t.Context(), name)
		assert.ErrorIs(t, err, bookapi.ErrNotFound, "%q", name)
		for what, change := range changes(t, s, name) {
			assert.ErrorIs(t, change(), bookapi.ErrNotFound, "%s %q", what, name)
		}
		_, err = s.Session(t.Context(), name)
		assert.ErrorIs(t, err, bookapi.ErrNotFound, "%q", name)
		assert.ErrorIs(t, s.RotateSession(t.Context(), name, "first", "next"), bookapi.ErrNotFound, "%q", name)
		assert.ErrorIs(t, s.RotateSession(t.Context(), "phone", name, "next"), bookapi.ErrNotFound, "%q", name)
		assert.NoError(t, s.EndSession(t.Context(), name), "%q", name)
	}

	// Between two names is a place for every text.
	for after, want := range map[string]int{"\x00": 1, "ad\x00": 1, "ada\x00": 0, "ad\xff": 0, "ac\xff": 1, "\xff": 0} {
		users, err := s.Users(t.Context(), after, 10)
		require.NoError(t, err)
		assert.Len(t, users, want, "after %q", after)
	}
}

func userPages(t *testing.T, s bookapi.Store) {
	page, err := s.Users(t.Context(), "", 10)
	require.NoError(t, err)
	assert.Equal(t, []bookapi.User{}, page, "nobody: empty, not nil, or JSON would say null")

	// In the order of their bytes, which no language's dictionary has.
	names := []string{"-", "A-a", "AB", "Z", "_", "a", "a-b", "a.b", "a0", "aB", "a_b", "aa", "ab", "z", "zz", "Ä", "ä", "日本", "\U0010FFFF"}
	for i := range bookapi.MaxPage {
		names = append(names, fmt.Sprintf("b%03d", i))
	}
	slices.Sort(names)
	all := make([]bookapi.User, len(names))
	for i, name := range names {
		all[i] = bookapi.User{Username: name, PasswordHash: "hash of " + name, Role: bookapi.RoleReader, Disabled: i%3 == 0}
	}
	for i := range all { // not in their order: 10 and their number have no divisor in common
		require.NoError(t, s.CreateUser(t.Context(), all[i*10%len(all)]))
	}

	for _, c := range []struct {
		name, after string
		limit       int
		want        []bookapi.User
	}{
		{"the first page", "", 3, all[:3]},
		{"the next page", all[2].Username, 3, all[3:6]},
		{"after nobody's name", all[2].Username + "\x01", 3, all[3:6]},
		{"the last page", all[len(all)-3].Username, 10, all[len(all)-2:]},
		{"after the last", all[len(all)-1].Username, 10, []bookapi.User{}},
		{"limit 0", "", 0, []bookapi.User{}},
		{"limit below 0", "", -1, []bookapi.User{}},
		{"more than MaxPage", "", bookapi.MaxPage + 1, all[:bookapi.MaxPage]},
		{"everybody else", all[bookapi.MaxPage-1].Username, bookapi.MaxPage, all[bookapi.MaxPage:]},
	} {
		page, err := s.Users(t.Context(), c.after, c.limit)
		require.NoError(t, err, c.name)
		assert.Equal(t, c.want, page, c.name)
	}
}

func disabledUser(t *testing.T, s bookapi.Store) {
	mallory := bookapi.User{Username: "mallory", PasswordHash: "hash", Role: bookapi.RoleReader, Disabled: true, TokensValidAfter: noon}
	require.NoError(t, s.CreateUser(t.Context(), mallory))
	mustCreateUser(t, s, "ada", "hash")

	_, err := s.User(t.Context(), "mallory")
	assert.ErrorIs(t, err, bookapi.ErrNotFound, "the account is shut, and mallory still gets in")
	assert.ErrorIs(t, s.CreateUser(t.Context(), mallory), bookapi.ErrExists, "the name is still mallory's")
	assert.Equal(t, mallory, user(t, s, "mallory"), "an administrator sees the disabled too")
}

func setRole(t *testing.T, s bookapi.Store) {
	ada := bookapi.User{Username: "ada", PasswordHash: "hash of ada", Role: bookapi.RoleReader, TokensValidAfter: noon}
	require.NoError(t, s.CreateUser(t.Context(), ada))
	grace := mustCreateUser(t, s, "grace", "hash of grace")
	for _, role := range []bookapi.Role{bookapi.RoleAdmin, bookapi.RoleAdmin, bookapi.RoleReader} {
		require.NoError(t, s.SetRole(t.Context(), "ada", role))
		ada.Role = role
		assert.Equal(t, ada, user(t, s, "ada"), "the role and nothing else")
	}
	assert.Equal(t, grace, user(t, s, "grace"), "grace is somebody else")
	assert.ErrorIs(t, s.SetRole(t.Context(), "mallory", bookapi.RoleAdmin), bookapi.ErrNotFound)

	require.NoError(t, s.SetDisabled(t.Context(), "ada", true, atNoon))
	require.NoError(t, s.SetRole(t.Context(), "ada", bookapi.RoleAdmin), "disabled is not gone")
	assert.Equal(t, bookapi.RoleAdmin, user(t, s, "ada").Role)
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
