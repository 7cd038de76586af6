package token

import (
	"context"
	"net/http"

	"example.com/bookapi"
)

// MaxForm is the largest login form that is read, in bytes. No password needs
// more, and a hash function must not be fed megabytes.
const MaxForm = 8 << 10

// An Authenticator finds the user whose name and password these are; see
// Authenticate for its errors.
type Authenticator func(ctx context.Context, username, password string) (bookapi.User, error)

// Endpoint serves POST /token: it trades username and password for a token,
// after the password grant of OAuth 2.0 (RFC 6749 §4.3) in the dialect of the
// guide: grant_type may be left out, and wrong credentials answer 401.
//
// The form is the body, and nothing but the body: a query string ends up in
// logs, histories and Referer headers (RFC 6749 §3.2). Each field comes once, whatever
// its name, or two programs may read two logins in it. What is no such login, or is
// larger than MaxForm, is refused with a 4xx and the code that RFC 6749 §5.2 has for
// it, and never reaches authenticate. (The only grant_type here is "password".)
//
// No answer has an Access-Control header, which invites pages of other origins.
//
// authenticate and grant get the context of the request, and grant the user as
// authenticate returned it. An error of either is answered by WriteError, and a
// token by WriteToken, with all its fields. No other answer and no log has anything
// of the form, the user or the token in it.
func Endpoint(authenticate Authenticator, grant Grant) http.Handler {
	// Exercise 2.4: trade a password for a token. First for people who log in as
	// they should, and then for everybody else.
	//
	// Toolbox: r.ParseForm, and the forms that an http.Request has after it;
	// http.MaxBytesReader; WriteToken, WriteError and Refuse in oauth.go.
	return todoHandler("2.4")
}
