package authz_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	"example.com/bookapi/bookapitest/attack"
	"example.com/bookapi/memory"
	"example.com/bookapi/rest"
	protect "example.com/bookapi/step3-protect"
	authz "example.com/bookapi/step4-authz"
)

const (
	kindred     = `{"title":"Kindred","author":"Octavia E. Butler","year":1980}`
	anotherBook = `{"title":"Mallory was here","author":"Mallory"}`
)

// oneBook puts the guard for owners in front of a handler, at the path of one
// book. Nobody has found out who is calling.
func oneBook(check *bookapitest.Check, books bookapi.BookStore, h http.Handler) *chi.Mux {
	check.Helper()
	r := chi.NewRouter()
	r.Handle("/books/{id}", wrap(check, "4.2", "RequireOwner", authz.RequireOwner(books), h))
	return r
}

// ownerGuard is the guard for owners, behind RequireUser.
func ownerGuard(check *bookapitest.Check, users bookapi.UserStore, books bookapi.BookStore) guarded {
	check.Helper()
	h := new(recorder)
	return guarded{protect.RequireUser(verifier, users)(oneBook(check, books, h)), h}
}

// A shelf is the API's routes for one book behind the guard for owners, over the
// books of a store.
type shelf struct {
	http.Handler
	store *bookapitest.Store
}

func newShelf(check *bookapitest.Check, creators ...string) shelf {
	check.Helper()
	store := newStore(check, creators...)
	return shelf{protect.RequireUser(verifier, store)(oneBook(check, store, handlers(store))), store}
}

// handlers are those of the API for one book.
func handlers(store bookapi.BookStore) http.Handler {
	h := rest.Books{Store: store}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		attack.Note(r.Context(), "the next handler runs")
		switch r.Method {
		case http.MethodPut:
			h.Update(w, r)
		case http.MethodDelete:
			h.Delete(w, r)
		default:
			h.Get(w, r)
		}
	})
}

// books are all books in a store.
func books(check *bookapitest.Check, store bookapi.BookStore) []bookapi.Book {
	check.Helper()
	all, err := store.Books(check.Context(), 0, bookapi.MaxPage)
	require.NoError(check, err)
	return all
}

func deleteBook(id int) *http.Request {
	return bookapitest.Request("DELETE", "/books/"+strconv.Itoa(id))
}

// adaChanges makes sure that who created a book may change it.
func adaChanges(check *bookapitest.Check, s shelf) {
	check.Helper()
	answer := bookapitest.Send(check, s, as(check, ada, bookapitest.JSON("PUT", "/books/1", kindred)))
	answer.Is(check.Needs("4.2"), http.StatusOK, "ada created /books/1, so she may change it")
}

// adaPasses makes sure that who created a book passes.
func adaPasses(check *bookapitest.Check, g guarded) {
	check.Helper()
	g.passes(check.Needs("4.2"), "ada, who created /books/1,", as(check, ada, deleteBook(1)))
}

// refuses demands that a request of a caller's is not done.
func (s shelf) refuses(check *bookapitest.Check, caller string, r *http.Request) bookapitest.Answer {
	check.Helper()
	var answer bookapitest.Answer
	calls := s.store.During(func() { answer = attack.Record(s, as(check, caller, attack.Clone(r))).Answer })
	if changes := calls.Writes(); len(changes) > 0 && answer.Status < 400 { // not a return that is missing
		check.Attack("%s sent %s %s, a book that %s has not created, and it was done: %v; the answer was %v",
			name(caller),
			r.Method, r.URL, caller, changes[0], answer)
	}
	return check.AnswersOnce(s, as(check, caller, r))
}

// isRefused is what the creator's book is answered to others: RFC 9110 §15.5.4
// lets a server hide what it forbids.
var isRefused = []int{http.StatusForbidden, http.StatusNotFound}

func TestRequireOwnerLetsTheCreatorIn(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		s := newShelf(check, ada, mallory)
		adaChanges(check, s)
		answer := bookapitest.Send(check, s, as(check, ada, deleteBook(1)))
		answer.Is(check, http.StatusNoContent, "ada created /books/1, so she may delete it")
		require.Len(check.Promise("one book was deleted, and the other is still there"), books(check, s.store), 1)
	})
}

