// Command plain is what the finished API is measured against: GET /me as chi and
// go-chi/jwtauth give it out of the box, over the same database. It checks the
// signature and the end of a token, loads its user, and does nothing else.
//
//	plain DATABASE SECRET USERNAME
//
// It prints where it listens, and then a token of the user.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/jwtauth/v5"

	"example.com/bookapi/rest"
	"example.com/bookapi/sqlstore"
)

func main() {
	database, secret, username := os.Args[1], os.Args[2], os.Args[3]
	store, err := sqlstore.Open(context.Background(), database)
	if err != nil {
		log.Fatal(err)
	}
	auth := jwtauth.New("HS256", []byte(secret), nil)

	r := chi.NewRouter()
	r.Use(middleware.RequestID, middleware.Recoverer, jwtauth.Verifier(auth), jwtauth.Authenticator(auth))
	r.Get("/me", func(w http.ResponseWriter, r *http.Request) {
		_, claims, _ := jwtauth.FromContext(r.Context())
		name, _ := claims["sub"].(string)
		user, err := store.User(r.Context(), name)
		if err != nil {
			rest.WriteError(w, r, err)
			return
		}
		rest.WriteJSON(w, http.StatusOK, user)
	})

	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	now := time.Now()
	_, token, err := auth.Encode(map[string]any{"sub": username, "role": "reader", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("plain: serving on http://%s\n%s\n", listener.Addr(), token)
	server := &http.Server{Handler: r, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.Serve(listener))
}
