package token

import (
	"context"
	"net/http"

	"example.com/bookapi"
	"example.com/bookapi/rest"
	hashing "example.com/bookapi/step1-hashing"
)

// SignUp serves POST /users: it makes the account of a reader out of
// {"username": ..., "password": ...} and answers 201 without the password. A
// role in the body is an unknown field, and refused.
func SignUp(users bookapi.UserStore) http.Handler {
	return SignUpWith(func(ctx context.Context, username, password string) (bookapi.User, error) {
		return hashing.SignUp(ctx, users, username, password)
	})
}

// SignUpWith is SignUp with another way to make the account. It reads the whole
// request before it calls create, which need not wait for a client.
func SignUpWith(create func(ctx context.Context, username, password string) (bookapi.User, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Username string `json:"username"`
			Password string `json:"password"`
		}
		if !rest.ReadJSON(w, r, &in) {
			return
		}
		user, err := create(r.Context(), in.Username, in.Password)
		if err != nil {
			rest.WriteError(w, r, err)
			return
		}
		rest.WriteJSON(w, http.StatusCreated, user)
	})
}