func TestRequireOwnerLetsAdministratorsIn(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		s := newShelf(check, ada)
		adaChanges(check, s)
		answer := bookapitest.Send(check, s, as(check, grace, bookapitest.JSON("PUT", "/books/1", anotherBook)))
		answer.Is(check, http.StatusOK, "grace is an administrator, so she may change ada's book")
		assert.Equal(check.Promise("a book that grace has corrected is still ada's"), ada,
			books(check, s.store)[0].CreatedBy)
	})
}

func TestRequireOwnerPassesTheRequestOn(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		store := newStore(check, ada)
		adaPasses(check, ownerGuard(check, store, store))
		r := knownAs(ada, bookapi.RoleReader, bookapitest.JSON("PUT", "/books/1?page=2", kindred))
		passesOn(check, store, r, kindred, func(h http.Handler) http.Handler { return oneBook(check, store, h) })
	})
}

// Kinds: one-answer, first-line
func TestRequireOwnerRefusesOthers(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		for what, r := range bookapitest.Sorted(map[string]*http.Request{
			"change": bookapitest.JSON("PUT", "/books/1", anotherBook),
			"delete": deleteBook(1),
			"take over": bookapitest.JSON("PUT", "/books/1",
				`{"title":"Kindred","author":"Mallory","created_by":"mallory"}`),
		}) {
			s := newShelf(check, ada, mallory)
			adaChanges(check, s)
			answer := s.refuses(check, mallory, r)
			answer.IsOneOf(check, isRefused, "mallory wants to %s /books/1, which ada created", what)
			if told := fmt.Sprint(answer.Header, answer.Body); strings.Contains(told, ada) {
				check.Attack("mallory wants to %s /books/1, and the refusal tells her that ada created it: with each "+
					"number she learns the name of an account", what)
			}
		}
		store := newStore(check, ada, mallory)
		g := ownerGuard(check, store, store)
		g.refused(check, "mallory, who did not create /books/1,", as(check, mallory, deleteBook(1)), isRefused...)
		g.passes(check, "mallory, who created /books/2,", as(check, mallory, deleteBook(2)))
	})
}

// Kinds: one-answer
func TestRequireOwnerRefusesStrangers(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		store := newStore(check, ada, "")
		g := ownerGuard(check, store, store)
		adaPasses(check, g)

		// A route whose first guard was forgotten: nobody has said who is calling.
		// Book 2 is from before step 3, and nobody has said who created it.
		h := new(recorder)
		alone := guarded{oneBook(check, store, h), h}
		for _, id := range []int{2, 1, 99} {
			alone.refused(check, "a request without a user", deleteBook(id), http.StatusUnauthorized)
			alone.refused(check, "a request without a user, in front of which nobody has looked at the token,",
				as(check, grace, deleteBook(id)), http.StatusUnauthorized)
			g.refused(check, "a request without a token", deleteBook(id), http.StatusUnauthorized)
		}
	})
}

// Kinds: cost, one-answer
func TestRequireOwnerRefusesWithoutReadingTheBody(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		store := newStore(check, ada)
		g := ownerGuard(check, store, store)
		adaPasses(check, g)
		for _, path := range []string{"/books/1", "/books/99", "/books/abc"} {
			r := bookapitest.JSON("PUT", path, anotherBook)
			check.LeavesBody(g, "mallory, who created no book,", as(check, mallory, attack.Clone(r)))
			check.LeavesBody(oneBook(check, store, new(recorder)), "mallory, of whom nobody has said who she is,", r)
		}
	})
}

// Kinds: routes
func TestRequireOwnerDecidesForEveryMethod(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		store := newStore(check, ada, mallory)
		g := ownerGuard(check, store, store)
		adaPasses(check, g)
		for _, method := range attack.Methods() {
			for _, spelling := range attack.Spellings("/books/1") {
				r := attack.WithTarget(attack.WithMethod(deleteBook(1), method), spelling.Path)
				if r == nil {
					continue
				}
				for _, caller := range []string{mallory, stranger} {
					answer, seen := g.send(check, as(check, caller, attack.Clone(r)))
					if len(seen) > 0 {
						check.Attack("%s sent %s %s, which is ada's, and got past the guard; the answer was %v",
							name(caller), method, spelling.Path, answer)
					}
					answer.IsNoServerError(check, "%s %s is no fault of the server", method, spelling.Path)
				}
			}
		}
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			g.passes(check, "ada, with the method "+method+",",
				as(check, ada, attack.WithMethod(deleteBook(1), method)))
		}
	})
}

