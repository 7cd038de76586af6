package rest_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/memory"
	"example.com/bookapi/rest"
)

const emma = `{"title":"Emma","author":"Jane Austen","year":1815}`

// shelf returns the open API over a store that holds one book, number 1.
func shelf(t *testing.T) (http.Handler, *memory.Store) {
	t.Helper()
	store := new(memory.Store)
	_, err := store.CreateBook(t.Context(), bookapi.Book{Title: "Persuasion", Author: "Jane Austen", CreatedBy: "ada"})
	require.NoError(t, err)
	return rest.Routes(rest.Books{Store: store}), store
}

// send answers a request; a body of "" is none. Headers are name, value, ....
func send(h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// assertProblem checks an answer that is not a success and returns its body.
func assertProblem(t *testing.T, status int, w *httptest.ResponseRecorder) (p rest.Problem) {
	t.Helper()
	assert.Equal(t, status, w.Code, "body: %s", w.Body)
	assert.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
	assert.Equal(t, status, p.Status)
	assert.Equal(t, http.StatusText(status), p.Title)
	assert.NotEmpty(t, p.Detail)
	for _, ours := range []string{"rest.", "bookapi", "struct", "json:", "Go "} {
		assert.NotContains(t, p.Detail, ours, "the client reads our types")
	}
	return p
}

func TestABookFromBeginningToEnd(t *testing.T) {
	api, _ := shelf(t)

	w := send(api, "POST", "/books", `{"title":" Emma ","author":"Jane Austen","year":1815}`)
	require.Equal(t, http.StatusCreated, w.Code)
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	assert.Equal(t, "/books/2", w.Header().Get("Location"))
	assert.JSONEq(t, `{"id":2,"title":"Emma","author":"Jane Austen","year":1815}`, w.Body.String())

	w = send(api, "GET", w.Header().Get("Location"), "")
	require.Equal(t, http.StatusOK, w.Code)
	assert.JSONEq(t, `{"id":2,"title":"Emma","author":"Jane Austen","year":1815}`, w.Body.String())

	w = send(api, "PUT", "/books/1", `{"title":"Persuasion","author":"J. Austen","year":null}`)
	require.Equal(t, http.StatusOK, w.Code)
	assert.JSONEq(t, `{"id":1,"title":"Persuasion","author":"J. Austen","created_by":"ada"}`, w.Body.String())

	w = send(api, "DELETE", "/books/2", "")
	require.Equal(t, http.StatusNoContent, w.Code)
	assert.Empty(t, w.Body.String())
	assertProblem(t, http.StatusNotFound, send(api, "DELETE", "/books/2", ""))

	w = send(api, "GET", "/books", "")
	require.Equal(t, http.StatusOK, w.Code)
	assert.JSONEq(t, `[{"id":1,"title":"Persuasion","author":"J. Austen","created_by":"ada"}]`, w.Body.String())
}

func TestABookRecordsWhoCreatedIt(t *testing.T) {
	store := new(memory.Store)
	books := rest.Books{Store: store}
	r := httptest.NewRequest(http.MethodPost, "/books", strings.NewReader(emma))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r = r.WithContext(bookapi.WithUser(r.Context(), bookapi.User{Username: "ada"}))
	w := httptest.NewRecorder()
	books.Create(w, r)
	require.Equal(t, http.StatusCreated, w.Code)
	book, err := store.Book(t.Context(), 1)
	require.NoError(t, err)
	assert.Equal(t, "ada", book.CreatedBy)
}

func TestABadBodyIsRefused(t *testing.T) {
	const book = `"title":"Emma","author":"Jane Austen"`
	for name, c := range map[string]struct {
		body   string
		status int
		detail string
	}{
		"no JSON":                {`title=Emma`, 400, "malformed JSON at byte 2"},
		"missing quote":          {`{"title":"Emma}`, 400, "ends too early"},
		"missing brace":          {`{` + book, 400, "ends too early"},
		"trailing comma":         {`{` + book + `,}`, 400, "malformed JSON at byte 40"},
		"only spaces":            {"  \n", 400, "ends too early"},
		"byte order mark":        {"\ufeff{" + book + "}", 400, "malformed"},
		"null":                   {`null`, 400, "not a JSON null"},
		"array":                  {`[{` + book + `}]`, 400, "not a JSON array"},
		"string":                 {`"Emma"`, 400, "not a JSON string"},
		"number":                 {`1815`, 400, "not a JSON number"},
		"true":                   {`true`, 400, "not a JSON bool"},
		"two objects":            {`{` + book + `}{` + book + `}`, 400, "nothing after it"},
		"object and null":        {`{` + book + `} null`, 400, "nothing after it"},
		"trailing garbage":       {`{` + book + `} x`, 400, "nothing after it"},
		"stray brace":            {`{` + book + `}}`, 400, "nothing after it"},
		"unknown field":          {`{` + book + `,"pages":512}`, 400, `"pages"`},
		"long unknown field":     {`{` + book + `,"` + strings.Repeat("n", 9999) + `":1}`, 400, "there is no field \"" + strings.Repeat("n", 39) + "… here"},
		"created_by":             {`{` + book + `,"created_by":"grace"}`, 400, `"created_by"`},
		"Created_By":             {`{` + book + `,"Created_By":"grace"}`, 400, `"Created_By"`},
		"CreatedBy":              {`{` + book + `,"CreatedBy":"grace"}`, 400, `"CreatedBy"`},
		"id":                     {`{` + book + `,"id":1}`, 400, `"id"`},
		"ID":                     {`{` + book + `,"ID":1}`, 400, `"ID"`},
		"twice":                  {`{` + book + `,"title":"Sanditon"}`, 400, "title is there twice"},
		"twice in other case":    {`{` + book + `,"TITLE":"Sanditon"}`, 400, "TITLE is there twice"},
		"twice, escaped":         {`{` + book + `,"\u0074itle":"Sanditon"}`, 400, "title is there twice"},
		"title is a number":      {`{"title":1984,"author":"George Orwell"}`, 400, "title takes no JSON number"},
		"title is an object":     {`{"title":{"en":"Emma"},"author":"Jane Austen"}`, 400, "title takes no JSON object"},
		"year is a string":       {`{` + book + `,"year":"1815"}`, 400, "year takes no JSON string"},
		"year is half":           {`{` + book + `,"year":1815.5}`, 400, "year takes no JSON number 1815.5"},
		"year is long":           {`{` + book + `,"year":1` + strings.Repeat("0", 9999) + `}`, 400, "year takes no JSON number 1" + strings.Repeat("0", 32) + "…"},
		"year is huge":           {`{` + book + `,"year":1e400}`, 400, "year"},
		"year is over 32 bits":   {`{` + book + `,"year":3000000000}`, 400, "year"},
		"nested deeply":          {`{"title":` + strings.Repeat("[", 60000), 400, ""},
		"nested deeply, closed":  {`{"title":` + strings.Repeat("[", 30000) + strings.Repeat("]", 30000) + "}", 400, ""},
		"objects nested deeply":  {strings.Repeat(`{"title":`, 7000), 400, ""},
		"not UTF-8":              {"{\"title\":\"Emma\xff\",\"author\":\"Jane Austen\"}", 400, "not UTF-8"},
		"UTF-16":                 {"{\x00}\x00", 400, ""},
		"too large":              {`{"title":"` + strings.Repeat("x", rest.MaxBody) + `"}`, 413, "65536"},
		"one byte too large":     {pad(`{`+book+`}`, rest.MaxBody+1), 413, "65536"},
		"too large, broken":      {strings.Repeat("x", rest.MaxBody+1), 413, "65536"},
		"empty object":           {`{}`, 422, "title"},
		"empty title":            {`{"title":"","author":"Jane Austen"}`, 422, "title"},
		"null title":             {`{"title":null,"author":"Jane Austen"}`, 422, "title"},
		"blank title":            {`{"title":" \t\u00a0\u2003","author":"Jane Austen"}`, 422, "title"},
		"no author":              {`{"title":"Beowulf"}`, 422, "author"},
		"over-long title":        {`{"title":"` + strings.Repeat("é", 201) + `","author":"Jane Austen"}`, 422, "title"},
		"over-long author":       {`{"title":"Emma","author":"` + strings.Repeat("x", 201) + `"}`, 422, "author"},
		"line break in a title":  {`{"title":"Emma\nERROR all is lost","author":"Jane Austen"}`, 422, "title"},
		"NUL in a title":         {`{"title":"Em\u0000ma","author":"Jane Austen"}`, 422, "title"},
		"escape code in a title": {`{"title":"\u001b[31mEmma","author":"Jane Austen"}`, 422, "title"},
		"C1 control in an author": {
			`{"title":"Emma","author":"Jane\u0085Austen"}`, 422, "author"},
		"year 10000":    {`{` + book + `,"year":10000}`, 422, "year"},
		"year below 0":  {`{` + book + `,"year":-1}`, 422, "year"},
		"year too high": {`{` + book + `,"year":2147483647}`, 422, "year"},
	} {
		t.Run(name, func(t *testing.T) {
			api, store := shelf(t)
			before, err := store.Books(t.Context(), 0, 10)
			require.NoError(t, err)
			for _, request := range []string{"POST /books", "PUT /books/1"} {
				method, path, _ := strings.Cut(request, " ")
				p := assertProblem(t, c.status, send(api, method, path, c.body))
				assert.Contains(t, p.Detail, c.detail)
				if c.status == http.StatusUnprocessableEntity {
					assert.Equal(t, c.detail, p.Field)
				}
			}
			after, err := store.Books(t.Context(), 0, 10)
			require.NoError(t, err)
			assert.Equal(t, before, after, "a refused body was stored")
		})
	}
}

// pad returns s with spaces behind it, size bytes in all.
func pad(s string, size int) string { return s + strings.Repeat(" ", size-len(s)) }

func TestABodyAtTheLimitsIsAccepted(t *testing.T) {
	for name, body := range map[string]string{
		"200 characters, not bytes": `{"title":"` + strings.Repeat("é", 200) + `","author":"` + strings.Repeat("📚", 200) + `","year":9999}`,
		"64 KiB":                    pad(emma, rest.MaxBody),
		"spaces around":             "\r\n\t " + emma + " \n",
	} {
		api, _ := shelf(t)
		w := send(api, "POST", "/books", body)
		assert.Equal(t, http.StatusCreated, w.Code, "%s: %s", name, w.Body)
	}
}

func TestOnlyJSONIsRead(t *testing.T) {
	api, _ := shelf(t)
	for _, contentType := range []string{
		"", "text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
		"application/jsonp", "application/merge-patch+json", "application/json, text/plain", "application/json; =",
		"application/json; charset=utf-16",
	} {
		w := send(api, "POST", "/books", emma, "Content-Type", contentType)
		assertProblem(t, http.StatusUnsupportedMediaType, w)
	}
	assertProblem(t, http.StatusUnsupportedMediaType, send(api, "POST", "/books", emma, "Content-Type", "application/json", "Content-Encoding", "gzip"))
	for _, contentType := range []string{"application/json", "Application/JSON", "application/json; charset=utf-8", "application/json; charset=UTF-8"} {
		w := send(api, "POST", "/books", emma, "Content-Type", contentType)
		assert.Equal(t, http.StatusCreated, w.Code, contentType)
	}
}

func TestTheIDOfABook(t *testing.T) {
	for id, status := range map[string]int{
		"2": 404, "0": 404, "-1": 404, "9223372036854775807": 404, "9223372036854775808": 404, "-99999999999999999999": 404,
		"one": 400, "1.0": 400, "1e0": 400, "0x1": 400, "1_0": 400, "%201": 400, "%00": 400, "1%2F2": 400, "%F0%9F%93%9A": 400, "1;drop": 400,
	} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			api, store := shelf(t)
			body := ""
			if method == "PUT" {
				body = emma
			}
			t.Run(method+" "+id, func(t *testing.T) {
				assertProblem(t, status, send(api, method, "/books/"+id, body))
				book, err := store.Book(t.Context(), 1)
				require.NoError(t, err)
				assert.Equal(t, "Persuasion", book.Title)
			})
		}
	}
}

