package server_test

import (
	"net/http"

	"example.com/bookapi"
	"example.com/bookapi/rest"
	"example.com/bookapi/server"
)

// This is the main function of a program.
func ExampleMain() {
	server.Main(server.Program{
		API:    "the Book API without a lock",
		Notice: "whoever can reach it can write",
		Handler: func(store bookapi.Store) http.Handler {
			return rest.Routes(rest.Books{Store: store})
		},
	})
}
