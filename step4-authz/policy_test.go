package authz_test

import (
	"net/http"
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
				require.Len(Promise(t, "4.3", "the rule %s lets %s pass; the answer was %v", test.name, who(caller), answer), h.seen, 1)
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
	for what, rule := range map[string]authz.Rule{
		"the rule Nobody":                  authz.Nobody,
		"a line whose rule was left out":   authz.Route{}.Rule,
		"a rule that somebody adds later":  authz.Admins + 1,
		"a rule that was counted wrong":    -1,
		"a rule that is nowhere near ours": 1 << 20,
	} {
		t.Run(what, func(t *testing.T) {
			api, h := rooms(t, authz.Anybody)
			answer := Send(t, api, Request(http.MethodGet, "/books/1"))
			require.Len(Promise(t, "4.3", "the rule Anybody lets a stranger pass; the answer was %v", answer), h.seen, 1)

			for _, caller := range []string{stranger, Mallory, Ada, Grace} {
				api, h := rooms(t, rule)
				answer := Send(t, api, as(t, caller, Request(http.MethodGet, "/books/1")))
				h.empty(t, who(caller)+", at a door with "+what+",", answer)
				assert.Contains(Promise(t, "4.3", "a door with %s is shut, and that is no fault of the server: %v", what, answer), []int{401, 403, 404}, answer.Status)
			}
		})
	}
}

// Somebody adds a line for a door that has one, and perhaps does not see it.
func TestPolicyServesNobodyThroughADoorOfTwoRules(t *testing.T) {
	for what, extra := range map[string]authz.Route{
		"word for word":           {Method: "DELETE", Path: "/books/{id}", Rule: authz.Anybody},
		"in other letters":        {Method: "delete", Path: "/books/{id}", Rule: authz.Anybody},
		"with another name in it": {Method: "DELETE", Path: "/books/{number}", Rule: authz.Anybody},
		"with a pattern in it":    {Method: "DELETE", Path: "/books/{id:[0-9]+}", Rule: authz.Anybody},
	} {
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
