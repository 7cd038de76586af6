package sqlstore_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/sqlstore"
	"example.com/bookapi/storetest"
)

// childEnv names the database in which this test binary, run once more, is to
// be a program of its own.
const childEnv = "SQLSTORE_TEST_CHILD"

const childBooks = 25

func TestMain(m *testing.M) {
	if name := os.Getenv(childEnv); name != "" {
		if err := child(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child waits for the end of its input, and then opens the database and writes.
func child(name string) error {
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	ctx := context.Background()
	s, err := sqlstore.Open(ctx, name)
	if err != nil {
		return err
	}
	for i := range childBooks {
		b := bookapi.Book{Title: fmt.Sprint("Volume ", i), Author: "Anonymous", CreatedBy: fmt.Sprint(os.Getpid())}
		if _, err := s.CreateBook(ctx, b); err != nil {
			return err
		}
	}
	return s.Close()
}

func TestStore(t *testing.T) {
	sqlstore.OnEach(t, func(t *testing.T, create func(*testing.T) string) {
		storetest.Run(t, func(t *testing.T) bookapi.Store { return sqlstore.MustOpen(t, create(t)) })
	})
}

func TestReplicasBehaveAsOne(t *testing.T) {
	sqlstore.OnEach(t, func(t *testing.T, create func(*testing.T) string) {
		storetest.RunTogether(t, func(t *testing.T) []bookapi.Store {
			name := create(t)
			return []bookapi.Store{sqlstore.MustOpen(t, name), sqlstore.MustOpen(t, name)}
		})
	})
}

func TestEverythingSurvivesARestart(t *testing.T) {
	sqlstore.OnEach(t, func(t *testing.T, create func(*testing.T) string) {
		name := create(t)
		first, err := sqlstore.Open(t.Context(), name)
		require.NoError(t, err)
		kept, err := first.CreateBook(t.Context(), bookapi.Book{Title: "Emma", Author: "Jane Austen", CreatedBy: "ada"})
		require.NoError(t, err)
		gone, err := first.CreateBook(t.Context(), bookapi.Book{Title: "Persuasion", Author: "Jane Austen"})
		require.NoError(t, err)
		require.NoError(t, first.DeleteBook(t.Context(), gone.ID))
		noon := time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)
		ada := bookapi.User{Username: "ada", PasswordHash: "hash", Role: bookapi.RoleReader, TokensValidAfter: noon}
		require.NoError(t, first.CreateUser(t.Context(), ada))
		phone := bookapi.Session{ID: "phone", Username: "ada", TokenHash: "token", Started: noon, Expires: noon.Add(time.Hour)}
		require.NoError(t, first.CreateSession(t.Context(), phone, "hash"))
		_, err = first.CountAttempt(t.Context(), "ada", 1, noon, time.Hour)
		require.NoError(t, err)
		require.NoError(t, first.Close())

		second := sqlstore.MustOpen(t, name)
		all, err := second.Books(t.Context(), 0, 10)
		require.NoError(t, err)
		assert.Equal(t, []bookapi.Book{kept}, all)
		u, err := second.User(t.Context(), "ada")
		require.NoError(t, err)
		assert.Equal(t, ada, u)
		session, err := second.Session(t.Context(), "phone")
		require.NoError(t, err)
		assert.Equal(t, phone, session)
		until, err := second.CountAttempt(t.Context(), "ada", 1, noon, time.Hour)
		require.NoError(t, err)
		assert.Equal(t, noon.Add(time.Hour), until, "a restart gave mallory another try")
		b, err := second.CreateBook(t.Context(), bookapi.Book{Title: "Lady Susan", Author: "Jane Austen"})
		require.NoError(t, err)
		assert.Greater(t, b.ID, gone.ID, "a restart made the store forget which IDs were used")
	})
}

func TestManyOpensOfANewDatabaseAtOnce(t *testing.T) {
	sqlstore.OnEach(t, func(t *testing.T, create func(*testing.T) string) {
		for range 5 {
			name := create(t)
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					s, err := sqlstore.Open(t.Context(), name)
					if !assert.NoError(t, err) {
						return
					}
					_, err = s.CreateBook(t.Context(), bookapi.Book{Title: "Emma", Author: "Jane Austen"})
					assert.NoError(t, err)
					assert.NoError(t, s.Close())
				})
			}
			wg.Wait()
			all, err := sqlstore.MustOpen(t, name).Books(t.Context(), 0, 100)
			require.NoError(t, err)
			assert.Len(t, all, 8)
		}
	})
}

func TestManyProgramsStartAndWriteAtOnce(t *testing.T) {
	sqlstore.OnEach(t, func(t *testing.T, create func(*testing.T) string) {
		const programs = 4
		name := create(t)
		var wg sync.WaitGroup
		var start []func() error
		for range programs {
			var stderr bytes.Buffer
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), childEnv+"="+name)
			cmd.Stderr = &stderr
			stdin, err := cmd.StdinPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			start = append(start, stdin.Close)
			wg.Go(func() { assert.NoError(t, cmd.Wait(), "%s", &stderr) })
		}
		for _, shot := range start {
			require.NoError(t, shot())
		}
		wg.Wait()

		all, err := sqlstore.MustOpen(t, name).Books(t.Context(), 0, bookapi.MaxPage)
		require.NoError(t, err)
		assert.Len(t, all, programs*childBooks)
	})
}

func TestACancelledCallReturnsTheContextsError(t *testing.T) {
	sqlstore.OnEach(t, func(t *testing.T, create func(*testing.T) string) {
		s := sqlstore.MustOpen(t, create(t))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for name, call := range sqlstore.EveryCall(s) {
			err := call(ctx)
			assert.ErrorIs(t, err, context.Canceled, name)
			assert.NotErrorIs(t, err, bookapi.ErrUnavailable, "%s: it is the caller who has gone", name)
		}
	})
}

// Contexts end at any moment of a write here. Whatever the moment: a book is
// stored if and only if the call said so, and the store goes on working.
func TestACancellationAtAnyMomentLeavesNoHalfWrite(t *testing.T) {
	sqlstore.OnEach(t, func(t *testing.T, create func(*testing.T) string) {
		s := sqlstore.MustOpen(t, create(t))
		acknowledged := make(map[string]bool)
		usual := time.Second
		for i := range 5 {
			title := fmt.Sprint("Prelude ", i)
			begun := time.Now()
			_, err := s.CreateBook(t.Context(), bookapi.Book{Title: title, Author: "Anonymous"})
			require.NoError(t, err)
			usual = min(usual, time.Since(begun))
			acknowledged[title] = true
		}
		for i := range 90 {
			ctx, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			wg.Go(func() {
				moment := usual * time.Duration(i) / 60 // later in each round
				for begun := time.Now(); time.Since(begun) < moment; {
					runtime.Gosched()
				}
				cancel()
			})
			title := fmt.Sprint("Volume ", i)
			_, err := s.CreateBook(ctx, bookapi.Book{Title: title, Author: "Anonymous"})
			wg.Wait()
			if err == nil {
				acknowledged[title] = true
			} else {
				require.ErrorIs(t, err, context.Canceled)
			}
		}
		all, err := s.Books(t.Context(), 0, bookapi.MaxPage)
		require.NoError(t, err)
		stored := make(map[string]bool)
		for _, b := range all {
			stored[b.Title] = true
		}
		assert.Equal(t, acknowledged, stored)
	})
}
