package authz_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	. "example.com/bookapi/bookapitest"
	authz "example.com/bookapi/step4-authz"
)

// rooms serves one route with a rule, in front of a room.
func rooms(t *testing.T, rule authz.Rule) (http.Handler, *room) {
	t.Helper()
	store := household(t)
	shelve(t, store, Ada)
	h := new(room)
	return serve(t, store, []authz.Route{{Method: http.MethodGet, Path: "/books/{id}", Rule: rule, Handler: h}}), h
}

func TestPolicyHasALockForEveryRule(t *testing.T) {
	for _, test := range []struct {
		name    string
		rule    authz.Rule
		in, out []string
	}{
		{"Anybody", authz.Anybody, []string{stranger, Ada, Mallory, Grace}, nil},
		{"Users", authz.Users, []string{Ada, Mallory, Grace}, []string{stranger}},
		{"Owner", authz.Owner, []string{Ada, Grace}, []string{stranger, Mallory}},
		{"Admins", authz.Admins, []string{Grace}, []string{stranger, Ada, Mallory}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, caller := range test.in {
				api, h := rooms(t, test.rule)
				answer := Send(t, api, as(t, caller, Request(http.MethodGet, "/books/1")))
				require.Equal(Promise(t, "4.3", "the rule %s lets %s pass, and the handler runs once; the answer was %v", test.name, who(caller), answer), 1, h.runs())
			}
			for _, caller := range test.out {
				api, h := rooms(t, test.rule)
				answer := Send(t, api, as(t, caller, Request(http.MethodGet, "/books/1")))
				h.empty(t, who(caller)+", at a door with the rule "+test.name+",", answer)
			}
		})
	}
}

func TestPolicyServesNobodyWithoutARule(t *testing.T) {
	for what, rule := range Sorted(map[string]authz.Rule{
		"the rule Nobody":                  authz.Nobody,
		"a line whose rule was left out":   authz.Route{}.Rule,
		"a rule that somebody adds later":  authz.Admins + 1,
		"a rule that was counted wrong":    -1,
		"a rule that is nowhere near ours": 1 << 20,
	}) {
		t.Run(what, func(t *testing.T) {
			api, h := rooms(t, authz.Anybody)
			answer := Send(t, api, Request(http.MethodGet, "/books/1"))
			require.Equal(Promise(t, "4.3", "the rule Anybody lets a stranger pass, and the handler runs once; the answer was %v", answer), 1, h.runs())

			for _, caller := range []string{stranger, Mallory, Ada, Grace} {
				api, h := rooms(t, rule)
				answer := Send(t, api, as(t, caller, Request(http.MethodGet, "/books/1")))
				h.empty(t, who(caller)+", at a door with "+what+",", answer)
				assert.Contains(Promise(t, "4.3", "a door with %s is shut, and that is no fault of the server: %v", what, answer), []int{401, 403, 404}, answer.Status)
			}
		})
	}
}

// Somebody puts the guards together by hand, and leaves one out. To refuse to
// start is as good as to refuse the request.
func TestPolicyServesNobodyWithoutALock(t *testing.T) {
	for what, test := range Sorted(map[string]struct {
		rule     authz.Rule
		intruder string
		lose     func(*authz.Guards)
	}{
		"user":           {authz.Users, stranger, func(g *authz.Guards) { g.User = nil }},
		"owner":          {authz.Owner, Mallory, func(g *authz.Guards) { g.Owner = nil }},
		"administrators": {authz.Admins, Mallory, func(g *authz.Guards) { g.Admin = nil }},
	}) {
		t.Run(what, func(t *testing.T) {
			api, h := rooms(t, test.rule)
			answer := Send(t, api, as(t, Grace, Request(http.MethodGet, "/books/1")))
			require.Equal(Promise(t, "4.3", "grace passes where all guards are there, and the handler runs once; the answer was %v", answer), 1, h.runs())

			store := household(t)
			shelve(t, store, Ada)
			guards := authz.NewGuards(verifier, store, store)
			test.lose(&guards)
			h = new(room)
			func() {
				defer func() { _ = recover() }()
				table := []authz.Route{{Method: http.MethodGet, Path: "/books/{id}", Rule: test.rule, Handler: h}}
				authz.Router(table, guards).ServeHTTP(httptest.NewRecorder(), as(t, test.intruder, Request(http.MethodGet, "/books/1")))
			}()
			if len(h.seen) > 0 {
				t.Fatalf("ATTACK SUCCEEDED: the guard for the %s was left out, nobody noticed, and %s got in", what, who(test.intruder))
			}
		})
	}
}

// What stands in front of all routes writes down who knocks where there is no
// door, too.
func TestPolicyHasMiddlewareInFrontOfEverything(t *testing.T) {
	graceUses(t, "DELETE /books/{id}")
	store := household(t)
	seen := 0
	api := authz.Router(policy(t, store), authz.NewGuards(verifier, store, store), func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen++
			next.ServeHTTP(w, r)
		})
	})
	for _, r := range []*http.Request{Request("GET", "/books"), Request("GET", "/.env"), Request("DELETE", "/token"), Request("BREW", "/books"), Request("GET", "/me")} {
		seen = 0
		answer := Send(t, api, r)
		if seen == 0 {
			t.Errorf("ATTACK SUCCEEDED: mallory sent %s %s, and it went past all that stands in front of the routes: no limit held, no line was written; the answer was %v", r.Method, r.URL, answer)
		}
		assert.LessOrEqual(Promise(t, "4.3", "%s %s goes through the middleware once", r.Method, r.URL), seen, 1)
	}
}

// Somebody adds a line for a door that has one, and perhaps does not see it.
func TestPolicyServesNobodyThroughADoorOfTwoRules(t *testing.T) {
	for what, extra := range Sorted(map[string]authz.Route{
		"word for word":           {Method: "DELETE", Path: "/books/{id}", Rule: authz.Anybody},
		"in other letters":        {Method: "delete", Path: "/books/{id}", Rule: authz.Anybody},
		"with another name in it": {Method: "DELETE", Path: "/books/{number}", Rule: authz.Anybody},
		"with a count in it":      {Method: "DELETE", Path: "/books/{id:[0-9]{1,18}}", Rule: authz.Anybody},
		"with a pattern in it":    {Method: "DELETE", Path: "/books/{id:[0-9]+}", Rule: authz.Anybody},
	}) {
		t.Run(what, func(t *testing.T) {
			graceUses(t, "DELETE /books/{id}")
			store := household(t)
			shelve(t, store, Ada)
			h := new(room)
			extra.Handler = h
			api := serve(t, store, append(policy(t, store), extra))
			for _, caller := range []string{stranger, Mallory, Grace} {
				answer := Send(t, api, as(t, caller, Request(http.MethodDelete, "/books/1")))
				h.empty(t, who(caller)+", at a door with two rules,", answer)
				assert.Len(Promise(t, "4.3", "a door with two rules serves nobody; the answer was %v", answer), shelf(t, store), 1)
			}
			answer := Send(t, api, Request(http.MethodGet, "/books/1"))
			assert.Equal(Promise(t, "4.3", "the other doors stay as they are, not: %v", answer), http.StatusOK, answer.Status)
		})
	}
}
