package authz

import "net/http"

// Enforce returns handler behind the guards that its rule asks for. A route with the
// rule Nobody, or with one that Enforce does not know, is refused to every caller,
// and all other routes work (deny by default). If a guard that the rule needs is
// nil, no caller gets in; a panic is fine then.
func (g Guards) Enforce(rule Rule, handler http.Handler) http.Handler {
	// Exercise 4.3: first, decide which guards each rule needs, and in which order.
	//
	// Toolbox: Rule and Guards in policy.go, g.User(handler), http.HandlerFunc(forbid).
	switch rule {
	case Anybody:
		return handler
	case Users:
		return g.User(handler)
	case Owner:
		return g.User(g.Owner(handler))
	case Admins:
		return g.User(g.Admin(handler))
	case Nobody:
	}
	return http.HandlerFunc(forbid)
}

// Table is the policy of the Book API: these routes and no others, each once, with
// its rule and its handler. Here all of them are still closed:
//
//	{"POST", "/users", Nobody, h.SignUp},
//	{"POST", "/token", Nobody, h.Login},
//	{"GET", "/books", Nobody, http.HandlerFunc(h.Books.List)},
//	{"POST", "/books", Nobody, http.HandlerFunc(h.Books.Create)},
//	{"GET", "/books/{id}", Nobody, http.HandlerFunc(h.Books.Get)},
//	{"PUT", "/books/{id}", Nobody, http.HandlerFunc(h.Books.Update)},
//	{"DELETE", "/books/{id}", Nobody, http.HandlerFunc(h.Books.Delete)},
//	{"GET", "/me", Nobody, http.HandlerFunc(h.Users.Me)}, // the caller's own account
//	{"GET", "/users", Nobody, http.HandlerFunc(h.Users.List)},
//	{"PUT", "/users/{username}/role", Nobody, http.HandlerFunc(h.Users.SetRole)},
//
// The rules are what the library has written down, in README.md (4.3).
func Table(h Handlers) []Route {
	// Exercise 4.3: second, decide on a rule for each route.
	//
	// Toolbox: Route in policy.go, and the lines above.
	return []Route{
		{"POST", "/users", Anybody, h.SignUp},
		{"POST", "/token", Anybody, h.Login},
		{"GET", "/books", Anybody, http.HandlerFunc(h.Books.List)},
		{"GET", "/books/{id}", Anybody, http.HandlerFunc(h.Books.Get)},
		{"POST", "/books", Users, http.HandlerFunc(h.Books.Create)},
		{"PUT", "/books/{id}", Owner, http.HandlerFunc(h.Books.Update)},
		{"DELETE", "/books/{id}", Owner, http.HandlerFunc(h.Books.Delete)},
		{"GET", "/me", Users, http.HandlerFunc(h.Users.Me)},
		{"GET", "/users", Admins, http.HandlerFunc(h.Users.List)},
		{"PUT", "/users/{username}/role", Admins, http.HandlerFunc(h.Users.SetRole)},
	}
}
