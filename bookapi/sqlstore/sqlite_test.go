package sqlstore_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/sqlstore"
)

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
			all, err := sqlstore.MustOpen(t, path).Books(t.Context(), 0, 10)
			require.NoError(t, err)
			assert.Len(t, all, 1)
		})
	}
}

func TestARelativePathStartsHere(t *testing.T) {
	t.Chdir(t.TempDir())
	sqlstore.MustOpen(t, "books.db")
	assert.FileExists(t, "books.db")
}

func TestOnlyTheOwnerReadsTheFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows: the directory's access list decides")
	}
	path := filepath.Join(t.TempDir(), "books.db")
	s := sqlstore.MustOpen(t, path)
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
