package proof

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	"example.com/bookapi/rest"
	token "example.com/bookapi/step2-token"
	protect "example.com/bookapi/step3-protect"
)

// Fuzz targets for everything that strangers send. None of it may lead to a panic
// or to a 5xx; what a fuzzer has found once is kept in testdata/fuzz.
//
//	go test -C solutions/proof -run xxx -fuzz FuzzBookBody -fuzztime 10m

// requireNoServerError sends a request and demands an answer that is the client's fault, or
// none.
func requireNoServerError(t *testing.T, h http.Handler, r *http.Request) Answer {
	t.Helper()
	answer := Send(t, h, r)
	if answer.Status >= 500 {
		t.Fatalf("%s %s answered %v", r.Method, r.URL, answer)
	}
	return answer
}

// fuzzKey signs in the fuzz targets, so that a seed which holds a token is good on
// every machine.
var fuzzKey = token.Key{ID: "fuzz", Secret: []byte("thirty-two bytes that nobody has")}

var fuzzTime = time.Date(2031, time.March, 14, 9, 0, 0, 0, time.UTC)

func fuzzToken(t testing.TB, username string) string {
	t.Helper()
	raw, err := token.Issuer{Key: fuzzKey, Lifetime: token.Lifetime, Now: func() time.Time { return fuzzTime }}.Issue(bookapi.User{Username: username, Role: bookapi.RoleReader})
	require.NoError(t, err)
	return raw
}

// isTheToken reports whether raw is the good token to its last bit. Base64 can be
// written in more than one way: Go reads over line breaks, and over what is left
// in the last character. So the spelling may differ, and what it says may not.
func isTheToken(raw, good string) bool {
	decode := func(token string) (parts []string) {
		for part := range strings.SplitSeq(token, ".") {
			bytes, err := base64.RawURLEncoding.DecodeString(part)
			if err != nil {
				return nil
			}
			parts = append(parts, string(bytes))
		}
		return parts
	}
	return slices.Equal(decode(raw), decode(good))
}

// FuzzBearerHeader sends an Authorization header. Whatever stands in it, it opens
// the door only if it is a scheme, spaces, and the one token that is good.
func FuzzBearerHeader(f *testing.F) {
	good := fuzzToken(f, Ada)
	for _, seed := range []string{"", "Bearer", "Bearer ", "Bearer " + good, "bearer  " + good, "Basic YWRhOmFkYQ==", "Bearer a.b.c", "Bearer " + good + " x", "Bearer\t" + good, good, "Bearer \x00", "Bearer " + strings.Repeat(".", 5000)} {
		f.Add(seed)
	}
	store := new(memory.Store)
	require.NoError(f, store.CreateUser(f.Context(), bookapi.User{Username: Ada, Role: bookapi.RoleReader}))
	verifier := protect.Verifier{Keys: []token.Key{fuzzKey}, Now: func() time.Time { return fuzzTime }}
	guarded := protect.RequireUser(verifier, store)(http.HandlerFunc(rest.Users{Store: store}.Me))
	f.Fuzz(func(t *testing.T, header string) {
		r := Request(http.MethodGet, "/me")
		r.Header["Authorization"] = []string{header}
		answer := requireNoServerError(t, guarded, r)
		opened := answer.Status == http.StatusOK
		scheme, rest, _ := strings.Cut(header, " ")
		raw := strings.TrimLeft(rest, " ")
		bearer := strings.EqualFold(scheme, "Bearer")
		may, must := bearer && isTheToken(raw, good), bearer && raw == good
		if opened && !may || !opened && must {
			t.Fatalf("%q answered %v", header, answer)
		}
	})
}

// FuzzVerifier verifies a token. None is good but the one that was signed.
func FuzzVerifier(f *testing.F) {
	good := fuzzToken(f, Ada)
	parts := strings.Split(good, ".")
	for _, seed := range []string{good, good + ".", "." + good, parts[0] + "." + parts[1] + ".", "eyJhbGciOiJub25lIn0." + parts[1] + ".", parts[0] + ".bnVsbA." + parts[2], "e30.e30.e30", "..", "", "\x00", strings.Repeat("A", 9000)} {
		f.Add(seed)
	}
	verifier := protect.Verifier{Keys: []token.Key{fuzzKey, {ID: ""}, {ID: "short", Secret: []byte("x")}}, Now: func() time.Time { return fuzzTime }}
	f.Fuzz(func(t *testing.T, raw string) {
		claims, err := verifier.Verify(raw)
		if err == nil && !isTheToken(raw, good) {
			t.Fatalf("a token that nobody signed is good: %q", raw)
		}
		if err != nil && claims.Subject != "" {
			t.Fatalf("a token that is not good has claims: %q: %v", raw, claims)
		}
		_, _ = token.Peek(raw)
	})
}