// Who created a book is one field of its row, and one name.
//
// Kinds: one-difference
func TestRequireOwnerAsksForTheCreatorAlone(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		store := newStore(check, ada)
		adaPasses(check, ownerGuard(check, store, store))
		row := bookapi.Book{ID: 1, Title: "Kindred", Author: "Octavia E. Butler", Year: 1979, CreatedBy: ada}
		difference := func(change func(*bookapi.Book)) bookapi.Book {
			changed := row
			change(&changed)
			return changed
		}
		rows := map[string]bookapi.Book{
			"whose author is mallory": difference(func(b *bookapi.Book) { b.Author = mallory }),
			"whose title is mallory":  difference(func(b *bookapi.Book) { b.Title = mallory }),
			"which names mallory": difference(func(b *bookapi.Book) {
				b.Title, b.Author = "By mallory", "ada, mallory"
			}),
			"without title and author":   difference(func(b *bookapi.Book) { b.Title, b.Author, b.Year = "", "", 0 }),
			"of the year 0":              difference(func(b *bookapi.Book) { b.Year = 0 }),
			"with another number in it":  difference(func(b *bookapi.Book) { b.ID = 2 }),
			"without a number in it":     difference(func(b *bookapi.Book) { b.ID = 0 }),
			"that an administrator made": difference(func(b *bookapi.Book) { b.CreatedBy = grace }),
		}
		for _, creator := range append(lookalikes(mallory), "", "*", "%", "_", "-", "all", "everybody", "anyone",
			"public", "shared", "anonymous", "nobody",
			"reader", "readers", "users", "unknown", "null", "nil", "0", "guest", "system", "import", "admin",
			"mallory,ada", "ada,mallory", "ada mallory") {
			rows["whose creator is "+strconv.Quote(creator)] = difference(func(b *bookapi.Book) {
				b.CreatedBy = creator
			})
		}
		for what, changed := range bookapitest.Sorted(rows) {
			h := new(recorder)
			g := guarded{oneBook(check, oneRow{store, changed}, h), h}
			refusals := isRefused
			if changed.ID != row.ID { // which no store does, and a guard may take for the store's fault
				refusals = append(slices.Clone(isRefused), http.StatusInternalServerError)
			}
			g.refused(check, "mallory, at a book "+what+",", knownAs(mallory, bookapi.RoleReader, deleteBook(1)),
				refusals...)
			if changed.ID != row.ID {
				continue
			}
			g.passes(check, "grace, at a book "+what+",", knownAs(grace, bookapi.RoleAdmin, deleteBook(1)))
		}
	})
}

// oneRow is a store of books that has this row under every number.
type oneRow struct {
	bookapi.BookStore
	row bookapi.Book
}

func (s oneRow) Book(context.Context, int64) (bookapi.Book, error) { return s.row, nil }

// lookalikes are texts that are not a name, and look like it.
func lookalikes(username string) []string {
	return []string{
		strings.ToUpper(username),
		strings.ToUpper(username[:1]) +
			username[1:], username[:len(username)-1], username[:2], username[:1], username[1:],
		username + "2", username + ".", username + "-", username + "_", username + "m", username + "@import", "x" +
			username, username + username,
		" " + username, username + " ", username + "\n", username + "\x00", username + "\x00x",
		username + "\u200b", "\ufeff" + username,
		strings.Replace(username, "a", "а", 1), strings.Replace(username, "a", "ａ", 1), strings.Replace(username, "a",
			"á", 1),
		strings.Replace(username, "a", "a\u0301", 1), `"` + username + `"`, "/" + username, username + "/",
	}
}

