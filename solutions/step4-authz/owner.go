package authz

import (
	"net/http"

	"example.com/bookapi"
	"example.com/bookapi/rest"
)

// RequireOwner returns middleware for the routes of one book, /books/{id}. It
// passes a request on, as it came, if its user created that book, or is an
// administrator (ASVS 5.0 8.2.2). It stands behind protect.RequireUser. (A book from
// before step 3 has no creator.)
//
// Everybody else gets one answer, and its status says why (RFC 9110 §15.5, §15.6):
// nobody is logged in, it is not their book, there is no such book, or we cannot tell
// now. For a book of somebody else's, 403 and 404 are both good. The log says which user
// was refused (16.3.2), and no body is read. If we cannot tell whose book it is, no user
// passes; an administrator may, since their right does not depend on it.
//
// The book is the one that the handler will read, as its row is now. Nothing else
// in the request counts, nor does any request before it.
func RequireOwner(books bookapi.BookStore) func(http.Handler) http.Handler {
	// Exercise 4.2: decide by the book, and not by what the caller says of it.
	//
	// Toolbox: rest.BookID, rest.WriteError, bookapi.BookStore, and that of 4.1.
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
