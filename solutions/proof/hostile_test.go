package proof

import (
	"context"
	"fmt"
	"io"
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
	"example.com/bookapi/loglimit"
	"example.com/bookapi/rest"
	hardening "example.com/bookapi/step5-hardening"
)

const (
	adasAddress     = "192.0.2.7"
	mallorysAddress = "198.51.100.9"
)

// A hostileServer is the finished API over TCP, behind a proxy on this machine: a
// request is from whom its X-Forwarded-For says. One password is hashed at once.
type hostileServer struct {
	*apiClient
	client   *http.Client
	url      string
	inFlight atomic.Int64 // requests
	hashes   atomic.Int64 // that have begun
	hold     chan struct{}
}

// overBoth runs a test over HTTP/1 and over HTTP/2.
func overBoth(t *testing.T, test func(t *testing.T, s *hostileServer)) {
	t.Parallel()
	for name, http2 := range map[string]bool{"HTTP 1": false, "HTTP 2": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &hostileServer{apiClient: newAPIClient(t, "BOOKAPI_TRUSTED_PROXIES=127.0.0.1/32")}
			s.app.Hashes = 1
			s.app.RunHash = func(hash func()) {
				s.hashes.Add(1)
				if s.hold != nil {
					<-s.hold
				}
				hash()
			}
			api := s.app.Handler(s.store)
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				s.inFlight.Add(1)
				defer s.inFlight.Add(-1)
				api.ServeHTTP(w, r)
			}))
			server.EnableHTTP2 = http2
			server.StartTLS()
			t.Cleanup(server.Close)
			t.Cleanup(server.CloseClientConnections)
			s.client, s.url = server.Client(), server.URL
			test(t, s)
		})
	}
}

// request is one of an address.
func (s *hostileServer) request(ctx context.Context, t *testing.T, from, path, contentType string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, body)
	require.NoError(t, err)
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("X-Forwarded-For", from)
	r.Header.Set("X-Forwarded-Proto", "https")
	return r
}

func (s *hostileServer) signUpFrom(ctx context.Context, t *testing.T, from, username string) *http.Request {
	t.Helper()
	return s.request(ctx, t, from, "/users", "application/json", strings.NewReader(fmt.Sprintf(`{"username":%q,"password":%q}`, username, AdaPassword)))
}

func (s *hostileServer) loginFrom(ctx context.Context, t *testing.T, from, username string) *http.Request {
	t.Helper()
	form := url.Values{"username": {username}, "password": {AdaPassword}}.Encode()
	return s.request(ctx, t, from, "/token", "application/x-www-form-urlencoded", strings.NewReader(form))
}

