package protect_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	"example.com/bookapi/bookapitest/attack"
	"example.com/bookapi/rest"
	token "example.com/bookapi/step2-token"
	protect "example.com/bookapi/step3-protect"
)

const oneBook = `{"title":"The Left Hand of Darkness","author":"Ursula K. Le Guin","year":1969}`

// A library is the API over a store with two users, a book of ada's, /books/1, and
// one of before the login, /books/2.
type library struct {
	http.Handler
	store *bookapitest.Store
}

func newLibrary(check *bookapitest.Check) library {
	check.Helper()
	store := newStore(check)
	_, err := store.CreateBook(check.Context(),
		bookapi.Book{Title: "Kindred", Author: "Octavia E. Butler", Year: 1979, CreatedBy: ada})
	require.NoError(check, err)
	_, err = store.CreateBook(check.Context(), bookapi.Book{Title: "Beowulf", Author: "unknown"})
	require.NoError(check, err)
	return newLibraryOver(check, store)
}

func newLibraryOver(check *bookapitest.Check, store *bookapitest.Store) library {
	check.Helper()
	api := protect.Routes(rest.Books{Store: store}, store, issuer, verifier)
	require.NotNil(check.Needs("3.4").Promise("Routes returns a handler"), api)
	return library{api, store}
}

// books are all books in the store.
func (l library) books(check *bookapitest.Check) []bookapi.Book {
	check.Helper()
	books, err := l.store.Books(check.Context(), 0, bookapi.MaxPage)
	require.NoError(check, err)
	return books
}

// creators says of each book who created it.
func (l library) creators(check *bookapitest.Check) string {
	check.Helper()
	said := ""
	for _, book := range l.books(check) {
		said += fmt.Sprintf("; book %d counts as created by %q", book.ID, book.CreatedBy)
	}
	return strings.TrimPrefix(said, "; ")
}

// A write is a request that changes the books, and its status for a user.
type write struct {
	method, path, body string
	status             int
}

func (w write) String() string { return w.method + " " + w.path }

func (w write) request() *http.Request {
	if w.body == "" {
		return bookapitest.Request(w.method, w.path)
	}
	return bookapitest.JSON(w.method, w.path, w.body)
}

func writes() []write {
	return []write{
		{"POST", "/books", oneBook, http.StatusCreated},
		{"PUT", "/books/1", oneBook, http.StatusOK},
		{"DELETE", "/books/1", "", http.StatusNoContent},
	}
}

// adaWrites makes sure that the honest caller may write.
func adaWrites(check *bookapitest.Check) {
	check.Helper()
	for _, w := range writes() {
		answer := bookapitest.Send(check, newLibrary(check), bearer(w.request(), issue(check, ada)))
		answer.Is(check.Needs("3.4"), w.status, "ada's token lets her %v", w)
	}
}

func TestRoutesLetEveryoneRead(t *testing.T) {
	bookapitest.Exercise(t, "3.4", func(check *bookapitest.Check) {
		api := newLibrary(check)
		for _, path := range []string{"/books", "/books/1"} {
			answer := bookapitest.Send(check, api, bookapitest.Request("GET", path))
			answer.Is(check, http.StatusOK, "without a token a caller may GET %s", path)
			require.Contains(check.Promise("GET %s shows the book", path), answer.Body, "Kindred")
			answer = bookapitest.Send(check, api, bearer(bookapitest.Request("GET", path), "x"))
			answer.Is(check, http.StatusOK, "with a token that is not good a caller may still GET %s, as without one",
				path)
		}
	})
}

func TestRoutesLetUsersWrite(t *testing.T) {
	bookapitest.Exercise(t, "3.4", func(check *bookapitest.Check) {
		adaWrites(check)
		api := newLibrary(check)
		bookapitest.Send(check, api, bearer(writes()[0].request(), issue(check, ada)))
		creators := api.creators(check)
		require.Contains(check.Promise("POST /books with ada's token passes the guard, which tells the handler who "+
			"creates the book: %s", creators),
			creators, `book 3 counts as created by "ada"`)
		answer := bookapitest.Send(check, api, bearer(writes()[1].request(), issue(check, grace)))
		answer.Is(check, http.StatusOK, "grace's token lets her PUT /books/1")
		books := api.books(check)
		require.Equal(check.Promise("PUT /books/1 changes the book"), "The Left Hand of Darkness", books[0].Title)
		require.Equal(check.Promise("a book that grace changes is still created by ada"), ada, books[0].CreatedBy)
		other := issuer
		other.Key = keyB
		answer = bookapitest.Send(check, api,
			bearer(writes()[2].request(), issueBy(check, other, bookapi.User{Username: ada, Role: bookapi.RoleReader})))
		answer.Is(check, http.StatusNoContent,
			"a token that another key of the verifier signed lets ada DELETE /books/1")
		require.Len(check.Promise("DELETE /books/1 deletes the book"), api.books(check), 2)
	})
}

