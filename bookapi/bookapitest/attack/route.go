package attack

import (
	"cmp"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
)

// A Route is a method and the pattern of a path: DELETE /books/{id}.
type Route struct{ Method, Pattern string }

func (r Route) String() string { return r.Method + " " + r.Pattern }

// Routes returns the routes of a chi router, those of routers mounted in it
// too. Of another handler it knows none: Attempts knocks on its doors.
func Routes(h http.Handler) (routes []Route) {
	router, ok := h.(chi.Routes)
	if !ok {
		return nil
	}
	_ = chi.Walk(router, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		routes = append(routes, Route{method, pattern})
		return nil
	})
	slices.SortFunc(routes, func(a, b Route) int {
		return cmp.Or(cmp.Compare(a.Pattern, b.Pattern), cmp.Compare(a.Method, b.Method))
	})
	return routes
}

// Unlisted returns the routes of a handler that a list does not have. Names of
// parameters, patterns within them and a slash at the end make no difference.
func Unlisted(h http.Handler, listed []Route) []Route {
	return slices.DeleteFunc(Routes(h), func(r Route) bool {
		return slices.ContainsFunc(listed, func(l Route) bool {
			return r.Method == l.Method && plain(r.Pattern) == plain(l.Pattern)
		})
	})
}

var parameter = regexp.MustCompile(`\{[^{}]*(\{[^{}]*\}[^{}]*)*\}`)

// plain is a pattern without the names in it.
func plain(pattern string) string {
	return cmp.Or(strings.TrimSuffix(parameter.ReplaceAllString(pattern, "{}"), "/"), "/")
}

// Methods are the methods that Attempts tries, each of which a router may treat
// in its own way: those of RFC 9110, of WebDAV and QUERY, one that there is
// not, and two in small letters.
func Methods() []string {
	return []string{
		"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT",
		"QUERY", "PROPFIND", "MOVE", "COPY", "LINK", "BREW", "get", "delete",
	}
}

// A Spelling is another way to write a path.
type Spelling struct {
	Name string
	Path string
}

// Spellings are the ways to write a path that one part of a server may take for
// the path and another for something else: "/books/1" first, then "/books/1/".
func Spellings(path string) []Spelling {
	if path == "/" {
		return []Spelling{{"as it is", path}, {"with two slashes", "//"}}
	}
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	first, last := segments[0], segments[len(segments)-1]
	rest := strings.TrimPrefix(path, "/"+first)
	parent := strings.TrimSuffix(path, "/"+last)
	escape := func(s string) string { return fmt.Sprintf("%%%02x%s", s[0], s[1:]) }
	all := []Spelling{
		{"as it is", path},
		{"with a slash at the end", path + "/"},
		{"with two slashes at the end", path + "//"},
		{"with two slashes in front", "/" + path},
		{"with two slashes in between", "/" + first + "/" + cmp.Or(rest, "/")},
		{"with a dot in front", "/." + path},
		{"with a dot at the end", path + "/."},
		{"with a dot in between", "/" + first + "/." + rest},
		{"with a way back in front", "/token/.." + path},
		{"with a way back at the end", path + "/x/.."},
		{"with a way back in between", parent + "/x/../" + last},
		{"with an escaped way back", parent + "/x%2f..%2f" + last},
		{"with an escaped slash", parent + "%2f" + last},
		{"with an escaped slash in front", "/%2f" + path[1:]},
		{"with an escaped letter", "/" + escape(first) + rest},
		{"with a sign", parent + "/+" + last},
		{"with an escaped sign", parent + "/%2b" + last},
		{"with a zero in front", parent + "/0" + last},
		{"with an escaped last part", parent + "/" + escape(last)},
		{"escaped twice", "/%25" + escape(first)[1:] + rest},
		{"with an escaped dot", "/%2e" + path},
		{"in capitals", strings.ToUpper(path)},
		{"with a capital", "/" + strings.ToUpper(first[:1]) + first[1:] + rest},
		{"with .json at the end", path + ".json"},
		{"with .html at the end", path + ".html"},
		{"with a parameter", path + ";x=1"},
		{"with a parameter in between", "/" + first + ";x=1" + rest},
		{"with a semicolon at the end", path + ";"},
		{"with a space at the end", path + "%20"},
		{"with a NUL at the end", path + "%00"},
		{"with a line break at the end", path + "%0a"},
		{"with a tab in front", "/%09" + path[1:]},
		{"with a question mark in it", path + "%3f"},
		{"with a fragment in it", path + "%23"},
		{"with a backslash in front", "/%5c" + path[1:]},
		{"with a dot behind it", path + "."},
		{"with a star behind it", path + "/*"},
		{"with another name in the query", path + "?next=/token&from=/health"},
		{"with an open path at the end of the query", path + "?next=/token"},
		{"with another open path at the end of the query", path + "?/users"},
		{"with a probe at the end of the query", path + "?next=/healthz"},
		{"with the name of a picture in the query", path + "?x=.png"},
	}
	for _, prefix := range []string{"v1", "v2", "v0", "api", "api/v1", "rest", "internal", "admin", "legacy", "public", "static", "debug", "test", "beta", "index.php"} {
		all = append(all, Spelling{"below /" + prefix, "/" + prefix + path})
	}
	return distinct(all)
}

