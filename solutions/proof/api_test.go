package proof

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	authz "example.com/bookapi/step4-authz"
	hardening "example.com/bookapi/step5-hardening"
	"example.com/bookapi/step5-hardening/app"
)

// An apiClient is the finished API over a store in memory, with a log that the test
// reads and a clock that only the test moves.
type apiClient struct {
	http.Handler
	app   *app.App
	store *memory.Store
	now   time.Time
	log   bytes.Buffer
}

func newAPIClient(t testing.TB, environment ...string) *apiClient {
	t.Helper()
	env := map[string]string{"BOOKAPI_KEYS": hardening.NewKey()}
	for _, setting := range environment {
		name, value, _ := strings.Cut(setting, "=")
		env[name] = value
	}
	api, err := app.New(func(name string) string { return env[name] }, false, true)
	require.NoError(t, err)
	w := &apiClient{app: api, store: new(memory.Store), now: time.Date(2031, time.March, 14, 9, 0, 0, 0, time.UTC)}
	api.Now = func() time.Time { return w.now }
	api.Log = slog.New(hardening.NewLogHandler(slog.NewJSONHandler(&w.log, nil)))
	w.Handler = api.Handler(w.store)
	return w
}

// tokens are the answer to a login.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

func (w *apiClient) signUp(t testing.TB, username, password string) {
	t.Helper()
	account, err := json.Marshal(map[string]string{"username": username, "password": password})
	require.NoError(t, err)
	answer := Send(t, w, JSON(http.MethodPost, "/users", string(account)))
	require.Equal(t, http.StatusCreated, answer.Status, answer)
}

func (w *apiClient) token(t testing.TB, form url.Values) (Answer, tokens) {
	t.Helper()
	answer := Send(t, w, Form("/token", form))
	var got tokens
	if answer.Status == http.StatusOK {
		require.NoError(t, json.Unmarshal([]byte(answer.Body), &got))
	}
	return answer, got
}

func password(username, password string) url.Values {
	return url.Values{"username": {username}, "password": {password}}
}

func refresh(raw string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {raw}}
}

func (w *apiClient) logIn(t testing.TB, username, pass string) tokens {
	t.Helper()
	answer, got := w.token(t, password(username, pass))
	require.Equal(t, http.StatusOK, answer.Status, answer)
	require.NotEmpty(t, got.Refresh, answer)
	return got
}

// as sends a request with a token.
func (w *apiClient) as(t testing.TB, access string, r *http.Request) Answer {
	t.Helper()
	r.Header.Set("Authorization", "Bearer "+access)
	return Send(t, w, r)
}

func (w *apiClient) me(t testing.TB, access string) int {
	t.Helper()
	return w.as(t, access, Request(http.MethodGet, "/me")).Status
}

func TestAPasswordChangeEndsEverythingTheOldOneOpened(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	w.signUp(t, Ada, AdaPassword)
	laptop, phone := w.logIn(t, Ada, AdaPassword), w.logIn(t, Ada, AdaPassword)
	change := func(current, next string) Answer {
		body, err := json.Marshal(map[string]string{"current": current, "new": next})
		require.NoError(t, err)
		return w.as(t, laptop.Access, JSON(http.MethodPut, "/me/password", string(body)))
	}
	assert.Equal(t, http.StatusForbidden, change(MalloryPassword, GracePassword).Status, "a stolen token alone changes no password")
	assert.Equal(t, http.StatusUnprocessableEntity, change(AdaPassword, "too short").Status)
	require.Equal(t, http.StatusOK, w.me(t, laptop.Access), "a change that was refused ends nothing")

	answer := change(AdaPassword, GracePassword)
	require.Equal(t, http.StatusNoContent, answer.Status, answer)
	for _, old := range []tokens{laptop, phone} {
		assert.Equal(t, http.StatusUnauthorized, w.me(t, old.Access))
		refused, _ := w.token(t, refresh(old.Refresh))
		assert.Equal(t, http.StatusBadRequest, refused.Status, refused)
	}
	again := w.logIn(t, Ada, GracePassword)
	assert.Equal(t, http.StatusOK, w.me(t, again.Access), "a login in the very second of the change is a new one")
	refused, _ := w.token(t, password(Ada, AdaPassword))
	assert.Equal(t, http.StatusUnauthorized, refused.Status)
	w.now = w.now.Add(time.Minute)
	assert.Equal(t, http.StatusOK, w.me(t, again.Access))
	assert.Equal(t, http.StatusUnauthorized, w.me(t, laptop.Access), "and the old ones stay ended")
}

