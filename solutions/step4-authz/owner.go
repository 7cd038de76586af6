package authz

import (
	"net/http"

	"example.com/bookapi"
	"example.com/bookapi/rest"
)

// RequireOwner returns middleware for the routes of one book, /books/{id}. It
// lets a request pass if its user created that book, or is an administrator
// (ASVS 5.0 8.2.2). It stands behind protect.RequireUser.
//
// A stranger is answered 401, another user 403. A book that is not there is a
// 404, and if the store cannot be asked, nobody passes: only an administrator,
// who needs no book to be one, may be let through to the handler.
func RequireOwner(books bookapi.BookStore) func(http.Handler) http.Handler {
	// Exercise 4.2: decide by the book, and not by what the caller says of it.
	//
	// Take the user as in 4.1. rest.BookID(w, r) is the number in the path, as
	// the handler will read it; if it returns false it has answered already, and
	// a refusal is one answer: return.
	// books.Book finds the book; its errors go to rest.WriteError. Its CreatedBy
	// must be the user's Username, or the user's Role bookapi.RoleAdmin:
	// everybody else gets forbid. All of this before next, since what a handler
	// has changed it has changed.
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			user, ok := bookapi.UserFrom(r.Context())
			if !ok {
				unauthorized(w)
				return
			}
			id, ok := rest.BookID(w, r)
			if !ok {
				return
			}
			book, err := books.Book(r.Context(), id)
			if err != nil {
				rest.WriteError(w, r, err)
				return
			}
			if book.CreatedBy != user.Username && user.Role != bookapi.RoleAdmin {
				forbid(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}
