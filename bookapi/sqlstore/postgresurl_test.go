package sqlstore_test

import (
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/sqlstore"
	"example.com/bookapi/sqlstore/pgtest"
)

// assertServerSentence checks that a person can act on err, and that the
// password "hunter22" is in no part of it.
func assertServerSentence(t *testing.T, err error, reason, move string) {
	t.Helper()
	require.Error(t, err)
	t.Log(err)
	assert.Contains(t, err.Error(), reason)
	assert.Contains(t, err.Error(), "; "+move)
	assert.True(t, strings.HasPrefix(err.Error(), "cannot use the database"))
	for _, noise := range []string{"\n", "hunt", "er22", "SQLSTATE", "sqlstore:", "dial tcp", "failed to"} {
		assert.NotContains(t, err.Error(), noise)
	}
}

func TestOpenSaysInOneSentenceWhatToDoWithAURL(t *testing.T) {
	t.Setenv("PGSSLMODE", "")
	cases := map[string]struct{ url, reason, move string }{
		"another database":      {"mysql://ada:hunter22@localhost/books", "not one of a PostgreSQL", "write it like"},
		"in capitals":           {"Postgres://ada:hunter22@localhost/books", "not one of a PostgreSQL", "write it like"},
		"no port":               {"postgres://ada:hunter22@localhost:books/books", "malformed", "write it like"},
		"a port too high":       {"postgres://ada:hunter22@localhost:70000/books", "malformed", "write it like"},
		"no such mode":          {"postgres://ada:hunter22@localhost/books?sslmode=secure", "malformed", "write it like"},
		"a bad encoding":        {"postgres://ada:hunt%zzer22@localhost/books", "malformed", "write it like"},
		"a password with @":     {"postgres://ada:hunt@er22@localhost/books", "malformed", "write it like"},
		"a password with /":     {"postgres://ada:22/hunter22@localhost/books", "malformed", "write it like"},
		"a password with ?":     {"postgres://ada:22?hunter22@127.0.0.1:1/books", "no server answers there", "start it"},
		"a password with #":     {"postgres://ada:22#hunter22@127.0.0.1:1/books", "no server answers there", "start it"},
		"a password after all":  {"postgres://ada@127.0.0.1:1/books?password=hunter22", "no server answers there", "start it"},
		"no server":             {"postgres://ada:hunter22@127.0.0.1:1/books", "postgres://ada@127.0.0.1:1/books: no server answers there", "start it"},
		"no server, long form":  {"postgresql://ada:hunter22@127.0.0.1:1/books", "no server answers there", "start it"},
		"no server, two names":  {"postgres://ada:hunter22@127.0.0.1:1,127.0.0.1:2/books", "no server answers there", "start it"},
		"over a network, plain": {"postgres://ada:hunter22@db.example.com/books", "might not be encrypted", "add ?sslmode=verify-full"},
		"preferably encrypted":  {"postgres://ada:hunter22@192.0.2.1,127.0.0.1/books", "might not be encrypted", "add ?sslmode=verify-full"},
	}
	if runtime.GOOS != "windows" { // where no server has one
		cases["no socket"] = struct{ url, reason, move string }{"postgres://ada:hunter22@/books?host=" + t.TempDir(), "no server answers there", "start it"}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := sqlstore.Open(t.Context(), c.url)
			assertServerSentence(t, err, c.reason, c.move)
		})
	}
}

func TestOpenSaysWhatTheServerSays(t *testing.T) {
	for name, c := range map[string]struct{ code, message, move string }{
		"wrong password":  {"28P01", `password authentication failed for user "ada"`, "correct user and password"},
		"not from here":   {"28000", `no pg_hba.conf entry for host "127.0.0.1"`, "correct user and password"},
		"no database":     {"3D000", `database "books" does not exist`, "create it with createdb"},
		"no right":        {"42501", `permission denied for schema public`, "let its user create tables"},
		"a standby":       {"25006", `cannot execute CREATE TABLE in a read-only transaction`, "name the server that takes writes"},
		"too many":        {"53300", "sorry, too many clients already", "try again in a moment"},
		"two lines of it": {"57P03", "the database system\nis starting up", "try again in a moment"},
	} {
		t.Run(name, func(t *testing.T) {
			addr := pretend(t, func(server *pgproto3.Backend) {
				server.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: c.code, Message: c.message})
			})
			_, err := sqlstore.Open(t.Context(), "postgres://ada:hunter22@"+addr+"/books?sslmode=disable")
			assertServerSentence(t, err, "postgres://ada@"+addr+"/books: "+strings.ReplaceAll(c.message, "\n", " "), c.move)
		})
	}
}

func TestOpenWantsUTF8(t *testing.T) {
	addr := pretend(t, func(server *pgproto3.Backend) {
		server.Send(&pgproto3.AuthenticationOk{})
		server.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
		server.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
		server.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		if server.Flush() != nil {
			return
		}
		if _, err := server.Receive(); err != nil {
			return
		}
		server.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("server_encoding"), DataTypeOID: 25, DataTypeSize: -1}}})
		server.Send(&pgproto3.DataRow{Values: [][]byte{[]byte("SQL_ASCII")}})
		server.Send(&pgproto3.CommandComplete{CommandTag: []byte("SHOW")})
		server.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	})
	_, err := sqlstore.Open(t.Context(), "postgres://ada:hunter22@"+addr+"/books?sslmode=disable&default_query_exec_mode=simple_protocol")
	assertServerSentence(t, err, "its encoding is not UTF8", "create one with createdb -E UTF8")
}

// pretend returns the address of a server that takes connections and lets answer
// go on from there.
func pretend(t *testing.T, answer func(*pgproto3.Backend)) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, listener.Close()) })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			server := pgproto3.NewBackend(conn, conn)
			if _, err := server.ReceiveStartupMessage(); err == nil {
				answer(server)
				_ = server.Flush()
			}
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}

func TestASchemaThatIsGoneIsSaid(t *testing.T) {
	_, err := sqlstore.Open(t.Context(), pgtest.Open(t)+"_elsewhere")
	assertServerSentence(t, err, "no schema has been selected to create in", "look at its log")
}
