package authz_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	"example.com/bookapi/rest"
	token "example.com/bookapi/step2-token"
	authz "example.com/bookapi/step4-authz"
)

const kindred = `{"title":"Kindred","author":"Octavia E. Butler","year":1979}`

// policy is the table, over handlers that work. Its login believes every
// password: whether one is right is the business of steps 1 and 2.
func policy(t *testing.T, store *memory.Store) (table []authz.Route) {
	t.Helper()
	believe := func(ctx context.Context, username, _ string) (bookapi.User, error) { return store.User(ctx, username) }
	require.NotPanics(Promise(t, "4.3", "Table returns the routes, and does not panic"), func() {
		table = authz.Table(authz.Handlers{
			SignUp: token.SignUp(store),
			Login:  token.Endpoint(issuer, believe),
			Books:  rest.Books{Store: store},
			Users:  rest.Users{Store: store},
		})
	})
	return table
}

// serve is the API that serves a table.
func serve(t *testing.T, store *memory.Store, table []authz.Route) (api http.Handler) {
	t.Helper()
	require.NotPanics(Promise(t, "4.3", "Enforce and the router take every line of the table"), func() {
		api = authz.Router(table, authz.NewGuards(verifier, store, store))
	})
	return api
}

// library is the whole API over a store with one book of Ada's, /books/1.
func library(t *testing.T) (http.Handler, *memory.Store) {
	t.Helper()
	store := household(t)
	shelve(t, store, Ada)
	return serve(t, store, policy(t, store)), store
}

// A door is a request to a route of the API, and what everybody gets there.
type door struct {
	request                       func() *http.Request
	shows                         string // a pattern of the answer that grace gets
	stranger, ada, mallory, grace int
}

func get(target string) func() *http.Request {
	return func() *http.Request { return Request(http.MethodGet, target) }
}

func send(method, target, body string) func() *http.Request {
	return func() *http.Request { return JSON(method, target, body) }
}

// doors are the routes of the lesson's table. Ada created the book. A password
// that is too short is refused by the handler behind an open door, at 422.
var doors = map[string]door{
	"POST /users":                {send("POST", "/users", `{"username":"eve","password":"short"}`), `password`, 422, 422, 422, 422},
	"POST /token":                {func() *http.Request { return Form("/token", url.Values{"username": {Ada}, "password": {AdaPassword}}) }, `access_token`, 200, 200, 200, 200},
	"GET /books":                 {get("/books"), `^\[\{"id":1,`, 200, 200, 200, 200},
	"GET /books/{id}":            {get("/books/1"), `^\{"id":1,`, 200, 200, 200, 200},
	"POST /books":                {send("POST", "/books", kindred), `"id":2`, 401, 201, 201, 201},
	"PUT /books/{id}":            {send("PUT", "/books/1", anotherBook), `^\{"id":1,`, 401, 200, 403, 200},
	"DELETE /books/{id}":         {func() *http.Request { return Request(http.MethodDelete, "/books/1") }, ``, 401, 204, 403, 204},
	"GET /me":                    {get("/me"), `"username":"grace"`, 401, 200, 200, 200},
	"GET /users":                 {get("/users"), `^\[\{"username":"ada"`, 401, 403, 403, 200},
	"PUT /users/{username}/role": {send("PUT", "/users/mallory/role", `{"role":"admin"}`), `"username":"mallory"`, 401, 403, 403, 200},
}

// graceUses makes sure that the administrator is served at a door.
func graceUses(t *testing.T, name string) {
	t.Helper()
	api, _ := library(t)
	answer := Send(t, api, as(t, Grace, doors[name].request()))
	require.Equal(Promise(t, "4.3", "grace is an administrator and may %s, not: %v", name, answer), doors[name].grace, answer.Status)
	require.Regexp(Promise(t, "4.3", "%s answers from its own handler", name), doors[name].shows, answer.Body)
}