// send returns the status of the answer, or 0 if there is none.
func (s *hostileServer) send(r *http.Request) int {
	answer, err := s.client.Do(r)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

// waitFor waits until as many requests are in flight.
func (s *hostileServer) waitFor(t *testing.T, requests int64) {
	t.Helper()
	require.Eventually(t, func() bool { return s.inFlight.Load() == requests }, time.Minute, 10*time.Millisecond,
		"%d requests in flight", requests)
}

// A body that never comes holds a connection, and nothing else.
func TestSignUpsWithoutABodyDelayNoLogin(t *testing.T) {
	overBoth(t, func(t *testing.T, s *hostileServer) {
		require.Equal(t, http.StatusCreated, s.send(s.signUpFrom(t.Context(), t, adasAddress, Ada)))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for range 4 {
			body, write := io.Pipe()
			go s.send(s.request(ctx, t, mallorysAddress, "/users", "application/json", body))
			_, err := io.WriteString(write, "{")
			require.NoError(t, err)
		}
		s.waitFor(t, 4)
		ada, gaveUp := context.WithTimeout(t.Context(), 15*time.Second)
		defer gaveUp()
		assert.Equal(t, http.StatusOK, s.send(s.loginFrom(ada, t, adasAddress, Ada)),
			"ATTACK SUCCEEDED: ada cannot log in while four sign-ups have not sent their bodies")
	})
}

// A client that hangs up leaves the queue.
func TestSignUpsThatHangUpDelayNoOther(t *testing.T) {
	overBoth(t, func(t *testing.T, s *hostileServer) {
		s.hold = make(chan struct{})
		ctx, hangUp := context.WithCancel(t.Context())
		for i := range 50 {
			go s.send(s.signUpFrom(ctx, t, mallorysAddress, fmt.Sprint("mallory", i)))
		}
		s.waitFor(t, 50)
		hangUp()
		assert.Eventually(t, func() bool { return s.inFlight.Load() == 1 }, 10*time.Second, 10*time.Millisecond,
			"ATTACK SUCCEEDED: clients that have gone wait in the queue, and only one hash has begun")
		close(s.hold)
		assert.Equal(t, http.StatusCreated, s.send(s.signUpFrom(t.Context(), t, adasAddress, Ada)))
		assert.Equal(t, http.StatusCreated, s.send(s.signUpFrom(t.Context(), t, mallorysAddress, Grace)), "a neighbour of mallory's")
		assert.LessOrEqual(t, s.hashes.Load(), int64(3), "ATTACK SUCCEEDED: passwords are hashed for clients that have gone")
	})
}

// Who waits for a hash waits for one of each other address.
func TestLoginsOfOneAddressDelayNoOther(t *testing.T) {
	loginsDelayNoOther(t, func(int) string { return mallorysAddress })
}

// Of IPv6 a site has 65,536 networks.
func TestLoginsOfOneSiteDelayNoOther(t *testing.T) {
	loginsDelayNoOther(t, func(n int) string { return fmt.Sprintf("2001:db8:8:%x::1", n) })
}

// loginsDelayNoOther floods the queue from the addresses that mallory has.
func loginsDelayNoOther(t *testing.T, mallorys func(n int) string) {
	t.Helper()
	overBoth(t, func(t *testing.T, s *hostileServer) {
		require.Equal(t, http.StatusCreated, s.send(s.signUpFrom(t.Context(), t, adasAddress, Ada)))
		s.hold = make(chan struct{})
		const flood = 40
		var all sync.WaitGroup
		defer all.Wait()
		defer close(s.hold)
		for i := range flood {
			all.Go(func() { s.send(s.loginFrom(t.Context(), t, mallorys(i), fmt.Sprint("mallory", i%5))) })
		}
		s.waitFor(t, flood)
		status := make(chan int)
		go func() { status <- s.send(s.loginFrom(t.Context(), t, adasAddress, Ada)) }()
		s.waitFor(t, flood+1)
		for n := 0; ; n++ {
			select {
			case s.hold <- struct{}{}:
			case got := <-status:
				assert.Equal(t, http.StatusOK, got)
				assert.LessOrEqual(t, n, 8, "ATTACK SUCCEEDED: so many of mallory's logins came before ada's")
				return
			}
		}
	})
}

// An address that fills the database with accounts, or asks which names are taken,
// is stopped, and no other.
func TestSignUpsAreLimitedByAddress(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	w.app.RunHash = func(hash func()) { hash() }
	from := func(address string) int {
		r := JSON(http.MethodPost, "/users", fmt.Sprintf(`{"username":%q,"password":%q}`, Ada, AdaPassword))
		r.RemoteAddr = address + ":1234"
		return Send(t, w, r).Status
	}
	require.Equal(t, http.StatusCreated, from(adasAddress))
	refused := 0
	for range 100 {
		if from(mallorysAddress) == http.StatusTooManyRequests {
			refused++
		}
	}
	assert.Equal(t, 40, refused)
	assert.Equal(t, http.StatusConflict, from(adasAddress))
	w.now = w.now.Add(time.Hour)
	assert.Equal(t, http.StatusConflict, from(mallorysAddress), "an hour later they may again")
}

// Attempts that the limit of an account turns away are not those of an address.
func TestALockedAccountDoesNotUseUpTheAddress(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	w.signUp(t, Ada, AdaPassword)
	w.signUp(t, Mallory, MalloryPassword)
	for range 2 * hardening.PerAddress {
		w.token(t, password(Mallory, MalloryPassword+"?"))
	}
	answer, _ := w.token(t, password(Ada, AdaPassword))
	assert.Equal(t, http.StatusOK, answer.Status, "ATTACK SUCCEEDED: the whole office is locked out with one account: %v", answer)
}

// Whoever has stolen a token could lock the account for logins, and its owner would be
// kept from ending the token with a new password.
func TestALockedAccountCanChangeItsPassword(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	w.signUp(t, Ada, AdaPassword)
	_, ada := w.token(t, password(Ada, AdaPassword))
	change := func(current string) int {
		body := fmt.Sprintf(`{"current":%q,"new":%q}`, current, GracePassword)
		return w.as(t, ada.Access, JSON(http.MethodPut, "/me/password", body)).Status
	}
	for range hardening.PerAccount {
		w.token(t, password(Ada, MalloryPassword))
	}
	answer, _ := w.token(t, password(Ada, AdaPassword))
	require.Equal(t, http.StatusTooManyRequests, answer.Status)
	for range hardening.PerAccount - 1 {
		require.Equal(t, http.StatusForbidden, change(MalloryPassword))
	}
	require.Equal(t, http.StatusNoContent, change(AdaPassword), "the lock-out is for those who log in")

	_, ada = w.token(t, password(Ada, GracePassword))
	assert.Empty(t, ada.Access, "logins are as they were")
}

func TestAGrantThatIsNotServedIsSaidToBe(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	answer, _ := w.token(t, url.Values{"grant_type": {"authorization_code"}, "code": {"4711"}})
	assert.Equal(t, http.StatusBadRequest, answer.Status)
	assert.JSONEq(t, `{"error":"unsupported_grant_type"}`, answer.Body)
}

// A slowStore answers when its caller has gone.
type slowStore struct{ bookapi.Store }

func (slowStore) Books(ctx context.Context, _ int64, _ int) ([]bookapi.Book, error) {
	<-ctx.Done()
	return nil, fmt.Errorf("list books: %w", ctx.Err())
}

func (slowStore) CountAttempt(ctx context.Context, _ string, _ int, _ time.Time, _ time.Duration) (time.Time, error) {
	<-ctx.Done()
	return time.Time{}, fmt.Errorf("count: %w", ctx.Err())
}

// A client that hangs up is not our error: no line of the log, and no 5xx.
func TestAClientThatHangsUpIsNotOurError(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	w.app.Log = slog.New(hardening.NewLogHandler(loglimit.New(slog.NewJSONHandler(&w.log, nil))))
	api := w.app.Handler(slowStore{w.store})
	form := url.Values{"username": {Ada}, "password": {AdaPassword}}
	for name, r := range map[string]*http.Request{
		"list books": Request(http.MethodGet, "/books"),
		"log in":     Form("/token", form),
		"sign up":    JSON(http.MethodPost, "/users", fmt.Sprintf(`{"username":%q,"password":%q}`, Ada, AdaPassword)),
	} {
		ctx, hangUp := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Millisecond, hangUp)
		answer := httptest.NewRecorder()
		api.ServeHTTP(answer, r.WithContext(ctx))
		assert.Equal(t, rest.StatusHungUp, answer.Code, name)
	}
	assert.NotContains(t, w.log.String(), "ERROR")
}

