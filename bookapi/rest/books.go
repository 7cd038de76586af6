package rest

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"example.com/bookapi"
)

// Books serves the books of a store: one method for each thing a client can do.
type Books struct {
	Store bookapi.BookStore
}

// List answers with up to ?limit books after the one with the ID ?after, in
// the order of their IDs. A client reads on by sending the last ID it has seen.
func (h Books) List(w http.ResponseWriter, r *http.Request) {
	limit, ok := pageLimit(w, r)
	if !ok {
		return
	}
	after, err := queryNumber(r, "after", 0)
	if err != nil {
		WriteProblem(w, http.StatusBadRequest, "after must be the number of a book")
		return
	}
	books, err := h.Store.Books(r.Context(), after, limit)
	if err != nil {
		WriteError(w, r, err)
		return
	}
	WriteJSON(w, http.StatusOK, books)
}

// Get answers with the book that the path names.
func (h Books) Get(w http.ResponseWriter, r *http.Request) {
	id, ok := BookID(w, r)
	if !ok {
		return
	}
	book, err := h.Store.Book(r.Context(), id)
	if err != nil {
		WriteError(w, r, err)
		return
	}
	WriteJSON(w, http.StatusOK, book)
}

// Create stores a book and answers 201 with its address. If the request has a
// user in its context, the book records who created it.
func (h Books) Create(w http.ResponseWriter, r *http.Request) {
	book, ok := readBook(w, r)
	if !ok {
		return
	}
	if u, known := bookapi.UserFrom(r.Context()); known {
		book.CreatedBy = u.Username
	}
	book, err := h.Store.CreateBook(r.Context(), book)
	if err != nil {
		WriteError(w, r, err)
		return
	}
	w.Header().Set("Location", "/books/"+strconv.FormatInt(book.ID, 10))
	WriteJSON(w, http.StatusCreated, book)
}

// Update replaces what the book says; who created it stays.
func (h Books) Update(w http.ResponseWriter, r *http.Request) {
	id, ok := BookID(w, r)
	if !ok {
		return
	}
	book, ok := readBook(w, r)
	if !ok {
		return
	}
	book.ID = id
	book, err := h.Store.UpdateBook(r.Context(), book)
	if err != nil {
		WriteError(w, r, err)
		return
	}
	WriteJSON(w, http.StatusOK, book)
}

// Delete removes the book and answers 204.
func (h Books) Delete(w http.ResponseWriter, r *http.Request) {
	id, ok := BookID(w, r)
	if !ok {
		return
	}
	if err := h.Store.DeleteBook(r.Context(), id); err != nil {
		WriteError(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// BookID returns the {id} of the path. If that is no book's number, it answers
// the client and returns false.
func BookID(w http.ResponseWriter, r *http.Request) (int64, bool) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange): // a number, but no book can have it
		WriteError(w, r, bookapi.ErrNotFound)
	case err != nil:
		WriteProblem(w, http.StatusBadRequest, "the id of a book is a number")
	}
	return id, err == nil
}

// readBook returns the valid book in the body. The client names title, author
// and year, and nothing else: neither the ID nor the creator is its to choose.
func readBook(w http.ResponseWriter, r *http.Request) (bookapi.Book, bool) {
	var in struct {
		Title  string `json:"title"`
		Author string `json:"author"`
		Year   int32  `json:"year"` // the same on every machine
	}
	if !ReadJSON(w, r, &in) {
		return bookapi.Book{}, false
	}
	book := bookapi.Book{
		Title:  strings.TrimSpace(in.Title),
		Author: strings.TrimSpace(in.Author),
		Year:   int(in.Year),
	}
	if err := book.Validate(); err != nil {
		WriteError(w, r, err)
		return bookapi.Book{}, false
	}
	return book, true
}

// pageLimit returns the ?limit of a list. If it is none, it answers the client
// and returns false.
func pageLimit(w http.ResponseWriter, r *http.Request) (int, bool) {
	limit, err := queryNumber(r, "limit", bookapi.MaxPage)
	if err != nil || limit < 1 || limit > bookapi.MaxPage {
		WriteProblem(w, http.StatusBadRequest, "limit must be a number from 1 to 100")
		return 0, false
	}
	return int(limit), true
}

// queryNumber returns the number that the query gives as name, or fallback if
// the query does not name it.
func queryNumber(r *http.Request, name string, fallback int64) (int64, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || !query.Has(name) {
		return fallback, err
	}
	return strconv.ParseInt(query.Get(name), 10, 64)
}