func TestAPasswordChangeIsLoggedAsOneAndNotAsALogin(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	w.signUp(t, Ada, AdaPassword)
	ada := w.logIn(t, Ada, AdaPassword)
	for _, c := range []struct {
		current string
		status  int
		line    string
	}{
		{MalloryPassword, http.StatusForbidden, `"msg":"password not changed","user":"ada"`},
		{AdaPassword, http.StatusNoContent, `"msg":"password changed","user":"ada"`},
	} {
		w.log.Reset()
		answer := w.as(t, ada.Access, JSON(http.MethodPut, "/me/password", fmt.Sprintf(`{"current":%q,"new":%q}`, c.current, GracePassword)))
		require.Equal(t, c.status, answer.Status, answer)
		assert.Contains(t, w.log.String(), c.line)
		assert.Equal(t, 1, strings.Count(w.log.String(), "\n"), "it is one line:\n%s", &w.log)
		assert.NotContains(t, w.log.String(), "login")
	}
}

// A key that signs nothing cannot come from the environment. If one did, nothing
// would be left of the logins that failed with it.
func TestATokenThatCannotBeSignedLeavesNoSession(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	w.signUp(t, Ada, AdaPassword)
	w.app.Keys[0].Secret = nil
	store := &sessionCounter{Store: w.store}
	w.Handler = w.app.Handler(store)
	answer, _ := w.token(t, password(Ada, AdaPassword))
	assert.Equal(t, http.StatusInternalServerError, answer.Status, answer)
	assert.Zero(t, store.created, "sessions of nobody")
}

type sessionCounter struct {
	bookapi.Store
	created int
}

func (s *sessionCounter) CreateSession(ctx context.Context, session bookapi.Session, hash string) error {
	s.created++
	return s.Store.CreateSession(ctx, session, hash)
}

func TestLoginAndRefreshAnswerAlike(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	w.signUp(t, Ada, AdaPassword)
	login, ada := w.token(t, password(Ada, AdaPassword))
	refreshed, next := w.token(t, refresh(ada.Refresh))
	assert.Equal(t, login.Header.Values("Cache-Control"), refreshed.Header.Values("Cache-Control"))
	fields := strings.NewReplacer(ada.Access, "ACCESS", next.Access, "ACCESS", ada.Refresh, "REFRESH", next.Refresh, "REFRESH")
	assert.Equal(t, `{"access_token":"ACCESS","token_type":"Bearer","expires_in":900,"refresh_token":"REFRESH"}`+"\n", fields.Replace(login.Body)) //nolint:testifylint // order and line end count
	assert.Equal(t, fields.Replace(login.Body), fields.Replace(refreshed.Body))
}

func TestAShutAccountIsShutFromTheNextRequestOn(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	w.signUp(t, Mallory, MalloryPassword)
	require.NoError(t, authz.AddAdmin(t.Context(), w.store, Grace, GracePassword))
	grace, mallory := w.logIn(t, Grace, GracePassword), w.logIn(t, Mallory, MalloryPassword)
	disable := func(by tokens, body string) Answer {
		return w.as(t, by.Access, JSON(http.MethodPut, "/users/mallory/disabled", body))
	}
	assert.Equal(t, http.StatusForbidden, disable(mallory, `{"disabled":false}`).Status)
	assert.Equal(t, http.StatusUnprocessableEntity, disable(grace, `{}`).Status)
	require.Equal(t, http.StatusOK, disable(grace, `{"disabled":true}`).Status)

	assert.Equal(t, http.StatusUnauthorized, w.me(t, mallory.Access))
	refused, _ := w.token(t, refresh(mallory.Refresh))
	assert.Equal(t, http.StatusBadRequest, refused.Status)
	wrong, _ := w.token(t, password(Mallory, AdaPassword))
	right, _ := w.token(t, password(Mallory, MalloryPassword))
	assert.Equal(t, http.StatusUnauthorized, right.Status)
	assert.Equal(t, wrong.Body, right.Body, "the answer does not tell that the account is there, and shut")
	taken := Send(t, w, JSON(http.MethodPost, "/users", `{"username":"mallory","password":"a new start for mallory"}`))
	assert.Equal(t, http.StatusConflict, taken.Status, "the name of a shut account is not free")

	require.Equal(t, http.StatusOK, disable(grace, `{"disabled":false}`).Status)
	assert.Equal(t, http.StatusUnauthorized, w.me(t, mallory.Access), "what has ended stays ended")
	assert.Equal(t, http.StatusOK, w.me(t, w.logIn(t, Mallory, MalloryPassword).Access))
}

