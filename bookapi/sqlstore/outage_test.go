package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/sqlstore/pgtest"
)

// road is the way to a server, which a test can cut and block.
type road struct {
	server string
	addr   string
	sees   func([]byte) // what is about to arrive at the server; or nil

	mu       sync.Mutex
	listener net.Listener
	conns    []net.Conn
	passing  sync.RWMutex // held for writing: nothing passes
}

// openRoad returns a road to the server of the URL name, and the URL of the road.
func openRoad(t *testing.T, name string, sees func([]byte)) (*road, string) {
	t.Helper()
	u, err := url.Parse(name)
	require.NoError(t, err)
	r := &road{server: u.Host, addr: "127.0.0.1:0", sees: sees}
	r.mend(t)
	t.Cleanup(r.cut)
	u.Host = r.addr
	return r, u.String()
}

// mend opens the road, at the same address as before.
func (r *road) mend(t *testing.T) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", r.addr)
	require.NoError(t, err)
	r.listener, r.addr = listener, listener.Addr().String()
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", r.server)
			if err != nil {
				_ = from.Close()
				continue
			}
			r.mu.Lock()
			r.conns = append(r.conns, from, to)
			r.mu.Unlock()
			go r.carry(to, from, r.sees)
			go r.carry(from, to, nil)
		}
	}()
}

func (r *road) carry(to, from net.Conn, sees func([]byte)) {
	defer func() { _ = to.Close() }()
	buffer := make([]byte, 1<<16)
	for {
		n, err := from.Read(buffer)
		if sees != nil {
			sees(buffer[:n])
		}
		r.passing.RLock()
		_, writeErr := to.Write(buffer[:n])
		r.passing.RUnlock()
		if err != nil || writeErr != nil {
			return
		}
	}
}

// cut ends all connections, and refuses others.
func (r *road) cut() {
	_ = r.listener.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		_ = c.Close()
	}
	r.conns = nil
}

// fill makes s hold many connections.
func fill(t *testing.T, s *Store) {
	t.Helper()
	var conns []*sql.Conn
	for range maxConns / 2 {
		c, err := s.read.Conn(t.Context())
		require.NoError(t, err)
		conns = append(conns, c)
	}
	for _, c := range conns {
		require.NoError(t, c.Close())
	}
}

func emma(title string) bookapi.Book { return bookapi.Book{Title: title, Author: "Jane Austen"} }

func TestAServerThatGoesAwayIsUnavailableUntilItIsBack(t *testing.T) {
	road, name := openRoad(t, pgtest.Open(t), nil)
	s := MustOpen(t, name)
	kept, err := s.CreateBook(t.Context(), emma("Emma"))
	require.NoError(t, err)

	for range 2 {
		fill(t, s)
		road.cut()
		for name, call := range EveryCall(s) {
			assert.ErrorIs(t, call(t.Context()), bookapi.ErrUnavailable, name)
		}
		_, err = Open(t.Context(), "postgres://"+road.addr+"/books?sslmode=disable")
		assert.ErrorContains(t, err, "no server answers there; start it, or correct its URL")

		road.mend(t)
		// Each connection of old may be found dead once.
		for range maxConns {
			if _, err = s.Book(t.Context(), kept.ID); err == nil {
				break
			}
			require.ErrorIs(t, err, bookapi.ErrUnavailable)
		}
		require.NoError(t, err, "the server is back")
	}

	all, err := s.Books(t.Context(), 0, 10)
	require.NoError(t, err)
	assert.Equal(t, []bookapi.Book{kept}, all, "what was refused has been stored")
	_, err = s.CreateBook(t.Context(), emma("Persuasion"))
	require.NoError(t, err)
}

