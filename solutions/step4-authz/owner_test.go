package authz_test

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	"example.com/bookapi/rest"
	authz "example.com/bookapi/step4-authz"
)

const anotherBook = `{"title":"Mallory was here","author":"Mallory"}`

// shelve puts books on the shelf, one for each creator, numbered from 1.
func shelve(t *testing.T, store *memory.Store, creators ...string) {
	t.Helper()
	for _, creator := range creators {
		_, err := store.CreateBook(t.Context(), bookapi.Book{Title: "Kindred", Author: "Octavia E. Butler", Year: 1979, CreatedBy: creator})
		require.NoError(t, err)
	}
}

// shelf is all books in the store.
func shelf(t *testing.T, store *memory.Store) []bookapi.Book {
	t.Helper()
	books, err := store.Books(t.Context(), 0, bookapi.MaxPage)
	require.NoError(t, err)
	return books
}

// one is the API's routes for one book, each behind the guard for owners.
func one(t *testing.T, users bookapi.UserStore, books bookapi.BookStore) http.Handler {
	t.Helper()
	h := rest.Books{Store: books}
	r := rest.NewRouter()
	for method, handle := range Sorted(map[string]http.HandlerFunc{http.MethodGet: h.Get, http.MethodPut: h.Update, http.MethodDelete: h.Delete}) {
		r.Method(method, "/books/{id}", behind(t, "4.2", authz.RequireOwner(books), users, handle))
	}
	return r
}

// adaChanges makes sure that who created a book may change it: number 1.
func adaChanges(t *testing.T, api http.Handler) {
	t.Helper()
	answer := Send(t, api, as(t, Ada, JSON(http.MethodPut, "/books/1", `{"title":"Kindred","author":"Octavia E. Butler","year":1980}`)))
	require.Equal(Promise(t, "4.2", "ada created /books/1, so she may change it, not: %v", answer), http.StatusOK, answer.Status)
}

// mallorySends demands that a request of Mallory's changes no book but her own.
func mallorySends(t *testing.T, api http.Handler, store *memory.Store, r *http.Request) Answer {
	t.Helper()
	before := shelf(t, store)
	answer := Send(t, api, as(t, Mallory, r))
	after := make(map[int64]bookapi.Book)
	for _, book := range shelf(t, store) {
		after[book.ID] = book
	}
	for _, book := range before {
		if now, there := after[book.ID]; book.CreatedBy != Mallory && (!there || now != book) {
			t.Fatalf("ATTACK SUCCEEDED: mallory sent %s %s, and book %d, which %s created, is not what it was; the answer was %v", r.Method, r.URL, book.ID, cmp.Or(book.CreatedBy, "nobody"), answer)
		}
	}
	return answer
}

func TestRequireOwnerLetsTheCreatorIn(t *testing.T) {
	store := household(t)
	shelve(t, store, Ada, Mallory)
	api := one(t, store, store)
	adaChanges(t, api)
	answer := Send(t, api, as(t, Ada, Request(http.MethodDelete, "/books/1")))
	require.Equal(Promise(t, "4.2", "ada created /books/1, so she may delete it, not: %v", answer), http.StatusNoContent, answer.Status)
	assert.Len(Promise(t, "4.2", "one book was deleted, and the other is still there"), shelf(t, store), 1)
}

func TestRequireOwnerLetsAdministratorsIn(t *testing.T) {
	store := household(t)
	shelve(t, store, Ada)
	api := one(t, store, store)
	adaChanges(t, api)
	answer := Send(t, api, as(t, Grace, JSON(http.MethodPut, "/books/1", anotherBook)))
	require.Equal(Promise(t, "4.2", "grace is an administrator, so she may change ada's book, not: %v", answer), http.StatusOK, answer.Status)
	assert.Equal(Promise(t, "4.2", "a book that grace has corrected is still ada's"), Ada, shelf(t, store)[0].CreatedBy)
}

