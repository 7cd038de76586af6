package hardening_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"log"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	hardening "example.com/bookapi/step5-hardening"
)

// TestMain keeps the server's log out of the failures. What you print with fmt or
// log to find a mistake stays.
func TestMain(m *testing.M) {
	quiet()
	m.Run()
}

// quiet puts the log back to where it was, after a test that has read it.
func quiet() {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	log.SetOutput(os.Stderr)
}

// noon is when the tests take place; no test looks at the real clock.
var noon = time.Date(2031, time.March, 14, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

// randomBytes returns 32 bytes that no pattern is in, the same in every run for
// the same name.
func randomBytes(name string) []byte {
	sum := sha256.Sum256([]byte("bytes that are random enough for a test, called " + name))
	return sum[:]
}

// randomText returns the same in base64, as "bookapi keys new" prints a secret.
func randomText(name string) string {
	return base64.RawURLEncoding.EncodeToString(randomBytes(name))
}

// An environment is what the server is started with.
type environment map[string]string

func (e environment) getenv(name string) string { return e[name] }

// newUsers returns a store with Ada, Grace and Mallory in it, who read.
func newUsers(t testing.TB) *bookapitest.Store {
	t.Helper()
	store := new(bookapitest.Store)
	for _, name := range []string{bookapitest.Ada, bookapitest.Grace, bookapitest.Mallory} {
		user := bookapi.User{Username: name, PasswordHash: "hash of " + name, Role: bookapi.RoleReader}
		require.NoError(t, store.CreateUser(t.Context(), user))
	}
	return store
}

// from is the context of a request from an address, or of one whose address
// nobody knows.
func from(check *bookapitest.Check, address string) (ctx context.Context) {
	check.Helper()
	if address == nowhere {
		return check.Context()
	}
	handler := located(check, nil, func(_ http.ResponseWriter, r *http.Request) { ctx = r.Context() })
	r := bookapitest.Request("POST", "/token")
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(address), 4711).String()
	answer := bookapitest.Send(check, handler, r)
	require.NotNil(check.Needs("5.4").Promise("ClientAddress lets every request pass, not: %v", answer), ctx)
	return ctx
}

// located puts ClientAddress in front of a handler.
func located(check *bookapitest.Check, proxies []netip.Prefix, next http.HandlerFunc) (handler http.Handler) {
	check.Helper()
	middleware := hardening.ClientAddress(proxies)
	require.NotNil(check.Needs("5.4").Promise("ClientAddress returns middleware"), middleware)
	handler = middleware(next)
	require.NotNil(check.Needs("5.4").Promise("what ClientAddress returns puts a handler in front of another"),
		handler)
	return handler
}

// nowhere stands for an address that cannot be read.
const nowhere = "nowhere"
