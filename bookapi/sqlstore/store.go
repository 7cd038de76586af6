// Package sqlstore keeps everything in a database that outlives the program: an
// SQLite file, or PostgreSQL. Both are reached through database/sql, with drivers
// that need no cgo, and with the same SQL.
//
// What a call has acknowledged survives a crash of the program and a loss of
// power. Several programs may use the same database at once.
//
// No lesson imports this package: the drivers take a minute to compile.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.com/bookapi"
)

// callTimeout is how long a call waits for the database.
const callTimeout = 10 * time.Second

var _ bookapi.Store = (*Store)(nil)

// Store is a bookapi.Store over a database, safe for concurrent use.
//
// A call whose context ends returns the context's error and has changed nothing.
// If the database cannot be asked now, because it is down, overloaded, locked, or
// silent for ten seconds and ten more for a commit, the error is
// bookapi.ErrUnavailable; the next call asks again. A call that should have
// changed something may then have done so, if the connection was lost while the
// end of it was awaited: nothing is tried twice.
type Store struct {
	read        *sql.DB
	write       *sql.DB
	writer      *writer // makes the changes; nil: each has a transaction of its own
	dialect     dialect
	callTimeout time.Duration
	disk        *disk // of SQLite

	windows    atomic.Int64 // of attempts, that have begun
	statements sync.Map     // of each query, an *sql.Stmt, if the dialect prepares
}

// dialect is what the databases do not have in common.
type dialect struct {
	name           string // as in the file name of a migration for this database only
	lockMigrations string // a statement that makes other migrations wait for the end of the transaction; empty: they do anyway
	prepares       bool   // queries are prepared once and kept: the driver would compile them at each call
	skipLocked     string // the end of a query that passes over rows that other transactions are changing; empty: there are none

	// unavailable reports an error that says nothing about the question.
	unavailable func(error) bool
}

// Open opens a database: the PostgreSQL of a postgres:// or postgresql:// URL, or
// the SQLite file of any other name. A missing file is created, readable by its
// owner only, since it will hold password hashes. A database without our tables
// gets them, and older ones are brought up to date.
//
// An error is one sentence for the person at the keyboard, and keeps the
// password of the URL to itself.
func Open(ctx context.Context, name string) (*Store, error) {
	scheme, _, isURL := strings.Cut(name, "://")
	switch {
	case isURL && (scheme == "postgres" || scheme == "postgresql"):
		return openPostgres(ctx, name)
	case isURL && len(scheme) > 1: // C://books.db is a file
		return nil, errScheme
	default:
		return openSQLite(ctx, name)
	}
}

// Close ends the use of the database.
func (s *Store) Close() error {
	return errors.Join(s.read.Close(), s.write.Close())
}