func TestRequireOwnerKeepsOthersOut(t *testing.T) {
	for what, r := range Sorted(map[string]*http.Request{
		"change":    JSON(http.MethodPut, "/books/1", anotherBook),
		"take over": JSON(http.MethodPut, "/books/1", `{"title":"Kindred","author":"Mallory","created_by":"mallory"}`),
		"delete":    Request(http.MethodDelete, "/books/1"),
	}) {
		t.Run(what, func(t *testing.T) {
			store := household(t)
			shelve(t, store, Ada, Mallory)
			api := one(t, store, store)
			adaChanges(t, api)
			answer := mallorySends(t, api, store, r)
			assert.Contains(Promise(t, "4.2", "somebody else's book is a 403, or a 404, not: %v", answer), []int{http.StatusForbidden, http.StatusNotFound}, answer.Status)
		})
	}
}

// What is not the role of an administrator, in the row, opens nobody's books:
// not the reader that grace has become, and not a word that is no role.
func TestRequireOwnerKnowsOneRoleForAdministrators(t *testing.T) {
	for _, role := range []bookapi.Role{bookapi.RoleReader, "", "Admin", "admin ", "administrator", "reader,admin"} {
		t.Run(strconv.Quote(string(role)), func(t *testing.T) {
			store := household(t)
			shelve(t, store, Ada)
			api := one(t, store, store)
			adaChanges(t, api)
			answer := Send(t, api, as(t, Grace, JSON(http.MethodPut, "/books/1", `{"title":"Kindred","author":"Octavia E. Butler"}`)))
			require.Equal(Promise(t, "4.2", "grace is an administrator, so she may change ada's book, not: %v", answer), http.StatusOK, answer.Status)
			require.NoError(t, store.SetRole(t.Context(), Grace, role))
			answer = Send(t, api, as(t, Grace, Request(http.MethodDelete, "/books/1")))
			if len(shelf(t, store)) == 0 {
				t.Fatalf("ATTACK SUCCEEDED: grace, who had been demoted to %q, deleted ada's book with the token from before; the answer was %v", role, answer)
			}
			assert.Contains(Promise(t, "4.2", "somebody else's book is a 403, or a 404, not: %v", answer), []int{http.StatusForbidden, http.StatusNotFound}, answer.Status)
			before := shelf(t, store)
			answer = Send(t, api, as(t, Grace, JSON(http.MethodPut, "/books/1", anotherBook)))
			if !assert.ObjectsAreEqual(before, shelf(t, store)) {
				t.Fatalf("ATTACK SUCCEEDED: grace, who had been demoted to %q, changed ada's book as she had done before; the answer was %v", role, answer)
			}
		})
	}
}

func TestRequireOwnerDecidesBeforeTheHandlerRuns(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		t.Run(method, func(t *testing.T) {
			store := household(t)
			shelve(t, store, Ada)
			adaChanges(t, one(t, store, store))

			h := new(room)
			r := rest.NewRouter()
			r.Method(method, "/books/{id}", behind(t, "4.2", authz.RequireOwner(store), store, h))
			answer := Send(t, r, as(t, Mallory, Request(method, "/books/1")))
			h.empty(t, "mallory, with "+method+" /books/1, which is ada's,", answer)
			answer = Send(t, r, as(t, Ada, Request(method, "/books/1")))
			assert.Equal(Promise(t, "4.2", "for ada, %s /books/1 runs the handler once; the answer was %v", method, answer), 1, h.runs())
		})
	}
}

func TestRequireOwnerTurnsStrangersAway(t *testing.T) {
	store := household(t)
	shelve(t, store, Ada, "")
	adaChanges(t, one(t, store, store))

	// A route whose first guard was forgotten: nobody has said who is calling.
	// Book 2 is from before step 3, and nobody has said who created it.
	h := new(room)
	r := rest.NewRouter()
	r.Method(http.MethodDelete, "/books/{id}", authz.RequireOwner(store)(h))
	for _, path := range []string{"/books/2", "/books/1", "/books/99"} {
		answer := Send(t, r, Request(http.MethodDelete, path))
		h.empty(t, "a request without a user", answer)
		turnedAway(t, "4.2", "a request without a user for "+path, answer)
	}
}

