package authz_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	. "example.com/bookapi/bookapitest"
)

// overridden asks in the ways of some frameworks for another method.
func overridden(method string, r *http.Request) *http.Request {
	for _, name := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		r.Header.Set(name, method)
	}
	return r
}

func TestPolicyHasNoSideDoor(t *testing.T) {
	for what, r := range Sorted(map[string]*http.Request{
		"a slash at the end":          Request("DELETE", "/books/1/"),
		"two slashes":                 Request("DELETE", "//books/1"),
		"two slashes in between":      Request("DELETE", "/books//1"),
		"a dot in the path":           Request("DELETE", "/books/./1"),
		"a way back in the path":      Request("DELETE", "/books/2/../1"),
		"an escaped way back":         Request("DELETE", "/books/2%2f..%2f1"),
		"capitals":                    Request("DELETE", "/BOOKS/1"),
		"an escaped letter":           Request("DELETE", "/%62ooks/1"),
		"a parameter in the path":     Request("DELETE", "/books/1;id=2"),
		"an overridden GET":           overridden("DELETE", Request("GET", "/books/1")),
		"an overridden POST":          overridden("DELETE", JSON("POST", "/books/1?_method=DELETE", "{}")),
		"a method in small letters":   Request("delete", "/books/1"),
		"the list of users and a /":   Request("GET", "/users/"),
		"the users behind two //":     Request("GET", "//users"),
		"the users in capitals":       Request("GET", "/USERS"),
		"the users by an escape":      Request("GET", "/%75sers"),
		"the users by HEAD":           Request("HEAD", "/users"),
		"the users by override":       overridden("GET", JSON("POST", "/users", "{}")),
		"the users behind an address": forwarded(Request("GET", "/books"), "/users"),
	}) {
		t.Run(what, func(t *testing.T) {
			graceUses(t, "DELETE /books/{id}")
			graceUses(t, "GET /users")
			for _, caller := range []string{Mallory, stranger} {
				api, store := library(t)
				shelve(t, store, Mallory)
				before := shelf(t, store)
				answer := Send(t, api, as(t, caller, r.Clone(t.Context())))
				got := ""
				switch {
				case !assert.ObjectsAreEqual(before, shelf(t, store)):
					got = "it was done"
				case strings.Contains(answer.Body, `"role":`):
					got = "read who has an account here"
				case r.Method == http.MethodHead && answer.Status < 300:
					got = "was served"
				}
				if got != "" {
					t.Fatalf("ATTACK SUCCEEDED: %s sent %s %s, and %s; the answer was %v", who(caller), r.Method, r.URL, got, answer)
				}
				assert.Less(Promise(t, "4.3", "%s %s is no fault of the server: %v", r.Method, r.URL, answer), answer.Status, 500)
			}
		})
	}
}

// forwarded names another path, as some proxies do.
func forwarded(r *http.Request, path string) *http.Request {
	for _, name := range []string{"X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri"} {
		r.Header.Set(name, path)
	}
	return r
}

func TestPolicySurvivesEveryMethod(t *testing.T) {
	paths := []string{"/", "/users", "/token", "/books", "/books/1", "/me", "/users/ada/role", "/users/ada", "/docs"}
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
		t.Run(method, func(t *testing.T) {
			graceUses(t, "DELETE /books/{id}")
			api, _ := library(t)
			for _, path := range paths {
				for _, caller := range []string{stranger, Grace} {
					answer := Send(t, api, as(t, caller, Request(method, path)))
					assert.Less(Promise(t, "4.3", "%s %s is no fault of the server: %v", method, path, answer), answer.Status, 500)
				}
			}
		})
	}
}