// Kinds: one-difference
func TestRequireOwnerComparesNamesExactly(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		store := newStore(check, ada)
		adaPasses(check, ownerGuard(check, store, store))
		h := new(recorder)
		g := guarded{oneBook(check, store, h), h}
		for _, username := range append(lookalikes(ada), "*", "%", ".*", "a.a", "a_a", "owner", "system", "admin",
			"root", "administrator") {
			who := "mallory, under the name " + strconv.Quote(username) + ", at a book of ada's,"
			g.refused(check, who, knownAs(username, bookapi.RoleReader, deleteBook(1)), isRefused...)
		}
	})
}

// What is not the role of an administrator, in the row, opens nobody's books:
// not the reader that grace has become, and not a text that is no role.
//
// Kinds: one-difference, claim-places
func TestRequireOwnerKnowsOneRoleForAdministrators(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		for _, role := range append([]bookapi.Role{bookapi.RoleReader}, otherRoles(bookapi.RoleAdmin)...) {
			store := newStore(check, ada)
			g := ownerGuard(check, store, store)
			g.passes(check, "grace, who is an administrator, at a book of ada's,", as(check, grace, deleteBook(1)))
			require.NoError(check, store.SetRole(check.Context(), grace, role))
			who := "grace, in whose row the role is now " + strconv.Quote(string(role)) +
				", with the token from before, at a book of ada's,"
			statuses := append([]int{http.StatusUnauthorized},
				isRefused...) // a guard of step 3 may refuse a role that is none
			g.refused(check, who, as(check, grace, deleteBook(1)), statuses...)
			g.refused(check, who, as(check, grace, bookapitest.JSON("PUT", "/books/1", anotherBook)), statuses...)
		}
	})
}

// Books from before step 3 say nothing of who created them.
//
// Kinds: one-difference
func TestRequireOwnerLeavesBooksWithoutACreatorToAdministrators(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		s := newShelf(check, ada, "")
		adaChanges(check, s)
		answer := s.refuses(check, mallory, deleteBook(2))
		answer.IsOneOf(check, isRefused, "mallory wants to delete /books/2, which nobody created")
		answer = bookapitest.Send(check, s, as(check, grace, deleteBook(2)))
		answer.Is(check, http.StatusNoContent, "grace may delete a book that nobody created")
	})
}

// Kinds: store-answers, one-answer
func TestRequireOwnerFindsNoBook(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		s := newShelf(check, ada)
		adaChanges(check, s)
		require.NoError(check, s.store.DeleteBook(check.Context(), 1))
		for _, caller := range []string{ada, mallory, grace} {
			for _, id := range []int{1, 99} {
				answer := check.AnswersOnce(s, as(check, caller, deleteBook(id)))
				answer.Is(check, http.StatusNotFound, "for %s a book that is not there is not found", caller)
			}
		}
	})
}

// A book may appear in the moment after the guard has looked for it.
//
// Kinds: store-answers
func TestRequireOwnerLeavesNoBookToTheHandler(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		s := newShelf(check, ada)
		adaChanges(check, s)
		s.store.After("Book", 1, func() { addBook(check, s.store, ada) })
		answer := bookapitest.Send(check, s, as(check, mallory, deleteBook(2)))
		if len(books(check, s.store)) < 2 {
			check.Attack("mallory sent DELETE /books/2 until ada created that book, and was let past the guard, "+
				"which had not found it yet; the answer was %v", answer)
		}
		answer.Is(check, http.StatusNotFound, "for mallory a book that was not there is not found")
	})
}

