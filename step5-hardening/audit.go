package hardening

import (
	"context"
	"log/slog"
	"net/http"

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
	return bookapi.User{}, errTODO("5.7")
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
	return todoHandler("5.7")
}
