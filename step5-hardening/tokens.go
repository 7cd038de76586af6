package hardening

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"example.com/bookapi"
	"example.com/bookapi/rest"
	token "example.com/bookapi/step2-token"
)

// tokens serves POST /token. The password grant is the endpoint of step 2, with
// a session behind each login and its refresh token in the answer; the refresh
// grant is RFC 6749 §6.
func (a *api) tokens(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, token.MaxForm)
	if err := r.ParseForm(); err != nil {
		writeOAuth(w, http.StatusBadRequest, "invalid_request")
		return
	}
	if grants := r.PostForm["grant_type"]; len(grants) == 1 && grants[0] == "refresh_token" {
		a.refresh(w, r)
		return
	}
	a.logIn(w, r)
}

// logIn asks the endpoint of step 2, and adds to its answer.
func (a *api) logIn(w http.ResponseWriter, r *http.Request) {
	var (
		login   session
		trouble error // that the endpoint of step 2 has no answer for
	)
	authenticate := func(ctx context.Context, username, password string) (bookapi.User, error) {
		login, trouble = a.startSession(ctx, username, password)
		if trouble != nil {
			return bookapi.User{}, token.ErrCredentials
		}
		return login.user, nil
	}
	answer := newDraft()
	token.Endpoint(a.issuer(&login.user), authenticate).ServeHTTP(answer, r)
	var throttled *ThrottledError
	switch {
	case errors.As(trouble, &throttled):
		a.retryLater(w, throttled)
		writeOAuth(w, http.StatusTooManyRequests, "temporarily_unavailable")
	case trouble != nil && !errors.Is(trouble, token.ErrCredentials):
		writeOAuthTrouble(w, r, trouble)
	default:
		answer.send(w, login.refresh)
	}
}

// A session is what one login leads to.
type session struct {
	user    bookapi.User
	refresh string
}

// startSession compares name and password, and begins a session. If the hash has
// changed in between, it does so once more: perhaps two logins renewed an old
// hash at the same moment, perhaps the password is another one by now.
func (a *api) startSession(ctx context.Context, username, password string) (s session, err error) {
	for range 2 {
		if s.user, err = a.audit.Authenticate(ctx, username, password); err != nil {
			return session{}, err
		}
		if s.refresh, err = a.sessions.Start(ctx, s.user); !errors.Is(err, ErrRefresh) {
			return s, err
		}
	}
	return session{}, token.ErrCredentials
}

// refresh trades a refresh token for an access token and the next refresh token.
func (a *api) refresh(w http.ResponseWriter, r *http.Request) {
	raw := r.PostForm["refresh_token"]
	if len(raw) != 1 || raw[0] == "" {
		writeOAuth(w, http.StatusBadRequest, "invalid_request")
		return
	}
	owner := a.owner(r.Context(), raw[0])
	user, next, err := a.sessions.Refresh(r.Context(), raw[0])
	if errors.Is(err, ErrRefresh) {
		ended := owner != "" && a.owner(r.Context(), raw[0]) == ""
		a.audit.Log.WarnContext(r.Context(), "refresh refused", "user", owner, "session_ended", ended)
		writeOAuth(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	if err != nil {
		writeOAuthTrouble(w, r, err)
		return
	}
	a.audit.Log.InfoContext(r.Context(), "session refreshed", "user", user.Username)
	access, err := a.issuer(&user).Issue(user)
	if err != nil {
		writeOAuthTrouble(w, r, err)
		return
	}
	rest.WriteJSON(w, http.StatusOK, struct {
		AccessToken  string `json:"access_token"`
		TokenType    string `json:"token_type"`
		ExpiresIn    int64  `json:"expires_in"` // seconds
		RefreshToken string `json:"refresh_token"`
	}{access, "Bearer", int64(token.Lifetime / time.Second), next})
}

// revoke serves POST /revoke (RFC 7009): the logout. It ends the session of a
// refresh token. An access token ends by itself, in a quarter of an hour at most;
// like any token that is not known here, it is answered 200 (§2.2).
func (a *api) revoke(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, token.MaxForm)
	err := r.ParseForm()
	raw := r.PostForm["token"]
	if err != nil || len(raw) != 1 || raw[0] == "" {
		writeOAuth(w, http.StatusBadRequest, "invalid_request")
		return
	}
	owner := a.owner(r.Context(), raw[0])
	if err := a.sessions.End(r.Context(), raw[0]); err != nil {
		writeOAuthTrouble(w, r, err)
		return
	}
	if owner != "" { // or mallory could fill the log with logouts that never were
		a.audit.Log.InfoContext(r.Context(), "logged out", "user", owner)
	}
	w.WriteHeader(http.StatusOK)
}

// owner returns, for the log, whose session a refresh token is of. It is empty
// where there is none, or the store cannot tell.
func (a *api) owner(ctx context.Context, raw string) string {
	session, err := a.store.Session(ctx, sessionID(raw))
	if err != nil {
		return ""
	}
	return session.Username
}

// issuer signs with the first key. It does so for the user who will be known when
// a token is issued: a token that is asked for in the very second in which the
// older ones ended begins with the next.
func (a *api) issuer(user *bookapi.User) token.Issuer {
	return token.Issuer{Key: a.Keys[0].Key, Lifetime: token.Lifetime, Now: func() time.Time {
		if now := a.Now(); now.After(user.TokensFrom) {
			return now
		}
		return user.TokensFrom
	}}
}

// writeOAuth refuses with a code of RFC 6749 §5.2.
func writeOAuth(w http.ResponseWriter, status int, code string) {
	rest.WriteJSON(w, status, struct {
		Error string `json:"error"`
	}{code})
}

// writeOAuthTrouble answers for trouble of ours, in the shape of RFC 6749 §5.2.
func writeOAuthTrouble(w http.ResponseWriter, r *http.Request, trouble error) {
	slog.ErrorContext(r.Context(), "token request failed", "error", trouble)
	if errors.Is(trouble, bookapi.ErrUnavailable) {
		w.Header().Set("Retry-After", "1")
		writeOAuth(w, http.StatusServiceUnavailable, "temporarily_unavailable")
		return
	}
	writeOAuth(w, http.StatusInternalServerError, "server_error")
}