// Of ten books ada created 1 and 10, mallory all others. If the guard reads a
// number in another way than the handler, it looks at a book of mallory's, and
// the handler deletes one of ada's: read as octal, 010 is 8.
//
// Kinds: routes, one-answer
func TestRequireOwnerReadsTheNumberAsTheHandlerDoes(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		creators := []string{ada, mallory, mallory, mallory, mallory, mallory, mallory, mallory, mallory, ada}
		s := newShelf(check, creators...)
		adaChanges(check, s)
		for _, id := range []string{
			"010", "01", "+10", "+1", "-1", "-10", "1e1", "1e0", "0xA", "0x1", "0b1010", "0o12", "1_0", "10.0", "1.",
			"10,2", "10;2", "2,10", "2;10", "1%2b1",
			"10%20", "%2010", "10%00", "10%0A", "10%09", "%31%30", "%31", "1%30", "2%2F..%2F10", "10%2F..%2F2",
			"10%2F2", "2%2F10", "10%3Fid=2", "10%232",
			"10%26id=2", "%EF%BC%91%EF%BC%90", "٢", "", "abc", "null", "me", "4294967306", "18446744073709551617",
			"18446744073709551626",
			"9223372036854775808", "99999999999999999999999999", "10?id=2", "10?id=2&id=3", "10?2", "1?id=2",
		} {
			for _, r := range []*http.Request{bookapitest.JSON("PUT", "/books/"+id, anotherBook),
				bookapitest.Request("DELETE", "/books/"+id)} {
				before := books(check, s.store)
				answer := check.AnswersOnce(s, as(check, mallory, r))
				after := make(map[int64]bookapi.Book)
				for _, book := range books(check, s.store) {
					after[book.ID] = book
				}
				for _, book := range before {
					if after[book.ID] != book && book.CreatedBy != mallory {
						check.Attack("mallory sent %s %s, and book %d, which ada created, is not what it was; the "+
							"answer was %v", r.Method, r.URL, book.ID, answer)
					}
				}
				answer.IsClass(check, 4, "%s %s by mallory is refused", r.Method, r.URL)
			}
		}
	})
}

// A route may lack the {id} that the guard reads, or call it by another name.
//
// Kinds: routes
func TestRequireOwnerPassesNoRouteWithoutANumber(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		store := newStore(check, ada)
		adaPasses(check, ownerGuard(check, store, store))
		for pattern, path := range bookapitest.Sorted(map[string]string{
			"/books/{book}": "/books/1", "/books/*": "/books/1", "/books": "/books",
		}) {
			router, h := chi.NewRouter(), new(recorder)
			router.Handle(pattern, wrap(check, "4.2", "RequireOwner", authz.RequireOwner(store), h))
			answer, seen := guarded{router, h}.send(check,
				knownAs(mallory, bookapi.RoleReader, bookapitest.Request("DELETE", path)))
			if len(seen) > 0 {
				check.Attack("the route %s has no {id}, and mallory, who created no book, got past its guard with "+
					"DELETE %s; the answer was %v", pattern, path, answer)
			}
			answer.IsClass(check, 4, "at the route %s, which has no {id}, DELETE %s by mallory is refused", pattern,
				path)
		}
	})
}

// A billion has billions of books. Ada created number 4294967304, which is 8
// for those who read 32 bits of it, and mallory all others.
type billion struct{ bookapi.BookStore }

func (billion) Book(_ context.Context, id int64) (bookapi.Book, error) {
	if id == 4294967304 {
		return bookapi.Book{ID: id, Title: "Kindred", CreatedBy: ada}, nil
	}
	return bookapi.Book{ID: id, Title: "Kindred", CreatedBy: mallory}, nil
}

// Kinds: one-difference
func TestRequireOwnerReadsTheWholeNumber(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		store := newStore(check, ada)
		adaPasses(check, ownerGuard(check, store, store))
		g := ownerGuard(check, store, billion{store})
		r := func() *http.Request { return bookapitest.Request("DELETE", "/books/4294967304") }
		g.refused(check, "mallory, who created book 8 and not book 4294967304,", as(check, mallory, r()), isRefused...)
		g.passes(check, "ada, who created book 4294967304,", as(check, ada, r()))
	})
}

