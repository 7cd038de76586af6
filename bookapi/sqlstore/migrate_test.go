package sqlstore

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMigrationsAreNumberedWithoutAGap(t *testing.T) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for i, name := range names {
		assert.Regexp(t, fmt.Sprintf(`^migrations/%04d_[a-z_]+(\.postgres)?\.sql$`, i+1), name)
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

func TestMigrationsAreAllOrNothing(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "books.db"))
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()

	files := applied(t)
	files["migrations/0100_shelves.sql"] = &fstest.MapFile{Data: []byte(`CREATE TABLE shelves (id BIGINT); INSERT INTO shelves VALUES (1);`)}
	files["migrations/0101_broken.sql"] = &fstest.MapFile{Data: []byte(`CREATE TABLE rooms (id BIGINT); INSERT INTO no_such_table VALUES (1);`)}

	tables := func() (n int) {
		query := `SELECT COUNT(*) FROM sqlite_master WHERE name IN ('shelves', 'rooms')`
		require.NoError(t, s.read.QueryRowContext(t.Context(), query).Scan(&n))
		return n
	}
	err = migrate(t.Context(), s.write, s.dialect, files)
	require.ErrorContains(t, err, "0101_broken.sql")
	assert.Zero(t, tables(), "half of the migrations stayed")

	files["migrations/0101_broken.sql"].Data = []byte(`CREATE TABLE rooms (id BIGINT);`)
	require.NoError(t, migrate(t.Context(), s.write, s.dialect, files), "the mended program can go on")
	assert.Equal(t, 2, tables())
	require.NoError(t, migrate(t.Context(), s.write, s.dialect, files), "once more: nothing to do")

	assert.ErrorIs(t, migrate(t.Context(), s.write, s.dialect, migrations), errNewer, "the old program meets the new schema")
}

func TestProgramsThatUpgradeAtOnceTakeTurns(t *testing.T) {
	for range 5 {
		path := filepath.Join(t.TempDir(), "books.db")
		var wg sync.WaitGroup
		stores := make([]*Store, 6)
		for i := range stores {
			s, err := Open(t.Context(), path)
			require.NoError(t, err)
			stores[i] = s
		}
		files := applied(t)
		files["migrations/0100_shelves.sql"] = &fstest.MapFile{Data: []byte(`CREATE TABLE shelves (id BIGINT);`)}
		for _, s := range stores {
			wg.Go(func() { assert.NoError(t, migrate(t.Context(), s.write, s.dialect, files)) })
		}
		wg.Wait()
		for _, s := range stores {
			require.NoError(t, s.Close())
		}
	}
}

func TestEveryConnectionIsSafeOnPowerLoss(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "books.db"))
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()
	for pragma, want := range map[string]string{
		"journal_mode": "wal",
		"synchronous":  "2", // FULL
		"fullfsync":    "1",
		"foreign_keys": "1",
		"busy_timeout": "10000",
	} {
		var got string
		require.NoError(t, s.write.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
		assert.Equal(t, want, got, pragma)
	}
}
