package attack_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/bookapitest/attack"
)

var grace = attack.Identity{Username: "grace", Password: "seven umbrellas", Token: "aa.bb.cc"}

// treat tells what a toy handler, which writes who it takes the caller for, made
// of a request.
func treat(h http.HandlerFunc) func(*http.Request) string {
	return func(r *http.Request) string {
		answer, err := attack.To(h)(r)
		if err != nil || answer.Status >= 400 {
			return ""
		}
		return "served as " + answer.Body
	}
}

func TestBelievedNamesTheOneClaim(t *testing.T) {
	who := func(name string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(name + r.Header.Get("X-Auth-Request-User")))
		}
	}
	for name, c := range map[string]struct {
		flawed http.HandlerFunc
		want   string
	}{
		"header": {who(""), "the header X-Auth-Request-User: grace"},
		"cookie": {func(w http.ResponseWriter, r *http.Request) {
			if c, err := r.Cookie("is_admin"); err == nil && c.Value == "1" {
				_, _ = w.Write([]byte("admin"))
			}
		}, "is_admin=1 in the cookie"},
		"query": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(r.URL.Query().Get("access_token")))
		}, "access_token=aa.bb.cc in the query"},
		"form": {func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.PostFormValue("role"))) }, "role=admin in the form"},
		"peer": {func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.RemoteAddr, "10.") {
				_, _ = w.Write([]byte("one of us"))
			}
		}, "the peer address 10.0.0.1:40001"},
		"certificate": {func(w http.ResponseWriter, r *http.Request) {
			if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
				_, _ = w.Write([]byte(r.TLS.PeerCertificates[0].Subject.CommonName))
			}
		}, "a client certificate of her own for grace"},
		"a form that is refused for what it has not asked for": {func(w http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			if len(r.PostForm) > 2 {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			_, _ = w.Write([]byte(r.PostForm.Get("created_by")))
		}, "created_by=grace in the form"},
		"two together": {func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Role") != "" {
				_, _ = w.Write([]byte(r.Header.Get("X-Forwarded-User")))
			}
		}, "the header X-Forwarded-User: grace, the header X-Role: admin"},
	} {
		t.Run(name, func(t *testing.T) {
			bare := httptest.NewRequest(http.MethodPost, "/books", strings.NewReader("title=Kindred"))
			bare.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			found, err := attack.Believed(bare, attack.Claims(grace), treat(c.flawed))
			require.NoError(t, err)
			require.NotNil(t, found)
			assert.Equal(t, c.want, found.String())
		})
	}
}

func TestBelievedFindsNothingInASoundHandler(t *testing.T) {
	sent := 0
	for _, body := range []struct{ kind, text string }{{"application/json", `{"title":"Kindred"}`}, {"application/x-www-form-urlencoded", "title=Kindred"}, {"", ""}} {
		bare := httptest.NewRequest(http.MethodPost, "/books", strings.NewReader(body.text))
		bare.Header.Set("Content-Type", body.kind)
		found, err := attack.Believed(bare, attack.Claims(grace), treat(func(w http.ResponseWriter, r *http.Request) {
			sent++
			_, _ = w.Write([]byte("ada"))
		}))
		require.NoError(t, err)
		assert.Nil(t, found)
	}
	assert.Less(t, sent, 400, "requests are few")
}

func TestBelievedWantsAServerThatDoesNotChange(t *testing.T) {
	n := 0
	_, err := attack.Believed(httptest.NewRequest(http.MethodGet, "/", nil), nil, func(*http.Request) string {
		n++
		return strings.Repeat("x", n)
	})
	assert.ErrorIs(t, err, attack.ErrVaries)
}

func TestRecordNoticesWhatComesAfterAnAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		flawed http.HandlerFunc
		want   string // what a fault says; empty if there is none
	}{
		"two statuses": {"GET", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
			w.WriteHeader(http.StatusOK)
		}, "answered 401, went on, and"},
		"a body, then a status": {"GET", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "here you are")
			http.Error(w, "no", http.StatusForbidden)
		}, "answered 200, went on, and"},
		"the next handler": {"GET", func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, "no", http.StatusForbidden)
			attack.Note(r.Context(), "the next handler runs")
		}, "answered 403, and after that the next handler runs: is a return missing?"},
		"the store, by a context made from the request's": {"GET", func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, "no", http.StatusForbidden)
			ctx, cancel := context.WithCancel(r.Context())
			defer cancel()
			attack.Note(ctx, "the store is asked for %s", "grace")
		}, "after that the store is asked for grace"},
		"a late header": {"GET", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
			w.Header().Set("WWW-Authenticate", "Bearer")
		}, "the header Www-Authenticate is set when the answer has begun"},
		"a body where none can be": {"GET", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
			_, _ = io.WriteString(w, "done")
		}, "answered 204, which has no body, and a body of 4 bytes is written"},
		"the connection taken": {"GET", func(w http.ResponseWriter, _ *http.Request) {
			_, _, _ = http.NewResponseController(w).Hijack()
		}, "takes the connection"},
		"a flush, then a status": {"GET", func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			w.WriteHeader(http.StatusForbidden)
		}, "answered 200, went on, and"},

		"a sound refusal": {"GET", func(w http.ResponseWriter, r *http.Request) {
			attack.Note(r.Context(), "the store is asked")
			w.Header().Set("WWW-Authenticate", "Bearer")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":`)
			_, _ = io.WriteString(w, `"no"}`)
		}, ""},
		"nothing":         {"GET", func(http.ResponseWriter, *http.Request) {}, ""},
		"an early hint":   {"GET", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(401) }, ""},
		"a body for HEAD": {"HEAD", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "books") }, ""},
		"a trailer":       {"GET", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200); w.Header().Set("Trailer:X", "1") }, ""},
		"a trailer by name": {"GET", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "X-Sum")
			w.WriteHeader(200)
			w.Header().Set("X-Sum", "1")
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			exchange := attack.Record(c.flawed, httptest.NewRequest(c.method, "/books", nil))
			if c.want == "" {
				assert.Empty(t, exchange.Faults)
				assert.Empty(t, exchange.Twice)
				return
			}
			require.NotEmpty(t, exchange.Faults)
			assert.Contains(t, exchange.Faults[0], c.want)
			assert.Equal(t, strings.Contains(c.want, "went on"), exchange.Twice != "", "two answers are told by themselves")
		})
	}
}

func TestRecordNoticesWhatAGoroutineWritesLater(t *testing.T) {
	late := make(chan struct{})
	var group sync.WaitGroup
	exchange := attack.Record(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		group.Go(func() {
			<-late
			_, _ = io.WriteString(w, "secret")
		})
	}), httptest.NewRequest(http.MethodGet, "/books", nil))
	close(late)
	group.Wait()
	assert.Empty(t, exchange.Answer.Body, "what comes later is not in the answer")
}

func TestSameAnswerTellsWhatAnObserverLearns(t *testing.T) {
	request := func(name string) *http.Request {
		return httptest.NewRequest(http.MethodPost, "/token", strings.NewReader("username="+name))
	}
	n := 0
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, known bool)
		want   string
	}{
		"status": {func(w http.ResponseWriter, known bool) {
			if known {
				w.WriteHeader(http.StatusUnauthorized)
			} else {
				w.WriteHeader(http.StatusNotFound)
			}
		}, "the status is 401 for the one and 404 for the other"},
		"body": {func(w http.ResponseWriter, known bool) {
			fmt.Fprintf(w, `{"error":"invalid_grant","known":%t}`, known)
		}, `the body is "{\"error\":\"invalid_grant\",\"known\":true}" for the one and`},
		"a header's value": {func(w http.ResponseWriter, known bool) {
			w.Header().Set("X-Attempts-Left", map[bool]string{true: "4", false: "5"}[known])
		}, `the header X-Attempts-Left is "4" for the one and "5" for the other`},
		"a header more": {func(w http.ResponseWriter, known bool) {
			if known {
				w.Header().Set("Retry-After", "30")
			}
		}, `the header Retry-After is "30" for the one and "" for the other`},
		"beside what varies": {func(w http.ResponseWriter, known bool) {
			n++
			fmt.Fprintf(w, `{"id":"%032x","known":%t}`, n*7919, known)
		}, `the body is`},
		"only one varies": {func(w http.ResponseWriter, known bool) {
			if known {
				n++
				w.Header().Set("X-Trace", strings.Repeat("a b ", n))
			}
		}, `the header X-Trace is`},

		"nothing": {func(w http.ResponseWriter, _ bool) { w.WriteHeader(http.StatusUnauthorized) }, ""},
		"a random request ID": {func(w http.ResponseWriter, _ bool) {
			w.Header().Set("X-Request-Id", rand.Text())
			w.Header().Set("Date", fmt.Sprint(rand.Text()))
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, `{"error":"invalid_grant","request_id":%q}`, rand.Text())
		}, ""},
		"random base64": {func(w http.ResponseWriter, _ bool) {
			b := make([]byte, 33)
			_, _ = rand.Read(b)
			w.Header().Set("Set-Cookie", "csrf="+base64.StdEncoding.EncodeToString(b)+"; Path=/")
		}, ""},
		"a counter": {func(w http.ResponseWriter, _ bool) { n++; fmt.Fprintf(w, "answer %d", n) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				c.answer(w, string(body) == "username=ada")
			})
			got, err := attack.SameAnswer(attack.To(api), request("ada"), request("mallory"))
			require.NoError(t, err)
			if c.want == "" {
				assert.Empty(t, got)
				return
			}
			assert.Contains(t, got, c.want)
		})
	}
}