func TestPaging(t *testing.T) {
	store := new(memory.Store)
	for i := range 120 {
		_, err := store.CreateBook(t.Context(), bookapi.Book{Title: fmt.Sprint("Volume ", i+1), Author: "Anonymous"})
		require.NoError(t, err)
	}
	api := rest.Routes(rest.Books{Store: store})

	for query, want := range map[string][2]int64{ // the first ID, and how many
		"":                                {1, 100},
		"?limit=100":                      {1, 100},
		"?limit=2":                        {1, 2},
		"?after=100":                      {101, 20},
		"?after=2&limit=3":                {3, 3},
		"?after=-5&limit=1":               {1, 1},
		"?after=120":                      {0, 0},
		"?after=9223372036854775807":      {0, 0},
		"?unknown=1&limit=1":              {1, 1},
		"?after=118&limit=100":            {119, 2},
		"?limit=%32":                      {1, 2},
		"?after=-9223372036854775808":     {1, 100},
		"?limit=1&after=9223372036854775": {0, 0},
	} {
		w := send(api, "GET", "/books"+query, "")
		require.Equal(t, http.StatusOK, w.Code, "%s: %s", query, w.Body)
		var page []bookapi.Book
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &page))
		require.Len(t, page, int(want[1]), query)
		if len(page) == 0 {
			assert.Equal(t, "[]\n", w.Body.String(), query)
			continue
		}
		assert.Equal(t, want[0], page[0].ID, query)
	}
	for _, query := range []string{
		"limit=0", "limit=-1", "limit=101", "limit=ten", "limit=1.5", "limit=", "limit=99999999999999999999", "limit=4294967297",
		"after=x", "after=", "after=9223372036854775808", "limit=%zz", "after=1;limit=2",
	} {
		assertProblem(t, http.StatusBadRequest, send(api, "GET", "/books?"+query, ""))
	}
}