// A refusal ends the request: it is one answer, and nothing is done after it.
func TestRequireOwnerAnswersARefusalOnce(t *testing.T) {
	for what, refused := range Sorted(map[string]struct {
		caller, path string
		away         error
	}{
		"no number":            {Ada, "/books/abc", nil},
		"too long a number":    {Ada, "/books/99999999999999999999999999", nil},
		"no such book":         {Ada, "/books/99", nil},
		"somebody else's book": {Mallory, "/books/1", nil},
		"a store that is away": {Ada, "/books/1", bookapi.ErrUnavailable},
		"nobody's request":     {stranger, "/books/1", nil},
	}) {
		t.Run(what, func(t *testing.T) {
			store := household(t)
			shelve(t, store, Ada)
			adaChanges(t, one(t, store, store))
			var books bookapi.BookStore = store
			if refused.away != nil {
				books = brokenBooks{store, refused.away}
			}
			h, began := new(room), 0
			guarded := authz.RequireOwner(books)(h)
			r := rest.NewRouter()
			r.Delete("/books/{id}", func(w http.ResponseWriter, r *http.Request) {
				if refused.caller != stranger {
					r = r.WithContext(bookapi.WithUser(r.Context(), bookapi.User{Username: refused.caller, Role: bookapi.RoleReader}))
				}
				guarded.ServeHTTP(answers{w, &began}, r)
			})
			answer := Send(t, r, Request(http.MethodDelete, refused.path))
			h.empty(t, who(refused.caller)+", who sent DELETE "+refused.path+",", answer)
			assert.Equal(Promise(t, "4.2", "a refusal is one answer, and the guard goes no further; DELETE %s by %s has %d answers, one behind the other: %v", refused.path, who(refused.caller), began, answer), 1, began)
		})
	}
}

// answers counts how often an answer is begun.
type answers struct {
	http.ResponseWriter
	began *int
}

func (w answers) WriteHeader(status int) {
	*w.began++
	w.ResponseWriter.WriteHeader(status)
}

func TestRequireOwnerFindsNoBook(t *testing.T) {
	store := household(t)
	shelve(t, store, Ada)
	api := one(t, store, store)
	adaChanges(t, api)
	require.NoError(t, store.DeleteBook(t.Context(), 1))
	for _, caller := range []string{Ada, Grace} {
		for _, path := range []string{"/books/1", "/books/99"} {
			answer := Send(t, api, as(t, caller, Request(http.MethodDelete, path)))
			assert.Equal(Promise(t, "4.2", "a book that is not there is a 404 for %s, not: %v", caller, answer), http.StatusNotFound, answer.Status)
		}
	}
}

// A book may appear in the moment after the guard has looked for it.
func TestRequireOwnerLeavesNoBookToTheHandler(t *testing.T) {
	store := household(t)
	shelve(t, store, Ada)
	api := one(t, store, interrupted{store, func(err error) {
		if errors.Is(err, bookapi.ErrNotFound) {
			shelve(t, store, Ada)
		}
	}})
	adaChanges(t, api)
	answer := Send(t, api, as(t, Mallory, Request(http.MethodDelete, "/books/2")))
	if len(shelf(t, store)) < 2 {
		t.Fatalf("ATTACK SUCCEEDED: mallory sent DELETE /books/2 until ada created that book, and was let past the guard, which had not found it yet; the answer was %v", answer)
	}
	assert.Equal(Promise(t, "4.2", "a book that was not there is a 404 for mallory, not: %v", answer), http.StatusNotFound, answer.Status)
}

