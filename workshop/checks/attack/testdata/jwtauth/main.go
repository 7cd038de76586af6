// Command jwtauth serves a Book API with chi and jwtauth. It is sound, or has the one
// mistake that the variable MISTAKE names. Everything is kept in memory. It listens on
// a free port of 127.0.0.1, and prints where.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"expvar"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/jwtauth/v5"
	"golang.org/x/crypto/bcrypt"
)

func is(mistake string) bool { return os.Getenv("MISTAKE") == mistake }

type user struct {
	Username string `json:"username"`
	Role     string `json:"role"`
	Hash     []byte `json:"hash,omitempty"`
}

type book struct {
	ID        int    `json:"id"`
	Title     string `json:"title"`
	CreatedBy string `json:"created_by"`
}

type api struct {
	auth   *jwtauth.JWTAuth
	decoy  []byte
	mu     sync.Mutex
	users  map[string]user
	books  map[int]book
	failed map[string]int
	last   int
}

type callerKey struct{}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	if status == http.StatusUnauthorized && !is("no-challenge") {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	if status == http.StatusForbidden && is("401-for-403") {
		status = http.StatusUnauthorized
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

func refuse(w http.ResponseWriter, status int) {
	answer(w, status, map[string]string{"error": http.StatusText(status)})
}

// read reads a JSON body.
func read(w http.ResponseWriter, r *http.Request, into any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(into); err != nil {
		if is("error-in-answer") {
			answer(w, http.StatusBadRequest, map[string]string{"error": err.Error() + "\n" + string(debug.Stack())})
			return false
		}
		refuse(w, http.StatusBadRequest)
		return false
	}
	return true
}

func hash(password string) []byte {
	h, err := bcrypt.GenerateFromPassword([]byte(password), 10)
	if err != nil {
		log.Fatal(err)
	}
	return h
}

var names = regexp.MustCompile(`^[a-z][a-z0-9._-]{1,31}$`)

func (a *api) signUp(w http.ResponseWriter, r *http.Request) {
	var in struct{ Username, Password, Role string }
	if !read(w, r, &in) {
		return
	}
	if !names.MatchString(in.Username) || len(in.Password) < 8 || len(in.Password) > 72 || strings.ContainsRune(in.Password, 0) {
		refuse(w, http.StatusUnprocessableEntity)
		return
	}
	u := user{Username: in.Username, Role: "reader", Hash: hash(in.Password)}
	if is("role-from-body") && in.Role != "" {
		u.Role = in.Role
	}
	if is("admin-by-name") && strings.HasPrefix(in.Username, "admin") {
		u.Role = "admin"
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, taken := a.users[in.Username]; taken {
		refuse(w, http.StatusConflict)
		return
	}
	a.users[in.Username] = u
	answer(w, http.StatusCreated, a.shown(u))
}

func (a *api) shown(u user) user {
	if !is("hash-in-answer") {
		u.Hash = nil
	}
	return u
}

func (a *api) login(w http.ResponseWriter, r *http.Request) {
	username, password := r.PostFormValue("username"), r.PostFormValue("password")
	if is("query-login") {
		username, password = r.FormValue("username"), r.FormValue("password")
	}
	a.mu.Lock()
	u, known := a.users[username]
	tooMany := a.failed[username] >= 20 && !is("no-limit")
	a.mu.Unlock()
	if tooMany {
		refuse(w, http.StatusTooManyRequests)
		return
	}
	stored := u.Hash
	if !known {
		stored = a.decoy
		if is("no-decoy") {
			refuse(w, http.StatusUnauthorized)
			return
		}
	}
	if is("case-of-password") {
		password = strings.Replace(password, "kite", "Kite", 1)
		password = strings.Replace(password, "z9", "Z9", 1)
	}
	if bcrypt.CompareHashAndPassword(stored, []byte(password)) != nil || !known {
		a.mu.Lock()
		a.failed[username]++
		a.mu.Unlock()
		refuse(w, http.StatusUnauthorized)
		return
	}
	claims := map[string]any{"sub": u.Username}
	if is("exp-in-milliseconds") {
		claims["exp"] = time.Now().Add(15 * time.Minute).UnixMilli()
	} else if !is("no-exp") {
		jwtauth.SetExpiryIn(claims, 15*time.Minute)
	}
	_, raw, err := a.auth.Encode(claims)
	if err != nil {
		refuse(w, http.StatusInternalServerError)
		return
	}
	if !is("cacheable") {
		w.Header().Set("Cache-Control", "no-store")
	}
	answer(w, http.StatusOK, map[string]string{"access_token": raw})
}

// guard finds out who is calling, behind a verifier of jwtauth.
func (a *api) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, _, err := jwtauth.FromContext(r.Context())
		name := ""
		switch {
		case (err != nil || token == nil) && !is("verifier-alone"):
			refuse(w, http.StatusUnauthorized)
			return
		case token != nil:
			name = token.Subject()
		}
		if is("impersonation") && r.Header.Get("X-Impersonate-User") != "" {
			name = r.Header.Get("X-Impersonate-User")
		}
		a.mu.Lock()
		u, known := a.users[name]
		a.mu.Unlock()
		if !known && !is("verifier-alone") {
			refuse(w, http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, u)))
	})
}

func caller(r *http.Request) user {
	u, _ := r.Context().Value(callerKey{}).(user)
	return u
}

