package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
)

// replicas are stores over one database.
type replicas []bookapi.Store

// of returns the store that the i-th caller has come to.
func (r replicas) of(i int) bookapi.Store { return r[i%len(r)] }

// atOnce calls f from n goroutines, all at once, and waits for them.
func atOnce(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

// race calls f from n goroutines and returns the indices of those that got no
// error. The others must have got the error lost.
func race(t *testing.T, n int, lost error, f func(i int) error) (winners []int) {
	t.Helper()
	errs := make([]error, n)
	atOnce(n, func(i int) { errs[i] = f(i) })
	for i, err := range errs {
		if err == nil {
			winners = append(winners, i)
		} else {
			assert.ErrorIs(t, err, lost)
		}
	}
	return winners
}

func concurrentBooks(t *testing.T, stores replicas) {
	const writers, each, readers = 16, 15, 4
	s := stores[0]
	var writing, reading sync.WaitGroup
	written := make(chan struct{}, writers*each)
	for r := range readers {
		reading.Go(func() {
			var seen []int64
			for range written {
				page, err := stores.of(r).Books(t.Context(), 0, bookapi.MaxPage)
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
				b, err := stores.of(w).CreateBook(t.Context(), bookapi.Book{Title: text, Author: "Anonymous"})
				if !assert.NoError(t, err) {
					return
				}
				written <- struct{}{}
				b.Author = text
				if _, err = stores.of(w).UpdateBook(t.Context(), b); !assert.NoError(t, err) {
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

func concurrentSignUp(t *testing.T, stores replicas) {
	s := stores[0]
	hash := func(i int) string { return fmt.Sprint("hash ", i) }
	winners := race(t, 20, bookapi.ErrExists, func(i int) error {
		return stores.of(i).CreateUser(t.Context(), bookapi.User{Username: "ada", PasswordHash: hash(i)})
	})
	require.Len(t, winners, 1, "so many were told that the name is theirs")
	u, err := s.User(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, hash(winners[0]), u.PasswordHash, "the account opens with the password of a loser")
}

func concurrentRehash(t *testing.T, stores replicas) {
	s := stores[0]
	require.NoError(t, s.CreateUser(t.Context(), bookapi.User{Username: "ada", PasswordHash: "old"}))
	next := func(i int) string { return fmt.Sprint("new ", i) }
	winners := race(t, 20, bookapi.ErrNotFound, func(i int) error {
		return stores.of(i).ReplacePasswordHash(t.Context(), "ada", "old", next(i))
	})
	require.Len(t, winners, 1)
	u, err := s.User(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, next(winners[0]), u.PasswordHash)
}

func concurrentDelete(t *testing.T, stores replicas) {
	s := stores[0]
	b := mustCreate(t, s, bookapi.Book{Title: "Emma", Author: "Jane Austen"})
	winners := race(t, 20, bookapi.ErrNotFound, func(i int) error {
		return stores.of(i).DeleteBook(t.Context(), b.ID)
	})
	assert.Len(t, winners, 1)
}

func concurrentRotate(t *testing.T, stores replicas) {
	mustCreateUser(t, stores[0], "ada", "hash")
	mustStart(t, stores[0], bookapi.Session{ID: "phone", Username: "ada", TokenHash: "first", Started: noon, Expires: noon.Add(time.Hour)}, "hash")
	next := func(i int) string { return fmt.Sprint("next ", i) }
	winners := race(t, 20, bookapi.ErrNotFound, func(i int) error {
		return stores.of(i).RotateSession(t.Context(), "phone", "first", next(i))
	})
	require.Len(t, winners, 1, "so many were given a new token for the same old one")
	for _, s := range stores {
		session, err := s.Session(t.Context(), "phone")
		require.NoError(t, err)
		assert.Equal(t, next(winners[0]), session.TokenHash, "the token of a loser is the good one")
	}
}

func concurrentChange(t *testing.T, stores replicas) {
	mustCreateUser(t, stores[0], "ada", "old")
	next := func(i int) string { return fmt.Sprint("new ", i) }
	winners := race(t, 20, bookapi.ErrNotFound, func(i int) error {
		return stores.of(i).ChangePassword(t.Context(), "ada", "old", next(i), atNoon)
	})
	require.Len(t, winners, 1)
	ada, err := stores[0].User(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, next(winners[0]), ada.PasswordHash)
}

func sessionsDuringChange(t *testing.T, stores replicas) {
	sessionsDuring(t, stores, func(s bookapi.Store, username string) error {
		return s.ChangePassword(t.Context(), username, "hash", "new hash", atNoon)
	})
}

func sessionsDuringDisabling(t *testing.T, stores replicas) {
	sessionsDuring(t, stores, func(s bookapi.Store, username string) error {
		return s.SetDisabled(t.Context(), username, true, atNoon)
	})
}

// sessionsDuring logs a user in many times while something ends all of their
// sessions. Whichever comes first: no session is left.
func sessionsDuring(t *testing.T, stores replicas, end func(s bookapi.Store, username string) error) {
	const rounds, logins = 8, 8
	for round := range rounds {
		username := fmt.Sprint("user", round)
		mustCreateUser(t, stores[0], username, "hash")
		id := func(i int) string { return fmt.Sprintf("session %d of %s", i, username) }
		atOnce(logins+1, func(i int) {
			if i == logins/2 {
				assert.NoError(t, end(stores.of(round), username))
				return
			}
			session := bookapi.Session{ID: id(i), Username: username, TokenHash: "token", Started: noon, Expires: noon.Add(time.Hour)}
			if err := stores.of(i).CreateSession(t.Context(), session, "hash"); err != nil {
				assert.ErrorIs(t, err, bookapi.ErrNotFound)
			}
		})
		for i := range logins + 1 {
			_, err := stores[0].Session(t.Context(), id(i))
			require.ErrorIs(t, err, bookapi.ErrNotFound, "mallory keeps a session that the old password opened")
		}
	}
}

func concurrentAttempts(t *testing.T, stores replicas) {
	const callers, limit = 24, 5
	for window := range 3 { // the first opens one, the others take turns after one that has ended
		now := noon.Add(time.Duration(window) * time.Hour)
		untils := make([]time.Time, callers)
		atOnce(callers, func(i int) {
			until, err := stores.of(i).CountAttempt(t.Context(), "ada", limit, now, time.Minute)
			assert.NoError(t, err)
			untils[i] = until
		})
		allowed := 0
		for _, until := range untils {
			if until.IsZero() {
				allowed++
				continue
			}
			assert.True(t, until.Equal(now.Add(time.Minute)), "blocked until %s", until)
		}
		assert.Equal(t, limit, allowed, "so many passwords could be tried instead of %d", limit)
	}
}

func concurrentWindows(t *testing.T, stores replicas) {
	const keys = 24
	for window := range 4 { // each after the last has ended, so that there is much to clean up
		now := noon.Add(time.Duration(window) * time.Hour)
		atOnce(2*keys, func(i int) {
			until, err := stores.of(i/keys).CountAttempt(t.Context(), fmt.Sprint("key ", i*7%keys), 2, now, time.Minute)
			assert.NoError(t, err)
			assert.Zero(t, until)
		})
		for i := range keys {
			until, err := stores.of(i).CountAttempt(t.Context(), fmt.Sprint("key ", i), 2, now, time.Minute)
			require.NoError(t, err)
			assert.True(t, until.Equal(now.Add(time.Minute)), "an attempt under key %d was forgotten in its window", i)
		}
	}
}
