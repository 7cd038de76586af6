package token

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"example.com/bookapi"
)

// MaxForm is the largest login form that is read, in bytes. Nobody's password
// needs more, and a hash function must not be fed megabytes.
const MaxForm = 8 << 10

// An Authenticator finds the user whose name and password these are; see
// Authenticate for its errors.
type Authenticator func(ctx context.Context, username, password string) (bookapi.User, error)

// Endpoint serves POST /token: it trades username and password for a token,
// after the password grant of OAuth 2.0 (RFC 6749 §4.3) in the dialect of the
// guide: grant_type may be left out, and wrong credentials answer 401.
//
// The form is the body, and nothing but the body: a query string ends up in
// logs, histories and Referer headers (RFC 6749 §3.2). Errors have the shape of
// RFC 6749 §5.2: 400 for a form that is not one, 401 for credentials that are
// wrong, without a word about which of them.
func Endpoint(issuer Issuer, authenticate Authenticator) http.Handler {
	// Exercise 2.4: the door at which passwords turn into tokens.
	//
	// Return an http.HandlerFunc. Limit the body to MaxForm
	// (http.MaxBytesReader), parse it with r.ParseForm, and look only into
	// r.PostForm: r.Form and r.FormValue read the query too. It stays empty if
	// the body is not a form, so then the username is missing. Refuse with
	// writeError 400 "invalid_request" what is missing, or there twice, and
	// with 400 "unsupported_grant_type" a grant_type that is neither absent nor
	// "password". Then authenticate, issue, writeToken. ErrCredentials is a 401
	// "invalid_grant"; any other error is ours, a 500 "server_error".
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
		if err := r.ParseForm(); err != nil || !once(r.PostForm, "username", "password") {
			writeError(w, http.StatusBadRequest, "invalid_request")
			return
		}
		if grant := r.PostForm.Get("grant_type"); grant != "" && grant != "password" {
			writeError(w, http.StatusBadRequest, "unsupported_grant_type")
			return
		}
		user, err := authenticate(r.Context(), r.PostForm.Get("username"), r.PostForm.Get("password"))
		if errors.Is(err, ErrCredentials) {
			writeError(w, http.StatusUnauthorized, "invalid_grant")
			return
		}
		var raw string
		if err == nil {
			raw, err = issuer.Issue(user)
		}
		if err != nil {
			slog.ErrorContext(r.Context(), "login failed", "error", err)
			writeError(w, http.StatusInternalServerError, "server_error")
			return
		}
		writeToken(w, raw, issuer.Lifetime)
	})
}

// once reports whether the required parameters are there and none is repeated.
func once(form url.Values, required ...string) bool {
	for _, name := range required {
		if form.Get(name) == "" {
			return false
		}
	}
	for _, values := range form {
		if len(values) > 1 {
			return false
		}
	}
	return true
}
