package bookapitest_test

import (
	"net/http"
	"os"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/assert"

	"example.com/bookapi/bookapitest"
	"example.com/bookapi/bookapitest/attack"
)

// Each helper has a handler with the flaw that it is for.
func TestHTTPHelpersFails(t *testing.T) {
	exercise(t, func(check *bookapitest.Check) {
		stranger := bookapitest.Request("DELETE", "/books/1")
		deletes := func(api http.HandlerFunc) func(*http.Request) string {
			return func(r *http.Request) string {
				if bookapitest.Send(check, api, r).Status == http.StatusNoContent {
					return "the book is gone"
				}
				return ""
			}
		}
		check.Run("IgnoresClaims", func(check *bookapitest.Check) {
			check.IgnoresClaims(stranger, attack.Claims(attack.Identity{Username: "grace"}), deletes(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(map[bool]int{true: 204, false: 401}[r.Header.Get("X-Role") == "admin"])
			}))
		})
		check.Run("HasNoEffect", func(check *bookapitest.Check) {
			check.HasNoEffect("mallory, without a token,", attack.Attempts([]string{"/books/1"}, bookapitest.Request), deletes(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(map[bool]int{true: 204, false: 401}[r.Method == http.MethodOptions])
			}))
		})
		check.Run("HasNoOtherRoute", func(check *bookapitest.Check) {
			api := chi.NewRouter()
			api.Get("/books", http.NotFound)
			api.Get("/users", http.NotFound)
			check.HasNoOtherRoute(api, []attack.Route{{Method: "GET", Pattern: "/books"}})
		})
		check.Run("PassesHeadersOn", func(check *bookapitest.Check) {
			r := bookapitest.Request("GET", "/books")
			r.Header.Set("Authorization", "Bearer aa.bb.cc")
			check.PassesHeadersOn(func(next http.Handler) http.Handler { return next }, r)
			check.PassesHeadersOn(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					r.Header.Del("Authorization")
					next.ServeHTTP(w, r)
				})
			}, r)
		})
		check.Run("PassesHeadersOn, and no others", func(check *bookapitest.Check) {
			check.PassesHeadersOn(func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					r.Header.Set("X-User", "ada")
					next.ServeHTTP(w, r)
				})
			}, bookapitest.Request("GET", "/books"))
		})
		check.Run("PassesHeadersOn, to whom", func(check *bookapitest.Check) {
			check.PassesHeadersOn(func(http.Handler) http.Handler { return http.NotFoundHandler() }, bookapitest.Request("GET", "/books"))
		})
		check.Run("Exercise", func(check *bookapitest.Check) {
			if os.Getenv("BOOKAPI_ENV") == "development" {
				check.Broken("a check that is left out in development is left out here")
			}
		})
		check.Run("SameAnswer", func(check *bookapitest.Check) {
			check.SameAnswer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(map[bool]int{true: 401, false: 404}[r.URL.Query().Get("username") == "ada"])
			}), bookapitest.Request("GET", "/token?username=ada"), bookapitest.Request("GET", "/token?username=bob"), "who has an account")
		})
		check.Run("AnswersOnce", func(check *bookapitest.Check) {
			check.AnswersOnce(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusUnauthorized)
				w.Header().Set("WWW-Authenticate", "Bearer")
			}), stranger)
		})
	})
}

func TestHTTPHelpersTellWhatMalloryGot(t *testing.T) {
	t.Parallel()
	output, _ := run(t, "TestHTTPHelpersFails")
	assert.Equal(t, []string{
		"http_test.go: ATTACK SUCCEEDED: mallory sent DELETE /books/1 with the header X-Role: admin, and was believed: the book is gone; without it: refused",
		"http_test.go: ATTACK SUCCEEDED: mallory, without a token, sent OPTIONS /books/1, as it is, and the book is gone",
		"http_test.go: Promise broken (0.1): the router serves the routes of the lesson and no other: it serves GET /users as well",
		"http_test.go: Promise broken (0.1): the handler gets the headers as they came: the Authorization that was sent is not there, and what stands behind may have to read it",
		"http_test.go: Promise broken (0.1): the handler gets the headers as they came: X-User: [\"ada\"], which was sent as [], is believed also where nothing stands in front of the handler, and mallory has written it",
		"http_test.go: Promise broken (0.1): the handler gets the headers as they came: it does not run",
		"http_test.go: Promise broken (0.1): a check that is left out in development is left out here",
		"http_test.go: ATTACK SUCCEEDED: mallory compares two answers and reads from them who has an account: the status is 401 for the one and 404 for the other",
		"http_test.go: Promise broken (0.1): DELETE /books/1 is answered once, and then it ends: the header Www-Authenticate is set when the answer has begun, so it does not arrive",
	}, said(output), output)
}
