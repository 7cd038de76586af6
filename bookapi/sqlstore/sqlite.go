package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"example.com/bookapi/diskspace"
)

// lockWait is how long a call waits while another program writes. SQLite
// writes take milliseconds.
const lockWait = 10 * time.Second

// sqliteDialect is the dialect of SQLite, which takes one writer at a time.
var sqliteDialect = dialect{
	name:     "sqlite",
	prepares: true,
	unavailable: func(err error) bool {
		c := code(err)
		return c == sqlite3.SQLITE_BUSY || c == sqlite3.SQLITE_FULL
	},
}

// openSQLite opens the database in the file at path.
func openSQLite(ctx context.Context, path string) (*Store, error) {
	s, err := openFile(ctx, path)
	if err != nil {
		return nil, fileError(path, err)
	}
	return s, nil
}

func openFile(ctx context.Context, path string) (*Store, error) {
	if path == "" {
		return nil, errors.New("no file is named")
	}
	if err := create(path); err != nil {
		return nil, err
	}
	name, err := dataSource(path)
	if err != nil {
		return nil, err
	}
	read, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, err
	}
	read.SetMaxOpenConns(8)
	read.SetMaxIdleConns(8)
	write, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, errors.Join(err, read.Close())
	}
	// SQLite takes one writer at a time. In the queue of our own the wait is fair and
	// ends with the context; SQLite's is neither.
	write.SetMaxOpenConns(1)

	s := &Store{read: read, write: write, writer: &writer{db: write, limit: callTimeout}, dialect: sqliteDialect, callTimeout: callTimeout,
		disk: &disk{dir: filepath.Dir(path), space: diskspace.Of}}
	if err := useWAL(ctx, write); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := migrate(ctx, write, sqliteDialect, migrations); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	// On a read-only file a transaction begins and ends without complaint. A
	// statement that would write does complain, even if there is no such row.
	if _, err := write.ExecContext(ctx, `DELETE FROM schema_migrations WHERE version < 0`); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// creating keeps create from closing a file that another Open of this program
// already uses: on Unix that would drop the locks SQLite holds on it
// (sqlite.org/howtocorrupt.html, section 2.2).
var creating sync.Mutex

// create makes an empty database with the right permissions, unless the file
// is there. SQLite gives its other files, PATH-wal and PATH-shm, the same ones.
func create(path string) error {
	creating.Lock()
	defer creating.Unlock()
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return errors.New("it is a directory")
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the user of the program chooses the file
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// dataSource returns the URI of the file with the settings of every connection.
func dataSource(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/books.db
	}
	settings := url.Values{
		"mode":    {"rw"},        // create has made the file
		"_txlock": {"immediate"}, // a transaction waits for its lock at the start, where waiting is safe
		"_dqs":    {"0"},         // "text" is a name, as in every other database
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", lockWait.Milliseconds()),
			"foreign_keys(1)",
			"synchronous(FULL)", // on the disk before it is acknowledged: safe on power loss
			"fullfsync(1)",      // macOS: past the cache of the drive too
			"cache_size(-512)",  // KiB of each connection; the system caches the file, too
		},
	}
	uri := url.URL{Scheme: "file", Path: path, RawQuery: settings.Encode()}
	return uri.String(), nil
}

// useWAL turns on the write-ahead log, so that readers and a writer do not wait
// for each other. The file remembers it. SQLite does not wait here if another
// program is doing the same, so we do.
func useWAL(ctx context.Context, db *sql.DB) error {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	for {
		var mode string
		err := db.QueryRowContext(ctx, `PRAGMA journal_mode = WAL`).Scan(&mode)
		switch {
		case err == nil && mode == "wal":
			return nil
		case err == nil:
			return fmt.Errorf("it allows no write-ahead log (mode %s), so it must be on a local disk", mode)
		case code(err) != sqlite3.SQLITE_BUSY:
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// fileError says why the file at path cannot be used, and what to do next.
func fileError(path string, err error) error {
	var (
		reason  = err.Error()
		move    = "choose another file with -db"
		pathErr *fs.PathError
	)
	if errors.As(err, &pathErr) {
		reason = pathErr.Err.Error()
	}
	switch code(err) {
	case sqlite3.SQLITE_NOTADB:
		reason = "it is not an SQLite database"
	case sqlite3.SQLITE_CORRUPT:
		reason, move = "it is damaged", "restore a copy, or choose another file with -db"
	case sqlite3.SQLITE_READONLY:
		reason, move = "it or its directory is read-only", "make them writable, or choose another file with -db"
	case sqlite3.SQLITE_CANTOPEN:
		reason, move = "it or its directory does not let us", "look at their permissions, or choose another file with -db"
	case sqlite3.SQLITE_BUSY:
		reason, move = "another program keeps it locked", "stop that program, or choose another file with -db"
	}
	if errors.Is(err, errSchemaNewer) {
		reason, move = "a newer version of this program has changed it", "update this program, or choose another file with -db"
	}
	return cannotUse(path, reason, move, err)
}

// code returns the primary result code if err came from SQLite, otherwise 0.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}
