// Package authz decides what a known caller may do: by role, by ownership, and
// by one table that has a rule for every route.
package authz

import (
	"net/http"

	"example.com/bookapi"
)

// RequireRole returns middleware that lets a request pass if its user has the
// role. It stands behind protect.RequireUser, which has put that user, as
// stored, into the context.
//
// A stranger is answered 401: they could log in and try again. A user with
// another role is answered 403: for them, trying again is no use
// (RFC 9110 §15.5.4, ASVS 5.0 8.2.1).
func RequireRole(role bookapi.Role) func(http.Handler) http.Handler {
	// Exercise 4.1: you know who is calling; decide whether they may.
	//
	// Return middleware, as in 3.3. bookapi.UserFrom tells who is calling, and
	// whether anybody is: if not, unauthorized, given in deny.go, answers 401. If
	// the user's Role is another one, forbid answers 403. Do not look at the
	// token for the role: it says what the user was when they logged in.
	return func(http.Handler) http.Handler { return todoHandler("4.1") }
}