// Kinds: outlets
func TestRoutesLetNewcomersIn(t *testing.T) {
	bookapitest.Exercise(t, "3.4", func(check *bookapitest.Check) {
		api := newLibrary(check)
		account, err := json.Marshal(map[string]string{"username": bookapitest.Mallory,
			"password": bookapitest.MalloryPassword})
		require.NoError(check, err)
		var login struct {
			AccessToken string `json:"access_token"`
		}
		out := bookapitest.Capture(func(out *bookapitest.Outlets) {
			answer := bookapitest.Send(check, api, bookapitest.JSON("POST", "/users", string(account)))
			answer.Is(check, http.StatusCreated, "without a token a caller may POST /users to sign up")
			out.Answer(answer)
			answer = bookapitest.Send(check, api, bookapitest.Form("/token", url.Values{
				"username": {bookapitest.Mallory}, "password": {bookapitest.MalloryPassword},
			}))
			answer.Is(check, http.StatusOK, "without a token a caller may POST /token to log in")
			require.NoError(check.Promise("the answer of POST /token is JSON"),
				json.Unmarshal([]byte(answer.Body), &login))
			out.Answer(bookapitest.Send(check, api, bearer(writes()[0].request(), login.AccessToken)))
		})
		require.Contains(check.Promise("who has signed up and logged in may POST /books"), api.creators(check),
			bookapitest.Mallory)
		row, err := api.store.User(check.Context(), bookapitest.Mallory)
		require.NoError(check, err)
		err = out.Find(bookapitest.Password("the password", bookapitest.MalloryPassword),
			bookapitest.StoredHash("its hash", row.PasswordHash),
			bookapitest.SignedToken("the token", login.AccessToken))
		if err != nil {
			check.Attack("somebody signs up, logs in and adds a book, and another one reads %v", err)
		}
	})
}

// Kinds: one-answer, cost, first-line
func TestRoutesLetOnlyUsersWrite(t *testing.T) {
	bookapitest.Exercise(t, "3.4", func(check *bookapitest.Check) {
		adaWrites(check)
		empty := newLibraryOver(check, new(bookapitest.Store))
		attack.Record(empty, writes()[0].request())
		if len(empty.store.Calls().Writes()) > 0 {
			check.Attack("mallory sent POST /books without a token before anybody had an account, and it was done")
		}
		for _, w := range writes() {
			for who, add := range bookapitest.Sorted(map[string]func(*http.Request) *http.Request{
				"without a token": func(r *http.Request) *http.Request { return r },
				"with a forged token": func(r *http.Request) *http.Request {
					return bearer(r, tampered(check))
				},
				"with a token that has ended": func(r *http.Request) *http.Request { return bearer(r, expired(check)) },
			}) {
				api := newLibrary(check)
				calls := api.store.During(func() { attack.Record(api, add(w.request())) })
				if changes := calls.Writes(); len(changes) > 0 {
					check.Attack("mallory sent %v %s, and it was done: %v", w, who, changes[0])
				}
				answer := check.AnswersOnce(api, add(w.request()))
				answer.Is(check, http.StatusUnauthorized, "%v %s is refused", w, who)
				require.NotEmpty(check.Promise("a 401 has a WWW-Authenticate challenge"),
					answer.Header.Get("WWW-Authenticate"))
				require.Empty(check.Promise("for %v %s the store is not asked", w, who), calls)
			}
		}
	})
}