// Two requests are under way at once, as in every server.
func TestRequireOwnerKeepsRequestsApart(t *testing.T) {
	store := household(t)
	shelve(t, store, Ada)
	h, r := new(room), rest.NewRouter()
	cameBy := false
	books := interrupted{store, func(error) {
		if !cameBy {
			cameBy = true
			Send(t, r, as(t, Ada, Request(http.MethodPut, "/books/1")))
		}
	}}
	r.Method(http.MethodPut, "/books/{id}", behind(t, "4.2", authz.RequireOwner(books), store, h))
	adaChanges(t, one(t, store, store))
	answer := Send(t, r, as(t, Mallory, Request(http.MethodPut, "/books/1")))
	var names []string
	for _, user := range h.seen {
		names = append(names, user.Username)
	}
	if slices.Contains(names, Mallory) {
		t.Fatalf("ATTACK SUCCEEDED: while the guard looked up whose book it is, a request of ada's came by, and mallory passed as ada; the answer was %v", answer)
	}
	assert.Equal(Promise(t, "4.2", "ada created /books/1, and passes while mallory waits"), []string{Ada}, names)
}

// In an interrupted store something happens after each book that is looked up.
type interrupted struct {
	bookapi.BookStore
	by func(error)
}

func (s interrupted) Book(ctx context.Context, id int64) (bookapi.Book, error) {
	book, err := s.BookStore.Book(ctx, id)
	s.by(err)
	return book, err
}

// Mallory owns book 2. Wherever she says so, the path still names book 1.
func TestRequireOwnerAsksTheBookAndNotTheCaller(t *testing.T) {
	headers := Request(http.MethodDelete, "/books/1")
	for _, name := range []string{"X-User", "X-Username", "X-Owner", "X-Role", "X-Forwarded-User", "Created-By"} {
		headers.Header.Set(name, Mallory)
	}
	headers.AddCookie(&http.Cookie{Name: "created_by", Value: Mallory})
	for where, r := range Sorted(map[string]*http.Request{
		"in the query":   Request(http.MethodDelete, "/books/1?id=2&book=2&created_by=mallory&username=mallory&role=admin"),
		"in the headers": headers,
		"in the body":    JSON(http.MethodDelete, "/books/1", `{"id":2,"created_by":"mallory","role":"admin"}`),
		"in a change":    JSON(http.MethodPut, "/books/1?id=2", `{"title":"Kindred","author":"Mallory","id":2}`),
	}) {
		t.Run(where, func(t *testing.T) {
			store := household(t)
			shelve(t, store, Ada, Mallory)
			api := one(t, store, store)
			adaChanges(t, api)
			mallorySends(t, api, store, r)
		})
	}
}

// Of ten books Ada created 1 and 10, Mallory all others. If the guard reads a
// number in another way than the handler, it looks at a book of Mallory's, and
// the handler deletes one of Ada's: read as octal, 010 is 8.
func TestRequireOwnerReadsTheNumberAsTheHandlerDoes(t *testing.T) {
	for _, id := range []string{
		"010", "01", "+10", "+1", "-1", "1e1", "1e0", "0xA", "0x1", "0b1010", "0o12", "1_0", "10.0", "1.", "10,2", "10;2", "2,10",
		"10%20", "%2010", "10%00", "10%0A", "%31%30", "2%2F..%2F10", "10%3Fid=2", "%EF%BC%91%EF%BC%90", "٢", "",
		"4294967306", "18446744073709551617", "18446744073709551626", "99999999999999999999999999",
	} {
		t.Run(strconv.Quote(id), func(t *testing.T) {
			store := household(t)
			shelve(t, store, Ada, Mallory, Mallory, Mallory, Mallory, Mallory, Mallory, Mallory, Mallory, Ada)
			api := one(t, store, store)
			adaChanges(t, api)
			for _, r := range []*http.Request{
				JSON(http.MethodPut, "/books/"+id, anotherBook),
				Request(http.MethodDelete, "/books/"+id),
			} {
				answer := mallorySends(t, api, store, r)
				assert.Less(Promise(t, "4.2", "%s %s is no fault of the server: %v", r.Method, r.URL, answer), answer.Status, 500)
			}
		})
	}
}

func TestRequireOwnerReadsTheWholeNumber(t *testing.T) {
	store := household(t)
	shelve(t, store, Ada)
	adaChanges(t, one(t, store, store))
	h := new(room)
	r := rest.NewRouter()
	r.Method(http.MethodDelete, "/books/{id}", behind(t, "4.2", authz.RequireOwner(hugeLibrary{store}), store, h))
	answer := Send(t, r, as(t, Mallory, Request(http.MethodDelete, "/books/4294967304")))
	h.empty(t, "mallory, who created book 8 and not book 4294967304,", answer)
	answer = Send(t, r, as(t, Ada, Request(http.MethodDelete, "/books/4294967304")))
	assert.Equal(Promise(t, "4.2", "ada created book 4294967304, and the handler runs once; the answer was %v", answer), 1, h.runs())
}

