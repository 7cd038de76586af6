// Command bookapi serves the Book API without a lock: every client that
// reaches it can write. This is where the workshop starts.
package main

import (
	"net/http"

	"example.com/bookapi"
	"example.com/bookapi/rest"
	"example.com/bookapi/server"
)

func main() {
	server.Main(server.Program{
		API: "the open Book API",
		Handler: func(store bookapi.Store) http.Handler {
			return rest.Routes(rest.Books{Store: store})
		},
	})
}