// Nobody may be told that a book is stored if it is not. One whose
// acknowledgement was lost on the road may be there or not.
func TestWhatWasAcknowledgedIsThereAfterAnOutage(t *testing.T) {
	road, name := openRoad(t, pgtest.Open(t), nil)
	s := MustOpen(t, name)
	const writers = 8
	acknowledged := make([][]int64, writers)
	var wg sync.WaitGroup
	begun := make(chan struct{}, 2*writers)
	for w := range writers {
		wg.Go(func() {
			defer func() { begun <- struct{}{} }()
			for {
				b, err := s.CreateBook(t.Context(), emma("Emma"))
				if err != nil {
					assert.ErrorIs(t, err, bookapi.ErrUnavailable)
					return
				}
				acknowledged[w] = append(acknowledged[w], b.ID)
				if len(acknowledged[w]) == 3 {
					begun <- struct{}{}
				}
			}
		})
	}
	for range writers {
		<-begun
	}
	road.cut()
	wg.Wait()
	road.mend(t)

	s = MustOpen(t, name)
	for _, ids := range acknowledged {
		for _, id := range ids {
			_, err := s.Book(t.Context(), id)
			assert.NoError(t, err, "book %d was acknowledged", id)
		}
	}
}

// A caller who leaves while a commit is under way must not be told that nothing
// has changed.
func TestACommitIsNotTheCallersToInterrupt(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	var armed atomic.Bool
	_, name := openRoad(t, pgtest.Open(t), func(data []byte) {
		if armed.Load() && bytes.Contains(data, []byte("commit")) {
			leave()
		}
	})
	s := MustOpen(t, name)
	armed.Store(true)
	b, err := s.CreateBook(ctx, emma("Emma"))
	require.NoError(t, err)
	require.ErrorIs(t, ctx.Err(), context.Canceled, "nobody left")
	_, err = s.Book(t.Context(), b.ID)
	assert.NoError(t, err)
}

func TestASilentServerIsUnavailableInTime(t *testing.T) {
	road, name := openRoad(t, pgtest.Open(t), nil)
	s := MustOpen(t, name)
	kept, err := s.CreateBook(t.Context(), emma("Emma"))
	require.NoError(t, err)
	fill(t, s)

	road.passing.Lock()
	s.callTimeout = 20 * time.Millisecond
	for name, call := range EveryCall(s) {
		assert.ErrorIs(t, call(t.Context()), bookapi.ErrUnavailable, name)
	}
	s.callTimeout = callTimeout
	road.passing.Unlock()

	for range maxConns {
		if _, err = s.Book(t.Context(), kept.ID); err == nil {
			break
		}
		require.ErrorIs(t, err, bookapi.ErrUnavailable)
	}
	require.NoError(t, err, "the server speaks again")
}

func TestAConnectionThatTheServerEndsIsUnavailable(t *testing.T) {
	name := pgtest.Open(t)
	s, admin := MustOpen(t, name), MustOpen(t, name)
	conn, err := s.read.Conn(t.Context())
	require.NoError(t, err)
	var pid int
	require.NoError(t, conn.QueryRowContext(t.Context(), `SELECT pg_backend_pid()`).Scan(&pid))
	_, err = admin.read.ExecContext(t.Context(), `SELECT pg_terminate_backend($1, 10000)`, pid)
	require.NoError(t, err)

	err = conn.QueryRowContext(t.Context(), `SELECT 1`).Scan(new(int))
	assert.True(t, serverUnavailable(err), "%v", err)
	require.NoError(t, conn.Close())
	assert.ErrorIs(t, EveryCall(s)["Book"](t.Context()), bookapi.ErrNotFound, "there is another connection")
}

// A call that does not get its turn gives up, and has changed nothing.
func TestABusyDatabaseIsUnavailableInTime(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		s, other := MustOpen(t, name), MustOpen(t, name)
		require.NoError(t, s.CreateUser(t.Context(), bookapi.User{Username: "ada", PasswordHash: "old"}))
		tx, err := other.write.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		_, err = tx.ExecContext(t.Context(), `UPDATE users SET role = role`)
		require.NoError(t, err)

		s.callTimeout = 50 * time.Millisecond
		if s.dialect.name == "sqlite" {
			_, err = s.write.ExecContext(t.Context(), `PRAGMA busy_timeout = 10`)
			require.NoError(t, err)
		}
		err = s.ChangePassword(t.Context(), "ada", "old", "new", time.Now)
		assert.ErrorIs(t, err, bookapi.ErrUnavailable)
		s.callTimeout = callTimeout
		require.NoError(t, tx.Rollback())

		ada, err := s.User(t.Context(), "ada")
		require.NoError(t, err)
		assert.Equal(t, "old", ada.PasswordHash)
		require.NoError(t, s.ChangePassword(t.Context(), "ada", "old", "new", time.Now))
	})
}