func TestPolicyGivesEverybodyTheirRights(t *testing.T) {
	for name, door := range doors {
		for caller, status := range Sorted(map[string]int{stranger: door.stranger, Ada: door.ada, Mallory: door.mallory, Grace: door.grace}) {
			t.Run(name+" by "+who(caller), func(t *testing.T) {
				graceUses(t, name)
				api, store := library(t)
				books, users := shelf(t, store), accounts(t, store)
				answer := Send(t, api, as(t, caller, door.request()))
				if status == 401 || status == 403 {
					if !assert.ObjectsAreEqual(books, shelf(t, store)) || !assert.ObjectsAreEqual(users, accounts(t, store)) || answer.Status < 300 {
						t.Fatalf("ATTACK SUCCEEDED: %s sent %s, and it was done; the answer was %v", who(caller), name, answer)
					}
				}
				if strings.Contains(name, "/books/") && status == 403 && answer.Status == http.StatusNotFound {
					return // hides whose book it is, and that is fine as well
				}
				assert.Equal(Promise(t, "4.3", "%s by %s is answered %d, not: %v", name, who(caller), status, answer), status, answer.Status)
			})
		}
	}
}

// accounts is everybody in the store.
func accounts(t *testing.T, store *memory.Store) []bookapi.User {
	t.Helper()
	users, err := store.Users(t.Context(), "", bookapi.MaxPage)
	require.NoError(t, err)
	return users
}

var parameter = regexp.MustCompile(`\{(\w+)[^/]*\}`)

func TestPolicyHasOneRuleForEveryDoor(t *testing.T) {
	lines := make(map[string]int)
	for _, route := range policy(t, household(t)) {
		name := strings.ToUpper(route.Method) + " " + parameter.ReplaceAllString(route.Path, "{$1}")
		lines[name]++
		assert.Equal(Promise(t, "4.3", "%s stands in the table once", name), 1, lines[name])
		assert.NotNil(Promise(t, "4.3", "%s has a handler", name), route.Handler)
	}
	for name := range doors {
		assert.Contains(Promise(t, "4.3", "%s stands in the table", name), lines, name)
	}
}

// A line more in the table is a door more, and no other test knocks at it.
func TestPolicyOpensNoOtherDoor(t *testing.T) {
	graceUses(t, "GET /users")
	table := policy(t, household(t))
	known, rules := make(map[string]bool), make(map[string]authz.Rule)
	for name := range doors {
		known[anyName(name)] = true
	}
	for _, route := range table {
		rules[anyName(route.Method+" "+route.Path)] = route.Rule
	}
	for _, route := range table {
		name := strings.ToUpper(route.Method) + " " + route.Path
		if known[anyName(name)] || showsNoMore(t, route, rules) {
			continue
		}
		var open []string
		for _, caller := range []string{stranger, Mallory, Ada, Grace} {
			api, h := rooms(t, route.Rule)
			Send(t, api, as(t, caller, Request(http.MethodGet, "/books/1")))
			if len(h.seen) > 0 {
				open = append(open, who(caller))
			}
		}
		if len(open) > 0 {
			t.Errorf("ATTACK SUCCEEDED: %s stands in the table and not in the lesson's, nobody watches that door, and it is open for %s", name, strings.Join(open, ", "))
		}
	}
}

// anyName is a door without the names and patterns of its parameters.
func anyName(door string) string {
	return anyParameter.ReplaceAllString(strings.ToUpper(door), "{}")
}

var anyParameter = regexp.MustCompile(`\{[^/]*\}`)

// showsNoMore tells of a line that says in so many words what the router does by
// itself: HEAD by the rule of GET, or OPTIONS, with no body.
func showsNoMore(t *testing.T, route authz.Route, rules map[string]authz.Rule) bool {
	t.Helper()
	switch strings.ToUpper(route.Method) {
	case http.MethodHead:
		rule, there := rules[anyName("GET "+route.Path)]
		return there && rule == route.Rule
	case http.MethodOptions:
		answer := Send(t, route.Handler, Request(http.MethodOptions, "/"))
		return answer.Status < 300 && answer.Body == ""
	}
	return false
}

