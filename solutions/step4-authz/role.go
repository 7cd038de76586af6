// Package authz decides what a known caller may do: by role, by ownership, and
// by one table that has a rule for every route.
package authz

import (
	"net/http"

	"example.com/bookapi"
)

// RequireRole returns middleware that passes a request on, as it came, if its user
// has exactly this role (ASVS 5.0 8.2.1). It stands behind protect.RequireUser, which
// has put that user, as stored, into the context.
//
// Every other caller is refused. The answer says whether it would help to log in (RFC
// 9110 §15.5.2, §15.5.4), and the log which user it was (16.3.2). Nothing else happens
// then. No other part of the request counts, nor does any request before it. (At a
// guard for readers, administrators may pass or be refused.)
func RequireRole(role bookapi.Role) func(http.Handler) http.Handler {
	// Exercise 4.1: you know who is calling; decide whether they may.
	//
	// Toolbox: bookapi.UserFrom; unauthorized and forbid in deny.go.
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			user, ok := bookapi.UserFrom(r.Context())
			switch {
			case !ok:
				unauthorized(w)
			case user.Role != role:
				forbid(w, r)
			default:
				next.ServeHTTP(w, r)
			}
		})
	}
}
