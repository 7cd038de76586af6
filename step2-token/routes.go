package token

import (
	"context"
	"net/http"

	"example.com/bookapi"
	"example.com/bookapi/rest"
)

// Passwords returns an Authenticator that asks users.
func Passwords(users bookapi.UserStore) Authenticator {
	return func(ctx context.Context, username, password string) (bookapi.User, error) {
		return Authenticate(ctx, users, username, password)
	}
}

// Routes is the Book API with a login. It hands out tokens, and requires none:
// that is step 3.
func Routes(books rest.Books, users bookapi.UserStore, issuer Issuer) http.Handler {
	r := rest.Routes(books)
	r.Method(http.MethodPost, "/users", SignUp(users))
	r.Method(http.MethodPost, "/token", Endpoint(Passwords(users), issuer.Grant))
	return r
}
