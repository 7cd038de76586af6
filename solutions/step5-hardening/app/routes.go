package app

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/golang-jwt/jwt/v5"

	"example.com/bookapi"
	"example.com/bookapi/rest"
	protect "example.com/bookapi/step3-protect"
	authz "example.com/bookapi/step4-authz"
	hardening "example.com/bookapi/step5-hardening"
)

// router serves the policy table of step 4 and the lines that step 5 adds. What
// stands in front of all routes does so for unknown paths too.
func (a *api) router() *chi.Mux {
	table := authz.Table(authz.Handlers{
		SignUp: a.signUp(),
		Login:  http.HandlerFunc(a.tokens),
		Books:  rest.Books{Store: a.store},
		Users:  rest.Users{Store: a.store},
	})
	table = append(table,
		authz.Route{Method: "POST", Path: "/revoke", Rule: authz.Anybody, Handler: http.HandlerFunc(a.revoke)},
		authz.Route{Method: "PUT", Path: "/me/password", Rule: authz.Users, Handler: http.HandlerFunc(a.changePassword)},
		authz.Route{Method: "PUT", Path: "/users/{username}/disabled", Rule: authz.Admins, Handler: http.HandlerFunc(a.setDisabled)},
		authz.Route{Method: "GET", Path: "/healthz", Rule: authz.Anybody, Handler: http.HandlerFunc(healthz)},
		authz.Route{Method: "GET", Path: "/readyz", Rule: authz.Anybody, Handler: http.HandlerFunc(a.readyz)},
	)
	r := authz.Router(table, a.guards(),
		hardening.WithRequestID,
		a.Transport.Protect, // in front of ClientAddress, which may rewrite the peer's address
		hardening.ClientAddress(a.Config.Proxies),
		a.audit.Requests,
		hardening.LimitBody)
	if a.Docs != nil {
		docs := a.Docs(r)
		for _, path := range []string{"/docs", "/docs/*", "/openapi.json"} {
			r.Method(http.MethodGet, path, docs)
		}
	}
	return r
}

// guards are those of step 4, with keys that come and go, and tokens that can end
// before their time.
func (a *api) guards() authz.Guards {
	guards := authz.NewGuards(protect.Verifier{}, a.store, a.store)
	guards.User = func(next http.Handler) http.Handler {
		next = refuseEnded(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			verifier := protect.Verifier{Keys: a.Keys.Verifying(a.Now()), Now: a.Now}
			protect.RequireUser(verifier, a.store)(next).ServeHTTP(w, r)
		})
	}
	return guards
}

// refuseEnded stands behind protect.RequireUser, and answers 401 to a token that
// was issued before its user's TokensValidAfter: the password has been changed
// since, for one (ASVS 5.0 7.4.3).
func refuseEnded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := bookapi.UserFrom(r.Context())
		if !user.TokensValidAfter.IsZero() && issuedAt(r).Before(user.TokensValidAfter) {
			rest.WriteInvalidToken(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// issuedAt returns when the token of a request was issued, or the zero time. The
// guard has verified the token; here it is only read once more.
func issuedAt(r *http.Request) time.Time {
	var claims struct{ jwt.RegisteredClaims }
	raw, err := protect.BearerToken(r)
	if err != nil {
		return time.Time{}
	}
	if _, _, err := jwt.NewParser().ParseUnverified(raw, &claims); err != nil || claims.IssuedAt == nil {
		return time.Time{}
	}
	return claims.IssuedAt.Time
}

// healthz answers 200 as long as the program runs.
func healthz(w http.ResponseWriter, _ *http.Request) {
	rest.WriteJSON(w, http.StatusOK, status{"ok"})
}

// readyz answers 200 if the database can be read and written, and 503 if not: then
// send requests to another replica.
func (a *api) readyz(w http.ResponseWriter, r *http.Request) {
	if err := a.ready.check(a.store); err != nil {
		rest.WriteError(w, r, fmt.Errorf("app: not ready: %w: %w", bookapi.ErrUnavailable, err))
		return
	}
	rest.WriteJSON(w, http.StatusOK, status{"ready"})
}

// readiness is what the database has shown last. It is asked once a second at
// most, as anybody may ask us, and for all who do: none of them can break it off.
type readiness struct {
	mu      sync.Mutex
	checked time.Time
	err     error
}

// readyWithin is how long the database may take to show that it is there.
const readyWithin = 2 * time.Second

func (r *readiness) check(store bookapi.Store) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.checked) < time.Second {
		return r.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	defer cancel()
	_, r.err = store.Books(ctx, 0, 1)
	if r.err == nil { // a full disk can be read
		_, r.err = store.CountAttempt(ctx, "readiness", math.MaxInt32, time.Now(), time.Minute)
	}
	r.checked = time.Now()
	return r.err
}

type status struct {
	Status string `json:"status"`
}
