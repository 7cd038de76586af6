package authz_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	"example.com/bookapi/bookapitest/attack"
	"example.com/bookapi/rest"
	token "example.com/bookapi/step2-token"
	authz "example.com/bookapi/step4-authz"
)

// table is the learner's, over handlers that work. Its login believes every
// password: whether one is right is the business of steps 1 and 2.
func table(check *bookapitest.Check, store *bookapitest.Store) []authz.Route {
	check.Helper()
	believe := func(ctx context.Context, username, _ string) (bookapi.User, error) { return store.User(ctx, username) }
	routes := authz.Table(authz.Handlers{
		SignUp: token.SignUp(store),
		Login:  token.Endpoint(believe, issuer.Grant),
		Books:  rest.Books{Store: store},
		Users:  rest.Users{Store: store},
	})
	for _, route := range routes {
		require.NotNil(check.Needs("4.3").Promise("%s %s in Table has a handler", route.Method, route.Path),
			route.Handler)
	}
	return routes
}

// An api is what serves a table, over its store.
type api struct {
	http.Handler
	store *bookapitest.Store
}

func serve(store *bookapitest.Store, routes []authz.Route, middleware ...func(http.Handler) http.Handler) api {
	return api{authz.Router(routes, authz.NewGuards(verifier, store, store), middleware...), store}
}

// newAPI is the whole API over a store with one book of ada's, /books/1, and one
// of mallory's.
func newAPI(check *bookapitest.Check) api {
	check.Helper()
	store := newStore(check, ada, mallory)
	return serve(store, table(check, store))
}

// oneRoute serves one route with a rule, in front of a recorder.
func oneRoute(check *bookapitest.Check, rule authz.Rule) guarded {
	check.Helper()
	h := new(recorder)
	store := newStore(check, ada)
	var api http.Handler
	check.With(fmt.Sprintf("a route whose rule is %d", rule), func() {
		api = serve(store, []authz.Route{{Method: "GET", Path: "/books/{id}", Rule: rule, Handler: h}})
	})
	return guarded{api, h}
}

func getBook() *http.Request { return bookapitest.Request("GET", "/books/1") }

// A route is a line of the lesson's table, a request to it, what the answer
// shows, and its status for each caller. Ada created the book.
type route struct {
	name                          string
	request                       func() *http.Request
	shows                         func(caller string) string // a pattern
	stranger, ada, mallory, grace int
}

func (r route) status(caller string) int {
	return map[string]int{stranger: r.stranger, ada: r.ada, mallory: r.mallory, grace: r.grace}[caller]
}

var callers = []string{grace, ada, mallory, stranger}

// routes are those of the lesson, each with a request. A password that is too
// short is refused by the handler, at 422: a good one costs a hash.
func routes() []route {
	get := func(target string) func() *http.Request {
		return func() *http.Request { return bookapitest.Request("GET", target) }
	}
	send := func(method, target, body string) func() *http.Request {
		return func() *http.Request { return bookapitest.JSON(method, target, body) }
	}
	login := func() *http.Request {
		return bookapitest.Form("/token", url.Values{"username": {ada}, "password": {bookapitest.AdaPassword}})
	}
	pattern := func(text string) func(string) string { return func(string) string { return text } }
	me := func(caller string) string { return `^\{[^{]*"username":"` + caller + `"[^{]*\}\s*$` }
	return []route{
		{"GET /books", get("/books"), pattern(`^\[\{"id":1,.*"id":2,`), 200, 200, 200, 200},
		{"GET /books/{id}", get("/books/1"), pattern(`^\{"id":1,`), 200, 200, 200, 200},
		{"POST /users", send("POST", "/users", `{"username":"eve","password":"short"}`), pattern(`password`), 422, 422,
			422, 422},
		{"POST /token", login, pattern(`access_token`), 200, 200, 200, 200},
		{"POST /books", send("POST", "/books", kindred), func(caller string) string {
			return `"id":3,.*"created_by":"` + caller + `"`
		}, 401, 201, 201, 201},
		{"GET /me", get("/me"), me, 401, 200, 200, 200},
		{"PUT /books/{id}", send("PUT", "/books/1", anotherBook), pattern(`^\{"id":1,"title":"Mallory was here"`), 401,
			200, 403, 200},
		{"DELETE /books/{id}", func() *http.Request { return deleteBook(1) }, pattern(``), 401, 204, 403, 204},
		{"GET /users", get("/users"), pattern(`^\[\{"username":"ada".*"grace".*"mallory"`), 401, 403, 403, 200},
		{"PUT /users/{username}/role", send("PUT", "/users/mallory/role", `{"role":"admin"}`),
			pattern(`"username":"mallory","role":"admin"`), 401, 403, 403, 200},
	}
}