func router() *chi.Mux {
	r := chi.NewRouter()
	ok := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }
	r.Get("/books", ok)
	r.Delete("/books/{id:[0-9]{1,18}}", ok)
	return r
}

func TestUnlistedFindsEveryRouteThatNoListHas(t *testing.T) {
	listed := []attack.Route{{Method: "GET", Pattern: "/books"}, {Method: "DELETE", Pattern: "/books/{number}"}}
	assert.Empty(t, attack.Unlisted(router(), listed))
	files := http.FileServer(http.Dir("."))
	for name, more := range map[string]func(*chi.Mux){
		"a method":      func(r *chi.Mux) { r.MethodFunc("OPTIONS", "/books", files.ServeHTTP) },
		"a path":        func(r *chi.Mux) { r.Get("/users", files.ServeHTTP) },
		"a file server": func(r *chi.Mux) { r.Handle("/static/*", files) },
		"a mounted API": func(r *chi.Mux) { r.Mount("/v1", http.StripPrefix("/v1", files)) },
		"a subrouter":   func(r *chi.Mux) { r.Mount("/api", router()) },
		"a profiler":    func(r *chi.Mux) { r.Mount("/debug", middleware.Profiler()) },
	} {
		r := router()
		more(r)
		assert.NotEmpty(t, attack.Unlisted(r, listed), name)
	}
	assert.Empty(t, attack.Routes(files), "a handler that is no router says nothing")
}

// An API without a router: what it does is found by knocking.
func TestFirstEffectFindsTheOddRequest(t *testing.T) {
	for name, c := range map[string]struct {
		deletes func(r *http.Request) bool
		want    string
	}{
		"nothing":        {func(*http.Request) bool { return false }, ""},
		"OPTIONS":        {func(r *http.Request) bool { return r.Method == "OPTIONS" && r.URL.Path == "/books/1" }, "OPTIONS /books/1, as it is"},
		"any method":     {func(r *http.Request) bool { return r.Method == "BREW" && r.URL.Path == "/books/1" }, "BREW /books/1, as it is"},
		"a small letter": {func(r *http.Request) bool { return strings.EqualFold(r.Method, "delete") && r.Method != "DELETE" }, "delete /books/1, as it is"},
		"a slash":        {func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/1/") }, "GET /books/1/, with a slash at the end"},
		"cleaned":        {func(r *http.Request) bool { return path.Clean(r.URL.Path) == "/books/1" && r.URL.Path[1] == '/' }, "GET //books/1, with two slashes in front"},
		"unescaped":      {func(r *http.Request) bool { return r.URL.RawPath != "" && r.URL.Path == "/x/../books/1" }, ""},
		"twice": {func(r *http.Request) bool {
			p, _ := url.PathUnescape(r.URL.Path)
			return p != r.URL.Path && p == "/books/1"
		}, "GET /%2562ooks/1, escaped twice"},
		"capitals":    {func(r *http.Request) bool { return r.URL.Path == "/BOOKS/1" }, "GET /BOOKS/1, in capitals"},
		"a version":   {func(r *http.Request) bool { return r.URL.Path == "/v1/books/1" && r.Method == "DELETE" }, "DELETE /v1/books/1, below /v1"},
		"a parameter": {func(r *http.Request) bool { p, _, ok := strings.Cut(r.URL.Path, ";"); return ok && p == "/books/1" }, "GET /books/1;x=1, with a parameter"},
		"an ending":   {func(r *http.Request) bool { return r.URL.Path == "/books/1.json" }, "GET /books/1.json, with .json at the end"},
		"a stray":     {func(r *http.Request) bool { return r.URL.Path == "/debug/vars" }, "GET /debug/vars, a path that no list has"},
	} {
		t.Run(name, func(t *testing.T) {
			api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c.deletes(r) {
					_, _ = io.WriteString(w, "deleted")
				}
			})
			attempts := attack.Attempts([]string{"/books/1", "/books"}, func(method, target string) *http.Request {
				return httptest.NewRequest(method, target, nil)
			})
			found, effect := attack.FirstEffect(attempts, func(r *http.Request) string {
				answer, err := attack.To(api)(r)
				require.NoError(t, err)
				return answer.Body
			})
			assert.Equal(t, c.want, found.Name)
			assert.Equal(t, c.want != "", effect != "")
		})
	}
}