// Mallory is not ada, and owns book 2. Wherever she says otherwise, the path
// still names book 1.
//
// Kinds: claim-places
func TestRequireOwnerBelievesNoClaim(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		store := newStore(check, ada, mallory)
		h := new(recorder)
		g, alone := ownerGuard(check, store, store), guarded{oneBook(check, store, h), h}
		adaPasses(check, g)
		owns := attack.Claims(attack.Identity{Username: mallory, Path: "/books/2"})
		for _, place := range []attack.Place{attack.InQuery, attack.InForm, attack.InJSON, attack.InCookie,
			attack.InHeader} {
			for _, what := range []string{"id", "ID", "book", "book_id", "bookId", "bookID", "number", "X-Id", "X-Book",
				"X-Book-Id", "X-Resource-Id"} {
				owns = append(owns, attack.Claim{Place: place, Name: what, Value: "2"})
			}
		}
		for _, bare := range []func() *http.Request{
			func() *http.Request { return deleteBook(1) },
			func() *http.Request { return bookapitest.Request("OPTIONS", "/books/1") },
			func() *http.Request { return bookapitest.Form("/books/1", url.Values{"title": {"Dawn"}}) },
			func() *http.Request { return bookapitest.JSON("PUT", "/books/1", anotherBook) },
		} {
			for _, claims := range [][]attack.Claim{claims(check, grace), attack.Claims(attack.Identity{Username: ada}),
				owns} {
				check.IgnoresClaims(as(check, mallory, bare()), claims, func(r *http.Request) string {
					return g.treat(check, r)
				})
			}
		}
		check.IgnoresClaims(as(check, ada, deleteBook(1)), owns, func(r *http.Request) string {
			return g.treat(check, r)
		})
		check.IgnoresClaims(deleteBook(1), claims(check, ada), func(r *http.Request) string {
			return alone.treat(check, r)
		})
	})
}

// Kinds: store-answers, one-answer, outlets
func TestRequireOwnerStaysShutWhenTheStoreFails(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		honest := newStore(check, ada)
		calls := honest.During(func() { adaPasses(check, ownerGuard(check, honest, honest)) })
		for says, fault := range bookapitest.StoreFaults(calls.Of("Book").Methods()...) {
			store := newStore(check, ada, mallory)
			g := ownerGuard(check, store, store)
			adaPasses(check, g) // what the guard has seen must not help
			g.passes(check, "mallory, who created /books/2,", as(check, mallory, deleteBook(2)))
			store.Inject(fault)
			for _, c := range []struct {
				caller string
				id     int
			}{{mallory, 1}, {mallory, 2}, {ada, 1}, {grace, 1}} {
				g.behind.seen = nil
				r := as(check, c.caller, deleteBook(c.id))
				r = r.WithContext(fault.Context(bookapitest.Trace(r.Context())))
				var exchange attack.Exchange
				calls := store.During(func() { exchange = attack.Record(g, r) })
				if outside := calls.Outside(r.Context()); len(outside) > 0 {
					check.Broken("if the store's %s, it is asked in the request's context all the same, which ends "+
						"when the client goes away; it was asked for %v in another", says, outside[0])
				}
				answer := exchange.Answer
				if len(g.behind.seen) > 0 && c.caller == grace {
					continue // who needs no book to be an administrator
				}
				if len(g.behind.seen) > 0 {
					check.Attack("the store's %s, so the guard cannot know whose book it is, and %s got past it with "+
						"DELETE /books/%d; the answer was %v",
						says, c.caller, c.id, answer)
				}
				if strings.Contains(fmt.Sprint(answer.Header, answer.Body), bookapitest.DatabaseAddress) {
					check.Attack("%s reads in the answer how our database is reached: %v", c.caller, answer)
				}
				if len(exchange.Faults) > 0 {
					check.Broken("if the store's %s, there is one answer, and then it ends: %s", says,
						exchange.Faults[0])
				}
				switch {
				case fault.IsNotFound():
					answer.Is(check, http.StatusNotFound, "if the store's %s, there is no such book", says)
				case errors.Is(fault.Err, context.Canceled):
					require.GreaterOrEqual(check.Promise("if the store's %s, that is no success: %v", says, answer),
						answer.Status, 400)
				case !fault.Panics:
					answer.IsClass(check, 5, "if the store's %s, that is the server's fault", says)
				}
			}
			store.Inject(bookapitest.Fault{})
			adaPasses(check, g)
			g.refused(check, "mallory, when the store is back,", as(check, mallory, deleteBook(1)), isRefused...)
		}
	})
}

// An ownerWorld is a world for bookapitest.Orders: book 1 is ada's, book 2 the
// caller's, and book 3 mallory's.
type ownerWorld struct {
	guarded
	store  *bookapitest.Store
	caller string
}

