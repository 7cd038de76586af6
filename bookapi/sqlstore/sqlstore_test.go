package sqlstore_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

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
	if path := os.Getenv(childEnv); path != "" {
		if err := child(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child waits for the end of its input, and then opens the database and writes.
func child(path string) error {
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	ctx := context.Background()
	s, err := sqlstore.Open(ctx, path)
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

func open(t *testing.T, path string) *sqlstore.Store {
	t.Helper()
	s, err := sqlstore.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) bookapi.Store {
		return open(t, filepath.Join(t.TempDir(), "books.db"))
	})
}

func TestBooksAndUsersSurviveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "books.db")
	first, err := sqlstore.Open(t.Context(), path)
	require.NoError(t, err)
	kept, err := first.CreateBook(t.Context(), bookapi.Book{Title: "Emma", Author: "Jane Austen", CreatedBy: "ada"})
	require.NoError(t, err)
	gone, err := first.CreateBook(t.Context(), bookapi.Book{Title: "Persuasion", Author: "Jane Austen"})
	require.NoError(t, err)
	require.NoError(t, first.DeleteBook(t.Context(), gone.ID))
	ada := bookapi.User{Username: "ada", PasswordHash: "hash", Role: bookapi.RoleReader}
	require.NoError(t, first.CreateUser(t.Context(), ada))
	require.NoError(t, first.Close())

	second := open(t, path)
	all, err := second.Books(t.Context(), 0, 10)
	require.NoError(t, err)
	assert.Equal(t, []bookapi.Book{kept}, all)
	u, err := second.User(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, ada, u)
	b, err := second.CreateBook(t.Context(), bookapi.Book{Title: "Lady Susan", Author: "Jane Austen"})
	require.NoError(t, err)
	assert.Greater(t, b.ID, gone.ID, "a restart made the store forget which IDs were used")
}

func TestManyOpensOfANewFileAtOnce(t *testing.T) {
	for range 10 {
		path := filepath.Join(t.TempDir(), "books.db")
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				s, err := sqlstore.Open(t.Context(), path)
				if !assert.NoError(t, err) {
					return
				}
				_, err = s.CreateBook(t.Context(), bookapi.Book{Title: "Emma", Author: "Jane Austen"})
				assert.NoError(t, err)
				assert.NoError(t, s.Close())
			})
		}
		wg.Wait()
		all, err := open(t, path).Books(t.Context(), 0, 100)
		require.NoError(t, err)
		assert.Len(t, all, 8)
	}
}

func TestManyProgramsStartAndWriteAtOnce(t *testing.T) {
	const programs = 4
	path := filepath.Join(t.TempDir(), "books.db")
	var wg sync.WaitGroup
	var start []func() error
	for range programs {
		var stderr bytes.Buffer
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+path)
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

	all, err := open(t, path).Books(t.Context(), 0, bookapi.MaxPage)
	require.NoError(t, err)
	assert.Len(t, all, programs*childBooks)
}

func TestACancelledCallReturnsTheContextsError(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "books.db"))
	b, err := s.CreateBook(t.Context(), bookapi.Book{Title: "Emma", Author: "Jane Austen"})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range map[string]func() error{
		"CreateBook":          func() error { _, err := s.CreateBook(ctx, b); return err },
		"Book":                func() error { _, err := s.Book(ctx, b.ID); return err },
		"Books":               func() error { _, err := s.Books(ctx, 0, 10); return err },
		"UpdateBook":          func() error { _, err := s.UpdateBook(ctx, b); return err },
		"DeleteBook":          func() error { return s.DeleteBook(ctx, b.ID) },
		"CreateUser":          func() error { return s.CreateUser(ctx, bookapi.User{Username: "ada"}) },
		"User":                func() error { _, err := s.User(ctx, "ada"); return err },
		"ReplacePasswordHash": func() error { return s.ReplacePasswordHash(ctx, "ada", "", "") },
	} {
		assert.ErrorIs(t, call(), context.Canceled, name)
	}
}

