package rest

import (
	"errors"
	"log/slog"
	"net/http"

	"example.com/bookapi"
)

// Users serves the users of a store.
type Users struct {
	Store bookapi.UserStore
}

// Me answers with the user who is calling. Without one it is our mistake: the
// route has no guard.
func (h Users) Me(w http.ResponseWriter, r *http.Request) {
	u, ok := bookapi.UserFrom(r.Context())
	if !ok {
		WriteError(w, r, errors.New("rest: /me has no guard"))
		return
	}
	WriteJSON(w, http.StatusOK, u)
}

// List answers with up to ?limit users after the one named ?after, in the
// order of their names.
func (h Users) List(w http.ResponseWriter, r *http.Request) {
	limit, ok := pageLimit(w, r)
	if !ok {
		return
	}
	users, err := h.Store.Users(r.Context(), r.URL.Query().Get("after"), limit)
	if err != nil {
		WriteError(w, r, err)
		return
	}
	WriteJSON(w, http.StatusOK, users)
}

// SetRole gives the user whom the path names another role, and answers with
// both. The body is {"role": "reader"} or {"role": "admin"}.
func (h Users) SetRole(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Role bookapi.Role `json:"role"`
	}
	if !ReadJSON(w, r, &in) {
		return
	}
	if err := in.Role.Validate(); err != nil {
		WriteError(w, r, err)
		return
	}
	username := r.PathValue("username")
	if err := h.Store.SetRole(r.Context(), username, in.Role); err != nil {
		WriteError(w, r, err)
		return
	}
	by, _ := bookapi.UserFrom(r.Context())
	slog.InfoContext(r.Context(), "role changed", "user", username, "role", string(in.Role), "by", by.Username)
	WriteJSON(w, http.StatusOK, bookapi.User{Username: username, Role: in.Role})
}
