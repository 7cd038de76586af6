package sqlstore

import (
	"database/sql"
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
)

func TestMigrationsAreNumberedWithoutAGap(t *testing.T) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for i, name := range names {
		assert.Regexp(t, fmt.Sprintf(`^migrations/%04d_[a-z_]+(\.postgres|\.sqlite)?\.sql$`, i+1), name)
	}
}

// applied returns the migrations of a later version of this program: those of
// today, which a test's database has behind it, and what the test adds.
func applied(t *testing.T) fstest.MapFS {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	require.NoError(t, err)
	files := fstest.MapFS{}
	for _, name := range names {
		files[name] = &fstest.MapFile{}
	}
	return files
}

// exists reports whether there is such a table.
func exists(t *testing.T, db *sql.DB, table string) bool {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT * FROM `+table)
	if err != nil {
		assert.ErrorContains(t, err, table)
		return false
	}
	defer func() { assert.NoError(t, rows.Close()) }()
	require.NoError(t, rows.Err())
	return true
}

func TestMigrationsAreAllOrNothing(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		s := MustOpen(t, name)
		files := applied(t)
		files["migrations/0100_shelves.sql"] = &fstest.MapFile{Data: []byte(`CREATE TABLE shelves (id BIGINT); INSERT INTO shelves VALUES (1);`)}
		files["migrations/0101_broken.sql"] = &fstest.MapFile{Data: []byte(`CREATE TABLE rooms (id BIGINT); INSERT INTO no_such_table VALUES (1);`)}

		err := migrate(t.Context(), s.write, s.dialect, files)
		require.ErrorContains(t, err, "0101_broken.sql")
		assert.False(t, exists(t, s.read, "shelves"), "half of the migrations stayed")
		assert.False(t, exists(t, s.read, "rooms"), "half of a migration stayed")

		files["migrations/0101_broken.sql"].Data = []byte(`CREATE TABLE rooms (id BIGINT);`)
		require.NoError(t, migrate(t.Context(), s.write, s.dialect, files), "the mended program can go on")
		assert.True(t, exists(t, s.read, "shelves"))
		assert.True(t, exists(t, s.read, "rooms"))
		require.NoError(t, migrate(t.Context(), s.write, s.dialect, files), "once more: nothing to do")

		assert.ErrorIs(t, migrate(t.Context(), s.write, s.dialect, migrations), errSchemaNewer, "the old program meets the new schema")
		_, err = Open(t.Context(), name)
		assert.ErrorIs(t, err, errSchemaNewer)
	})
}

func TestAMigrationCanBeForOneDatabase(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		s := MustOpen(t, name)
		files := applied(t)
		files["migrations/0100_files.sqlite.sql"] = &fstest.MapFile{Data: []byte(`CREATE TABLE only_sqlite (id BIGINT);`)}
		files["migrations/0101_servers.postgres.sql"] = &fstest.MapFile{Data: []byte(`CREATE TABLE only_postgres (id BIGINT);`)}
		files["migrations/0102_both.sql"] = &fstest.MapFile{Data: []byte(`CREATE TABLE shelves (id BIGINT);`)}
		for range 2 {
			require.NoError(t, migrate(t.Context(), s.write, s.dialect, files))
		}
		assert.True(t, exists(t, s.read, "only_"+s.dialect.name))
		assert.NotEqual(t, exists(t, s.read, "only_sqlite"), exists(t, s.read, "only_postgres"))
		assert.True(t, exists(t, s.read, "shelves"))
	})
}

func TestWhatTheFirstVersionStoredIsStillThere(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		const first = "migrations/0001_books_and_users.sql"
		s := MustOpen(t, name)
		for _, table := range []string{"schema_migrations", "sessions", "attempts", "users", "books", "last_book"} {
			_, err := s.write.ExecContext(t.Context(), `DROP TABLE `+table)
			require.NoError(t, err)
		}
		statements, err := fs.ReadFile(migrations, first)
		require.NoError(t, err)
		require.NoError(t, migrate(t.Context(), s.write, s.dialect, fstest.MapFS{first: {Data: statements}}))
		for _, insert := range []string{
			`INSERT INTO users (username, password_hash, role) VALUES ('ada', 'hash', 'admin')`,
			`INSERT INTO books (id, title, author, year, created_by) VALUES (7, 'Emma', 'Jane Austen', 1815, 'ada')`,
			`UPDATE last_book SET id = 7`,
		} {
			_, err := s.write.ExecContext(t.Context(), insert)
			require.NoError(t, err)
		}

		s = MustOpen(t, name)
		ada, err := s.User(t.Context(), "ada")
		require.NoError(t, err)
		assert.Equal(t, bookapi.User{Username: "ada", PasswordHash: "hash", Role: bookapi.RoleAdmin}, ada)
		emma, err := s.Book(t.Context(), 7)
		require.NoError(t, err)
		assert.Equal(t, bookapi.Book{ID: 7, Title: "Emma", Author: "Jane Austen", Year: 1815, CreatedBy: "ada"}, emma)
		next, err := s.CreateBook(t.Context(), bookapi.Book{Title: "Persuasion", Author: "Jane Austen"})
		require.NoError(t, err)
		assert.Equal(t, int64(8), next.ID)
	})
}

func TestProgramsThatUpgradeAtOnceTakeTurns(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		stores := make([]*Store, 6)
		for i := range stores {
			stores[i] = MustOpen(t, name)
		}
		files := applied(t)
		for round := range 5 {
			file := fmt.Sprintf("migrations/%04d_shelves.sql", 100+round)
			files[file] = &fstest.MapFile{Data: fmt.Appendf(nil, `CREATE TABLE shelves%d (id BIGINT);`, round)}
			var wg sync.WaitGroup
			for _, s := range stores {
				wg.Go(func() { assert.NoError(t, migrate(t.Context(), s.write, s.dialect, files)) })
			}
			wg.Wait()
		}
	})
}

// Whoever deletes a user by hand has ended their sessions with it.
func TestSessionsGoWithTheirUser(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		s := MustOpen(t, name)
		for _, name := range []string{"ada", "mallory"} {
			require.NoError(t, s.CreateUser(t.Context(), bookapi.User{Username: name, PasswordHash: "hash"}))
			require.NoError(t, s.CreateSession(t.Context(), bookapi.Session{
				ID: "session of " + name, Username: name, Expires: time.Now().Add(time.Hour),
			}, "hash"))
		}
		_, err := s.write.ExecContext(t.Context(), `DELETE FROM users WHERE username = 'mallory'`)
		require.NoError(t, err)
		_, err = s.Session(t.Context(), "session of mallory")
		assert.ErrorIs(t, err, bookapi.ErrNotFound)
		_, err = s.Session(t.Context(), "session of ada")
		assert.NoError(t, err)
	})
}
