package authz_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	authz "example.com/bookapi/step4-authz"
)

// enter sends a caller's request through the guard for a role and returns the
// answer, and the room behind it.
func enter(t *testing.T, users bookapi.UserStore, role bookapi.Role, caller string) (Answer, *room) {
	t.Helper()
	h := new(room)
	guarded := behind(t, "4.1", authz.RequireRole(role), users, h)
	return Send(t, guarded, as(t, caller, Request(http.MethodGet, "/users"))), h
}

// graceEnters makes sure that the administrator passes.
func graceEnters(t *testing.T, users bookapi.UserStore) *room {
	t.Helper()
	answer, h := enter(t, users, bookapi.RoleAdmin, Grace)
	require.Equal(Promise(t, "4.1", "RequireRole(RoleAdmin) lets grace, who is an administrator, pass, not: %v", answer), http.StatusNoContent, answer.Status)
	return h
}

// forbidden demands a 403, and that nobody got in.
func forbidden(t *testing.T, who string, answer Answer, h *room) {
	t.Helper()
	h.empty(t, who, answer)
	require.Equal(Promise(t, "4.1", "%s is answered 403: we know who is calling, and they may not; not: %v", who, answer), http.StatusForbidden, answer.Status)
}

// The guard of step 3 has found out who is calling, and says so in the context.
func TestRequireRoleLetsTheRoleIn(t *testing.T) {
	for _, user := range []bookapi.User{{Username: Grace, Role: bookapi.RoleAdmin}, {Username: Ada, Role: bookapi.RoleReader}} {
		h := new(room)
		r := Request(http.MethodGet, "/users").WithContext(bookapi.WithUser(t.Context(), user))
		answer := Send(t, authz.RequireRole(user.Role)(h), r)
		require.Equal(Promise(t, "4.1", "%s is of the role that is asked for (%s), and passes, not: %v", user.Username, user.Role, answer), http.StatusNoContent, answer.Status)
		assert.Equal(Promise(t, "4.1", "the handler runs once, and still finds %s with bookapi.UserFrom", user.Username), []bookapi.User{user}, h.seen)
	}
}

func TestRequireRoleTurnsOthersAway(t *testing.T) {
	users := household(t)
	graceEnters(t, users)
	answer, h := enter(t, users, bookapi.RoleAdmin, Mallory)
	forbidden(t, "mallory, who is a reader,", answer, h)
}

// Whoever they are is in the row, whatever the request says and wherever it is from.
func TestRequireRoleAsksTheUserAndNotTheRequest(t *testing.T) {
	says := Request(http.MethodGet, "/users?role=admin&as=grace")
	for name, value := range Sorted(map[string]string{"X-Role": "admin", "X-User-Role": "admin", "X-Admin": "true", "X-User": Grace, "X-Forwarded-User": Grace}) {
		says.Header.Set(name, value)
	}
	says.AddCookie(&http.Cookie{Name: "role", Value: "admin"})
	here := Request(http.MethodGet, "http://localhost/users")
	here.RemoteAddr = "127.0.0.1:4711" // as everybody has it behind a proxy on the same machine
	here.Header.Set("X-Forwarded-For", "127.0.0.1")
	requests := map[string]*http.Request{"says that she is an administrator": says, "comes from this machine": here}
	for _, method := range []string{"HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		requests["sends "+method] = Request(method, "/users")
	}
	for what, r := range requests {
		t.Run(what, func(t *testing.T) {
			users, h := household(t), new(room)
			graceEnters(t, users)
			guarded := behind(t, "4.1", authz.RequireRole(bookapi.RoleAdmin), users, h)
			answer := Send(t, guarded, as(t, Mallory, r))
			forbidden(t, "mallory, who is a reader and "+what+",", answer, h)
		})
	}
}

func TestRequireRoleTurnsStrangersAway(t *testing.T) {
	graceEnters(t, household(t))

	// A route whose first guard was forgotten: nobody has said who is calling.
	h := new(room)
	answer := Send(t, authz.RequireRole(bookapi.RoleAdmin)(h), Request(http.MethodGet, "/users"))
	h.empty(t, "a request without a user", answer)
	turnedAway(t, "4.1", "a request without a user", answer)
}

