package hardening_test

import (
	"crypto/sha256"
	"encoding/base64"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	. "example.com/bookapi/bookapitest"
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
	sum := sha256.Sum256([]byte(name))
	return sum[:]
}

// randomText returns the same in base64, as "bookapi keys new" prints a secret.
func randomText(name string) string {
	return base64.RawURLEncoding.EncodeToString(randomBytes(name))
}

// sent gives a request to a handler and returns its answer as it would have gone
// over the network: without the headers that were set too late.
func sent(t *testing.T, h http.Handler, r *http.Request) Answer {
	t.Helper()
	w := httptest.NewRecorder()
	require.NotPanics(t, func() { h.ServeHTTP(w, r) }, "%s %s made the handler panic", r.Method, r.URL)
	return Answer{Status: w.Code, Header: w.Result().Header, Body: w.Body.String()}
}
