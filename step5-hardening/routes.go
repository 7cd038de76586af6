package hardening

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"example.com/bookapi"
	"example.com/bookapi/rest"
	token "example.com/bookapi/step2-token"
	protect "example.com/bookapi/step3-protect"
	authz "example.com/bookapi/step4-authz"
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
	r := authz.Router(table, a.guards(), identify, ClientAddress(a.Config.Proxies), a.audit.Requests, a.Transport.Protect, LimitBody)
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
// was issued before its user's TokensFrom: the password has been changed since,
// and with it the locks (ASVS 5.0 7.4.3).
func refuseEnded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := bookapi.UserFrom(r.Context())
		if !user.TokensFrom.IsZero() && issuedAt(r) < user.TokensFrom.Unix() {
			w.Header().Set("WWW-Authenticate", `Bearer realm="bookapi", error="invalid_token"`)
			rest.WriteProblem(w, http.StatusUnauthorized, "the token is not valid, or no longer: log in again")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// issuedAt returns when the token of a request was issued, in seconds since 1970,
// or 0. The guard has verified the token; here it is only read once more.
func issuedAt(r *http.Request) int64 {
	raw, err := protect.BearerToken(r)
	if err != nil {
		return 0
	}
	claims, err := token.Peek(raw)
	if err != nil {
		return 0
	}
	seconds, _ := claims["iat"].(float64)
	return int64(seconds)
}

// healthz answers 200 as long as the program runs.
func healthz(w http.ResponseWriter, _ *http.Request) {
	rest.WriteJSON(w, http.StatusOK, status{"ok"})
}

// readyz answers 200 if the database can be asked, and 503 if not: then send
// requests to another replica.
func (a *api) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	if _, err := a.store.Books(ctx, 0, 1); err != nil {
		a.Log.ErrorContext(ctx, "not ready", "error", err)
		w.Header().Set("Retry-After", "1")
		rest.WriteProblem(w, http.StatusServiceUnavailable, "the database cannot be asked just now")
		return
	}
	rest.WriteJSON(w, http.StatusOK, status{"ready"})
}

// readyWithin is how long the database may take to show that it is there.
const readyWithin = 2 * time.Second

type status struct {
	Status string `json:"status"`
}
