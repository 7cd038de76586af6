package authz

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/go-chi/chi/v5"

	"example.com/bookapi"
	"example.com/bookapi/rest"
	protect "example.com/bookapi/step3-protect"
)

// Rule says who may use a route.
type Rule int

// The rules there are. The zero value is the strictest, so that a route without
// a rule serves no caller.
const (
	Nobody  Rule = iota
	Anybody      // no token needed
	Users        // every user who is logged in
	Owner        // who created the book that the path names, and administrators
	Admins       // administrators
)

// Route is one line of the policy table: a route, its rule, and its handler.
type Route struct {
	Method  string
	Path    string // as chi writes it: "/books/{id}"
	Rule    Rule
	Handler http.Handler
}

// Guards are the middleware that the rules ask for.
type Guards struct {
	User  func(http.Handler) http.Handler // protect.RequireUser
	Owner func(http.Handler) http.Handler // RequireOwner, behind User
	Admin func(http.Handler) http.Handler // RequireRole, behind User
}

// NewGuards returns the guards over two stores.
func NewGuards(verifier protect.Verifier, users bookapi.UserStore, books bookapi.BookStore) Guards {
	return Guards{
		User:  protect.RequireUser(verifier, users),
		Owner: RequireOwner(books),
		Admin: RequireRole(bookapi.RoleAdmin),
	}
}

// Handlers are what the routes of the table serve.
type Handlers struct {
	SignUp http.Handler
	Login  http.Handler
	Books  rest.Books
	Users  rest.Users
}

// Router serves the table: each route behind the guard of its rule. A route
// that is in the table twice has no one rule, and serves no caller. The middleware
// stands in front of everything, unknown paths included.
func Router(table []Route, guards Guards, middleware ...func(http.Handler) http.Handler) *chi.Mux {
	lines := make(map[string]int)
	for _, route := range table {
		lines[route.key()]++
	}
	r := rest.NewRouter()
	r.Use(middleware...)
	for _, route := range table {
		if lines[route.key()] > 1 {
			route.Rule = Nobody
		}
		r.Method(route.Method, route.Path, guards.Enforce(route.Rule, route.Handler))
	}
	return r
}

var parameter = regexp.MustCompile(`\{[^/]*\}`)

// key is what chi tells apart. It knows neither the letter case of a method
// nor the name of a parameter: of two such lines the last one would win.
func (r Route) key() string {
	return strings.ToUpper(r.Method) + " " + parameter.ReplaceAllString(r.Path, "{}")
}