func TestRequireRoleAsksTheRowAndNotTheToken(t *testing.T) {
	for what, test := range Sorted(map[string]struct {
		caller        string
		change        func(*memory.Store) error
		before, after int
	}{
		"grace is demoted": {Grace, func(s *memory.Store) error { return s.SetRole(t.Context(), Grace, bookapi.RoleReader) }, 204, 403},
		"grace is deleted": {Grace, func(s *memory.Store) error { return s.DeleteUser(t.Context(), Grace) }, 204, 401},
		"ada is promoted":  {Ada, func(s *memory.Store) error { return s.SetRole(t.Context(), Ada, bookapi.RoleAdmin) }, 403, 204},
	}) {
		t.Run(what, func(t *testing.T) {
			users, h := household(t), new(room)
			guarded := behind(t, "4.1", authz.RequireRole(bookapi.RoleAdmin), users, h)
			answer := Send(t, guarded, as(t, test.caller, Request(http.MethodGet, "/users")))
			require.Equal(Promise(t, "4.1", "before %s, that is answered %d, not: %v", what, test.before, answer), test.before, answer.Status)

			require.NoError(t, test.change(users))
			h.seen = nil
			answer = Send(t, guarded, as(t, test.caller, Request(http.MethodGet, "/users")))
			if test.after != http.StatusNoContent {
				h.empty(t, test.caller+", with the token from before,", answer)
			}
			assert.Equal(Promise(t, "4.1", "%s: that counts from the next request on (ASVS 8.3.2), whatever the token says; not: %v", what, answer), test.after, answer.Status)
		})
	}
}

func TestRequireRoleKnowsNoOtherWords(t *testing.T) {
	for _, role := range []bookapi.Role{"", " ", "Admin", "ADMIN", "admin ", "administrator", "reader,admin", "reader admin", "adm", "*"} {
		t.Run(strconv.Quote(string(role)), func(t *testing.T) {
			users := household(t)
			graceEnters(t, users)
			require.NoError(t, users.SetRole(t.Context(), Mallory, role))
			for _, door := range []bookapi.Role{bookapi.RoleAdmin, bookapi.RoleReader} {
				answer, h := enter(t, users, door, Mallory)
				forbidden(t, `mallory, in whose row somebody wrote the role "`+string(role)+`", at a door for `+string(door)+`s`, answer, h)
			}
		})
	}
}

// The first administrator is made by a command: bookapi admin add grace.
func TestRequireRoleLetsTheFirstAdministratorIn(t *testing.T) {
	users := new(memory.Store)
	require.NoError(Promise(t, "1.4", "SignUp creates an account; AddAdmin, in step 4, builds on it"), authz.AddAdmin(t.Context(), users, Grace, GracePassword))
	graceEnters(t, users)

	moveIn(t, users, "root", bookapi.RoleReader)
	err := authz.AddAdmin(t.Context(), users, "root", GracePassword)
	answer, h := enter(t, users, bookapi.RoleAdmin, "root")
	forbidden(t, `mallory, who had signed up as "root" before the command named it,`, answer, h)
	assert.ErrorIs(Promise(t, "1.4", "SignUp says that a name is taken"), err, bookapi.ErrExists)
}

func TestRequireRoleWritesDownWhomItTurnsAway(t *testing.T) {
	users := household(t)
	graceEnters(t, users)
	var journal bytes.Buffer
	slog.SetDefault(slog.New(slog.NewTextHandler(&journal, nil)))
	t.Cleanup(quiet)
	answer, h := enter(t, users, bookapi.RoleAdmin, Mallory)
	forbidden(t, "mallory, who is a reader,", answer, h)
	if !strings.Contains(journal.String(), Mallory) {
		t.Errorf("ATTACK SUCCEEDED: mallory tried a door for administrators, and may go on trying: not a line in the log says so (ASVS 16.3.2), only %q", &journal)
	}
}