// graceUses makes sure that an administrator is served at all routes.
func graceUses(check *bookapitest.Check) {
	check.Helper()
	needs := check.Needs("4.3")
	for _, route := range routes() {
		answer := bookapitest.Send(check, newAPI(check), as(check, grace, route.request()))
		answer.Is(needs, route.grace, "grace is an administrator and may %s", route.name)
	}
}

// stored is all that is stored, in words.
func (a api) stored(check *bookapitest.Check) string {
	check.Helper()
	users, err := a.store.Users(check.Context(), "", bookapi.MaxPage)
	require.NoError(check, err)
	return fmt.Sprintf("books %v, users %v", books(check, a.store), users)
}

func TestPolicyHasAGuardForEveryRule(t *testing.T) {
	bookapitest.Exercise(t, "4.3", func(check *bookapitest.Check) {
		for _, c := range []struct {
			name    string
			rule    authz.Rule
			in, out []string
		}{
			{"Anybody", authz.Anybody, []string{stranger, ada, mallory, grace}, nil},
			{"Users", authz.Users, []string{ada, mallory, grace}, []string{stranger}},
			{"Owner", authz.Owner, []string{ada, grace}, []string{mallory, stranger}},
			{"Admins", authz.Admins, []string{grace}, []string{ada, mallory, stranger}},
		} {
			at := " at a route with the rule " + c.name + guardsOf(check, c.rule)
			for _, caller := range c.in {
				oneRoute(check, c.rule).passes(check, name(caller)+at, as(check, caller, getBook()))
			}
			for _, caller := range c.out {
				statuses := isRefused
				if caller == stranger {
					statuses = []int{http.StatusUnauthorized}
				}
				oneRoute(check, c.rule).refused(check, name(caller)+at, as(check, caller, getBook()), statuses...)
			}
		}
	})
}

// guardsOf says which guards Enforce puts in front of a route, in the order in which
// a request meets them.
func guardsOf(check *bookapitest.Check, rule authz.Rule) string {
	check.Helper()
	var met []string
	note := func(name string) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				met = append(met, name)
				next.ServeHTTP(w, r)
			})
		}
	}
	guards := authz.Guards{User: note("User"), Owner: note("Owner"), Admin: note("Admin")}
	check.With(fmt.Sprintf("a route whose rule is %d", rule), func() {
		attack.Record(guards.Enforce(rule, new(recorder)), getBook())
	})
	switch len(met) {
	case 0:
		return ", without a guard,"
	case 1:
		return ", behind the guard " + met[0] + ","
	}
	return ", behind the guards " + strings.Join(met, " and then ") + ","
}

func TestPolicyHasOneRuleForEveryRoute(t *testing.T) {
	bookapitest.Exercise(t, "4.3", func(check *bookapitest.Check) {
		parameter := regexp.MustCompile(`\{(\w+)[^/]*\}`)
		lines := make(map[string]int)
		for _, line := range table(check, newStore(check)) {
			name := strings.ToUpper(line.Method) + " " + parameter.ReplaceAllString(line.Path, "{$1}")
			lines[name]++
			require.Equal(check.Promise("%s stands in the table once", name), 1, lines[name])
		}
		for _, route := range routes() {
			require.Contains(check.Promise("%s stands in the table", route.name), lines, route.name)
		}
	})
}