func distinct(all []Spelling) []Spelling {
	seen := make(map[string]bool)
	return slices.DeleteFunc(all, func(s Spelling) bool {
		had := seen[s.Path]
		seen[s.Path] = true
		return had
	})
}

// Strays are paths of what servers have without anybody's wish: profilers, file
// servers, metrics, backups, consoles, the API of an earlier version.
func Strays() []string {
	return []string{
		"/", "/*", "/debug", "/debug/", "/debug/pprof", "/debug/pprof/", "/debug/pprof/cmdline", "/debug/pprof/heap?debug=1", "/debug/pprof/goroutine?debug=1",
		"/debug/vars", "/debug/requests", "/debug/pprof/profile?seconds=0", "/pprof", "/pprof/", "/vars", "/metrics", "/stats", "/status", "/info", "/env",
		"/actuator", "/actuator/env", "/health", "/healthz", "/ready", "/readyz", "/version", "/config", "/config.json", "/.env", "/.git/config",
		"/.git/HEAD", "/.well-known/jwks.json", "/.well-known/openid-configuration", "/static/", "/files/", "/files/go.mod", "/static/go.mod",
		"/public/", "/assets/", "/uploads/", "/go.mod", "/go.sum", "/main.go", "/bookapi.db", "/books.db", "/backup", "/backup.sql", "/dump",
		"/export", "/admin", "/admin/", "/admin/users", "/console", "/shell", "/setup", "/seed", "/reset", "/test", "/dev", "/internal",
		"/users", "/users/", "/users/ada", "/users/grace", "/users/mallory", "/users.json", "/user", "/me", "/whoami", "/profile", "/account", "/accounts",
		"/tokens", "/token/verify", "/token/refresh", "/token/introspect", "/introspect", "/revoke", "/logout", "/login", "/auth", "/oauth/token", "/register",
		"/signup", "/sessions", "/keys", "/jwks", "/jwks.json", "/secret", "/docs", "/docs/", "/swagger", "/swagger.json", "/openapi.json", "/graphql",
		"/robots.txt", "/sitemap.xml", "/favicon.ico", "/crossdomain.xml", "/server-status", "/phpinfo.php", "/trace", "/logs", "/log",
	}
}

// An Attempt is a request, and in which respect it is an odd one.
type Attempt struct {
	Name    string
	Request *http.Request
}

// Attempts are requests with every method to every spelling of each target, and
// to every stray path. A target is a path, with its parameters filled in:
// "/books/1". make builds the request with its body and credentials, or returns
// nil to leave it out.
func Attempts(targets []string, make func(method, target string) *http.Request) iter.Seq[Attempt] {
	return func(yield func(Attempt) bool) {
		try := func(name, path string) bool {
			if !sendable(path) {
				return true
			}
			for _, method := range Methods() {
				if r := make(method, path); r != nil && !yield(Attempt{fmt.Sprintf("%s %s, %s", method, path, name), r}) {
					return false
				}
			}
			return true
		}
		for _, target := range targets {
			for _, s := range Spellings(target) {
				if !try(s.Name, s.Path) {
					return
				}
			}
		}
		for _, path := range Strays() {
			if !try("a path that no list has", path) {
				return
			}
		}
	}
}

// sendable reports whether net/http would hand a request for the path to a
// handler.
func sendable(path string) bool {
	_, err := url.ParseRequestURI(path)
	return err == nil
}

// FirstEffect sends attempts until one has an effect that it must not have, and
// returns that attempt and the effect; "" if none has. What an effect is, the
// caller knows: it sends the request and says what came of it: "the book is
// gone". The status is no effect. As the first one is the end, all attempts can
// go to one server.
func FirstEffect(attempts iter.Seq[Attempt], effect func(*http.Request) string) (Attempt, string) {
	for a := range attempts {
		if got := effect(a.Request); got != "" {
			return a, got
		}
	}
	return Attempt{}, ""
}
