package hardening

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"example.com/bookapi"
	"example.com/bookapi/rest"
	token "example.com/bookapi/step2-token"
)

// changePassword serves PUT /me/password: {"current": ..., "new": ...}. It asks
// for the current password, as a token may be in the wrong hands (ASVS 5.0 6.2.3),
// and ends everything that the old one has opened, this very token included
// (ASVS 5.0 7.4.3): 204, and the client logs in again.
func (a *api) changePassword(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Current Secret `json:"current"`
		New     Secret `json:"new"`
	}
	if !rest.ReadJSON(w, r, &in) {
		return
	}
	caller, _ := bookapi.UserFrom(r.Context())
	user, err := a.audit.Authenticate(r.Context(), caller.Username, string(in.Current))
	if errors.Is(err, token.ErrCredentials) {
		rest.WriteProblem(w, http.StatusForbidden, "the current password is another one")
		return
	}
	if err != nil {
		a.writeError(w, r, err)
		return
	}
	var hash string
	var hashErr error
	err = a.hash(r.Context(), func() { hash, hashErr = hashForChange(r.Context(), user.Username, string(in.New)) })
	if err = errors.Join(err, hashErr); err != nil {
		a.writeError(w, r, err)
		return
	}
	err = a.store.ChangePassword(r.Context(), user.Username, user.PasswordHash, hash, a.nextSecond())
	if errors.Is(err, bookapi.ErrNotFound) {
		rest.WriteProblem(w, http.StatusConflict, "somebody else has just changed this account; log in and look again")
		return
	}
	if err != nil {
		a.writeError(w, r, err)
		return
	}
	a.audit.Log.InfoContext(r.Context(), "password changed", "user", user.Username)
	w.WriteHeader(http.StatusNoContent)
}

// setDisabled serves PUT /users/{username}/disabled: {"disabled": true} shuts an
// account and ends all that is logged in to it (ASVS 5.0 7.4.2), false opens it
// again. There is no route that deletes an account: its name could be signed up
// again, and its books would have a new owner.
func (a *api) setDisabled(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Disabled *bool `json:"disabled"`
	}
	if !rest.ReadJSON(w, r, &in) {
		return
	}
	if in.Disabled == nil {
		rest.WriteError(w, r, bookapi.Invalid("disabled", "must be true or false"))
		return
	}
	username := r.PathValue("username")
	if err := a.store.SetDisabled(r.Context(), username, *in.Disabled, a.nextSecond()); err != nil {
		a.writeError(w, r, err)
		return
	}
	admin, _ := bookapi.UserFrom(r.Context())
	a.audit.Log.InfoContext(r.Context(), "account disabled or enabled", "user", username, "disabled", *in.Disabled, "by", admin.Username)
	rest.WriteJSON(w, http.StatusOK, struct {
		Username string `json:"username"`
		Disabled bool   `json:"disabled"`
	}{username, *in.Disabled})
}

// nextSecond is the first whole second after now: the times in tokens are whole
// seconds, and a token of this second may be from before what is happening.
func (a *api) nextSecond() time.Time {
	return a.Now().UTC().Truncate(time.Second).Add(time.Second)
}

// writeError answers with what rest makes of err, and 429 for a *ThrottledError.
func (a *api) writeError(w http.ResponseWriter, r *http.Request, err error) {
	var throttled *ThrottledError
	if errors.As(err, &throttled) {
		a.retryLater(w, throttled)
		rest.WriteProblem(w, http.StatusTooManyRequests, "too many logins have failed; wait, and try again")
		return
	}
	rest.WriteError(w, r, err)
}

// retryLater says in seconds how long to wait (RFC 9110 §10.2.3).
func (a *api) retryLater(w http.ResponseWriter, throttled *ThrottledError) {
	seconds := math.Ceil(throttled.Until.Sub(a.Now()).Seconds())
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(seconds))))
}
