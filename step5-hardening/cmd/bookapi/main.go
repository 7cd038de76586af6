// Command bookapi serves the complete Book API: all that the five steps have
// built, configured by the environment.
package main

import (
	"runtime"

	"example.com/bookapi/openapi"
	"example.com/bookapi/server"
	authz "example.com/bookapi/step4-authz"
	hardening "example.com/bookapi/step5-hardening"
)

func main() {
	runtime.GOMAXPROCS(hardening.Threads())
	server.Main(server.Program{
		API:      "the complete Book API",
		AddAdmin: authz.AddAdmin,
		NewKey:   hardening.NewKey,
		Configure: func(start server.Start) (server.Service, error) {
			app, err := hardening.New(start.Getenv, start.TLS, start.Loopback)
			if err != nil {
				return server.Service{}, err
			}
			app.Docs = openapi.Handler
			return server.Service{Notice: app.Notice(), Handler: app.Handler, Server: hardening.NewServer, Logger: app.Log}, nil
		},
	})
}
