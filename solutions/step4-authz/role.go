// Package authz decides what a known caller may do: by role, by ownership, and
// by one table that has a rule for every route.
package authz

import (
	"net/http"

	"example.com/bookapi"
)

// RequireRole returns middleware that passes a request on, as it came, if its user
// has exactly this role. It stands behind protect.RequireUser, which has put that
// user, as stored, into the context.
//
// A request without a user is answered 401: the caller could log in and try again.
// A user with another role is answered 403, since trying again is of no use to them
// (RFC 9110 §15.5.4, ASVS 5.0 8.2.1), and the log says who it was (16.3.2). That
// is all that happens then. Nothing else in the request counts, and no earlier
// request. (At a guard for readers, administrators may pass or be refused.)
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