func (a *api) listUsers(w http.ResponseWriter, r *http.Request) {
	if caller(r).Role != "admin" && !is("admin-for-all") && !(is("role-in-cookie") && strings.Contains(r.Header.Get("Cookie"), "role=admin")) {
		refuse(w, http.StatusForbidden)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	all := []user{}
	for _, u := range a.users {
		all = append(all, a.shown(u))
	}
	answer(w, http.StatusOK, all)
}

func (a *api) listOwn(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := []book{}
	for _, b := range a.books {
		if b.CreatedBy == caller(r).Username {
			all = append(all, b)
		}
	}
	answer(w, http.StatusOK, all)
}

func (a *api) createBook(w http.ResponseWriter, r *http.Request) {
	var b book
	if !read(w, r, &b) {
		return
	}
	if b.Title == "" {
		refuse(w, http.StatusUnprocessableEntity)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	b.ID = a.last
	if !is("creator-from-body") || b.CreatedBy == "" {
		b.CreatedBy = caller(r).Username
	}
	a.books[b.ID] = b
	answer(w, http.StatusCreated, b)
}

// owned calls do with a book of the caller's.
func (a *api) owned(do func(w http.ResponseWriter, r *http.Request, b book)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		id, err := strconv.Atoi(chi.URLParam(r, "id"))
		b, found := a.books[id]
		if err != nil || !found {
			refuse(w, http.StatusNotFound)
			return
		}
		u := caller(r)
		mine := b.CreatedBy == u.Username || u.Role == "admin" || is("no-owner")
		if is("owner-by-prefix") {
			mine = mine || strings.HasPrefix(b.CreatedBy, u.Username)
		}
		if !mine {
			refuse(w, http.StatusForbidden)
			return
		}
		do(w, r, b)
	}
}

func (a *api) update(w http.ResponseWriter, r *http.Request, b book) {
	var in book
	if !read(w, r, &in) {
		return
	}
	if in.Title == "" {
		refuse(w, http.StatusUnprocessableEntity)
		return
	}
	b.Title = in.Title
	if is("creator-in-change") && in.CreatedBy != "" {
		b.CreatedBy = in.CreatedBy
	}
	a.books[b.ID] = b
	answer(w, http.StatusOK, b)
}

func (a *api) remove(w http.ResponseWriter, _ *http.Request, b book) {
	delete(a.books, b.ID)
	w.WriteHeader(http.StatusNoContent)
}

func (a *api) routes() http.Handler {
	r := chi.NewRouter()
	if is("old-api") {
		r.Delete("/v1/books/{id}", func(w http.ResponseWriter, r *http.Request) {
			id, _ := strconv.Atoi(chi.URLParam(r, "id"))
			a.mu.Lock()
			defer a.mu.Unlock()
			a.remove(w, r, a.books[id])
		})
	}
	r.Post("/users", a.signUp)
	r.Post("/login", a.login)
	list := func(w http.ResponseWriter, _ *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		all := []book{}
		for _, b := range a.books {
			all = append(all, b)
		}
		answer(w, http.StatusOK, all)
	}
	one := func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(chi.URLParam(r, "id"))
		a.mu.Lock()
		defer a.mu.Unlock()
		if b, found := a.books[id]; found && err == nil {
			answer(w, http.StatusOK, b)
			return
		}
		refuse(w, http.StatusNotFound)
	}
	private := is("private") || is("private-read")
	if !private {
		r.Get("/books", list)
		r.Get("/books/{id}", one)
	}
	r.Group(func(r chi.Router) {
		find := []func(*http.Request) string{jwtauth.TokenFromHeader}
		if is("default-verifier") {
			find = append(find, jwtauth.TokenFromCookie)
		}
		if is("token-from-query") {
			find = append(find, jwtauth.TokenFromQuery)
		}
		r.Use(jwtauth.Verify(a.auth, find...), a.guard)
		r.Get("/me", func(w http.ResponseWriter, r *http.Request) { answer(w, http.StatusOK, a.shown(caller(r))) })
		r.Get("/users", a.listUsers)
		if private {
			r.Get("/books", a.listOwn)
		}
		if is("private") {
			r.Get("/books/{id}", a.owned(func(w http.ResponseWriter, _ *http.Request, b book) { answer(w, http.StatusOK, b) }))
		}
		if is("private-read") {
			r.Get("/books/{id}", one)
		}
		r.Post("/books", a.createBook)
		r.Put("/books/{id}", a.owned(a.update))
		r.Delete("/books/{id}", a.owned(a.remove))
	})
	if is("profiler") {
		r.Mount("/debug", middleware.Profiler())
	}
	if is("expvar") {
		r.Handle("/debug/vars", expvar.Handler())
	}
	if is("sources") {
		r.Handle("/*", http.FileServer(http.Dir(".")))
	}
	return r
}

func main() {
	secret := rand.Text() + rand.Text()
	if is("tutorial-secret") {
		secret = "secret"
	}
	a := &api{
		auth:  jwtauth.New("HS256", []byte(secret), nil),
		decoy: hash(rand.Text()), users: make(map[string]user), books: make(map[int]book), failed: make(map[string]int),
	}
	a.users["grace"] = user{Username: "grace", Role: "admin", Hash: hash("seven umbrellas under one roof")}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("serving on http://" + listener.Addr().String())
	server := &http.Server{Handler: a.routes(), ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.Serve(listener))
}
