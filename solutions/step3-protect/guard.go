package protect

import (
	"errors"
	"net/http"

	"example.com/bookapi"
	"example.com/bookapi/rest"
)

// RequireUser returns middleware that passes a request on if it has a token of
// ours whose user the store still has. The handler behind it gets the request as
// it came, and finds that user, as stored, with bookapi.UserFrom.
//
// Every other caller gets a 401 with a challenge, which tells nobody what is wrong
// with a token (RFC 6750 §3), and nothing else happens. The store is not asked for a
// forger, nor for longer than the client waits. If it cannot answer, nobody gets in,
// and that is no caller's fault. Each request is judged by what the store says now. No
// token is logged.
func RequireUser(verifier Verifier, users bookapi.UserStore) func(http.Handler) http.Handler {
	// Exercise 3.3: find out who is calling, before the handler runs.
	//
	// Toolbox: refuse in challenge.go, rest.WriteError, bookapi.WithUser,
	// r.WithContext.
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			raw, err := BearerToken(r)
			if err != nil {
				refuse(w, err)
				return
			}
			claims, err := verifier.Verify(raw)
			if err != nil {
				refuse(w, err)
				return
			}
			user, err := users.User(r.Context(), claims.Subject)
			if errors.Is(err, bookapi.ErrNotFound) {
				refuse(w, err)
				return
			}
			if err != nil {
				rest.WriteError(w, r, err)
				return
			}
			next.ServeHTTP(w, r.WithContext(bookapi.WithUser(r.Context(), user)))
		})
	}
}