// FuzzTokenForm posts a form to /token: to the endpoint of step 2 with somebody
// behind it who hashes nothing, and to the finished API, which is throttled soon,
// and to its logout.
func FuzzTokenForm(f *testing.F) {
	for _, seed := range []string{
		"", "username=ada&password=x", "grant_type=password&username=ada&password=x", "grant_type=refresh_token&refresh_token=a.b",
		"grant_type=refresh_token", "username=ada&username=ada&password=x", "username=%00&password=%ff", "%zz=1", "username=ada;password=x",
		"token=a.b", "grant_type=refresh_token&refresh_token=" + strings.Repeat("a", 9000), url.Values{"username": {"é"}, "password": {"\xff"}}.Encode(),
	} {
		f.Add(seed, "application/x-www-form-urlencoded")
		f.Add(seed, "application/json")
	}
	f.Add("--x\r\n\r\n--x--", "multipart/form-data; boundary=x")
	f.Add("username=ada", "application/x-www-form-urlencoded; charset=\x00")
	known := func(_ context.Context, username, _ string) (bookapi.User, error) {
		if username != Ada {
			return bookapi.User{}, token.ErrCredentials
		}
		return bookapi.User{Username: Ada, Role: bookapi.RoleReader}, nil
	}
	endpoint := token.Endpoint(known, token.Issuer{Key: fuzzKey, Lifetime: token.Lifetime, Now: time.Now}.Grant)
	api := newAPIClient(f)
	f.Fuzz(func(t *testing.T, form, contentType string) {
		for _, target := range []struct {
			handler http.Handler
			path    string
		}{{endpoint, "/token"}, {api, "/token"}, {api, "/revoke"}} {
			r := httptest.NewRequest(http.MethodPost, target.path, strings.NewReader(form))
			r.Header["Content-Type"] = []string{contentType}
			requireNoServerError(t, target.handler, r)
		}
	})
}

// FuzzBookBody posts and puts a book. What is stored is valid, is ada's, and is
// what a reader gets.
func FuzzBookBody(f *testing.F) {
	for _, seed := range []string{
		book, `{}`, `null`, `[]`, `{"title":"x","author":"y","year":9999}`, `{"title":"x","author":"y","created_by":"grace"}`, `{"title":"x","Title":"z","author":"y"}`,
		`{"title":"` + strings.Repeat("x", 300) + `","author":"y"}`, `{"title":"\ud800","author":"y"}`, "{\"title\":\"\x00\",\"author\":\"y\"}", `{"title":"x","author":"y"}{}`,
		`{"title":"x","author":"y","year":1e3}`, `{"title":"x","author":"y","year":-1}`, `{"id":7,"title":"x","author":"y"}`, "\xff",
	} {
		f.Add(seed)
	}
	w := newAPIClient(f)
	w.signUp(f, Ada, AdaPassword)
	ada := w.logIn(f, Ada, AdaPassword)
	f.Fuzz(func(t *testing.T, body string) {
		r := JSON(http.MethodPost, "/books", body)
		r.Header.Set("Authorization", "Bearer "+ada.Access)
		created := requireNoServerError(t, w, r)
		if created.Status != http.StatusCreated {
			return
		}
		path := created.Header.Get("Location")
		stored := requireNoServerError(t, w, Request(http.MethodGet, path))
		if stored.Status != http.StatusOK || stored.Body != created.Body || !strings.Contains(stored.Body, `"created_by":"ada"`) {
			t.Fatalf("%q was answered with %v, and is stored as %v", body, created, stored)
		}
		r = JSON(http.MethodPut, path, body)
		r.Header.Set("Authorization", "Bearer "+ada.Access)
		if again := requireNoServerError(t, w, r); again.Status != http.StatusOK || again.Body != created.Body {
			t.Fatalf("%q made a book, and is refused as a change of it: %v", body, again)
		}
		r = Request(http.MethodDelete, path)
		r.Header.Set("Authorization", "Bearer "+ada.Access)
		requireNoServerError(t, w, r)
	})
}