// Kinds: store-answers
func TestRequireOwnerRemembersNothing(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		store := newStore(check, ada)
		adaPasses(check, ownerGuard(check, store, store))
		type step = bookapitest.Step[*ownerWorld]
		sends := func(caller string, id int) step {
			return step{Name: fmt.Sprintf("a request of %s's for /books/%d", cmp.Or(caller, "the caller"), id),
				Do: func(w *ownerWorld) {
					attack.Record(w, as(check, cmp.Or(caller, w.caller), deleteBook(id)))
				}}
		}
		changes := func(what string, change func(*ownerWorld) error) step {
			return step{Name: what, Changes: true, Do: func(w *ownerWorld) { require.NoError(check, change(w)) }}
		}
		steps := []step{
			sends(ada, 1), sends("", 2), sends(mallory, 3), sends(grace, 1), sends(grace, 2),
			changes("the caller became an administrator", func(w *ownerWorld) error {
				return w.store.SetRole(check.Context(), w.caller, bookapi.RoleAdmin)
			}),
			changes("the caller became a reader", func(w *ownerWorld) error {
				return w.store.SetRole(check.Context(), w.caller, bookapi.RoleReader)
			}),
			changes("both books were deleted", func(w *ownerWorld) error {
				for id := range int64(2) {
					if err := w.store.DeleteBook(check.Context(), id+1); err != nil &&
						!errors.Is(err, bookapi.ErrNotFound) {
						return err
					}
				}
				return nil
			}),
		}
		world := func(caller string) *ownerWorld {
			store := newStore(check)
			addUser(check, store, caller, bookapi.RoleReader)
			for _, creator := range []string{ada, caller, mallory} {
				addBook(check, store, creator)
			}
			return &ownerWorld{ownerGuard(check, store, store), store, caller}
		}
		for _, id := range []int{1, 2} {
			err := bookapitest.Orders(world, func(w *ownerWorld) string {
				said := w.entered(check, as(check, w.caller, deleteBook(id)))
				return strings.ReplaceAll(said, "refused with 404",
					"refused with 403") // a guard may hide what it forbids
			}, steps...)
			if err != nil {
				check.Attack("the guard keeps something from one request for the next, and mallory waits for it: at "+
					"book %d, %v", id, err)
			}
		}
	})
}

// One guard stands in front of several handlers, and there are several stores.
//
// Kinds: several-callers
func TestRequireOwnerKeepsRoutesApart(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		store, other := newStore(check, ada), newStore(check, mallory)
		adaPasses(check, ownerGuard(check, store, store))
		guard := authz.RequireOwner(store)
		router := chi.NewRouter()
		first, second := new(recorder), new(recorder)
		router.Method("PUT", "/books/{id}", wrap(check, "4.2", "RequireOwner", guard, first))
		router.Method("DELETE", "/books/{id}", wrap(check, "4.2", "RequireOwner", guard, second))
		elsewhere := ownerGuard(check, other, other)
		asAda := func(r *http.Request) *http.Request { return knownAs(ada, bookapi.RoleReader, r) }
		guarded{router, first}.passes(check, "ada, on the first of two routes with one guard,",
			asAda(bookapitest.Request("PUT", "/books/1")))
		guarded{router, second}.passes(check, "ada, on the second of two routes with one guard,", asAda(deleteBook(1)))
		guarded{router, second}.refused(check, "mallory, who created book 1 of another store,",
			knownAs(mallory, bookapi.RoleReader, deleteBook(1)), isRefused...)
		elsewhere.passes(check, "mallory, who created book 1 of that store,", as(check, mallory, deleteBook(1)))
	})
}

// firstFails fails when it is asked for the first time, after a pause.
type firstFails struct {
	bookapi.BookStore
	calls atomic.Int64
	pause func()
	fail  func(context.Context) error
}

func (s *firstFails) Book(ctx context.Context, id int64) (bookapi.Book, error) {
	if s.calls.Add(1) > 1 {
		return s.BookStore.Book(ctx, id)
	}
	s.pause()
	return bookapi.Book{}, s.fail(ctx)
}