func TestPathsAndMethods(t *testing.T) {
	api, _ := shelf(t)
	for _, path := range []string{"/", "/book", "/books/", "/books/1/", "/books/1/pages", "//books", "/BOOKS", "/books/../books/1"} {
		for _, method := range []string{"GET", "POST", "HEAD", "PATCH", "BREW"} {
			assertProblem(t, http.StatusNotFound, send(api, method, path, ""))
		}
	}
	for request, allow := range map[string]string{
		"PUT /books":          "GET, HEAD, POST",
		"DELETE /books":       "GET, HEAD, POST",
		"PATCH /books":        "GET, HEAD, POST",
		"OPTIONS /books":      "GET, HEAD, POST",
		"POST /books/1":       "GET, HEAD, PUT, DELETE",
		"PATCH /books/1":      "GET, HEAD, PUT, DELETE",
		"TRACE /books/1":      "GET, HEAD, PUT, DELETE",
		"BREW /books/1":       "GET, HEAD, PUT, DELETE",
		"PATCH /books/a%2Fb":  "GET, HEAD, PUT, DELETE",
		"PATCH /books/nobody": "GET, HEAD, PUT, DELETE",
	} {
		method, path, _ := strings.Cut(request, " ")
		w := send(api, method, path, "")
		p := assertProblem(t, http.StatusMethodNotAllowed, w)
		assert.Equal(t, allow, w.Header().Get("Allow"), request)
		assert.Contains(t, p.Detail, allow)
	}
}