// Kinds: one-difference, one-answer
func TestPolicyGivesEveryCallerTheirRights(t *testing.T) {
	bookapitest.Exercise(t, "4.3", func(check *bookapitest.Check) {
		for _, route := range routes() {
			for _, caller := range callers {
				status, api := route.status(caller), newAPI(check)
				before := api.stored(check)
				r := as(check, caller, route.request())
				answer := bookapitest.Send(check, api, attack.Clone(r))
				switch {
				case status != 401 && status != 403:
					answer.Is(check, status, "%s by %s is allowed", route.name, name(caller))
					body, pattern := answer.Body, route.shows(caller)
					if strings.Contains(pattern, caller) && strings.Contains(body, hashOf(caller)) ||
						!regexp.MustCompile(pattern).MatchString(body) {
						check.Broken("%s by %s answers from its own handler: expected %s, got %v", route.name,
							name(caller), pattern, answer)
					}
					continue
				case answer.Status < 300:
					check.Attack("%s sent %s, which is not for %s, and it was done; the answer was %v", name(caller),
						route.name, caller, answer)
				case before != api.stored(check):
					check.Attack("%s sent %s, and it was done, though the answer was %v", name(caller), route.name,
						answer)
				}
				statuses := []int{status}
				if status == 403 && strings.Contains(route.name, "/books/") {
					statuses = isRefused
				}
				check.AnswersOnce(api, r).IsOneOf(check, statuses, "%s by %s is refused", route.name, name(caller))
			}
		}
	})
}

// Kinds: first-line, one-answer
func TestPolicyServesNobodyWithoutARule(t *testing.T) {
	bookapitest.Exercise(t, "4.3", func(check *bookapitest.Check) {
		oneRoute(check, authz.Anybody).passes(check.Needs("4.3"),
			"a caller without a token, at a route with the rule Anybody,", getBook())
		for what, rule := range bookapitest.Sorted(map[string]authz.Rule{
			"with the rule Nobody":                  authz.Nobody,
			"whose rule was left out":               authz.Route{}.Rule,
			"with a rule that somebody adds later":  authz.Admins + 1,
			"with a rule that was counted wrong":    -1,
			"with a rule that is nowhere near ours": 1 << 20,
		}) {
			for _, caller := range slices.Backward(callers) {
				g := oneRoute(check, rule)
				g.refused(check, name(caller)+" at a route "+what+",", as(check, caller, getBook()), 401, 403, 404)
			}
		}
		for what, rule := range bookapitest.Sorted(map[string]authz.Rule{
			"Users": authz.Users, "Owner": authz.Owner, "Admins": authz.Admins,
		}) {
			who := "somebody without a token, of whom other middleware has said that it is grace, at a route with " +
				"the rule " + what + ","
			oneRoute(check, rule).refused(check, who, knownAs(grace, bookapi.RoleAdmin, getBook()), 401)
		}
	})
}

// Somebody puts the guards together by hand, and leaves one out. To refuse to
// start is as good as to refuse the request.
//
// Kinds: one-difference
func TestPolicyServesNobodyWithoutAGuard(t *testing.T) {
	bookapitest.Exercise(t, "4.3", func(check *bookapitest.Check) {
		for what, c := range bookapitest.Sorted(map[string]struct {
			rule     authz.Rule
			intruder string
			lose     func(*authz.Guards)
		}{
			"User":  {authz.Users, stranger, func(g *authz.Guards) { g.User = nil }},
			"Owner": {authz.Owner, mallory, func(g *authz.Guards) { g.Owner = nil }},
			"Admin": {authz.Admins, mallory, func(g *authz.Guards) { g.Admin = nil }},
		}) {
			oneRoute(check, c.rule).passes(check.Needs("4.3"), "grace, where all guards are there,",
				as(check, grace, getBook()))
			store, h := newStore(check, ada), new(recorder)
			guards := authz.NewGuards(verifier, store, store)
			c.lose(&guards)
			func() {
				defer func() { _ = recover() }()
				attack.Record(authz.Router([]authz.Route{{Method: "GET", Path: "/books/{id}", Rule: c.rule,
					Handler: h}}, guards), as(check, c.intruder, getBook()))
			}()
			if len(h.seen) > 0 {
				check.Attack("the guard %s was left out, nobody noticed, and %s got in", what, name(c.intruder))
			}
		}
	})
}

