package contract

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	"example.com/bookapi/rest"
	hashing "example.com/bookapi/step1-hashing"
)

// provoke sends to an API, for each operation of its document, what anybody
// could: as a stranger and as others, with all that is needed and with all that
// can be wrong, while the store works and while it does not. It returns the
// exchanges.
func provoke(t *testing.T, newAPI func(bookapi.Store) http.Handler, operations map[string]*openapi3.Operation) (all []Exchange) {
	t.Helper()
	newStore := newStores(t)
	try := func(trouble trouble, caller string, s sending) {
		all = append(all, s.send(t, newAPI(store{newStore(), trouble}), caller))
	}
	for name, operation := range operations {
		good := validRequest(name)
		try(trouble{}, "", good)
		if isLocked(operation) {
			try(trouble{}, Ada, good)
			try(trouble{}, Mallory, good)
			try(trouble{}, Grace, good)
		}
		for _, bad := range good.invalidVariants() {
			if bad != good {
				try(trouble{}, Grace, bad)
			}
		}
		try(trouble{err: bookapi.ErrUnavailable}, Grace, good)
		try(trouble{err: errors.New("the disk is on fire")}, Grace, good)
		if name == "POST /books" {
			try(trouble{full: true}, Grace, good)
		}
		if operation.Responses.Status(http.StatusTooManyRequests) != nil {
			try(trouble{throttled: time.Now().Add(time.Minute)}, Grace, good)
			try(trouble{overtaken: true}, Grace, good)
		}
	}
	return all
}

// A sending is a request that can be sent again.
type sending struct{ method, path, contentType, body string }

// validRequest returns a request that an operation accepts.
func validRequest(operation string) sending {
	method, path, _ := strings.Cut(operation, " ")
	s := sending{method: method, path: strings.NewReplacer("{id}", "1", "{username}", Ada).Replace(path)}
	switch operation {
	case "POST /users":
		s.body = toJSON(map[string]string{"username": "newcomer", "password": MalloryPassword})
	case "POST /books", "PUT /books/{id}":
		s.body = `{"title":"Kindred","author":"Octavia E. Butler","year":1979}`
	case "PUT /me/password":
		s.body = toJSON(map[string]string{"current": GracePassword, "new": AdaPassword})
	case "PUT /users/{username}/role":
		s.body = `{"role":"admin"}`
	case "PUT /users/{username}/disabled":
		s.body = `{"disabled":true}`
	case "POST /token":
		s.body = url.Values{"username": {Grace}, "password": {GracePassword}}.Encode()
	case "POST /revoke":
		s.body = "token=unknown"
	}
	switch {
	case strings.HasPrefix(s.body, "{"):
		s.contentType = "application/json"
	case s.body != "":
		s.contentType = "application/x-www-form-urlencoded"
	}
	return s
}

// invalidVariants returns the request with one thing wrong at a time, and as it is if it
// has no such thing.
func (s sending) invalidVariants() (all []sending) {
	add := func(spoil func(*sending)) {
		bad := s
		spoil(&bad)
		all = append(all, bad)
	}
	inPath := func(old, new string) {
		add(func(s *sending) { s.path = strings.Replace(s.path, old, new, 1) })
	}
	inPath("/1", "/99")
	inPath("/1", "/one")
	inPath("/users/"+Ada, "/users/nobody")
	add(func(s *sending) { s.path += "/nowhere" })
	add(func(s *sending) { s.method = "BREW" })
	if s.method == http.MethodGet {
		add(func(s *sending) { s.path += "?limit=many" })
		add(func(s *sending) { s.method = http.MethodHead })
	}
	if s.body == "" {
		return all
	}
	inBody := func(old, new string) {
		add(func(s *sending) { s.body = strings.Replace(s.body, old, new, 1) })
	}
	inBody("newcomer", Ada)
	inBody("Kindred", "")
	inBody(url.QueryEscape(GracePassword), "wrong")
	inBody(GracePassword, "wrong")
	inBody(AdaPassword, "short")
	add(func(s *sending) { s.body = "{}" })
	add(func(s *sending) { s.body = "{" })
	add(func(s *sending) { s.body += strings.Repeat(" ", rest.MaxBody) })
	add(func(s *sending) { s.contentType = "text/plain" })
	return all
}

