package protect_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	"example.com/bookapi/rest"
	protect "example.com/bookapi/step3-protect"
)

const (
	oneBook     = `{"title":"The Left Hand of Darkness","author":"Ursula K. Le Guin","year":1969}`
	anotherBook = `{"title":"Mallory was here","author":"Mallory"}`
)

// library is the API over a store with two users and one book of Ada's, /books/1.
func library(t *testing.T) (http.Handler, *memory.Store) {
	t.Helper()
	store := household(t)
	_, err := store.CreateBook(t.Context(), bookapi.Book{Title: "Kindred", Author: "Octavia E. Butler", Year: 1979, CreatedBy: Ada})
	require.NoError(t, err)
	return protect.Routes(rest.Books{Store: store}, store, issuer, verifier), store
}

// as adds a caller's token to a request.
func as(t *testing.T, username string, r *http.Request) *http.Request {
	t.Helper()
	r.Header.Set("Authorization", "Bearer "+issue(t, username, bookapi.RoleReader))
	return r
}

// shelf is all books in the store.
func shelf(t *testing.T, store *memory.Store) []bookapi.Book {
	t.Helper()
	books, err := store.Books(t.Context(), 0, bookapi.MaxPage)
	require.NoError(t, err)
	return books
}

func TestRoutesLetEverybodyRead(t *testing.T) {
	api, _ := library(t)
	for _, path := range []string{"/books", "/books/1"} {
		answer := Send(t, api, Request(http.MethodGet, path))
		require.Equal(Promise(t, "3.4", "anybody may GET %s, without a token; not: %v", path, answer), http.StatusOK, answer.Status)
		assert.Contains(Promise(t, "3.4", "GET %s shows the book", path), answer.Body, "Kindred")
	}
}

func TestRoutesLetOnlyUsersWrite(t *testing.T) {
	for what, write := range Sorted(map[string]struct {
		request func() *http.Request
		status  int // for a user
	}{
		"POST /books":     {func() *http.Request { return JSON(http.MethodPost, "/books", anotherBook) }, http.StatusCreated},
		"PUT /books/1":    {func() *http.Request { return JSON(http.MethodPut, "/books/1", anotherBook) }, http.StatusOK},
		"DELETE /books/1": {func() *http.Request { return Request(http.MethodDelete, "/books/1") }, http.StatusNoContent},
	}) {
		t.Run(what, func(t *testing.T) {
			api, _ := library(t)
			answer := Send(t, api, as(t, Ada, write.request()))
			require.Equal(Promise(t, "3.4", "ada, with her token, may %s, not: %v", what, answer), write.status, answer.Status)

			api, store := library(t)
			before := shelf(t, store)
			answer = Send(t, api, write.request())
			if !assert.ObjectsAreEqual(before, shelf(t, store)) {
				t.Fatalf("ATTACK SUCCEEDED: mallory sent %s without a token and it was done; the answer was %v", what, answer)
			}
			assert.Equal(Promise(t, "3.4", "%s without a token is answered 401, not: %v", what, answer), http.StatusUnauthorized, answer.Status)
			assert.NotEmpty(Promise(t, "3.4", "a 401 carries a WWW-Authenticate challenge"), answer.Header.Get("WWW-Authenticate"))
		})
	}
}

func TestRoutesHaveNoSideDoor(t *testing.T) {
	for what, r := range Sorted(map[string]*http.Request{
		"a slash at the end":        Request(http.MethodDelete, "/books/1/"),
		"two slashes":               Request(http.MethodDelete, "//books/1"),
		"a slash in between":        Request(http.MethodDelete, "/books//1"),
		"a dot in the path":         Request(http.MethodDelete, "/books/./1"),
		"capitals":                  Request(http.MethodDelete, "/BOOKS/1"),
		"an escaped letter":         Request(http.MethodDelete, "/%62ooks/1"),
		"an open path in the query": Request(http.MethodDelete, "/books/1?next=/token&from=/users"),
		"an open path in front":     Request(http.MethodDelete, "/token/../books/1"),
		"a slash behind /books":     JSON(http.MethodPost, "/books/", anotherBook),
		"PATCH":                     JSON(http.MethodPatch, "/books/1", anotherBook),
		"a method of mallory's own": JSON("BREW", "/books", anotherBook),
		"an overridden method":      overridden(Request(http.MethodGet, "/books/1")),
		"a POST, overridden":        overridden(JSON(http.MethodPost, "/books/1?_method=DELETE", anotherBook)),
	}) {
		t.Run(what, func(t *testing.T) {
			api, store := library(t)
			adaWrites(t, api, oneBook)
			before := shelf(t, store)
			answer := Send(t, api, r)
			if !assert.ObjectsAreEqual(before, shelf(t, store)) {
				t.Fatalf("ATTACK SUCCEEDED: mallory had no token, sent %s %s, and it was done; the answer was %v", r.Method, r.URL, answer)
			}
			assert.Less(Promise(t, "3.4", "%s %s is no fault of the server: %v", r.Method, r.URL, answer), answer.Status, 500)
		})
	}
}