// A hugeLibrary has billions of books. Ada created number 4294967304, which is 8
// for those who read 32 bits of it, and Mallory all others.
type hugeLibrary struct{ bookapi.BookStore }

func (hugeLibrary) Book(_ context.Context, id int64) (bookapi.Book, error) {
	if id == 4294967304 {
		return bookapi.Book{ID: id, CreatedBy: Ada}, nil
	}
	return bookapi.Book{ID: id, CreatedBy: Mallory}, nil
}

func TestRequireOwnerComparesNamesExactly(t *testing.T) {
	for _, name := range []string{"Ada", "ADA", "ad", "adam", "ada.", "ada ", " ada", "a", "аda"} {
		t.Run(strconv.Quote(name), func(t *testing.T) {
			store := household(t)
			shelve(t, store, Ada)
			api := one(t, store, store)
			adaChanges(t, api)
			moveIn(t, store, name, bookapi.RoleReader)
			answer := Send(t, api, as(t, name, Request(http.MethodDelete, "/books/1")))
			if len(shelf(t, store)) == 0 {
				t.Fatalf("ATTACK SUCCEEDED: mallory signed up as %q, which looks like ada, and deleted ada's book; the answer was %v", name, answer)
			}
		})
	}
}

// Books from before step 3 say nothing of who created them.
func TestRequireOwnerLeavesNobodysBooksToAdministrators(t *testing.T) {
	store := household(t)
	shelve(t, store, Ada, "")
	api := one(t, store, store)
	adaChanges(t, api)
	answer := mallorySends(t, api, store, Request(http.MethodDelete, "/books/2"))
	assert.Contains(Promise(t, "4.2", "a book that nobody created is nobody's: 403, or 404, not: %v", answer), []int{http.StatusForbidden, http.StatusNotFound}, answer.Status)
	answer = Send(t, api, as(t, Grace, Request(http.MethodDelete, "/books/2")))
	assert.Equal(Promise(t, "4.2", "grace may delete a book that nobody created, not: %v", answer), http.StatusNoContent, answer.Status)
}

func TestRequireOwnerStaysShutWhenTheStoreIsAway(t *testing.T) {
	for what, away := range Sorted(map[string]error{
		"away":         errors.New("dial tcp 10.0.0.7:5432: connection refused"),
		"away for now": bookapi.ErrUnavailable,
	}) {
		t.Run(what, func(t *testing.T) {
			store := household(t)
			shelve(t, store, Ada)
			adaChanges(t, one(t, store, store))
			for _, caller := range []string{Ada, Mallory} {
				h := new(room)
				r := rest.NewRouter()
				r.Method(http.MethodDelete, "/books/{id}", behind(t, "4.2", authz.RequireOwner(brokenBooks{store, away}), store, h))
				answer := Send(t, r, as(t, caller, Request(http.MethodDelete, "/books/1")))
				h.empty(t, caller+", while the database is away and the guard cannot know whose book it is,", answer)
				assert.GreaterOrEqual(Promise(t, "4.2", "a store that is away is the server's fault, not: %v", answer), answer.Status, 500)
				if strings.Contains(answer.Body, "10.0.0.7") {
					t.Errorf("ATTACK SUCCEEDED: %s reads in the answer how our database is reached: %v", caller, answer)
				}
			}
		})
	}
}

// brokenBooks is a database that is away. It hands out a book along with its
// error, and Mallory's at that, for a guard that does not look at the error.
type brokenBooks struct {
	bookapi.BookStore
	err error
}

func (s brokenBooks) Book(_ context.Context, id int64) (bookapi.Book, error) {
	return bookapi.Book{ID: id, CreatedBy: Mallory}, s.err
}