// Contexts end at any moment of a write here. Whatever the moment: a book is
// stored if and only if the call said so, and the store goes on working.
func TestACancellationAtAnyMomentLeavesNoHalfWrite(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "books.db"))
	acknowledged := make(map[string]bool)
	for i := range 90 {
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			for range i * 100 { // later in each round
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
}

func TestAnyFileNameWorks(t *testing.T) {
	names := []string{"with space.db", "100%41.db", "a#b.db", "a&mode=memory;b=c+d.db", "日本🔐.db", ":memory:", "file:x", "'quoted'.db"}
	if runtime.GOOS == "windows" {
		names = names[:5]
	} else {
		names = append(names, "a?mode=memory.db", `"double".db`, `back\slash.db`)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, name)
			s, err := sqlstore.Open(t.Context(), path)
			require.NoError(t, err)
			_, err = s.CreateBook(t.Context(), bookapi.Book{Title: "Emma", Author: "Jane Austen"})
			require.NoError(t, err)
			require.NoError(t, s.Close())

			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Len(t, entries, 1, "closed, the database is one file")
			assert.Equal(t, name, entries[0].Name())
			all, err := open(t, path).Books(t.Context(), 0, 10)
			require.NoError(t, err)
			assert.Len(t, all, 1)
		})
	}
}

func TestARelativePathStartsHere(t *testing.T) {
	t.Chdir(t.TempDir())
	open(t, "books.db")
	assert.FileExists(t, "books.db")
}

func TestOnlyTheOwnerReadsTheFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows: the directory's access list decides")
	}
	path := filepath.Join(t.TempDir(), "books.db")
	s := open(t, path)
	require.NoError(t, s.CreateUser(t.Context(), bookapi.User{Username: "ada", PasswordHash: "hash"}))
	for _, file := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(file)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "%s holds password hashes", filepath.Base(file))
	}
}

func TestOpenSaysInOneSentenceWhatToDo(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	newer := filepath.Join(dir, "newer.db")
	s, err := sqlstore.Open(t.Context(), newer)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	db, err := sql.Open("sqlite", newer)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `INSERT INTO schema_migrations (version) VALUES (1000)`)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	for name, c := range map[string]struct{ path, reason string }{
		"no name":       {"", "no file is named"},
		"directory":     {dir, "it is a directory"},
		"no directory":  {filepath.Join(dir, "missing", "books.db"), ""},
		"not a dir":     {filepath.Join(file("plain", "x"), "books.db"), ""},
		"not SQLite":    {file("text.db", strings.Repeat("Dear diary, today I wrote a test. ", 100)), "not an SQLite database"},
		"newer version": {newer, "newer version"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sqlstore.Open(t.Context(), c.path)
			assertSentence(t, err, c.path, c.reason)
		})
	}
}

func TestOpenSaysWhatIsReadOnly(t *testing.T) {
	dir := t.TempDir()
	probe := filepath.Join(dir, "probe")
	require.NoError(t, os.WriteFile(probe, nil, 0o400))
	if f, err := os.OpenFile(probe, os.O_RDWR, 0); err == nil {
		require.NoError(t, f.Close())
		t.Skip("this user, root perhaps, may write everywhere")
	}
	closed := func(path string) string {
		s, err := sqlstore.Open(t.Context(), path)
		require.NoError(t, err)
		require.NoError(t, s.Close())
		return path
	}
	shut := func(path string, mode os.FileMode) {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.NoError(t, os.Chmod(path, mode))
		t.Cleanup(func() { assert.NoError(t, os.Chmod(path, info.Mode())) })
	}

	readOnly := closed(filepath.Join(dir, "read-only.db"))
	shut(readOnly, 0o400)
	_, err := sqlstore.Open(t.Context(), readOnly)
	assertSentence(t, err, readOnly, "read-only")

	secret := closed(filepath.Join(dir, "secret.db"))
	shut(secret, 0)
	_, err = sqlstore.Open(t.Context(), secret)
	assertSentence(t, err, secret, "")

	if runtime.GOOS == "windows" {
		return // there, a directory has no such bit
	}
	within := closed(filepath.Join(t.TempDir(), "books.db"))
	shut(filepath.Dir(within), 0o500)
	_, err = sqlstore.Open(t.Context(), within)
	assertSentence(t, err, within, "")
	missing := filepath.Join(filepath.Dir(within), "missing.db")
	_, err = sqlstore.Open(t.Context(), missing)
	assertSentence(t, err, missing, "permission denied")
}

// assertSentence checks that a person can act on err.
func assertSentence(t *testing.T, err error, path, reason string) {
	t.Helper()
	require.Error(t, err)
	t.Log(err)
	assert.Contains(t, err.Error(), path)
	assert.Contains(t, err.Error(), reason)
	assert.Contains(t, err.Error(), "with -db")
	for _, noise := range []string{"\n", "SQLITE", "(14)", "out of memory", "sqlstore:"} {
		assert.NotContains(t, err.Error(), noise)
	}
}