// Somebody adds a line for a route that has one, and perhaps does not see it.
//
// Kinds: routes
func TestPolicyServesNobodyOnARouteWithTwoRules(t *testing.T) {
	bookapitest.Exercise(t, "4.3", func(check *bookapitest.Check) {
		graceUses(check)
		for what, extra := range bookapitest.Sorted(map[string]authz.Route{
			"word for word":           {Method: "DELETE", Path: "/books/{id}"},
			"in other letters":        {Method: "delete", Path: "/books/{id}"},
			"with another name in it": {Method: "DELETE", Path: "/books/{number}"},
			"with a count in it":      {Method: "DELETE", Path: "/books/{id:[0-9]{1,18}}"},
			"with a pattern in it":    {Method: "DELETE", Path: "/books/{id:[0-9]+}"},
		}) {
			for _, first := range []bool{false, true} {
				store, h := newStore(check, ada), new(recorder)
				extra.Rule, extra.Handler = authz.Anybody, h
				lines := append(table(check, store), extra)
				if first {
					lines = append([]authz.Route{extra}, table(check, store)...)
				}
				api := guarded{serve(store, lines), h}
				for _, caller := range slices.Backward(callers) {
					who := name(caller) + " on a route that stands in the table twice, the second time " + what + ","
					api.refused(check, who, as(check, caller, deleteBook(1)), 401, 403, 404)
					require.Len(check.Promise("%s changes nothing", who), books(check, store), 1)
				}
				bookapitest.Send(check, api, getBook()).Is(check, http.StatusOK, "the other routes stay as they are")
			}
		}
	})
}

// What stands in front of all routes hears of requests to no route, too.
//
// Kinds: routes
func TestPolicyHasMiddlewareInFrontOfEverything(t *testing.T) {
	bookapitest.Exercise(t, "4.3", func(check *bookapitest.Check) {
		graceUses(check)
		store, seen := newStore(check, ada), ""
		count := func(which string) func(http.Handler) http.Handler {
			return func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					seen += which
					next.ServeHTTP(w, r)
				})
			}
		}
		api := serve(store, table(check, store), count("1"), count("2"))
		for _, target := range []string{"/books", "/books/1", "/.env", "/token", "/me", "/users", "/users/ada/role",
			"/", "/debug/pprof/"} {
			for _, method := range []string{"GET", "HEAD", "DELETE", "OPTIONS", "BREW"} {
				seen = ""
				answer := bookapitest.Send(check, api, bookapitest.Request(method, target))
				if seen == "" {
					check.Attack("mallory sent %s %s, and it went past all that stands in front of the routes: no "+
						"limit held, no line was written; the answer was %v",
						method, target, answer)
				}
				require.Equal(check.Promise("%s %s goes through the two middlewares once, in their order", method,
					target), "12", seen)
			}
		}
	})
}

