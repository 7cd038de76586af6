package protect_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	protect "example.com/bookapi/step3-protect"
)

// A room is a handler behind the guard: it remembers who was let in.
type room struct{ seen []bookapi.User }

func (h *room) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u, _ := bookapi.UserFrom(r.Context())
	h.seen = append(h.seen, u)
	w.WriteHeader(http.StatusNoContent)
}

// enter sends a request through the guard and returns the answer and who, if
// anybody, reached the room behind it.
func enter(t *testing.T, users bookapi.UserStore, authorization ...string) (Answer, []bookapi.User) {
	t.Helper()
	return door(t, users)(withAuthorization(authorization...))
}

// door puts one guard in front of a room. What it returns sends a request
// there, and tells the answer and who, if anybody, got in this time.
func door(t *testing.T, users bookapi.UserStore) func(*http.Request) (Answer, []bookapi.User) {
	t.Helper()
	h := new(room)
	guarded := protect.RequireUser(verifier, users)(h)
	require.NotNil(Promise(t, "3.3", "RequireUser returns middleware that returns a handler"), guarded)
	return func(r *http.Request) (Answer, []bookapi.User) {
		t.Helper()
		h.seen = nil
		return Send(t, guarded, r), h.seen
	}
}

// adaEnters makes sure that the honest caller passes.
func adaEnters(t *testing.T, users bookapi.UserStore) []bookapi.User {
	t.Helper()
	answer, seen := enter(t, users, "Bearer "+issue(t, Ada, bookapi.RoleReader))
	require.Equal(Promise(t, "3.3", "ada's token lets her pass, not: %v", answer), http.StatusNoContent, answer.Status)
	return seen
}

// turnedAway demands a 401 with a Bearer challenge from which nobody passed,
// and returns the challenge.
func turnedAway(t *testing.T, who string, answer Answer, seen []bookapi.User) string {
	t.Helper()
	if len(seen) > 0 {
		t.Fatalf("ATTACK SUCCEEDED: %s reached the handler behind the guard as %q; the answer was %v", who, seen[0].Username, answer)
	}
	require.Equal(Promise(t, "3.3", "%s is answered 401, not: %v", who, answer), http.StatusUnauthorized, answer.Status)
	challenge := strings.ToLower(answer.Header.Get("WWW-Authenticate"))
	require.True(Promise(t, "3.3", "a 401 carries the challenge WWW-Authenticate: Bearer (RFC 6750 §3), not %q", challenge), strings.HasPrefix(challenge, "bearer"))
	return challenge
}

func TestRequireUserTellsTheHandlerWhoCalls(t *testing.T) {
	users := household(t)
	seen := adaEnters(t, users)
	require.Len(Promise(t, "3.3", "the handler runs once"), seen, 1)
	assert.Equal(Promise(t, "3.3", "the handler finds ada with bookapi.UserFrom"), Ada, seen[0].Username)

	_, seen = enter(t, users, "Bearer "+issue(t, Grace, bookapi.RoleAdmin))
	require.Len(Promise(t, "3.3", "the handler runs once"), seen, 1)
	assert.Equal(Promise(t, "3.3", "the handler finds grace with bookapi.UserFrom"), Grace, seen[0].Username)
}

func TestRequireUserTurnsStrangersAway(t *testing.T) {
	users := household(t)
	adaEnters(t, users)
	answer, seen := enter(t, users)
	challenge := turnedAway(t, "a request without a token", answer, seen)
	assert.NotContains(Promise(t, "3.3", "without a token the challenge has no error code (RFC 6750 §3.1)"), challenge, "error=")
}

func TestRequireUserForgetsWhoWasThere(t *testing.T) {
	knock := door(t, household(t))
	answer, _ := knock(withAuthorization("Bearer " + issue(t, Ada, bookapi.RoleReader)))
	require.Equal(Promise(t, "3.3", "ada's token lets her pass, not: %v", answer), http.StatusNoContent, answer.Status)
	answer, seen := knock(withAuthorization())
	turnedAway(t, "a request without a token, from the same address just after ada's,", answer, seen)
}

func TestRequireUserBelievesNoOtherHeader(t *testing.T) {
	knock := door(t, household(t))
	answer, _ := knock(withAuthorization("Bearer " + issue(t, Ada, bookapi.RoleReader)))
	require.Equal(Promise(t, "3.3", "ada's token lets her pass, not: %v", answer), http.StatusNoContent, answer.Status)
	for _, name := range []string{"X-User", "X-Username", "X-Forwarded-User", "X-Remote-User", "Remote-User", "X-Auth-Request-User", "X-Webauth-User"} {
		r := withAuthorization()
		r.Header.Set(name, Grace)
		answer, seen := knock(r)
		turnedAway(t, "a request without a token, but with "+name+": grace,", answer, seen)
	}
	for _, name := range []string{"X-On-Behalf-Of", "X-Act-As", "X-Impersonate-User", "X-Forwarded-User", "X-User", "Sudo"} {
		r := withAuthorization("Bearer " + issue(t, Ada, bookapi.RoleReader))
		r.Header.Set(name, Grace)
		if _, seen := knock(r); len(seen) > 0 && seen[0].Username != Ada {
			t.Errorf("ATTACK SUCCEEDED: ada's token with %s: grace in another header, and the handler takes her for %q", name, seen[0].Username)
		}
	}
}