func TestACallWaitsForAConnectionOnlySoLong(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		s := MustOpen(t, name)
		var taken []*sql.Conn
		for _, db := range []*sql.DB{s.read, s.write} {
			db.SetMaxOpenConns(db.Stats().OpenConnections + 1)
			for db.Stats().InUse < db.Stats().MaxOpenConnections {
				c, err := db.Conn(t.Context())
				require.NoError(t, err)
				taken = append(taken, c)
			}
		}
		s.callTimeout = 10 * time.Millisecond
		for name, call := range EveryCall(s) {
			assert.ErrorIs(t, call(t.Context()), bookapi.ErrUnavailable, name)
		}
		for _, c := range taken {
			require.NoError(t, c.Close())
		}
		s.callTimeout = callTimeout
		assert.ErrorIs(t, EveryCall(s)["User"](t.Context()), bookapi.ErrNotFound)
	})
}

func TestTheCallersOwnDeadlineIsTheCallers(t *testing.T) {
	s := MustOpen(t, filepath.Join(t.TempDir(), "books.db"))
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for name, call := range EveryCall(s) {
		err := call(ctx)
		assert.ErrorIs(t, err, context.DeadlineExceeded, name)
		assert.NotErrorIs(t, err, bookapi.ErrUnavailable, name)
	}
}

func TestWhatPostgresMeansByUnavailable(t *testing.T) {
	for code, want := range map[string]bool{
		"08006": true,  // connection_failure
		"25006": true,  // read_only_sql_transaction
		"25P03": true,  // idle_in_transaction_session_timeout
		"40001": true,  // serialization_failure
		"40P01": true,  // deadlock_detected
		"53100": true,  // disk_full
		"53300": true,  // too_many_connections
		"55P03": true,  // lock_not_available
		"57014": true,  // query_canceled, by statement_timeout
		"57P01": true,  // admin_shutdown
		"57P03": true,  // cannot_connect_now
		"58030": true,  // io_error
		"22021": false, // character_not_in_repertoire
		"23505": false, // unique_violation
		"25001": false, // active_sql_transaction
		"42501": false, // insufficient_privilege
		"42703": false, // undefined_column
		"55000": false, // object_not_in_prerequisite_state
		"XX000": false, // internal_error
	} {
		assert.Equal(t, want, serverUnavailable(fmt.Errorf("read: %w", &pgconn.PgError{Code: code})), code)
	}
	assert.True(t, serverUnavailable(&pgconn.ConnectError{}), "whatever kept us out: it did not while the program started")
	assert.True(t, serverUnavailable(io.ErrUnexpectedEOF))
	assert.False(t, serverUnavailable(errors.New("a mistake of ours")))
	assert.False(t, serverUnavailable(sql.ErrNoRows))
}

// A connection that is closed with its statement costs the next caller a process of the
// server's and a handshake, so a client that hangs up again and again would hold up
// all others.
func TestACallerWhoLeavesCostsNoConnection(t *testing.T) {
	s := MustOpen(t, pgtest.Open(t))
	s.read.SetMaxOpenConns(1)
	process := func() (id int) {
		require.NoError(t, s.read.QueryRowContext(t.Context(), `SELECT pg_backend_pid()`).Scan(&id))
		return id
	}
	first := process()
	for what, call := range map[string]func(context.Context) error{
		"read": func(ctx context.Context) error {
			rows, err := s.query(ctx, `SELECT pg_sleep(0.1)`)
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			for rows.Next() {
				continue
			}
			return rows.Err()
		},
		"change": func(ctx context.Context) error {
			_, err := s.write.ExecContext(ctx, `UPDATE last_book SET id = id FROM pg_sleep(0.1)`)
			return err
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		err := s.call(ctx, what, call)
		cancel()
		if err != nil {
			assert.ErrorIs(t, err, context.DeadlineExceeded, what)
		}
		assert.Equal(t, first, process(), "the server's process after a %s", what)
	}
	_, err := s.CreateBook(t.Context(), bookapi.Book{Title: "Emma", Author: "Jane Austen"})
	assert.NoError(t, err)
}