func TestPolicyLetsNobodyPromoteThemselves(t *testing.T) {
	for what, r := range Sorted(map[string]*http.Request{
		"herself":             JSON("PUT", "/users/mallory/role", `{"role":"admin"}`),
		"herself, with a /":   JSON("PUT", "/users/mallory/role/", `{"role":"admin"}`),
		"herself, escaped":    JSON("PUT", "/users/%6dallory/role", `{"role":"admin"}`),
		"herself, by POST":    overridden("PUT", JSON("POST", "/users/mallory/role", `{"role":"admin"}`)),
		"herself, by PATCH":   JSON("PATCH", "/users/mallory/role", `{"role":"admin"}`),
		"herself, as me":      JSON("PUT", "/me/role", `{"role":"admin"}`),
		"herself, all of her": JSON("PUT", "/users/mallory", `{"role":"admin"}`),
		"ada, her friend":     JSON("PUT", "/users/ada/role", `{"role":"admin"}`),
	}) {
		t.Run(what, func(t *testing.T) {
			graceUses(t, "PUT /users/{username}/role")
			api, store := library(t)
			before := accounts(t, store)
			answer := Send(t, api, as(t, Mallory, r))
			if !assert.ObjectsAreEqual(before, accounts(t, store)) {
				t.Fatalf("ATTACK SUCCEEDED: mallory sent %s %s, and now these are the users: %v; the answer was %v", r.Method, r.URL, accounts(t, store), answer)
			}
			assert.Less(Promise(t, "4.3", "%s %s is no fault of the server: %v", r.Method, r.URL, answer), answer.Status, 500)
		})
	}
}

func TestPolicyCountsAPromotionAndADemotionAtOnce(t *testing.T) {
	api, _ := library(t)
	for _, test := range []struct {
		role   string
		status int
	}{{"admin", http.StatusOK}, {"reader", http.StatusForbidden}} {
		answer := Send(t, api, as(t, Grace, JSON("PUT", "/users/ada/role", `{"role":"`+test.role+`"}`)))
		require.Equal(Promise(t, "4.3", "grace may make ada a %s, not: %v", test.role, answer), http.StatusOK, answer.Status)
		answer = Send(t, api, as(t, Ada, Request(http.MethodGet, "/users")))
		require.Equal(Promise(t, "4.3", "ada, a %s from this moment on, sends GET /users with her old token, not: %v", test.role, answer), test.status, answer.Status)
	}
}

func TestPolicyTakesOnlyRolesThatThereAre(t *testing.T) {
	for _, role := range []string{`""`, `"Admin"`, `"administrator"`, `"reader,admin"`, `"admin "`} {
		t.Run(role, func(t *testing.T) {
			graceUses(t, "PUT /users/{username}/role")
			api, store := library(t)
			before := accounts(t, store)
			answer := Send(t, api, as(t, Grace, JSON("PUT", "/users/ada/role", `{"role":`+role+`}`)))
			assert.Equal(Promise(t, "4.3", "%s is no role, and 422, not: %v", role, answer), http.StatusUnprocessableEntity, answer.Status)
			assert.Equal(Promise(t, "4.3", "after a refusal everybody has the role they had"), before, accounts(t, store))
		})
	}
}