// A line more in the table, or a route beside it, is one that nobody watches.
//
// Kinds: routes
func TestPolicyHasNoOtherRoute(t *testing.T) {
	bookapitest.Exercise(t, "4.3", func(check *bookapitest.Check) {
		graceUses(check)
		var listed []attack.Route
		for _, route := range routes() {
			method, pattern, _ := strings.Cut(route.name, " ")
			listed = append(listed, attack.Route{Method: method, Pattern: pattern},
				attack.Route{Method: "OPTIONS", Pattern: pattern})
			if method == "GET" {
				listed = append(listed, attack.Route{Method: "HEAD", Pattern: pattern})
			}
		}
		api := newAPI(check)
		for _, more := range attack.Unlisted(api.Handler, listed) {
			target := regexp.MustCompile(`\{[^/]*\}`).ReplaceAllString(strings.ReplaceAll(more.Pattern, "*", "x"), "1")
			for _, caller := range slices.Backward(callers) {
				r := as(check, caller, bookapitest.JSON(strings.Replace(more.Method, "*", "GET", 1), target, kindred))
				if answer := attack.Record(api, r).Answer; answer.Status < 401 || answer.Status > 404 ||
					answer.Status == 402 {
					check.Attack("the router serves %v, which is no route of the lesson, so that nobody watches it, "+
						"for %s: %v", more, name(caller), answer)
				}
			}
		}
	})
}

// Kinds: routes, first-line
func TestPolicyHasNoOtherWayIn(t *testing.T) {
	bookapitest.Exercise(t, "4.3", func(check *bookapitest.Check) {
		graceUses(check)
		file, err := os.ReadFile("go.mod")
		require.NoError(check, err)
		firstLine, _, _ := strings.Cut(string(file), "\n")
		targets := []string{"/books", "/books/1", "/users", "/users/mallory/role", "/me", "/token"}
		for _, caller := range []string{stranger, mallory} {
			api := newAPI(check)
			raw := "Bearer " + issue(check, mallory)
			own := bookapitest.Send(check, api, as(check, mallory, bookapitest.Request("GET", "/me"))).Body
			check.HasNoEffect(name(caller), attack.Attempts(targets, func(method, target string) *http.Request {
				body := kindred
				if strings.Contains(strings.ToLower(target), "role") {
					body = `{"role":"admin"}`
				}
				r := bookapitest.JSON(method, target, body)
				if caller != stranger {
					r.Header.Set("Authorization", raw)
				}
				return r
			}), func(r *http.Request) string {
				var exchange attack.Exchange
				calls := api.store.During(func() { exchange = attack.Record(api, r) })
				answer, changes := exchange.Answer, calls.Writes()
				adds := len(changes) == 1 && changes[0].Method == "CreateBook" &&
					changes[0].Args[0].(bookapi.Book).CreatedBy == caller && caller != stranger
				switch {
				case exchange.Panic != nil:
					return fmt.Sprintf("the code panicked: %v", exchange.Panic)
				case len(changes) > 0 && !adds:
					return fmt.Sprintf("it was done: %v", changes[0])
				case len(calls.Of("Users")) > 0:
					return "was shown who has an account here"
				case strings.Contains(answer.Body, firstLine):
					return "was shown a file of the server"
				case answer.Status >= 500:
					return fmt.Sprintf("the server failed: %v", answer)
				case answer.Status >= 300, answer.Body == "", adds, caller != stranger && answer.Body == own,
					len(calls.Of("Book", "Books")) > 0:
					return ""
				}
				return fmt.Sprintf("was served what is for nobody: %v",
					bookapitest.Shorten(answer.String()[:min(len(answer.String()), 100)]))
			})
		}
	})
}