// One hang-up after another does not make the API "not ready".
func TestAHangUpDoesNotMakeItNotReady(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	for range 3 {
		answer := httptest.NewRecorder()
		w.ServeHTTP(answer, Request(http.MethodGet, "/readyz").WithContext(ctx))
		assert.Equal(t, http.StatusOK, answer.Code)
	}
	assert.NotContains(t, w.log.String(), "not ready")
}

// A flood of refusals from one address is a few lines, and their number.
func TestAFloodOfRefusalsIsSummedUp(t *testing.T) {
	t.Parallel()
	w := newAPIClient(t)
	handler := loglimit.New(slog.NewJSONHandler(&w.log, nil))
	w.app.Log = slog.New(hardening.NewLogHandler(handler))
	w.Handler = w.app.Handler(w.store)
	path := "/books/" + strings.Repeat("1", 30_000)
	for range 1000 {
		r := Request(http.MethodDelete, path)
		r.Header.Set("Authorization", "Bearer nonsense")
		require.Equal(t, http.StatusUnauthorized, Send(t, w, r).Status)
	}
	assert.Less(t, w.log.Len(), 10_000, "ATTACK SUCCEEDED: mallory fills the disk with the log")
	handler.Flush()
	assert.Contains(t, w.log.String(), `"msg":"turned away","more":990`)
}
