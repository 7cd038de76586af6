package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
)

// login is a session of the user, from noon to one o'clock.
func login(id, username string) bookapi.Session {
	return bookapi.Session{ID: id, Username: username, TokenHash: "first of " + id, Started: noon, Expires: noon.Add(time.Hour)}
}

// mustStart stores a session of a user with the given password hash.
func mustStart(t *testing.T, s bookapi.Store, session bookapi.Session, hash string) bookapi.Session {
	t.Helper()
	require.NoError(t, s.CreateSession(t.Context(), session, hash))
	return session
}

// assertSessions checks which of the sessions there are.
func assertSessions(t *testing.T, s bookapi.Store, want map[string]bool, because string) {
	t.Helper()
	for id, want := range want {
		_, err := s.Session(t.Context(), id)
		if want {
			assert.NoError(t, err, "%s: %s", id, because)
		} else {
			assert.ErrorIs(t, err, bookapi.ErrNotFound, "%s: %s", id, because)
		}
	}
}

func createSession(t *testing.T, s bookapi.Store) {
	mustCreateUser(t, s, "ada", "hash")
	phone := mustStart(t, s, login("phone", "ada"), "hash")
	fine := login("laptop", "ada")
	fine.Started = noon.Add(1234567 * time.Nanosecond).In(time.FixedZone("far away", 9*3600))
	fine.Expires = noon.Add(time.Hour + 999999*time.Nanosecond)
	mustStart(t, s, fine, "hash")

	found, err := s.Session(t.Context(), "phone")
	require.NoError(t, err)
	assert.Equal(t, phone, found)
	found, err = s.Session(t.Context(), "laptop")
	require.NoError(t, err)
	fine.Started, fine.Expires = noon.Add(time.Millisecond), noon.Add(time.Hour)
	assert.Equal(t, fine, found, "times are kept to the millisecond, in UTC")

	for _, other := range []string{"", "Phone", "phon", "phone ", "phone%", "tablet"} {
		_, err = s.Session(t.Context(), other)
		assert.ErrorIs(t, err, bookapi.ErrNotFound, "%q", other)
	}
}

func sessionNeedsPassword(t *testing.T, s bookapi.Store) {
	mustCreateUser(t, s, "ada", "hash of ada")
	mustCreateUser(t, s, "grace", "hash of grace")
	mustCreateUser(t, s, "mallory", "hash of mallory")
	require.NoError(t, s.SetDisabled(t.Context(), "mallory", true, atNoon))

	for _, c := range []struct{ username, hash, because string }{
		{"ada", "old hash", "the password has changed"},
		{"ada", "hash of grace", "it is another user's"},
		{"ada", "HASH OF ADA", "a hash is compared exactly"},
		{"ada", "", "no hash is no password"},
		{"ADA", "hash of ada", "a name is compared exactly"},
		{"nobody", "hash of ada", "there is no such user"},
		{"mallory", "hash of mallory", "the account is shut"},
	} {
		err := s.CreateSession(t.Context(), login("phone", c.username), c.hash)
		assert.ErrorIs(t, err, bookapi.ErrNotFound, c.because)
		assertSessions(t, s, map[string]bool{"phone": false}, c.because)
	}
	mustStart(t, s, login("phone", "ada"), "hash of ada")
}

func sessionsThatEnded(t *testing.T, s bookapi.Store) {
	for _, name := range []string{"ada", "grace"} {
		mustCreateUser(t, s, name, "hash")
	}
	mustStart(t, s, login("ended", "ada"), "hash")
	mustStart(t, s, login("ends just now", "ada"), "hash")
	good := login("good", "ada")
	good.Expires = good.Expires.Add(time.Millisecond)
	mustStart(t, s, good, "hash")
	ofGrace := login("of grace", "grace")
	ofGrace.Expires = good.Expires
	mustStart(t, s, ofGrace, "hash")
	assertSessions(t, s, map[string]bool{"ended": true, "ends just now": true, "good": true, "of grace": true}, "the store has no clock")

	next := login("next", "ada")
	next.Started, next.Expires = noon.Add(time.Hour), noon.Add(2*time.Hour)
	assert.ErrorIs(t, s.CreateSession(t.Context(), next, "wrong"), bookapi.ErrNotFound)
	assertSessions(t, s, map[string]bool{"ended": true}, "a login that failed changes nothing")

	mustStart(t, s, next, "hash")
	assertSessions(t, s, map[string]bool{"ended": false, "ends just now": false, "good": true, "next": true, "of grace": true}, "ada logged in an hour later")
}

func maxSessions(t *testing.T, s bookapi.Store) {
	mustCreateUser(t, s, "ada", "hash")
	mustCreateUser(t, s, "grace", "hash")
	mustStart(t, s, login("of grace", "grace"), "hash")
	const more = 3
	for i := range bookapi.MaxSessions + more {
		session := login(fmt.Sprint("session ", i), "ada")
		session.Started = noon.Add(time.Duration(i) * time.Millisecond)
		mustStart(t, s, session, "hash")
	}
	for i := range bookapi.MaxSessions + more {
		assertSessions(t, s, map[string]bool{fmt.Sprint("session ", i): i >= more}, "the oldest make room")
	}
	assertSessions(t, s, map[string]bool{"of grace": true}, "grace is somebody else")
}

