// Package pgtest gives tests a PostgreSQL database of their own.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Variable is the environment variable that says which server to test on. Its
// value is the postgres:// URL of a database in which the user may create
// schemas, such as postgres://postgres:secret@localhost/postgres.
const Variable = "BOOKAPI_TEST_POSTGRES"

// Server returns the value of Variable. Without one it skips the test; but where
// BOOKAPI_TEST_ALL says that all tests can run, it fails.
func Server(t testing.TB) string {
	t.Helper()
	server := os.Getenv(Variable)
	switch {
	case server == "" && os.Getenv("BOOKAPI_TEST_ALL") != "":
		t.Fatalf("%s is not set, and with BOOKAPI_TEST_ALL nothing may skip", Variable)
	case server == "":
		t.Skipf("needs PostgreSQL; set %s=postgres://user:password@localhost/postgres to run it", Variable)
	}
	return server
}

// Open returns the URL of an empty database: a new schema on the Server, dropped
// when the test ends.
func Open(t testing.TB) string {
	t.Helper()
	server := Server(t)
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		t.Fatalf("%s is not a postgres:// URL", Variable) // and may hold a password
	}
	schema := "test_" + strings.ToLower(rand.Text())
	execute(t, server, `CREATE SCHEMA `+schema)
	t.Cleanup(func() { execute(t, server, `DROP SCHEMA `+schema+` CASCADE`) })

	query := u.Query()
	query.Set("search_path", schema)
	u.RawQuery = query.Encode()
	return u.String()
}

// execute runs a statement on a connection of its own.
func execute(t testing.TB, server, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
	defer cancel()
	db, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatalf("%s cannot be used: %v", Variable, err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		t.Fatalf("%s cannot be used: %v", Variable, err)
	}
}