func overridden(r *http.Request) *http.Request {
	for _, name := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		r.Header.Set(name, http.MethodDelete)
	}
	return r
}

// adaWrites creates a book as Ada and returns it as stored.
func adaWrites(t *testing.T, api http.Handler, body string) (book bookapi.Book) {
	t.Helper()
	answer := Send(t, api, as(t, Ada, JSON(http.MethodPost, "/books", body)))
	require.Equal(Promise(t, "3.4", "ada, with her token, may POST /books, not: %v", answer), http.StatusCreated, answer.Status)
	require.NoError(t, json.Unmarshal([]byte(answer.Body), &book))
	return book
}

func TestRoutesRecordWhoCreatedABook(t *testing.T) {
	api, store := library(t)
	book := adaWrites(t, api, oneBook)
	assert.Equal(Promise(t, "3.4", "the answer says who created the book"), Ada, book.CreatedBy)
	stored, err := store.Book(t.Context(), book.ID)
	require.NoError(t, err)
	assert.Equal(Promise(t, "3.4", "created_by is the caller, whom the token names"), Ada, stored.CreatedBy)
}

func TestRoutesTakeNoCreatorFromTheBody(t *testing.T) {
	for _, field := range []string{"created_by", "Created_By", "CREATED_BY", "createdBy", "CreatedBy", "created\\u005fby"} {
		t.Run(field, func(t *testing.T) {
			api, store := library(t)
			adaWrites(t, api, oneBook)
			Send(t, api, as(t, Ada, JSON(http.MethodPost, "/books", `{"title":"A confession","author":"Grace","`+field+`":"grace"}`)))
			Send(t, api, as(t, Grace, JSON(http.MethodPut, "/books/1", `{"title":"Kindred","author":"Octavia E. Butler","`+field+`":"grace"}`)))
			for _, book := range shelf(t, store) {
				if book.CreatedBy != Ada {
					t.Errorf("ATTACK SUCCEEDED: the body said %s=grace, and now %q counts as created by %q", field, book.Title, book.CreatedBy)
				}
			}
		})
	}
}

func TestRoutesTakeNoCreatorFromTheAddress(t *testing.T) {
	api, store := library(t)
	adaWrites(t, api, oneBook)
	for _, name := range []string{"created_by", "user", "username", "as", "sudo", "on_behalf_of"} {
		Send(t, api, as(t, Ada, JSON(http.MethodPost, "/books?"+name+"=grace", `{"title":"A confession","author":"Grace"}`)))
	}
	for _, book := range shelf(t, store) {
		if book.CreatedBy != Ada {
			t.Fatalf("ATTACK SUCCEEDED: the address said grace, and now %q counts as created by %q", book.Title, book.CreatedBy)
		}
	}
}

func TestRoutesKeepTheCreatorThroughAChange(t *testing.T) {
	api, store := library(t)
	answer := Send(t, api, as(t, Grace, JSON(http.MethodPut, "/books/1", oneBook)))
	require.Equal(Promise(t, "3.4", "grace, with her token, may PUT /books/1, not: %v", answer), http.StatusOK, answer.Status)
	stored, err := store.Book(t.Context(), 1)
	require.NoError(t, err)
	assert.Equal(Promise(t, "3.4", "a book that grace corrects is still created by ada"), Ada, stored.CreatedBy)
}

func TestRoutesLetStrangersIn(t *testing.T) {
	api, _ := library(t)
	account, err := json.Marshal(map[string]string{"username": Mallory, "password": MalloryPassword})
	require.NoError(t, err)
	answer := Send(t, api, JSON(http.MethodPost, "/users", string(account)))
	require.Equal(Promise(t, "3.4", "POST /users needs no token, who would have one? not: %v", answer), http.StatusCreated, answer.Status)

	answer = Send(t, api, Form("/token", url.Values{"username": {Mallory}, "password": {MalloryPassword}}))
	require.Equal(Promise(t, "3.4", "POST /token needs no token, not: %v", answer), http.StatusOK, answer.Status)
}
