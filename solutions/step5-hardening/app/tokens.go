package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"example.com/bookapi"
	token "example.com/bookapi/step2-token"
	hardening "example.com/bookapi/step5-hardening"
)

// tokens serves POST /token. The password grant is the endpoint of step 2; the
// refresh grant is RFC 6749 §6.
func (a *api) tokens(w http.ResponseWriter, r *http.Request) {
	form := peekForm(r)
	switch kind := form["grant_type"]; {
	case len(kind) != 1 || kind[0] == "" || kind[0] == "password":
		a.login.ServeHTTP(w, r)
	case kind[0] == "refresh_token":
		a.refresh(w, r, form)
	default: // with other parameters than those that the login would miss
		token.Refuse(w, http.StatusBadRequest, "unsupported_grant_type")
	}
}

// peekForm reads the form of a request, and puts its body back: the next reader
// finds the request as it came. A form that is larger than token.MaxForm, or not
// one, is nil.
func peekForm(r *http.Request) url.Values {
	body := r.Body
	head, err := io.ReadAll(io.LimitReader(body, token.MaxForm+1))
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), body), body}
	if err != nil || len(head) > token.MaxForm {
		return nil
	}
	copied := http.Request{Method: r.Method, Header: r.Header, Body: io.NopCloser(bytes.NewReader(head))}
	if copied.ParseForm() != nil {
		return nil
	}
	return copied.PostForm
}

// grant is a token.Grant: an access token, and a session with its first refresh
// token. It signs first, so that what cannot be signed leaves no session behind.
func (a *api) grant(ctx context.Context, user bookapi.User) (token.Token, error) {
	answer, err := a.issuer(user, a.Now()).Grant(ctx, user)
	if err != nil {
		return token.Token{}, err
	}
	answer.RefreshToken, err = a.sessions.Start(ctx, user)
	if errors.Is(err, hardening.ErrRefresh) { // the password has changed since it was verified
		err = token.ErrCredentials
	}
	return answer, err
}

// refresh trades a refresh token for an access token and the next refresh token.
func (a *api) refresh(w http.ResponseWriter, r *http.Request, form url.Values) {
	raw := form["refresh_token"]
	if len(raw) != 1 || raw[0] == "" {
		token.Refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	owner := a.owner(r.Context(), raw[0])
	now := a.Now() // before the session is renewed: a change that ends it later ends this token
	user, next, err := a.sessions.Refresh(r.Context(), raw[0])
	if errors.Is(err, hardening.ErrRefresh) {
		ended := owner != "" && a.owner(r.Context(), raw[0]) == ""
		a.Log.WarnContext(r.Context(), "refresh refused", "user", owner, "session_ended", ended, "error", err)
		token.Refuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	if err != nil {
		token.WriteError(w, r, err)
		return
	}
	a.Log.InfoContext(r.Context(), "session refreshed", "user", user.Username)
	answer, err := a.issuer(user, now).Grant(r.Context(), user)
	if err != nil {
		token.WriteError(w, r, err)
		return
	}
	answer.RefreshToken = next
	token.WriteToken(w, answer)
}

// revoke serves POST /revoke (RFC 7009): the logout. It ends the session of a
// refresh token. An access token ends by itself, in a quarter of an hour at most;
// like any token that is not known here, it is answered 200 (§2.2).
func (a *api) revoke(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, token.MaxForm)
	err := r.ParseForm()
	raw := r.PostForm["token"]
	if err != nil || len(raw) != 1 || raw[0] == "" {
		token.Refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	owner := a.owner(r.Context(), raw[0])
	if err := a.sessions.End(r.Context(), raw[0]); err != nil {
		token.WriteError(w, r, err)
		return
	}
	if owner != "" { // or mallory could fill the log with logouts that never were
		a.Log.InfoContext(r.Context(), "logged out", "user", owner)
	}
	w.WriteHeader(http.StatusOK)
}

// owner returns, for the log, whose session a refresh token is of. It is empty
// where there is none, or the store cannot tell.
func (a *api) owner(ctx context.Context, raw string) string {
	session, err := a.store.Session(ctx, hardening.SessionID(raw))
	if err != nil {
		return ""
	}
	return session.Username
}

// issuer signs with the first key. A token that is issued in the very second in
// which its user's older ones ended begins with the next.
func (a *api) issuer(user bookapi.User, now time.Time) token.Issuer {
	if now.Before(user.TokensValidAfter) {
		now = user.TokensValidAfter
	}
	return token.Issuer{Key: a.Keys[0].Key, Lifetime: token.Lifetime, Now: func() time.Time { return now }}
}