// send sends the request as a caller, or as nobody.
func (s sending) send(t *testing.T, api http.Handler, caller string) Exchange {
	t.Helper()
	r := httptest.NewRequest(s.method, s.path, strings.NewReader(s.body))
	if s.contentType != "" {
		r.Header.Set("Content-Type", s.contentType)
	}
	if caller != "" {
		raw, err := issuer.Issue(bookapi.User{Username: caller})
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+raw)
	}
	return Exchange{Method: s.method, Path: s.path, ContentType: s.contentType, Answer: Send(t, api, r)}
}

// newStores returns a function that makes a store with Ada, Grace and Mallory,
// and one book of Ada's.
func newStores(t *testing.T) func() bookapi.Store {
	t.Helper()
	hash, err := hashing.HashPassword(GracePassword)
	require.NoError(t, err)
	return func() bookapi.Store {
		store := new(memory.Store)
		for _, username := range []string{Ada, Grace, Mallory} {
			require.NoError(t, store.CreateUser(t.Context(), bookapi.User{Username: username, PasswordHash: hash, Role: bookapi.RoleReader}))
		}
		require.NoError(t, store.SetRole(t.Context(), Grace, bookapi.RoleAdmin))
		_, err := store.CreateBook(t.Context(), bookapi.Book{Title: "Kindred", Author: "Octavia E. Butler", CreatedBy: Ada})
		require.NoError(t, err)
		return store
	}
}

// trouble is what a store can be in.
type trouble struct {
	err       error     // nothing can be asked
	throttled time.Time // nobody may try a password before that
	overtaken bool      // somebody else changes the account first
	full      bool      // nobody may add another book
}

// store is one in trouble. What every operation asks first is in its way.
type store struct {
	bookapi.Store
	trouble
}

func (s store) User(ctx context.Context, username string) (bookapi.User, error) {
	if s.err != nil {
		return bookapi.User{}, s.err
	}
	return s.Store.User(ctx, username)
}

func (s store) CreateUser(ctx context.Context, u bookapi.User) error {
	if s.err != nil {
		return s.err
	}
	return s.Store.CreateUser(ctx, u)
}

func (s store) CreateBook(ctx context.Context, b bookapi.Book) (bookapi.Book, error) {
	if s.full {
		return bookapi.Book{}, bookapi.ErrTooMany
	}
	return s.Store.CreateBook(ctx, b)
}

func (s store) Book(ctx context.Context, id int64) (bookapi.Book, error) {
	if s.err != nil {
		return bookapi.Book{}, s.err
	}
	return s.Store.Book(ctx, id)
}

func (s store) Books(ctx context.Context, after int64, limit int) ([]bookapi.Book, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s.Store.Books(ctx, after, limit)
}

func (s store) EndSession(ctx context.Context, id string) error {
	if s.err != nil {
		return s.err
	}
	return s.Store.EndSession(ctx, id)
}

func (s store) CountAttempt(ctx context.Context, key string, limit int, now time.Time, window time.Duration) (time.Time, error) {
	if s.err != nil || !s.throttled.IsZero() {
		return s.throttled, s.err
	}
	return s.Store.CountAttempt(ctx, key, limit, now, window)
}

func (s store) ChangePassword(ctx context.Context, username, current, next string, tokensValidAfter func() time.Time) error {
	if s.overtaken {
		return bookapi.ErrNotFound
	}
	return s.Store.ChangePassword(ctx, username, current, next, tokensValidAfter)
}

func toJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // a map of strings
	}
	return string(text)
}