// logged runs f and returns what it logged.
func logged(t *testing.T, f func()) string {
	t.Helper()
	var log bytes.Buffer
	previous := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(previous)
	f()
	return log.String()
}

func TestOurMistakesAreLoggedAndNotTold(t *testing.T) {
	r := rest.NewRouter()
	r.Get("/error", func(w http.ResponseWriter, r *http.Request) {
		rest.WriteError(w, r, errors.New("disk /dev/sda1 of db.internal is full"))
	})
	r.Get("/panic", func(http.ResponseWriter, *http.Request) { panic("disk /dev/sda1 of db.internal is full") })
	r.Get("/nil", func(w http.ResponseWriter, r *http.Request) { rest.Books{}.List(w, r) })
	for _, path := range []string{"/error", "/panic", "/nil"} {
		log := logged(t, func() {
			p := assertProblem(t, http.StatusInternalServerError, send(r, "GET", path, ""))
			assert.NotContains(t, p.Detail, "db.internal")
			assert.NotContains(t, p.Detail, "nil")
		})
		assert.Contains(t, log, "level=ERROR")
		if path != "/nil" {
			assert.Contains(t, log, "disk /dev/sda1 of db.internal is full")
		}
		if path != "/error" {
			assert.Contains(t, log, "rest_test.go", "the stack says where it happened")
		}
	}
}

