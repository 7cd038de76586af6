package hardening

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5/middleware"

	"example.com/bookapi"
	token "example.com/bookapi/step2-token"
)

// Audit writes down who logged in and who did not, and whom the API turned
// away (ASVS 5.0 16.3.1, 16.3.2). Log has a handler from NewLogHandler: it adds
// the address and the request's ID, which it takes from the context.
type Audit struct {
	Log  *slog.Logger
	Next token.Authenticator // whose verdicts are written down
}

// Authenticate is an Authenticator: it asks a.Next, passes on what that says, and
// logs one line about it, at the level Info or above. The line tells whether the login
// succeeded, failed, was throttled, or was not possible. It has the account and the
// caller's address, each in an attribute of its own, and no password, no hash, and no
// digest of one. A name that cannot be a username is left out: it may be a password. If
// the caller hung up before there was a verdict, that is no failure of ours, so its line
// is not at the level Error.
func (a Audit) Authenticate(ctx context.Context, username, password string) (bookapi.User, error) {
	// Exercise 5.7: who logged in, who failed, from where.
	//
	// Toolbox: nameForLog in log.go; a.Log.WarnContext and its like; errors.Is,
	// errors.As, token.ErrCredentials, ThrottledError.
	user, err := a.Next(ctx, username, password)
	name := slog.String("user", nameForLog(username))
	switch {
	case err == nil:
		a.Log.InfoContext(ctx, "login succeeded", name)
	case errors.Is(err, token.ErrCredentials):
		a.Log.WarnContext(ctx, "login failed", name)
	case errors.As(err, new(*ThrottledError)):
		a.Log.WarnContext(ctx, "login throttled", name)
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		a.Log.InfoContext(ctx, "login given up by the caller", name)
	case errors.Is(err, bookapi.ErrUnavailable): // too much to do, or the store is away and says so itself
		a.Log.WarnContext(ctx, "login not possible", name, "error", err)
	default:
		a.Log.ErrorContext(ctx, "login not possible", name, "error", err)
	}
	return user, err
}

// Requests returns a handler that logs one line, at the level Info or above, for each
// request, of any method, that next answers with 401 or 429: method, path and status,
// each in an attribute of its own, and nothing else of the request but what a.Log
// adds itself. Other requests have no line here. (A 403 has had its line since step 4,
// and may have another one.) Lines go to a.Log alone, whose handler cuts what is too
// long for one.
func (a Audit) Requests(next http.Handler) http.Handler {
	// Exercise 5.7: who was turned away.
	//
	// Toolbox: middleware.NewWrapResponseWriter of chi, and its Status.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(answer, r)
		switch status := answer.Status(); status {
		case http.StatusUnauthorized, http.StatusTooManyRequests:
			a.Log.WarnContext(r.Context(), "turned away", "method", r.Method, "path", r.URL.Path, "status", status)
		}
	})
}