// Whatever else a body says of a user or a book, nothing of it is taken.
func TestPolicyTakesNoOtherFields(t *testing.T) {
	for what, test := range Sorted(map[string]struct {
		caller string
		r      *http.Request
	}{
		"a role beside a book":      {Mallory, JSON("POST", "/books", `{"title":"Dawn","author":"O. B.","role":"admin"}`)},
		"a creator beside a book":   {Mallory, JSON("POST", "/books", `{"title":"Dawn","author":"O. B.","created_by":"grace"}`)},
		"a creator in capitals":     {Mallory, JSON("POST", "/books", `{"title":"Dawn","author":"O. B.","CREATED_BY":"grace"}`)},
		"another number":            {Mallory, JSON("PUT", "/books/2", `{"title":"Dawn","author":"O. B.","id":1}`)},
		"another number, capital":   {Mallory, JSON("PUT", "/books/2", `{"title":"Dawn","author":"O. B.","ID":1}`)},
		"another creator":           {Mallory, JSON("PUT", "/books/2", `{"title":"Dawn","author":"O. B.","created_by":"grace"}`)},
		"a name beside a role":      {Grace, JSON("PUT", "/users/ada/role", `{"role":"admin","username":"mallory"}`)},
		"a hash beside a role":      {Grace, JSON("PUT", "/users/ada/role", `{"role":"reader","PasswordHash":"x","password_hash":"x"}`)},
		"a role twice":              {Grace, JSON("PUT", "/users/ada/role", `{"role":"reader","role":"admin"}`)},
		"a role twice, one capital": {Grace, JSON("PUT", "/users/ada/role", `{"role":"reader","Role":"admin"}`)},
		"a role among the roles":    {Grace, JSON("PUT", "/users/ada/role", `{"role":["reader","admin"]}`)},
	}) {
		t.Run(what, func(t *testing.T) {
			graceUses(t, "PUT /books/{id}")
			api, store := library(t)
			shelve(t, store, Mallory)
			books, users := shelf(t, store), accounts(t, store)
			answer := Send(t, api, as(t, test.caller, test.r))
			for _, book := range shelf(t, store)[len(books):] {
				require.Equal(Promise(t, "4.3", "whoever sends POST /books is who created it"), test.caller, book.CreatedBy)
			}
			if !assert.ObjectsAreEqual(books, shelf(t, store)[:len(books)]) || !assert.ObjectsAreEqual(users, accounts(t, store)) {
				t.Fatalf("ATTACK SUCCEEDED: %s was taken along with %s %s; the answer was %v", what, test.r.Method, test.r.URL, answer)
			}
		})
	}
}

func TestPolicyLetsNobodySignUpAsAnAdministrator(t *testing.T) {
	api, store := library(t)
	account := func(more string) string { return `{"username":"eve","password":"` + MalloryPassword + `"` + more + `}` }
	for _, more := range []string{`,"role":"admin"`, `,"Role":"admin"`, `,"ROLE":"admin"`, `,"r\u006fle":"admin"`, `,"admin":true`, `,"is_admin":true`, `,"user":{"role":"admin"}`} {
		Send(t, api, JSON("POST", "/users", account(more)))
	}
	Send(t, api, JSON("POST", "/users?role=admin", account("")))
	eve, err := store.User(t.Context(), "eve")
	require.NoError(Promise(t, "4.3", "POST /users is open to everybody: eve signs up"), err)
	if eve.Role != bookapi.RoleReader {
		t.Errorf("ATTACK SUCCEEDED: eve said who she would like to be when she signed up, and is %q now", eve.Role)
	}
}

func TestPolicyShowsNoPasswordHash(t *testing.T) {
	api, _ := library(t)
	for path, name := range Sorted(map[string]string{"/users": Mallory, "/me": Grace}) {
		answer := Send(t, api, as(t, Grace, Request(http.MethodGet, path)))
		require.Equal(Promise(t, "4.3", "grace may GET %s, not: %v", path, answer), http.StatusOK, answer.Status)
		require.Contains(Promise(t, "4.3", "GET %s shows %s", path, name), answer.Body, name)
		if form := Leak(answer.Body, hashOf(name)); form != "" {
			t.Errorf("ATTACK SUCCEEDED: GET %s shows the password hash of %s %s, for a wordlist to work on: %v", path, name, form, answer)
		}
	}
}