// Kinds: several-callers, store-answers
func TestRequireOwnerAsksTheStoreForEachRequest(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		store := newStore(check, ada)
		adaPasses(check, ownerGuard(check, store, store))
		for what, fail := range bookapitest.Sorted(map[string]func(context.Context) error{
			"the client hangs up":   context.Context.Err,
			"the connection breaks": func(context.Context) error { return errors.New("the connection broke") },
		}) {
			_, err := bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
				ctx, hangUp := context.WithCancel(context.Background())
				failing := &firstFails{BookStore: store, pause: func() { pause(); hangUp() }, fail: fail}
				h := oneBook(check, failing, new(recorder))
				first := func() error {
					r := knownAs(ada, bookapi.RoleReader, deleteBook(1))
					attack.Record(h, r.WithContext(bookapi.WithUser(ctx, bookapi.User{Username: ada,
						Role: bookapi.RoleReader})))
					return nil
				}
				second := func() error {
					got := attack.Record(h, knownAs(ada, bookapi.RoleReader, deleteBook(1)))
					if got.Answer.Status != http.StatusNoContent {
						return fmt.Errorf("%v", got.Answer)
					}
					return nil
				}
				return first, second
			})
			if err != nil {
				check.Attack("two requests of ada's for her book come at the same time; of the first %s, and the "+
					"second, which asks the store as well, gets its failure: %v", what, err)
			}
		}
	})
}

// Kinds: several-callers
func TestRequireOwnerKeepsRequestsApart(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		store := newStore(check, ada)
		adaPasses(check, ownerGuard(check, store, store))
		asAda := func() *http.Request { return knownAs(ada, bookapi.RoleReader, deleteBook(1)) }
		keepsApart(check, 8000, func(pause func()) http.Handler {
			small := new(memory.Store)
			addBook(check, small, ada)
			addBook(check, small, mallory)
			return oneBook(check, pausing{small, pause}, echo(pause))
		},
			visit{ada, asAda, ada},
			visit{"mallory, for ada's book,", func() *http.Request {
				return knownAs(mallory, bookapi.RoleReader, deleteBook(1))
			}, nobody},
			visit{"mallory, for her own book,", func() *http.Request {
				return knownAs(mallory, bookapi.RoleReader, deleteBook(2))
			}, mallory},
			visit{grace, func() *http.Request { return knownAs(grace, bookapi.RoleAdmin, deleteBook(1)) }, grace},
		)
	})
}

// pausing is a store of books that pauses when it has found one.
type pausing struct {
	bookapi.BookStore
	pause func()
}

func (s pausing) Book(ctx context.Context, id int64) (bookapi.Book, error) {
	defer s.pause()
	return s.BookStore.Book(ctx, id)
}

// Kinds: outlets
func TestRequireOwnerTellsTheLogWhoWasRefused(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		store := newStore(check, ada, "")
		g := ownerGuard(check, store, store)
		adaPasses(check, g)
		tellsTheLog(check, 4, func(out *bookapitest.Outlets, path string) {
			for _, r := range []*http.Request{deleteBook(1), deleteBook(1),
				bookapitest.JSON("PUT", "/books/1", anotherBook), deleteBook(2)} {
				answer, _ := g.send(check, as(check, mallory, r))
				out.Answer(answer)
			}
			for _, r := range []*http.Request{deleteBook(99),
				bookapitest.Request("DELETE", "/books/1"+strings.TrimPrefix(path, "/users"))} {
				for _, caller := range []string{ada, stranger} {
					answer, _ := g.send(check, as(check, caller, attack.Clone(r)))
					out.Answer(answer)
				}
			}
		})
	})
}

// Kinds: cost
func TestRequireOwnerKeepsNoListOfBooks(t *testing.T) {
	bookapitest.Exercise(t, "4.2", func(check *bookapitest.Check) {
		store := newStore(check, ada)
		adaPasses(check, ownerGuard(check, store, store))
		small := new(memory.Store) // which keeps no record of its calls
		addBook(check, small, ada)
		h := new(recorder)
		g := guarded{oneBook(check, small, h), h}
		err := bookapitest.Grows(200, func(n int) {
			for _, id := range []int{1, n + 2} {
				g.send(check, knownAs("mallory"+strconv.Itoa(n), bookapi.RoleReader, deleteBook(id)))
			}
		})
		if err != nil {
			check.Attack("mallory asks for book after book and is refused each time, and the server keeps something "+
				"of each request: %v", err)
		}
	})
}

// Kind randomness: does not apply, since RequireOwner draws nothing.