// Kinds: claim-places
func TestPolicyBelievesNoClaim(t *testing.T) {
	bookapitest.Exercise(t, "4.3", func(check *bookapitest.Check) {
		graceUses(check)
		fresh := newAPI(check)
		claimed := claims(check, grace)
		for _, bare := range []func() *http.Request{
			func() *http.Request { return deleteBook(1) },
			func() *http.Request { return bookapitest.Request("GET", "/users") },
			func() *http.Request { return bookapitest.Request("GET", "/me") },
			func() *http.Request { return bookapitest.Request("OPTIONS", "/users") },
			func() *http.Request { return bookapitest.JSON("POST", "/books/1", kindred) },
			func() *http.Request { return bookapitest.Form("/users/mallory/role", url.Values{"x": {"y"}}) },
			func() *http.Request { return bookapitest.JSON("PUT", "/users/mallory/role", `{"role":"admin"}`) },
			func() *http.Request { return bookapitest.JSON("POST", "/books", kindred) },
		} {
			for _, caller := range []string{mallory, stranger} {
				if r := bare(); caller == stranger && r.Method != "DELETE" && r.Method != "GET" {
					continue // what a guard makes of the rest is 3.3
				}
				check.IgnoresClaims(as(check, caller, bare()), claimed, func(r *http.Request) string {
					var answer bookapitest.Answer
					calls := fresh.store.During(func() { answer = bookapitest.Send(check, fresh, r) })
					changes := calls.Writes()
					if len(changes) > 0 {
						fresh = newAPI(check)
						return fmt.Sprintf("it was done: %v", changes[0])
					}
					if answer.Status >= 400 && answer.Status < 500 {
						return ""
					}
					return fmt.Sprintf("the answer is %v", answer)
				})
			}
		}
	})
}

// Kinds: claim-places, routes
func TestPolicyLetsNobodyPromoteThemselves(t *testing.T) {
	bookapitest.Exercise(t, "4.3", func(check *bookapitest.Check) {
		graceUses(check)
		const admin = `{"role":"admin"}`
		for _, r := range []*http.Request{
			bookapitest.JSON("PUT", "/users/mallory/role", admin),
			bookapitest.JSON("PUT", "/users/ada/role", admin),
			bookapitest.JSON("PUT", "/users/%6dallory/role", admin),
			bookapitest.JSON("PATCH", "/users/mallory", admin),
			bookapitest.JSON("PUT", "/users/mallory", admin),
			bookapitest.JSON("PUT", "/me", admin),
			bookapitest.JSON("PUT", "/me/role", admin),
			bookapitest.JSON("PUT", "/users/me/role", admin),
			bookapitest.JSON("POST", "/books", `{"title":"Dawn","author":"O. B.","role":"admin"}`),
			bookapitest.JSON("POST", "/users?role=admin", `{"username":"eve","password":"short","role":"admin"}`),
			bookapitest.JSON("POST", "/users", `{"username":"eve","password":"short","Role":"admin","is_admin":true}`),
			bookapitest.JSON("POST", "/users",
				`{"username":"mallory","password":"`+bookapitest.MalloryPassword+`","r\u006fle":"admin"}`),
		} {
			api := newAPI(check)
			before, err := api.store.Users(check.Context(), "", bookapi.MaxPage)
			require.NoError(check, err)
			answer := bookapitest.Send(check, api, as(check, mallory, r))
			after, err := api.store.Users(check.Context(), "", bookapi.MaxPage)
			require.NoError(check, err)
			if !slices.Equal(before, after) {
				check.Attack("mallory sent %s %s, and now the users are %v; the answer was %v", r.Method, r.URL, after,
					answer)
			}
			answer.IsNoServerError(check, "%s %s is no fault of the server", r.Method, r.URL)
		}
	})
}

// Kinds: store-answers
func TestPolicyCountsAPromotionAndADemotionAtOnce(t *testing.T) {
	bookapitest.Exercise(t, "4.3", func(check *bookapitest.Check) {
		graceUses(check)
		api := newAPI(check)
		for range 2 {
			for _, c := range []struct {
				role         string
				list, change int
			}{{"admin", 200, 200}, {"reader", 403, 403}} {
				answer := bookapitest.Send(check, api,
					as(check, grace, bookapitest.JSON("PUT", "/users/ada/role", `{"role":"`+c.role+`"}`)))
				answer.Is(check, http.StatusOK, "grace may make ada a %s", c.role)
				answer = bookapitest.Send(check, api, as(check, ada, bookapitest.Request("GET", "/users")))
				answer.Is(check, c.list, "ada, a %s from this moment on, sends GET /users with her old token", c.role)
				answer = bookapitest.Send(check, api, as(check, ada, bookapitest.JSON("PUT", "/books/2", kindred)))
				statuses := []int{c.change}
				if c.change == http.StatusForbidden {
					statuses = isRefused
				}
				answer.IsOneOf(check, statuses,
					"ada, a %s from this moment on, sends PUT /books/2, which is mallory's, with her old token", c.role)
			}
		}
	})
}

