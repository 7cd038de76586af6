// Command bookapi serves the Book API with locked writes: reading is open,
// writing needs a token from POST /token. Its documentation is at /docs.
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
)

func main() {
	key := token.NewKey()
	issuer := token.Issuer{Key: key, Lifetime: token.Lifetime, Now: time.Now}
	verifier := protect.Verifier{Keys: []token.Key{key}, Now: time.Now}
	server.Main(server.Program{
		API:    "the Book API with locked writes",
		Notice: "the signing key is new at every start, so tokens end when this program does",
		Handler: func(store bookapi.Store) http.Handler {
			return openapi.With(protect.Routes(rest.Books{Store: store}, store, issuer, verifier))
		},
	})
}
