package token

import (
	"context"
	"errors"
	"net/http"
	"time"

	"example.com/bookapi"
	"example.com/bookapi/rest"
)

// Token is the answer of POST /token (RFC 6749 §5.1).
type Token struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"`              // seconds
	RefreshToken string `json:"refresh_token,omitempty"` // from step 5 on
}

// A Grant makes the token of a user whose password has been verified.
type Grant func(ctx context.Context, user bookapi.User) (Token, error)

// Grant is a Grant: an access token that i signs, and nothing to renew it with.
func (i Issuer) Grant(_ context.Context, user bookapi.User) (Token, error) {
	access, err := i.Issue(user)
	if err != nil {
		return Token{}, err
	}
	return Token{AccessToken: access, TokenType: "Bearer", ExpiresIn: int64(i.Lifetime / time.Second)}, nil
}

// WriteToken hands out a token. No cache may keep the answer.
func WriteToken(w http.ResponseWriter, t Token) {
	w.Header().Set("Cache-Control", "no-store")
	rest.WriteJSON(w, http.StatusOK, t)
}

// Refuse answers with a code of RFC 6749 §5.2. A 401 carries a challenge, as
// every 401 must (RFC 9110 §15.5.2).
func Refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Cache-Control", "no-store")
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", rest.Challenge)
	}
	rest.WriteJSON(w, status, struct {
		Error string `json:"error"`
	}{code})
}

// WriteError is rest.WriteError in the shape of RFC 6749 §5.2: ErrCredentials is
// a 401 that does not say which of the two is wrong, a *rest.StatusError has the
// status that it names, and a failure of ours is a 5xx whose cause is logged.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	var status *rest.StatusError
	switch {
	case errors.Is(err, ErrCredentials):
		Refuse(w, http.StatusUnauthorized, "invalid_grant")
	case errors.As(err, &status):
		rest.SetRetryAfter(w, status.RetryAfter)
		Refuse(w, status.Status, "temporarily_unavailable")
	default:
		switch status := rest.Failure(r, err); status {
		case http.StatusServiceUnavailable:
			rest.SetRetryAfter(w, time.Second)
			Refuse(w, status, "temporarily_unavailable")
		default:
			Refuse(w, status, "server_error")
		}
	}
}
