// Command bookapi serves the Book API with permissions: who created a book may
// change it, and administrators may do everything.
package main

import (
	"net/http"
	"time"

	"example.com/bookapi"
	"example.com/bookapi/openapi"
	"example.com/bookapi/rest"
	"example.com/bookapi/server"
	token "example.com/bookapi/step2-token"
	protect "example.com/bookapi/step3-protect"
	authz "example.com/bookapi/step4-authz"
)

func main() {
	key := token.NewKey()
	issuer := token.Issuer{Key: key, Lifetime: token.Lifetime, Now: time.Now}
	verifier := protect.Verifier{Keys: []token.Key{key}, Now: time.Now}
	server.Main(server.Program{
		API:      "the Book API with permissions",
		Notice:   "the signing key is new at every start, so tokens end when this program does",
		AddAdmin: authz.AddAdmin,
		Handler: func(store bookapi.Store) http.Handler {
			table := authz.Table(authz.Handlers{
				SignUp: token.SignUp(store),
				Login:  token.Endpoint(token.Passwords(store), issuer.Grant),
				Books:  rest.Books{Store: store},
				Users:  rest.Users{Store: store},
			})
			return openapi.With(authz.Router(table, authz.NewGuards(verifier, store, store)))
		},
	})
}