func rotateSession(t *testing.T, s bookapi.Store) {
	mustCreateUser(t, s, "ada", "hash")
	phone := mustStart(t, s, login("phone", "ada"), "hash")
	laptop := mustStart(t, s, login("laptop", "ada"), "hash")

	require.NoError(t, s.RotateSession(t.Context(), "phone", phone.TokenHash, "second"))
	for _, wrong := range []string{phone.TokenHash, "", "SECOND", "second ", laptop.TokenHash} {
		assert.ErrorIs(t, s.RotateSession(t.Context(), "phone", wrong, "mallory's"), bookapi.ErrNotFound, "%q is not the good one", wrong)
	}
	assert.ErrorIs(t, s.RotateSession(t.Context(), "tablet", "second", "mallory's"), bookapi.ErrNotFound)

	phone.TokenHash = "second"
	for _, want := range []bookapi.Session{phone, laptop} {
		found, err := s.Session(t.Context(), want.ID)
		require.NoError(t, err)
		assert.Equal(t, want, found, "one token hash and nothing else")
	}
	require.NoError(t, s.RotateSession(t.Context(), "phone", "second", "third"))
}

func endSession(t *testing.T, s bookapi.Store) {
	mustCreateUser(t, s, "ada", "hash")
	phone := mustStart(t, s, login("phone", "ada"), "hash")
	mustStart(t, s, login("laptop", "ada"), "hash")
	for range 2 {
		require.NoError(t, s.EndSession(t.Context(), "phone"), "to end what has ended is no mistake")
		assertSessions(t, s, map[string]bool{"phone": false, "laptop": true}, "ada logged out on the phone")
	}
	assert.ErrorIs(t, s.RotateSession(t.Context(), "phone", phone.TokenHash, "next"), bookapi.ErrNotFound)
}

func changePassword(t *testing.T, s bookapi.Store) {
	ada := mustCreateUser(t, s, "ada", "hash")
	grace := mustCreateUser(t, s, "grace", "hash")
	mustStart(t, s, login("phone", "ada"), "hash")
	mustStart(t, s, login("laptop", "ada"), "hash")
	mustStart(t, s, login("of grace", "grace"), "hash")

	for _, wrong := range []string{"wrong", "HASH", ""} {
		err := s.ChangePassword(t.Context(), "ada", wrong, "mallory's", atNoon)
		assert.ErrorIs(t, err, bookapi.ErrNotFound, "%q is not the current hash", wrong)
	}
	assert.ErrorIs(t, s.ChangePassword(t.Context(), "nobody", "hash", "mallory's", atNoon), bookapi.ErrNotFound)
	assert.Equal(t, ada, user(t, s, "ada"), "none of the three")
	assertSessions(t, s, map[string]bool{"phone": true, "laptop": true, "of grace": true}, "nobody's password has changed")

	require.NoError(t, s.ChangePassword(t.Context(), "ada", "hash", "new hash", atNoon))
	ada.PasswordHash, ada.TokensValidAfter = "new hash", noon
	assert.Equal(t, ada, user(t, s, "ada"))
	assert.Equal(t, grace, user(t, s, "grace"), "grace has the same hash, and is somebody else")
	assertSessions(t, s, map[string]bool{"phone": false, "laptop": false, "of grace": true}, "ada's password has changed")

	mustStart(t, s, login("tablet", "ada"), "new hash")
	require.NoError(t, s.SetDisabled(t.Context(), "ada", true, atNoon))
	assert.ErrorIs(t, s.ChangePassword(t.Context(), "ada", "new hash", "newer hash", atNoon), bookapi.ErrNotFound, "the account is shut")
}

func setDisabled(t *testing.T, s bookapi.Store) {
	ada := mustCreateUser(t, s, "ada", "hash")
	grace := mustCreateUser(t, s, "grace", "hash")
	mustStart(t, s, login("of grace", "grace"), "hash")
	assert.ErrorIs(t, s.SetDisabled(t.Context(), "nobody", true, atNoon), bookapi.ErrNotFound)

	for i, disabled := range []bool{false, true, true, false} {
		if !ada.Disabled {
			mustStart(t, s, login("phone", "ada"), "hash")
		}
		ada.Disabled, ada.TokensValidAfter = disabled, noon.Add(time.Duration(i)*time.Hour)
		require.NoError(t, s.SetDisabled(t.Context(), "ada", disabled, func() time.Time { return ada.TokensValidAfter }))
		assert.Equal(t, ada, user(t, s, "ada"))
		assertSessions(t, s, map[string]bool{"phone": false, "of grace": true}, "disabling and enabling ends the sessions of one user")
		found, err := s.User(t.Context(), "ada")
		if disabled {
			assert.ErrorIs(t, err, bookapi.ErrNotFound)
		} else {
			require.NoError(t, err)
			assert.Equal(t, ada, found)
		}
	}
	assert.Equal(t, grace, user(t, s, "grace"), "grace is somebody else")

	// A clock that was put back ends no less.
	require.NoError(t, s.SetDisabled(t.Context(), "ada", false, atNoon))
	assert.Equal(t, ada, user(t, s, "ada"))
	require.NoError(t, s.ChangePassword(t.Context(), "ada", "hash", "new hash", atNoon))
	assert.Equal(t, ada.TokensValidAfter, user(t, s, "ada").TokensValidAfter)
}