func TestWhatErrorsBecome(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
	}{
		{bookapi.ErrNotFound, 404},
		{bookapi.ErrExists, 409},
		{bookapi.ErrInvalid, 422},
		{bookapi.Invalid("title", "must not be empty"), 422},
		{bookapi.NotWritten("1.4"), 501},
		{&rest.StatusError{Status: 429, Detail: "wait", Err: bookapi.ErrNotFound}, 429},
		{context.Canceled, 500},
		{errors.New("anything else"), 500},
	} {
		for _, err := range []error{c.err, fmt.Errorf("sqlstore: read book: %w", c.err)} {
			w := httptest.NewRecorder()
			logged(t, func() { rest.WriteError(w, httptest.NewRequest(http.MethodGet, "/", nil), err) })
			assertProblem(t, c.status, w)
		}
	}
	w := send(rest.NotWritten("2.4"), "POST", "/token", "")
	assert.Contains(t, assertProblem(t, http.StatusNotImplemented, w).Detail, "2.4")
}

func TestRetryAfterIsInWholeSeconds(t *testing.T) {
	for wait, want := range map[time.Duration]string{0: "", -time.Second: "", time.Nanosecond: "1", time.Minute: "60", 1500 * time.Millisecond: "2"} {
		w := httptest.NewRecorder()
		err := &rest.StatusError{Status: 429, Detail: "wait", RetryAfter: wait, Err: errors.New("throttled")}
		rest.WriteError(w, httptest.NewRequest(http.MethodGet, "/", nil), err)
		assert.Equal(t, want, w.Header().Get("Retry-After"), wait)
		assert.NotContains(t, w.Body.String(), "throttled", "the cause is not for the client")
	}
}

func TestEvery401CarriesAChallenge(t *testing.T) {
	none, bad := httptest.NewRecorder(), httptest.NewRecorder()
	rest.WriteUnauthorized(none)
	rest.WriteInvalidToken(bad)
	assertProblem(t, http.StatusUnauthorized, none)
	assertProblem(t, http.StatusUnauthorized, bad)
	assert.Equal(t, `Bearer realm="bookapi"`, none.Header().Get("WWW-Authenticate"))
	assert.Equal(t, `Bearer realm="bookapi", error="invalid_token"`, bad.Header().Get("WWW-Authenticate"))
}

// The tests below need real connections.

