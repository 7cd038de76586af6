// Command bookapi serves the Book API with sign-up and login. No route requires
// the token yet.
package main

import (
	"net/http"
	"time"

	"example.com/bookapi"
	"example.com/bookapi/rest"
	"example.com/bookapi/server"
	token "example.com/bookapi/step2-token"
)

func main() {
	issuer := token.Issuer{Key: token.NewKey(), Lifetime: token.Lifetime, Now: time.Now}
	server.Main(server.Program{
		API:    "the Book API with a login",
		Notice: "the signing key is new at every start, so tokens end when this program does",
		Handler: func(store bookapi.Store) http.Handler {
			return token.Routes(rest.Books{Store: store}, store, issuer)
		},
	})
}
