package authz_test

import (
	"cmp"
	"log"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	token "example.com/bookapi/step2-token"
	protect "example.com/bookapi/step3-protect"
)

// TestMain keeps the server's log, in which deny.go writes who was turned away,
// out of the failures. What you print with fmt or log to find a mistake stays.
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

var (
	key      = token.Key{ID: "key-a", Secret: []byte("thirty-two bytes that nobody has")}
	issuer   = token.Issuer{Key: key, Lifetime: 15 * time.Minute, Now: atNoon}
	verifier = protect.Verifier{Keys: []token.Key{key}, Now: atNoon}
)

// stranger is a caller without a token.
const stranger = ""

// who names a caller in a sentence.
func who(caller string) string { return cmp.Or(caller, "a stranger") }

// hashOf stands where a user's password hash would. Nobody logs in here with a
// password, so it need not be of one.
func hashOf(username string) string { return "$2a$12$the.password.hash.of." + username }

// household is a store in which everybody has an account: Ada and Mallory are
// readers, Grace is the administrator.
func household(t *testing.T) *memory.Store {
	t.Helper()
	store := new(memory.Store)
	for username, role := range Sorted(map[string]bookapi.Role{Ada: bookapi.RoleReader, Mallory: bookapi.RoleReader, Grace: bookapi.RoleAdmin}) {
		moveIn(t, store, username, role)
	}
	return store
}

// moveIn gives somebody an account.
func moveIn(t *testing.T, store *memory.Store, username string, role bookapi.Role) {
	t.Helper()
	require.NoError(t, store.CreateUser(t.Context(), bookapi.User{Username: username, PasswordHash: hashOf(username), Role: role}))
}

// as adds a caller's token to a request, as they got it at noon: Grace's says
// that she is an administrator, everybody else's that they are not. A stranger
// has none.
func as(t *testing.T, caller string, r *http.Request) *http.Request {
	t.Helper()
	if caller == stranger {
		return r
	}
	role := bookapi.RoleReader
	if caller == Grace {
		role = bookapi.RoleAdmin
	}
	raw, err := issuer.Issue(bookapi.User{Username: caller, Role: role})
	require.NoError(Promise(t, "2.1", "Issue signs a token for %s; step 4 builds on it", caller), err)
	r.Header.Set("Authorization", "Bearer "+raw)
	return r
}

// behind puts a guard in front of a handler, behind the one that finds out who
// is calling.
func behind(t *testing.T, exercise string, guard func(http.Handler) http.Handler, users bookapi.UserStore, h http.Handler) http.Handler {
	t.Helper()
	require.NotNil(Promise(t, exercise, "the guard is a function, not nil"), guard)
	guarded := guard(h)
	require.NotNil(Promise(t, exercise, "the guard returns a handler, not nil"), guarded)
	return protect.RequireUser(verifier, users)(guarded)
}

// A room is a handler behind a guard: it remembers who was let in.
type room struct{ seen []bookapi.User }

func (h *room) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u, _ := bookapi.UserFrom(r.Context())
	h.seen = append(h.seen, u)
	w.WriteHeader(http.StatusNoContent)
}

// runs is how often the handler ran.
func (h *room) runs() int { return len(h.seen) }

// empty demands that nobody got into the room.
func (h *room) empty(t *testing.T, who string, answer Answer) {
	t.Helper()
	if len(h.seen) > 0 {
		t.Fatalf("ATTACK SUCCEEDED: %s got past the guard, and the handler did what was asked; the answer was %v", who, answer)
	}
}

// turnedAway demands a 401 with a Bearer challenge.
func turnedAway(t *testing.T, exercise, who string, answer Answer) {
	t.Helper()
	require.Equal(Promise(t, exercise, "%s is answered 401: we do not know who is calling; not: %v", who, answer), http.StatusUnauthorized, answer.Status)
	challenge := strings.ToLower(answer.Header.Get("WWW-Authenticate"))
	require.True(Promise(t, exercise, "a 401 carries the challenge WWW-Authenticate: Bearer (RFC 6750 §3), not %q", challenge), strings.HasPrefix(challenge, "bearer"))
}