func TestTokensOfOneKindAreNoneOfTheOther(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	w.signUp(t, Ada, AdaPassword)
	ada := w.logIn(t, Ada, AdaPassword)
	assert.Equal(t, http.StatusUnauthorized, w.me(t, ada.Refresh))
	answer, _ := w.token(t, refresh(ada.Access))
	assert.Equal(t, http.StatusBadRequest, answer.Status)
	assert.Contains(t, answer.Body, "invalid_grant")

	for _, form := range []url.Values{
		{"grant_type": {"refresh_token"}},
		{"grant_type": {"refresh_token"}, "refresh_token": {""}},
		{"grant_type": {"refresh_token"}, "refresh_token": {ada.Refresh, ada.Refresh}},
		{"grant_type": {"refresh_token", "refresh_token"}, "refresh_token": {ada.Refresh}},
		{"grant_type": {"client_credentials"}},
	} {
		answer, _ := w.token(t, form)
		assert.Equal(t, http.StatusBadRequest, answer.Status, form)
	}
	_, next := w.token(t, refresh(ada.Refresh))
	assert.Equal(t, http.StatusOK, w.me(t, next.Access), "and none of this has ended ada's session")
}

func TestLogout(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	w.signUp(t, Ada, AdaPassword)
	ada := w.logIn(t, Ada, AdaPassword)
	for _, raw := range []string{ada.Refresh, ada.Refresh, ada.Access, "rubbish"} {
		answer := Send(t, w, Form("/revoke", url.Values{"token": {raw}, "token_type_hint": {"refresh_token"}}))
		assert.Equal(t, http.StatusOK, answer.Status, "RFC 7009 §2.2: %v", answer)
	}
	assert.Equal(t, http.StatusBadRequest, Send(t, w, Form("/revoke", url.Values{})).Status)
	refused, _ := w.token(t, refresh(ada.Refresh))
	assert.Equal(t, http.StatusBadRequest, refused.Status)
	assert.Equal(t, 1, strings.Count(w.log.String(), `"logged out","user":"ada"`), "one session ended, and its owner is named:\n%s", &w.log)
	assert.Equal(t, 1, strings.Count(w.log.String(), "logged out"), "nobody else has logged out")
}

// Strangers cost as much work as those who log in, and anybody can be one.
func TestALoginWaitsForFewOfManySignUps(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	w.signUp(t, Ada, AdaPassword)
	const strangers = 10
	var served atomic.Int32
	var first, all sync.WaitGroup
	first.Add(1)
	for n := range strangers {
		all.Go(func() {
			account := fmt.Sprintf(`{"username":"stranger%d","password":%q}`, n, MalloryPassword)
			w.ServeHTTP(httptest.NewRecorder(), JSON(http.MethodPost, "/users", account))
			if served.Add(1) == 1 {
				first.Done()
			}
		})
	}
	first.Wait() // the others stand in a queue by now
	w.logIn(t, Ada, AdaPassword)
	before := served.Load()
	all.Wait()
	assert.LessOrEqual(t, before, int32(strangers/2), "sign-ups that were served before ada's login")
}

func TestAThrottledLoginSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	for range hardening.PerAccount { // at an account that is not there: that is throttled as well
		_, err := w.store.CountAttempt(t.Context(), "account "+sha256Hex(Ada), hardening.PerAccount, w.now, hardening.Window)
		require.NoError(t, err)
	}
	answer, _ := w.token(t, password(Ada, AdaPassword))
	require.Equal(t, http.StatusTooManyRequests, answer.Status, answer)
	assert.Equal(t, "900", answer.Header.Get("Retry-After"))
	assert.Contains(t, answer.Body, `"error"`)
	assert.Contains(t, w.log.String(), "login throttled")
}

func TestTheLogTellsTheStoryAndNoSecret(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	w.signUp(t, Ada, AdaPassword)
	ada := w.logIn(t, Ada, AdaPassword)
	_, next := w.token(t, refresh(ada.Refresh))
	_, _ = w.token(t, refresh(ada.Refresh))
	_, _ = w.token(t, password(Ada, MalloryPassword))
	stranger := Send(t, w, Request(http.MethodGet, "/me?access_token="+ada.Access))
	require.Equal(t, http.StatusUnauthorized, stranger.Status)

	story := w.log.String()
	for _, chapter := range []string{"login succeeded", "session refreshed", `"refresh refused","user":"ada","session_ended":true`, "login failed", "turned away", `"address":"192.0.2.1"`} {
		assert.Contains(t, story, chapter)
	}
	assert.Contains(t, story, stranger.Header.Get("X-Request-Id"), "the client can name its line")
	user, err := w.store.User(t.Context(), Ada)
	require.NoError(t, err)
	for what, secret := range map[string]string{
		"password": AdaPassword, "wrong password": MalloryPassword, "hash": user.PasswordHash,
		"access token": ada.Access, "refresh token": ada.Refresh, "next refresh token": next.Refresh,
		"key": string(w.app.Keys[0].Secret),
	} {
		assert.Empty(t, Leak(story, secret), "the log holds the %s", what)
	}
}

