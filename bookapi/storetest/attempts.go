package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
)

const (
	limit  = 3
	window = 10 * time.Minute
)

// assertMayGoOn tries once more under key, which must be allowed.
func assertMayGoOn(t *testing.T, s bookapi.Store, key string, now time.Time, because string) {
	t.Helper()
	until, err := s.CountAttempt(t.Context(), key, limit, now, window)
	require.NoError(t, err)
	assert.Zero(t, until, because)
}

// assertBlocked tries once more under key, which must be refused until then.
func assertBlocked(t *testing.T, s bookapi.Store, key string, now, until time.Time, because string) {
	t.Helper()
	got, err := s.CountAttempt(t.Context(), key, limit, now, window)
	require.NoError(t, err)
	assert.True(t, got.Equal(until), "until %s instead of %s: %s", got, until, because)
}

func countAttempts(t *testing.T, s bookapi.Store) {
	for range limit {
		assertMayGoOn(t, s, "ada", noon, "within the limit")
	}
	for i := range 3 * limit {
		now := noon.Add(time.Duration(i) * time.Second)
		assertBlocked(t, s, "ada", now, noon.Add(window), "attempts that were blocked do not move the end")
	}
	for range limit {
		assertMayGoOn(t, s, "grace", noon, "grace is somebody else")
	}

	until, err := s.CountAttempt(t.Context(), "ada", limit+1, noon, window)
	require.NoError(t, err)
	assert.Zero(t, until, "a higher limit has room")
	until, err = s.CountAttempt(t.Context(), "mallory", 0, noon, window)
	require.NoError(t, err)
	assert.True(t, until.Equal(noon.Add(window)), "a limit of 0 has none")
}

func nextWindow(t *testing.T, s bookapi.Store) {
	now := noon
	for range 3 {
		for i := range limit {
			assertMayGoOn(t, s, "ada", now.Add(time.Duration(i)*time.Minute), "the window has room")
		}
		last := now.Add(window - time.Millisecond)
		assertBlocked(t, s, "ada", last, now.Add(window), "the window begins with its first attempt, and has not ended")
		now = now.Add(window)
	}
	for range limit {
		assertMayGoOn(t, s, "mallory", now.Add(24*time.Hour), "the clock is wrong by a day")
	}
	assertBlocked(t, s, "mallory", now.Add(24*time.Hour), now.Add(24*time.Hour+window), "the window is full")
	assertBlocked(t, s, "mallory", now.Add(24*time.Hour-window), now.Add(24*time.Hour+window), "another clock may be behind")
	for range limit {
		assertMayGoOn(t, s, "mallory", now, "and is put back")
	}
	assertBlocked(t, s, "mallory", now, now.Add(window), "that was a window, too")

	assertMayGoOn(t, s, "grace", noon, "grace comes once")
	for range limit {
		assertMayGoOn(t, s, "grace", noon.Add(24*time.Hour), "and on the next day: that is another window")
	}
}

func forgiveAttempt(t *testing.T, s bookapi.Store) {
	require.NoError(t, s.ForgiveAttempt(t.Context(), "ada", noon), "nothing to forgive")
	for range limit {
		assertMayGoOn(t, s, "ada", noon, "within the limit")
	}
	assertBlocked(t, s, "ada", noon, noon.Add(window), "at the limit")
	require.NoError(t, s.ForgiveAttempt(t.Context(), "ada", noon))
	assertMayGoOn(t, s, "ada", noon.Add(time.Minute), "one was forgiven, and those that were blocked had not been counted")
	assertBlocked(t, s, "ada", noon, noon.Add(window), "at the limit again")
	require.NoError(t, s.ForgiveAttempt(t.Context(), "grace", noon))
	assertBlocked(t, s, "ada", noon, noon.Add(window), "grace is somebody else")

	for range 2 * limit {
		require.NoError(t, s.ForgiveAttempt(t.Context(), "ada", noon))
	}
	for range limit {
		assertMayGoOn(t, s, "ada", noon, "all were forgiven")
	}
	assertBlocked(t, s, "ada", noon, noon.Add(window), "what was forgiven twice is no credit")

	later := noon.Add(window)
	for range limit {
		assertMayGoOn(t, s, "ada", later, "the next window")
	}
	for range limit {
		require.NoError(t, s.ForgiveAttempt(t.Context(), "ada", later.Add(-time.Millisecond)))
	}
	assertBlocked(t, s, "ada", later, later.Add(window), "attempts of a window that has ended are not those of the next")
	require.NoError(t, s.ForgiveAttempt(t.Context(), "ada", later))
	assertMayGoOn(t, s, "ada", later, "one of this window was forgiven")
}

// A key holds text that a client has sent.
func attemptKeys(t *testing.T, s bookapi.Store) {
	keys := []string{"", " ", "ada", "Ada", "ada ", "ada\n", "ada\x00", "\x00", "\xff", "ada\xff", "аda", "日本🔐", "'; DROP TABLE attempts; --",
		strings.Repeat("a", 1<<16), strings.Repeat("a", 1<<16) + "b"}
	for _, key := range keys {
		for range limit {
			assertMayGoOn(t, s, key, noon, "each key has its own count")
		}
	}
	for _, key := range keys {
		assertBlocked(t, s, key, noon, noon.Add(window), "each key has its own count")
	}
}