// Kinds: routes
func TestRoutesHaveNoOtherWayIn(t *testing.T) {
	bookapitest.Exercise(t, "3.4", func(check *bookapitest.Check) {
		adaWrites(check)
		api := newLibrary(check)
		file, err := os.ReadFile("go.mod")
		require.NoError(check, err)
		line, _, _ := strings.Cut(string(file), "\n")
		effect := func(r *http.Request) string {
			var exchange attack.Exchange
			calls := api.store.During(func() { exchange = attack.Record(api, r) })
			answer := exchange.Answer
			switch changes := calls.Writes(); {
			case exchange.Panic != nil:
				return fmt.Sprintf("the code panicked: %v", exchange.Panic)
			case len(changes) > 0:
				return fmt.Sprintf("it was done: %v", changes[0])
			case len(calls.Of("Users")) > 0, strings.Contains(answer.Body, "HashWhichNobodyMayRead"):
				return "was shown the users"
			case strings.Contains(answer.Body, line):
				return "was shown a file of the server"
			case strings.Contains(answer.Body, "goroutine"), strings.Contains(answer.Body, "memstats"):
				return "was shown the inside of the server"
			}
			return ""
		}
		targets := []string{"/books", "/books/1", "/books/2", "/users", "/token"}
		check.HasNoEffect("mallory, without a token,",
			attack.Attempts(targets, func(method, target string) *http.Request {
				return bookapitest.JSON(method, target, oneBook)
			}), effect)
	})
}

// complete is a request that a handler of the path would not refuse.
func complete(method, path string) *http.Request {
	switch path {
	case "/users":
		return bookapitest.JSON(method, path, `{"username":"newcomer","password":"`+bookapitest.MalloryPassword+`"}`)
	case "/token":
		r := bookapitest.Form(path, url.Values{"username": {ada}, "password": {bookapitest.AdaPassword}})
		r.Method = method
		return r
	}
	return bookapitest.JSON(method, path, `{"title":"Kindred","author":"Octavia E. Butler"}`)
}

// Kinds: routes
func TestRoutesAreThoseOfTheExercise(t *testing.T) {
	bookapitest.Exercise(t, "3.4", func(check *bookapitest.Check) {
		adaWrites(check)
		api := newLibrary(check)
		var listed []attack.Route // with any method: the test above looks at what a method does
		for _, method := range append(attack.Methods(), "*") {
			for _, pattern := range []string{"/users", "/token", "/books", "/books/{id}"} {
				listed = append(listed, attack.Route{Method: method, Pattern: pattern})
			}
		}
		check.HasNoOtherRoute(api.Handler, listed)

		routes := map[string]string{
			"/users": "POST", "/token": "POST", "/books": "GET POST", "/books/1": "GET PUT DELETE",
		}
		for path, methods := range bookapitest.Sorted(routes) {
			for _, method := range attack.Methods() {
				if method == "HEAD" || method == "OPTIONS" || strings.Contains(methods, strings.ToUpper(method)) {
					continue // of the first two, a router may know the answer
				}
				answer := bookapitest.Send(check, newLibrary(check), bearer(complete(method, path), issue(check, ada)))
				require.GreaterOrEqual(check.Promise("the API has no route %s %s, and answers %d", method, path,
					answer.Status), answer.Status, 400)
			}
		}
	})
}

// Kinds: claim-places
func TestRoutesBelieveNoClaimOfAStranger(t *testing.T) {
	bookapitest.Exercise(t, "3.4", func(check *bookapitest.Check) {
		adaWrites(check)
		claims := attack.Claims(attack.Identity{Username: grace, Password: bookapitest.GracePassword,
			Token: issue(check, grace)})
		for _, bare := range []*http.Request{
			writes()[0].request(), writes()[1].request(), writes()[2].request(),
			bookapitest.Request("GET", "/books/1"), bookapitest.JSON("POST", "/books/1",
				oneBook), bookapitest.Request("OPTIONS", "/books/1"),
			bookapitest.Form("/books/1", url.Values{"title": {"x"}}),
		} {
			api := newLibrary(check)
			check.IgnoresClaims(bare, claims, func(r *http.Request) string {
				calls := api.store.During(func() { attack.Record(api, r) })
				if changes := calls.Writes(); len(changes) > 0 {
					api = newLibrary(check)
					return fmt.Sprintf("it was done: %v", changes[0])
				}
				return ""
			})
		}
	})
}

// Kinds: claim-places
func TestRoutesTakeTheCreatorFromTheToken(t *testing.T) {
	bookapitest.Exercise(t, "3.4", func(check *bookapitest.Check) {
		adaWrites(check)
		claims := attack.Claims(attack.Identity{Username: grace, Password: bookapitest.GracePassword,
			Token: issue(check, grace)})
		for _, w := range writes()[:2] {
			check.IgnoresClaims(bearer(w.request(), issue(check, ada)), claims, func(r *http.Request) string {
				api := newLibrary(check)
				if answer := bookapitest.Send(check, api, r); answer.Status >= 400 {
					return ""
				}
				return api.creators(check)
			})
		}
	})
}

