package token

import (
	"net/http"

	"example.com/bookapi"
	"example.com/bookapi/rest"
	hashing "example.com/bookapi/step1-hashing"
)

// SignUp serves POST /users: it makes the account of a reader out of
// {"username": ..., "password": ...} and answers 201 without the password. A
// role in the body is an unknown field, and refused.
func SignUp(users bookapi.UserStore) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Username string `json:"username"`
			Password string `json:"password"`
		}
		if !rest.ReadJSON(w, r, &in) {
			return
		}
		user, err := hashing.SignUp(r.Context(), users, in.Username, in.Password)
		if err != nil {
			rest.WriteError(w, r, err)
			return
		}
		rest.WriteJSON(w, http.StatusCreated, user)
	})
}
