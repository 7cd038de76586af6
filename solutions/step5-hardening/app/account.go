package app

import (
	"context"
	"errors"
	"net/http"
	"time"

	"example.com/bookapi"
	"example.com/bookapi/rest"
	hashing "example.com/bookapi/step1-hashing"
	token "example.com/bookapi/step2-token"
	hardening "example.com/bookapi/step5-hardening"
)

// changePassword serves PUT /me/password: {"current": ..., "new": ...}. It asks
// for the current password, as a token may be in the wrong hands (ASVS 5.0 6.2.3),
// and ends everything that the old one has opened, this very token included
// (ASVS 5.0 7.4.3): 204, and the client logs in again.
func (a *api) changePassword(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Current hardening.Secret `json:"current"`
		New     hardening.Secret `json:"new"`
	}
	if !rest.ReadJSON(w, r, &in) {
		return
	}
	caller, _ := bookapi.UserFrom(r.Context())
	err := a.replacePassword(r.Context(), caller.Username, string(in.Current), string(in.New))
	if err != nil {
		a.Log.WarnContext(r.Context(), "password not changed", "user", caller.Username, "error", err)
		rest.WriteError(w, r, err)
		return
	}
	a.Log.InfoContext(r.Context(), "password changed", "user", caller.Username)
	w.WriteHeader(http.StatusNoContent)
}

// replacePassword stores a new password for the user whose current one this is.
func (a *api) replacePassword(ctx context.Context, username, current, next string) error {
	user, err := a.authenticateAgain(ctx, username, current)
	if errors.Is(err, token.ErrCredentials) {
		return &rest.StatusError{Status: http.StatusForbidden, Detail: "the current password is another one", Err: err}
	}
	if err != nil {
		return err
	}
	if err := hashing.CheckPassword(username, next); err != nil {
		return err
	}
	var hash string
	var hashErr error
	noRoom := a.hash(ctx, func() { hash, hashErr = hashing.HashPassword(next) })
	if err := errors.Join(noRoom, hashErr); err != nil {
		return err
	}
	err = a.store.ChangePassword(ctx, username, user.PasswordHash, hash, a.nextSecond)
	if errors.Is(err, bookapi.ErrNotFound) {
		return &rest.StatusError{Status: http.StatusConflict, Detail: "somebody else has just changed this account; log in and look again", Err: err}
	}
	return err
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
	if err := a.store.SetDisabled(r.Context(), username, *in.Disabled, a.nextSecond); err != nil {
		rest.WriteError(w, r, err)
		return
	}
	admin, _ := bookapi.UserFrom(r.Context())
	a.Log.InfoContext(r.Context(), "account disabled or enabled", "user", username, "disabled", *in.Disabled, "by", admin.Username)
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
