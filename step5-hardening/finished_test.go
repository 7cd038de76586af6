package hardening_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	hardening "example.com/bookapi/step5-hardening"
	"example.com/bookapi/step5-hardening/app"
)

// A finished server is all that the five steps have built, behind a proxy or with
// TLS of its own.
type finished struct {
	http.Handler
	tls   bool
	store *bookapitest.Store
	now   time.Time
	log   bytes.Buffer
}

func newFinished(check *bookapitest.Check, overTLS bool) *finished {
	check.Helper()
	env := map[string]string{
		"BOOKAPI_ENV":  "production",
		"BOOKAPI_KEYS": "key-a:" + randomText("the key of the finished server"),
	}
	where := "with TLS of its own"
	if !overTLS {
		env["BOOKAPI_TRUSTED_PROXIES"], where = "10.0.0.0/8", "behind a proxy"
	}
	api, err := app.New(func(name string) string { return env[name] }, overTLS, false)
	require.NoError(check.Promise("the API of exercises 5.1 to 5.5 starts %s, to be audited", where), err)
	s := &finished{tls: overTLS, store: new(bookapitest.Store), now: noon}
	api.Now = func() time.Time { return s.now }
	api.Log = slog.New(hardening.NewLogHandler(slog.NewJSONHandler(&s.log, nil)))
	s.Handler = api.Handler(s.store)
	return s
}

// expect sends a request from ada's house, with a token or none, and demands the
// status of the answer.
func (s *finished) expect(check *bookapitest.Check, status int, access, what string, r *http.Request) (answer struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}) {
	check.Helper()
	if s.tls {
		r.RemoteAddr, r.TLS = "198.51.100.7:4321", new(tls.ConnectionState)
	} else {
		r.RemoteAddr = "10.0.0.1:4321"
		r.Header.Set("X-Forwarded-For", "198.51.100.7")
		r.Header.Set("X-Forwarded-Proto", "https")
	}
	if access != "" {
		r.Header.Set("Authorization", "Bearer "+access)
	}
	got := bookapitest.Send(check, s, r)
	require.Equal(check.Promise("the finished server, with all that the steps have built, answers %s with %d, not: %v",
		what, status, got), status, got.Status)
	_ = json.Unmarshal([]byte(got.Body), &answer)
	return answer
}

func login(password string) *http.Request {
	return bookapitest.Form("/token", url.Values{"username": {bookapitest.Ada}, "password": {password}})
}

func refresh(raw string) *http.Request {
	return bookapitest.Form("/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {raw}})
}

func signUp() *http.Request {
	return bookapitest.JSON(http.MethodPost, "/users",
		fmt.Sprintf(`{"username":%q,"password":%q}`, bookapitest.Ada, bookapitest.AdaPassword))
}

func newBook() *http.Request {
	return bookapitest.JSON(http.MethodPost, "/books", `{"title":"Kindred","author":"Octavia E. Butler","year":1979}`)
}

// What the exercises promise one by one is what the finished server stands on:
// it has to work with every solution that keeps these promises.
func TestAuditOfTheFinishedServer(t *testing.T) {
	bookapitest.Exercise(t, "5.7", func(check *bookapitest.Check) {
		check.T.Parallel()
		s := newFinished(check, false)
		me := func() *http.Request { return bookapitest.Request(http.MethodGet, "/me") }
		later := func() { s.now = s.now.Add(time.Minute) }

		s.expect(check, 201, "", "ada's sign-up", signUp())
		s.expect(check, 401, "", "a wrong password",
			login(strings.Repeat("more than bcrypt reads, which spares a hash ", 2)))
		first := s.expect(check, 200, "", "ada's login", login(bookapitest.AdaPassword))
		s.expect(check, 201, first.Access, "a new book of ada's", newBook())
		later()
		second := s.expect(check, 200, "", "a refresh", refresh(first.Refresh))
		s.expect(check, 200, second.Access, "GET /me after the refresh", me())

		change := fmt.Sprintf(`{"current":%q,"new":%q}`, bookapitest.AdaPassword, bookapitest.GracePassword)
		s.expect(check, 204, second.Access, "a change of the password",
			bookapitest.JSON(http.MethodPut, "/me/password", change))
		s.expect(check, 401, second.Access, "an access token of before the change", me())
		s.expect(check, 400, "", "a refresh token of before the change", refresh(second.Refresh))
		s.expect(check, 401, "", "the password of before the change", login(bookapitest.AdaPassword))
		later()
		third := s.expect(check, 200, "", "a login with the new password", login(bookapitest.GracePassword))
		s.expect(check, 200, third.Access, "GET /me after the change", me())

		s.expect(check, 403, third.Access, "a reader who disables an account",
			bookapitest.JSON(http.MethodPut, "/users/ada/disabled", `{"disabled":true}`))
		require.NoError(check, s.store.SetRole(check.Context(), bookapitest.Ada, bookapi.RoleAdmin))
		s.expect(check, 200, third.Access, "an administrator who disables an account",
			bookapitest.JSON(http.MethodPut, "/users/ada/disabled", `{"disabled":true}`))
		s.expect(check, 401, third.Access, "GET /me of a disabled account", me())
		s.expect(check, 400, "", "a refresh of a disabled account", refresh(third.Refresh))
		s.expect(check, 401, "", "a login to a disabled account", login(bookapitest.GracePassword))

		log := s.log.String()
		require.Contains(check.Promise("the log says from where requests came"), log, "198.51.100.7")
		for what, secret := range bookapitest.Sorted(map[string]string{"ada's first password": bookapitest.AdaPassword,
			"ada's new password": bookapitest.GracePassword, "an access token": third.Access,
			"a refresh token": third.Refresh}) {
			if form := bookapitest.Leak(log, secret); form != "" {
				check.Attack("mallory reads the server's log, and in it %s, %s: %s", what, form, log)
			}
		}
	})
}

// The finished server does the same where the program speaks TLS itself.
func TestAuditOfTheFinishedServerOverTLS(t *testing.T) {
	bookapitest.Exercise(t, "5.7", func(check *bookapitest.Check) {
		check.T.Parallel()
		s := newFinished(check, true)
		s.expect(check, 201, "", "ada's sign-up over TLS", signUp())
		first := s.expect(check, 200, "", "ada's login over TLS", login(bookapitest.AdaPassword))
		s.expect(check, 201, first.Access, "a new book of ada's over TLS", newBook())
		s.now = s.now.Add(time.Minute)
		s.expect(check, 200, "", "a refresh over TLS", refresh(first.Refresh))
		require.Contains(check.Promise("the log says from where requests came over TLS"), s.log.String(),
			"198.51.100.7")
	})
}