func TestHEADAnswersLikeGETWithoutTheBody(t *testing.T) {
	api, _ := shelf(t)
	srv := httptest.NewServer(api)
	defer srv.Close()
	for path, status := range map[string]int{"/books": 200, "/books/1": 200, "/books/2": 404, "/books/x": 400, "/nowhere": 404} {
		got, err := srv.Client().Get(srv.URL + path)
		require.NoError(t, err)
		body, err := io.ReadAll(got.Body)
		require.NoError(t, err)
		require.NoError(t, got.Body.Close())
		head, err := srv.Client().Head(srv.URL + path)
		require.NoError(t, err)
		require.NoError(t, head.Body.Close())
		assert.Equal(t, status, head.StatusCode, path)
		assert.Equal(t, got.Header.Get("Content-Type"), head.Header.Get("Content-Type"))
		assert.Equal(t, strconv.Itoa(len(body)), head.Header.Get("Content-Length"), path)
	}
}

func TestALargeBodyIsRefusedHoweverItIsSent(t *testing.T) {
	api, _ := shelf(t)
	srv := httptest.NewServer(api)
	defer srv.Close()
	for _, size := range []int{rest.MaxBody + 1, 2 * rest.MaxBody, 20 * rest.MaxBody} {
		for _, request := range []string{"POST /books", "PUT /books/1"} {
			for _, chunked := range []bool{false, true} {
				var body io.Reader = strings.NewReader(pad(emma, size))
				if chunked {
					body = io.MultiReader(body) // of a length nobody knows
				}
				method, path, _ := strings.Cut(request, " ")
				req, err := http.NewRequest(method, srv.URL+path, body)
				require.NoError(t, err)
				req.Header.Set("Content-Type", "application/json")
				res, err := srv.Client().Do(req)
				require.NoError(t, err, "%d bytes, chunked %v", size, chunked)
				assert.Equal(t, http.StatusRequestEntityTooLarge, res.StatusCode)
				assert.Equal(t, "application/problem+json", res.Header.Get("Content-Type"))
				_, err = io.Copy(io.Discard, res.Body)
				require.NoError(t, err)
				require.NoError(t, res.Body.Close())

				// What was left of the body is not taken for the next request.
				res, err = srv.Client().Get(srv.URL + "/books/1")
				require.NoError(t, err)
				assert.Equal(t, http.StatusOK, res.StatusCode)
				require.NoError(t, res.Body.Close())
			}
		}
	}
}

func TestABodyThatEndsBeforeItsLengthIsRefused(t *testing.T) {
	api, store := shelf(t)
	srv := httptest.NewServer(api)
	defer srv.Close()
	for _, framing := range []string{
		fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(emma)+1, emma),
		fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(emma), emma), // without the last chunk
	} {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		require.NoError(t, err)
		_, err = fmt.Fprintf(conn, "POST /books HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n%s", framing)
		require.NoError(t, err)
		require.NoError(t, conn.(*net.TCPConn).CloseWrite())
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		assert.Equal(t, http.StatusBadRequest, res.StatusCode)
		require.NoError(t, res.Body.Close())
		require.NoError(t, conn.Close())
	}
	books, err := store.Books(t.Context(), 0, 10)
	require.NoError(t, err)
	assert.Len(t, books, 1, "half a request was stored")
}

func TestAHalfAnswerDoesNotLookWhole(t *testing.T) {
	r := rest.NewRouter()
	r.Get("/panic", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `[{"id":1}`)
		panic("in the middle")
	})
	r.Get("/abort", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	log := logged(t, func() {
		srv := httptest.NewServer(r)
		defer srv.Close() // waits for the handlers
		for _, path := range []string{"/panic", "/abort"} {
			res, err := srv.Client().Get(srv.URL + path)
			if err == nil {
				_, err = io.ReadAll(res.Body)
				_ = res.Body.Close()
			}
			assert.Error(t, err, path)
		}
	})
	assert.Contains(t, log, "in the middle")
	assert.Equal(t, 1, strings.Count(log, "level=ERROR"), "an abort is no mistake")
}
