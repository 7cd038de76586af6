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

// Authenticate is an Authenticator: it asks a.Next, and writes down one line on
// what came of it. The line names the account, and never holds a password.
func (a Audit) Authenticate(ctx context.Context, username, password string) (bookapi.User, error) {
	// Exercise 5.7: who logged in, who failed, from where.
	//
	// One line for each outcome: success; token.ErrCredentials; a
	// *ThrottledError (errors.As); any other error, which is ours. Use the
	// methods of a.Log that take a context (InfoContext, WarnContext,
	// ErrorContext), or the line says nothing about where. Do not put the name
	// into the message: as an attribute, it cannot pretend to be a line of its
	// own. nameForLog, given in log.go, leaves out what cannot be a name: it may
	// be the password, typed into the wrong field.
	return bookapi.User{}, errTODO("5.7")
}

// Requests returns a handler that writes down one line for each request that
// next answers with 401 or 429: somebody tried a door. (403, where it is known
// who tried, has had its line since step 4.)
func (a Audit) Requests(next http.Handler) http.Handler {
	// Exercise 5.7: who was turned away.
	//
	// middleware.NewWrapResponseWriter, from chi/v5/middleware, remembers the
	// status: w.Status(). Write down method, path and status, with WarnContext:
	// r.URL.Path and not r.URL, whose query may hold a token that somebody sent
	// in the wrong place, and no header.
	return todoHandler("5.7")
}