func TestEveryAnswerIsProtected(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	for _, r := range []*http.Request{
		Request(http.MethodGet, "/books"), Request(http.MethodGet, "/nowhere"), Request(http.MethodPatch, "/books"),
		Request(http.MethodGet, "/me"), JSON(http.MethodPost, "/users", "{"), Request(http.MethodGet, "/healthz"), Request(http.MethodGet, "/readyz"),
		JSON(http.MethodPost, "/users", strings.Repeat(" ", hardening.MaxBody+1)),
	} {
		answer := Send(t, w, r)
		assert.Equal(t, "nosniff", answer.Header.Get("X-Content-Type-Options"), "%s %s", r.Method, r.URL)
		assert.Contains(t, answer.Header.Get("Content-Security-Policy"), "default-src 'none'", "%s %s", r.Method, r.URL)
		assert.NotEmpty(t, answer.Header.Get("X-Request-Id"), "%s %s", r.Method, r.URL)
		assert.Less(t, answer.Status, 500, "%s %s", r.Method, r.URL)
	}
	foreign := Request(http.MethodGet, "/books")
	foreign.Header.Set("X-Request-Id", "mallory's")
	assert.NotEqual(t, "mallory's", Send(t, w, foreign).Header.Get("X-Request-Id"))
}

// A database that is away is a 503 on every route, with a hint when to come back,
// and none of its secrets in the answer.
func TestADatabaseThatIsAwayIs503(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	w.signUp(t, Ada, AdaPassword)
	ada := w.logIn(t, Ada, AdaPassword)
	away := w.app.Handler(unavailableStore{w.store})
	for _, r := range []*http.Request{
		Request(http.MethodGet, "/books"), Request(http.MethodGet, "/me"), Request(http.MethodGet, "/readyz"),
		Form("/token", password(Ada, AdaPassword)), Form("/token", refresh(ada.Refresh)), Form("/revoke", url.Values{"token": {ada.Refresh}}),
		JSON(http.MethodPost, "/users", `{"username":"grace","password":"seven umbrellas under one roof"}`),
	} {
		r.Header.Set("Authorization", "Bearer "+ada.Access)
		answer := Send(t, away, r)
		assert.Equal(t, http.StatusServiceUnavailable, answer.Status, "%s %s: %v", r.Method, r.URL, answer)
		assert.NotEmpty(t, answer.Header.Get("Retry-After"), "%s %s", r.Method, r.URL)
		assert.NotContains(t, answer.Body, "10.0.0.7")
	}
	assert.Equal(t, http.StatusOK, Send(t, away, Request(http.MethodGet, "/healthz")).Status, "the program itself is well")
	_, next := w.token(t, refresh(ada.Refresh))
	assert.NotEmpty(t, next.Access, "nobody was logged out by it")
}

var _ bookapi.Store = unavailableStore{}

// Whoever starts the server with everything wrong hears of everything at once.
func TestEveryMistakeIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	for variables, want := range map[string][]string{
		"":                            {"BOOKAPI_KEYS: is missing", "others could reach this address"},
		"BOOKAPI_ENV=production":      {"BOOKAPI_KEYS: is missing", "production without TLS"},
		"BOOKAPI_KEYS=a:b,a:c":        {"BOOKAPI_KEYS: key 1", "BOOKAPI_KEYS: key 2", "others could reach"},
		"BOOKAPI_TRUSTED_PROXIES=all": {"BOOKAPI_KEYS: is missing", "BOOKAPI_TRUSTED_PROXIES"},
		"BOOKAPI_PASSWORDS=scrypt":    {"BOOKAPI_KEYS: is missing", "BOOKAPI_PASSWORDS", "others could reach"},
		"BOOKAPI_ENV=staging":         {"BOOKAPI_KEYS: is missing", "BOOKAPI_ENV", "others could reach"},
		"BOOKAPI_KEYS=a:c2VjcmV0":     {"tutorials and word lists", "others could reach"},
	} {
		name, value, _ := strings.Cut(variables, "=")
		api, err := app.New(func(asked string) string {
			if asked == name {
				return value
			}
			return ""
		}, false, false)
		assert.Nil(t, api, variables)
		require.Error(t, err, variables)
		lines := strings.Split(err.Error(), "\n")
		assert.Len(t, lines, len(want), "%s:\n%v", variables, err)
		for _, mistake := range want {
			assert.ErrorContains(t, err, mistake, variables)
		}
	}
}