func TestWithMakesOneDifference(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/books?page=2", strings.NewReader(`{"title":"Kindred","year":1979}`))
	r.Header.Set("Content-Type", "application/json")
	body := func(r *http.Request) string {
		text, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		return string(text)
	}
	stuffed := attack.Stuff(r, []attack.Claim{{attack.InJSON, "role", "admin"}, {attack.InJSON, "admin", "true"}})
	assert.JSONEq(t, `{"title":"Kindred","year":1979,"role":"admin","admin":true}`, body(stuffed))
	assert.Equal(t, "grace", attack.WithHeader(r, "X-User", "grace").Header.Get("X-User"))
	assert.Equal(t, "PUT", attack.WithMethod(r, "PUT").Method)
	odd := attack.WithTarget(r, "/%62ooks/1?x=1")
	assert.Equal(t, []string{"/books/1", "/%62ooks/1", "x=1"}, []string{odd.URL.Path, odd.URL.RawPath, odd.URL.RawQuery})
	assert.Nil(t, attack.WithTarget(r, "books"))

	assert.Empty(t, r.Header.Get("X-User"), "the honest request stays as it is")
	assert.JSONEq(t, `{"title":"Kindred","year":1979}`, body(r))
}

// What works on a handler works on a running server, too.
func TestAtSendsToARunningServer(t *testing.T) {
	var got *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		if r.Header.Get("X-Role") == "admin" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		http.Error(w, "no", http.StatusForbidden)
	}))
	defer server.Close()
	base, err := url.Parse(server.URL + "/api/")
	require.NoError(t, err)
	send := attack.At(base, server.Client())

	answer, err := send(httptest.NewRequest(http.MethodDelete, "/b%6foks/1?x=1", nil))
	require.NoError(t, err)
	assert.Equal(t, "403 no", answer.String())
	assert.Equal(t, []string{"/api/b%6foks/1?x=1", base.Host}, []string{got.RequestURI, got.Host})

	found, err := attack.Believed(httptest.NewRequest(http.MethodDelete, "/books/1", nil), attack.In(attack.Claims(grace), attack.InHeader), func(r *http.Request) string {
		answer, err := send(r)
		require.NoError(t, err)
		return fmt.Sprint(answer.Status)
	})
	require.NoError(t, err)
	require.NotNil(t, found)
	assert.Equal(t, "the header X-Role: admin", found.String())
	assert.Equal(t, []string{"403", "204"}, []string{found.Without, found.Got})

	server.Close()
	_, err = send(httptest.NewRequest(http.MethodGet, "/books", nil))
	assert.Error(t, err)
}

func TestAPanicIsAnErrorWithItsLine(t *testing.T) {
	_, err := attack.To(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oh") }))(httptest.NewRequest(http.MethodGet, "/", nil))
	assert.Regexp(t, `^attack/attack_test.go:\d+: oh$`, err.Error())
}

func ExampleBelieved() {
	// A guard that believes a proxy that is not there.
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Forwarded-User") == "" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	bare := httptest.NewRequest(http.MethodDelete, "/books/1", nil)
	found, err := attack.Believed(bare, attack.Claims(attack.Identity{Username: "grace"}), func(r *http.Request) string {
		answer, _ := attack.To(api)(r)
		return fmt.Sprint(answer.Status)
	})
	fmt.Println(found, err)
	// Output:
	// the header X-Forwarded-User: grace <nil>
}
