package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresDialect is the dialect of PostgreSQL.
var postgresDialect = dialect{
	name: "postgres",
	// The lock has a number of our own, "bookapi" in ASCII. A program that
	// waits for it waits for the migrations of another.
	lockMigrations: `SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(27707072051245161)`,
	skipLocked:     `FOR UPDATE SKIP LOCKED`,
	unavailable:    serverUnavailable,
}

// maxConns is how many connections one program holds at most. A server takes
// 100 unless told otherwise: enough for a few replicas, and a psql.
const maxConns = 16

// hungUpWait is how long a statement goes on whose caller waits no longer.
const hungUpWait = time.Second

// openPostgres opens the database behind a postgres:// URL.
func openPostgres(ctx context.Context, url string) (*Store, error) {
	config, err := parse(url)
	if err != nil {
		return nil, err
	}
	limit := strconv.FormatInt(callTimeout.Milliseconds(), 10)
	for name, value := range map[string]string{
		"application_name": "bookapi",
		"client_encoding":  "UTF8",
		// What we say of two transactions at once is said of this level.
		"default_transaction_isolation": "read committed",
		// The locks of a program that was cut off do not last.
		"statement_timeout":                   limit,
		"idle_in_transaction_session_timeout": limit,
	} {
		if _, chosen := config.RuntimeParams[name]; !chosen {
			config.RuntimeParams[name] = value
		}
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = callTimeout / 2
	}

	// A client that hangs up in the middle of a statement costs us no connection: what
	// the statement says is read to its end, if that comes soon. A new connection takes
	// a process of the server's and the hash of a password.
	config.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.DeadlineContextWatcherHandler{Conn: c.Conn(), DeadlineDelay: hungUpWait}
	}

	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	db.SetConnMaxLifetime(30 * time.Minute) // finds its way to a server that has taken over
	s := &Store{read: db, write: db, dialect: postgresDialect, callTimeout: callTimeout}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(serverError(config, err), s.Close())
	}
	return s, nil
}

// prepare makes an empty database, or an older one, fit for use.
func (s *Store) prepare(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, s.callTimeout)
	defer cancel()
	var encoding string
	if err := s.read.QueryRowContext(bounded, `SHOW server_encoding`).Scan(&encoding); err != nil {
		return err
	}
	if encoding != "UTF8" {
		return errEncoding
	}
	return migrate(ctx, s.write, postgresDialect, migrations)
}

// serverUnavailable reports an error that another moment, or another server, may
// not have: of the way there, or of a kind that PostgreSQL names by its SQLSTATE
// (its manual, appendix A).
func serverUnavailable(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code {
		case "25006", // read_only_sql_transaction: it has become the standby of another
			"25P03", // idle_in_transaction_session_timeout
			"55P03": // lock_not_available
			return true
		}
		return strings.HasPrefix(e.Code, "08") || // connection exception
			strings.HasPrefix(e.Code, "40") || // transaction rollback: a deadlock, for one
			strings.HasPrefix(e.Code, "53") || // insufficient resources: connections, memory, disk
			strings.HasPrefix(e.Code, "57") || // operator intervention: a shutdown, a timeout
			strings.HasPrefix(e.Code, "58") // system error, outside PostgreSQL
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	for _, lost := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, driver.ErrBadConn, sql.ErrConnDone, pgconn.ErrConnClosed} {
		if errors.Is(err, lost) {
			return true
		}
	}
	return false
}