// Kinds: claim-places
func TestPolicyTakesOnlyRolesThatThereAre(t *testing.T) {
	bookapitest.Exercise(t, "4.3", func(check *bookapitest.Check) {
		graceUses(check)
		api := newAPI(check)
		before := api.stored(check)
		for _, role := range []string{`""`, `"Admin"`, `"administrator"`, `"reader,admin"`, `"admin "`} {
			answer := bookapitest.Send(check, api,
				as(check, grace, bookapitest.JSON("PUT", "/users/ada/role", `{"role":`+role+`}`)))
			answer.Is(check, http.StatusUnprocessableEntity, "%s is no role, and is refused", role)
			require.Equal(check.Promise("after a refusal everybody has the role they had"), before, api.stored(check))
		}
	})
}

// Whatever else a body says of a user or a book, nothing of it is taken.
//
// Kinds: claim-places
func TestPolicyTakesNoOtherFields(t *testing.T) {
	bookapitest.Exercise(t, "4.3", func(check *bookapitest.Check) {
		graceUses(check)
		for what, c := range bookapitest.Sorted(map[string]struct {
			caller string
			r      *http.Request
		}{
			"a creator beside a book": {mallory,
				bookapitest.JSON("POST", "/books", `{"title":"Dawn","author":"O. B.","created_by":"grace"}`)},
			"a creator in capitals": {mallory,
				bookapitest.JSON("POST", "/books", `{"title":"Dawn","author":"O. B.","CREATED_BY":"grace"}`)},
			"another number": {mallory,
				bookapitest.JSON("PUT", "/books/2", `{"title":"Dawn","author":"O. B.","id":1}`)},
			"another number, capital": {mallory,
				bookapitest.JSON("PUT", "/books/2", `{"title":"Dawn","author":"O. B.","ID":1}`)},
			"another creator": {mallory,
				bookapitest.JSON("PUT", "/books/2", `{"title":"Dawn","author":"O. B.","created_by":"grace"}`)},
			"a name beside a role": {grace,
				bookapitest.JSON("PUT", "/users/ada/role", `{"role":"admin","username":"mallory"}`)},
			"a hash beside a role": {grace,
				bookapitest.JSON("PUT", "/users/ada/role", `{"role":"reader","PasswordHash":"x","password_hash":"x"}`)},
			"a role twice": {grace,
				bookapitest.JSON("PUT", "/users/ada/role", `{"role":"reader","role":"admin"}`)},
			"a role twice, one capital": {grace,
				bookapitest.JSON("PUT", "/users/ada/role", `{"role":"reader","Role":"admin"}`)},
			"a role among the roles": {grace,
				bookapitest.JSON("PUT", "/users/ada/role", `{"role":["reader","admin"]}`)},
		}) {
			api := newAPI(check)
			before := api.stored(check)
			answer := bookapitest.Send(check, api, as(check, c.caller, c.r))
			if answer.Status/100 == 2 || before != api.stored(check) {
				check.Attack("%s was taken along with %s %s; the answer was %v, and now there are %s", what, c.r.Method,
					c.r.URL, answer, api.stored(check))
			}
		}
	})
}

