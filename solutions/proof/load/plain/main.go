// Command plain is what the finished API is measured against in Go: chi,
// go-chi/jwtauth and database/sql as they come out of the box, over SQLite with the
// same settings of durability. It checks a token, loads its user, lists books and adds
// them, and does nothing else.
//
//	plain DATABASE SECRET USERNAME
//
// It prints where it listens, and then a token of the user.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/jwtauth/v5"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"example.com/bookapi"
	"example.com/bookapi/rest"
)

const schema = `CREATE TABLE IF NOT EXISTS users (username TEXT PRIMARY KEY, role TEXT NOT NULL);
	CREATE TABLE IF NOT EXISTS books (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, author TEXT NOT NULL,
		year INTEGER NOT NULL, created_by TEXT NOT NULL)`

// api serves the routes over a database.
type api struct{ db *sql.DB }

func main() {
	secret, username := os.Args[2], os.Args[3]
	settings := url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(10000)"}}
	db, err := sql.Open("sqlite", "file:"+os.Args[1]+"?"+settings.Encode())
	if err != nil {
		log.Fatal(err)
	}
	for _, statement := range []string{schema, `INSERT OR IGNORE INTO users VALUES ('` + username + `', 'reader')`} {
		if _, err := db.ExecContext(context.Background(), statement); err != nil {
			log.Fatal(err)
		}
	}
	auth := jwtauth.New("HS256", []byte(secret), nil)
	a := api{db}

	r := chi.NewRouter()
	r.Use(middleware.RequestID, middleware.Recoverer)
	r.Get("/books", a.list)
	r.Group(func(r chi.Router) {
		r.Use(jwtauth.Verifier(auth), jwtauth.Authenticator(auth))
		r.Get("/me", a.me)
		r.Post("/books", a.create)
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

// user returns the row of the token's user.
func (a api) user(r *http.Request) (user bookapi.User, err error) {
	_, claims, _ := jwtauth.FromContext(r.Context())
	err = a.db.QueryRowContext(r.Context(), `SELECT username, role FROM users WHERE username = ?`, claims["sub"]).Scan(&user.Username, &user.Role)
	return user, err
}

func (a api) me(w http.ResponseWriter, r *http.Request) {
	user, err := a.user(r)
	if err != nil {
		rest.WriteError(w, r, err)
		return
	}
	rest.WriteJSON(w, http.StatusOK, user)
}

func (a api) list(w http.ResponseWriter, r *http.Request) {
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	rows, err := a.db.QueryContext(r.Context(), `SELECT id, title, author, year, created_by FROM books ORDER BY id LIMIT ?`, limit)
	if err != nil {
		rest.WriteError(w, r, err)
		return
	}
	defer func() { _ = rows.Close() }()
	var books []bookapi.Book
	for rows.Next() {
		var b bookapi.Book
		if err := rows.Scan(&b.ID, &b.Title, &b.Author, &b.Year, &b.CreatedBy); err != nil {
			rest.WriteError(w, r, err)
			return
		}
		books = append(books, b)
	}
	if err := rows.Err(); err != nil {
		rest.WriteError(w, r, err)
		return
	}
	rest.WriteJSON(w, http.StatusOK, books)
}

func (a api) create(w http.ResponseWriter, r *http.Request) {
	user, err := a.user(r)
	if err != nil {
		rest.WriteError(w, r, err)
		return
	}
	var b bookapi.Book
	if err := json.NewDecoder(r.Body).Decode(&b); err != nil || b.Validate() != nil {
		rest.WriteProblem(w, http.StatusBadRequest, "no book")
		return
	}
	b.CreatedBy = user.Username
	insert := `INSERT INTO books (title, author, year, created_by) VALUES (?, ?, ?, ?) RETURNING id`
	if err := a.db.QueryRowContext(r.Context(), insert, b.Title, b.Author, b.Year, b.CreatedBy).Scan(&b.ID); err != nil {
		rest.WriteError(w, r, err)
		return
	}
	rest.WriteJSON(w, http.StatusCreated, b)
}