func TestRequireUserTurnsForgersAway(t *testing.T) {
	for what, claims := range Sorted(map[string]map[string]any{
		"a forged token":   nil,
		"an expired token": {"exp": noon.Unix() - 3600},
	}) {
		t.Run(what, func(t *testing.T) {
			users := household(t)
			adaEnters(t, users)
			secret := "a secret that mallory made up ..."
			if claims != nil {
				secret = string(keyA.Secret)
			}
			raw := resign(t, map[string]any{"kid": keyA.ID}, graceClaims(claims), secret)
			answer, seen := enter(t, users, "Bearer "+raw)
			challenge := turnedAway(t, "mallory with "+what, answer, seen)
			assert.Contains(Promise(t, "3.3", "a token that is not good is an invalid_token (RFC 6750 §3.1)"), challenge, "invalid_token")
			assert.NotContains(Promise(t, "3.3", "the answer does not repeat the token"), answer.Body, raw)
		})
	}
}

func TestRequireUserTurnsTheDeletedAway(t *testing.T) {
	users := household(t)
	knock, grace := door(t, users), "Bearer "+issue(t, Grace, bookapi.RoleAdmin)
	answer, _ := knock(withAuthorization(grace))
	require.Equal(Promise(t, "3.3", "grace's token lets her pass, not: %v", answer), http.StatusNoContent, answer.Status)
	require.NoError(t, users.DeleteUser(t.Context(), Grace))
	answer, seen := knock(withAuthorization(grace))
	turnedAway(t, "grace, whose account was deleted a minute ago,", answer, seen)
}

func TestRequireUserLoadsTheRow(t *testing.T) {
	users := household(t)
	seen := adaEnters(t, users)
	stored, err := users.User(t.Context(), Ada)
	require.NoError(t, err)
	assert.Equal(Promise(t, "3.3", "the user in the context is the row in the store, not what the token remembers"), []bookapi.User{stored}, seen)

	answer, seen := enter(t, users, "Bearer "+issue(t, Ada, bookapi.RoleAdmin)) // until an hour ago
	require.Equal(Promise(t, "3.3", "ada's older token lets her pass too, not: %v", answer), http.StatusNoContent, answer.Status)
	if seen[0].Role != bookapi.RoleReader {
		t.Errorf("ATTACK SUCCEEDED: ada's role was taken from her an hour ago, and her token of before makes her %q still", seen[0].Role)
	}
}

func TestRequireUserStaysShutWhenTheStoreIsAway(t *testing.T) {
	adaEnters(t, household(t))
	down := brokenStore{err: errors.New("dial tcp 10.0.0.7:5432: connection refused")}
	answer, seen := enter(t, down, "Bearer "+issue(t, Ada, bookapi.RoleReader))
	if len(seen) > 0 {
		t.Fatalf("ATTACK SUCCEEDED: with the database away the guard cannot know who is left, and let %q pass", seen[0].Username)
	}
	assert.GreaterOrEqual(Promise(t, "3.3", "a store that is away is the server's fault, not: %v", answer), answer.Status, 500)
	if strings.Contains(answer.Body, "10.0.0.7") {
		t.Errorf("ATTACK SUCCEEDED: mallory reads in the answer how our database is reached: %v", answer)
	}
}

func TestRequireUserKeepsRequestsApart(t *testing.T) {
	users := household(t)
	adaEnters(t, users)

	// While Ada's request is in its handler, Grace's passes the same guard.
	var guarded http.Handler
	var during, after string
	guarded = protect.RequireUser(verifier, users)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u, _ := bookapi.UserFrom(r.Context()); u.Username == Ada {
			Send(t, guarded, withAuthorization("Bearer "+issue(t, Grace, bookapi.RoleAdmin)))
			u, _ := bookapi.UserFrom(r.Context())
			after = u.Username
		} else {
			during = u.Username
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	Send(t, guarded, withAuthorization("Bearer "+issue(t, Ada, bookapi.RoleReader)))
	assert.Equal(Promise(t, "3.3", "grace is grace"), Grace, during)
	if after != Ada {
		t.Errorf("ATTACK SUCCEEDED: two requests at the same time, and ada's became %q's: the guard keeps the caller where all requests see it", after)
	}
}

func TestRequireUserLogsNoToken(t *testing.T) {
	users := household(t)
	adaEnters(t, users)
	honest := issue(t, Ada, bookapi.RoleReader)
	forged := resign(t, map[string]any{"kid": keyA.ID}, graceClaims(nil), "a secret that mallory made up ...")
	text := logged(func() {
		enter(t, users, "Bearer "+honest)
		enter(t, users, "Bearer "+forged)
		enter(t, brokenStore{err: errors.New("the database is away")}, "Bearer "+honest)
	})
	for what, secret := range Sorted(map[string]string{"ada's token": honest, "a token that is refused here and may be good elsewhere": forged}) {
		if form := Leak(text, secret); form != "" {
			t.Errorf("ATTACK SUCCEEDED: mallory reads the server's log, and in it %s, %s", what, form)
		}
	}
}

// brokenStore is a database that is away.
type brokenStore struct{ err error }

func (s brokenStore) CreateUser(context.Context, bookapi.User) error { return s.err }
func (s brokenStore) User(context.Context, string) (bookapi.User, error) {
	return bookapi.User{}, s.err
}
func (s brokenStore) Users(context.Context, string, int) ([]bookapi.User, error) { return nil, s.err }
func (s brokenStore) SetRole(context.Context, string, bookapi.Role) error        { return s.err }
func (s brokenStore) ReplacePasswordHash(context.Context, string, string, string) error {
	return s.err
}
