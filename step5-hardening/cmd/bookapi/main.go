// Command bookapi serves the complete Book API: all that the five steps have
// built, configured by the environment.
package main

import (
	"example.com/bookapi/openapi"
	"example.com/bookapi/server"
	authz "example.com/bookapi/step4-authz"
	hardening "example.com/bookapi/step5-hardening"
	"example.com/bookapi/step5-hardening/app"
)

func main() {
	server.Main(server.Program{
		API:      "the complete Book API",
		AddAdmin: authz.AddAdmin,
		NewKey:   hardening.NewKey,
		Configure: func(start server.Start) (server.Service, error) {
			api, err := app.New(start.Getenv, start.TLS, start.Loopback)
			if err != nil {
				return server.Service{}, err
			}
			server.AddThreads(api.Hashes) // a hash holds a thread for a quarter of a second
			api.Docs, api.RunHash = openapi.Handler, server.RunLowPriority
			return server.Service{
				Notice:     api.Notice(),
				Handler:    api.Handler,
				Server:     hardening.NewServer,
				Logger:     api.Log,
				FlushLog:   api.FlushLog,
				LocalHosts: !start.TLS && len(api.Config.Proxies) == 0,
				Proxies:    api.Config.Proxies,
			}, nil
		},
	})
}