// Kinds: claim-places
func TestRoutesTakeNoCreatorFromTheBody(t *testing.T) {
	bookapitest.Exercise(t, "3.4", func(check *bookapitest.Check) {
		adaWrites(check)
		for _, field := range []string{"created_by", "Created_By", "CREATED_BY", "createdBy", "CreatedBy", "creator",
			"user", "username", "owner"} {
			for who, w := range bookapitest.Sorted(map[string]write{ada: writes()[0], grace: writes()[1]}) {
				api := newLibrary(check)
				w.body = strings.TrimSuffix(w.body, "}") + fmt.Sprintf(`,%q:"grace"}`, field)
				bookapitest.Send(check, api, bearer(w.request(), issue(check, who)))
				if creators := api.creators(check); strings.Contains(creators, grace) {
					check.Attack("the body of %v said %s=grace, and now %s", w, field, creators)
				}
			}
		}
	})
}

// The verifier says whose tokens are good. A key may sign here no longer, or not yet be
// one of its own, and its clock is not the issuer's.
//
// Kinds: one-difference
func TestRoutesLeaveTokensToTheVerifier(t *testing.T) {
	bookapitest.Exercise(t, "3.4", func(check *bookapitest.Check) {
		adaWrites(check)
		late := func() time.Time { return noon.Add(time.Hour) }
		for what, by := range bookapitest.Sorted(map[string]protect.Verifier{
			"whose key was taken from the verifier, as it had leaked,": {Keys: []token.Key{keyB}, Now: atNoon},
			"that has ended on the clock of the verifier":              {Keys: verifier.Keys, Now: late},
		}) {
			for _, w := range writes() {
				store := newLibrary(check).store
				api := protect.Routes(rest.Books{Store: store}, store, issuer, by)
				var answer bookapitest.Answer
				calls := store.During(func() {
					answer = attack.Record(api, bearer(w.request(), issue(check, ada))).Answer
				})
				if changes := calls.Writes(); len(changes) > 0 {
					check.Broken("which tokens are good, the verifier alone decides: %v with a token %s is "+
						"refused, and it was done: %v", w, what, changes[0])
				}
				answer.Is(check, http.StatusUnauthorized, "%v with a token %s is refused", w, what)
			}
		}
	})
}

// Kinds: store-answers
func TestRoutesLetNobodyWriteWhenTheStoreFails(t *testing.T) {
	bookapitest.Exercise(t, "3.4", func(check *bookapitest.Check) {
		adaWrites(check)
		for _, w := range writes() {
			for says, fault := range bookapitest.StoreFaults("User") {
				api := newLibrary(check)
				api.store.Inject(fault)
				r := bearer(w.request(), issue(check, ada))
				var calls bookapitest.Calls
				bookapitest.Capture(func(*bookapitest.Outlets) { // the log of faults is not for the learner
					calls = api.store.During(func() { attack.Record(api, r.WithContext(fault.Context(r.Context()))) })
				})
				if changes := calls.Writes(); len(changes) > 0 {
					check.Attack("the store's %s, and %v was done all the same: %v", says, w, changes[0])
				}
			}
		}
	})
}

// Kinds: several-callers
func TestRoutesKeepRequestsApart(t *testing.T) {
	bookapitest.Exercise(t, "3.4", func(check *bookapitest.Check) {
		adaWrites(check)
		adas, graces := issue(check, ada), issue(check, grace)
		_, err := bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
			api := newLibrary(check)
			api.store.After("User", 1, pause)
			send := func(raw, who string, pause func()) func() error {
				return func() error {
					r := bearer(writes()[0].request(), raw)
					answer, err := bookapitest.SendPausing(api, r, pause)
					if err != nil || !strings.Contains(answer.Body, fmt.Sprintf(`"created_by":%q`, who)) {
						return fmt.Errorf("%s added a book, and got the answer %v, %v", who, answer, err)
					}
					return nil
				}
			}
			return send(adas, ada, pause), send(graces, grace, func() {})
		})
		if err != nil {
			check.Attack("two users added a book at the same time, and one book got the other's name: %v", err)
		}
	})
}

// Kind randomness: does not apply, since Routes draws nothing.