// Kinds: store-answers
func TestPolicyStaysShutWhenTheStoreFails(t *testing.T) {
	bookapitest.Exercise(t, "4.3", func(check *bookapitest.Check) {
		graceUses(check)
		for says, fault := range bookapitest.StoreFaults("User", "Book") {
			for _, route := range routes() {
				for _, caller := range []string{mallory, stranger} {
					if status := route.status(caller); status != 401 && status != 403 {
						continue
					}
					api := newAPI(check)
					api.store.Inject(fault)
					r := as(check, caller, route.request())
					var answer bookapitest.Answer
					calls := api.store.During(func() {
						answer = attack.Record(api, r.WithContext(fault.Context(r.Context()))).Answer
					})
					if len(calls.Writes()) > 0 || len(calls.Of("Users")) > 0 {
						check.Attack("the store's %s, and %s sent %s, and it was done: %v", says, name(caller),
							route.name, calls)
					}
					require.GreaterOrEqual(check.Promise("if the store's %s, %s by %s is no success: %v", says,
						route.name, name(caller), answer), answer.Status, 400)
				}
			}
		}
	})
}

// Two APIs of one program share nothing, and neither do two requests.
//
// Kinds: several-callers
func TestPolicyKeepsRequestsApart(t *testing.T) {
	bookapitest.Exercise(t, "4.3", func(check *bookapitest.Check) {
		graceUses(check)
		first, second := newAPI(check), newAPI(check)
		for i, api := range []api{first, second} {
			bookapitest.Send(check, api, as(check, ada, deleteBook(1))).Is(check, http.StatusNoContent,
				"ada may delete her book in API %d of two", i+1)
			require.Len(check.Promise("the book was deleted in the store of API %d", i+1), books(check, api.store), 1)
		}
		type send = func() *http.Request
		requests := map[string]send{
			ada + ", for her own book,": func() *http.Request { return as(check, ada, getBook()) },
			"mallory, for ada's book,":  func() *http.Request { return as(check, mallory, getBook()) },
			grace + ", for ada's book,": func() *http.Request { return as(check, grace, getBook()) },
			"mallory, without a token,": getBook,
		}
		runs := map[string]string{ada + ", for her own book,": ada, grace + ", for ada's book,": grace}
		var visits []visit
		for who, request := range bookapitest.Sorted(requests) {
			r := request()
			runsAs := runs[who]
			if runsAs == "" {
				runsAs = nobody
			}
			visits = append(visits, visit{who, func() *http.Request { return attack.Clone(r) }, runsAs})
		}
		keepsApart(check, 200, func(pause func()) http.Handler {
			store := newStore(check, ada)
			store.After("User", 1, pause)
			store.After("Book", 1, pause)
			return serve(store, []authz.Route{{Method: "GET", Path: "/books/{id}", Rule: authz.Owner,
				Handler: echo(pause)}})
		}, visits...)
	})
}

// Kinds: outlets
func TestPolicyTellsNoSecret(t *testing.T) {
	bookapitest.Exercise(t, "4.3", func(check *bookapitest.Check) {
		graceUses(check)
		var issued []bookapitest.Secret
		out := bookapitest.Capture(func(out *bookapitest.Outlets) {
			for _, caller := range callers {
				for _, route := range routes() {
					if route.name == "POST /token" { // whose answer is a token
						continue
					}
					out.Answer(bookapitest.Send(check, newAPI(check), as(check, caller, route.request())))
				}
				answer, _ := oneRoute(check, authz.Nobody).send(check, as(check, caller, getBook()))
				out.Answer(answer)
				if caller != stranger {
					issued = append(issued, bookapitest.SignedToken("the token of "+caller, issue(check, caller)),
						bookapitest.StoredHash("the password hash of "+caller, hashOf(caller)))
				}
			}
		})
		if err := out.Find(issued...); err != nil {
			check.Attack("every caller has used every route, and mallory reads %v", err)
		}
	})
}

// Kind cost: does not apply, since Enforce and Table work before the first request; what a guard costs is 4.1 and 4.2.
// Kind randomness: does not apply, since Enforce and Table draw nothing.
