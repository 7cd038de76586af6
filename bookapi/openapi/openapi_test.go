package openapi_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/openapi"
	"example.com/bookapi/rest"
)

// document has the fields that these tests look at. The tests that it is valid,
// and that the steps answer what it says, are in solutions/proof/contract.
type document struct {
	Tags       []struct{ Name string }
	Paths      map[string]map[string]json.RawMessage
	Components map[string]map[string]json.RawMessage
}

func read(t *testing.T, routes chi.Routes) (text string, doc document) {
	t.Helper()
	raw, err := openapi.Document(routes)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &doc))
	return string(raw), doc
}

// serving returns a router with a route for each operation.
func serving(operations ...string) chi.Routes {
	r := chi.NewRouter()
	for _, operation := range operations {
		method, path, _ := strings.Cut(operation, " ")
		r.Method(method, path, http.NotFoundHandler())
	}
	return r
}

func TestDocumentDescribesWhatIsServed(t *testing.T) {
	_, doc := read(t, serving("GET /books/{id}", "DELETE /books/{id}", "GET /brew"))
	require.Len(t, doc.Paths, 1)
	item := doc.Paths["/books/{id}"]
	assert.Len(t, item, 3, "parameters, get, delete")
	assert.Contains(t, item, "parameters")
	assert.Contains(t, item, "get")
	assert.Contains(t, item, "delete")
}

func TestDocumentOfNoRoutesIsTheWholeOne(t *testing.T) {
	text, doc := read(t, nil)
	assert.Contains(t, doc.Paths, "/token")
	assert.Contains(t, doc.Paths, "/revoke")
	assert.Contains(t, text, "refresh_token")
	assert.NotContains(t, text, "x-served-with")
}

func TestDocumentSpeaksOfRefreshTokensOnlyWhereThereAreSome(t *testing.T) {
	text, _ := read(t, serving("POST /token"))
	assert.NotContains(t, text, "refresh")
	assert.NotContains(t, text, `"429": {`)
	assert.NotContains(t, text, "x-served-with")

	text, _ = read(t, serving("POST /token", "POST /revoke"))
	assert.Contains(t, text, "refresh_token")
	assert.Contains(t, text, `"429": {`)
}

func TestDocumentKeepsEveryComponentThatItRefersTo(t *testing.T) {
	reference := regexp.MustCompile(`"\$ref": "#/components/(\w+)/(\w+)"`)
	for name, routes := range map[string]chi.Routes{
		"everything": nil,
		"books":      serving("GET /books", "POST /books"),
		"login":      serving("POST /token"),
	} {
		t.Run(name, func(t *testing.T) {
			text, doc := read(t, routes)
			references := reference.FindAllStringSubmatch(text, -1)
			require.NotEmpty(t, references)
			for _, found := range references {
				assert.Contains(t, doc.Components[found[1]], found[2])
			}
		})
	}
}

// With security: [] a reader can tell an open operation from one whose lock was
// forgotten.
func TestEveryOperationSaysWhetherItNeedsAToken(t *testing.T) {
	_, doc := read(t, nil)
	for path, item := range doc.Paths {
		for field, raw := range item {
			if field == "parameters" {
				continue
			}
			var operation struct{ Security []any }
			require.NoError(t, json.Unmarshal(raw, &operation))
			assert.NotNil(t, operation.Security, "%s %s", field, path)
		}
	}
}

// An answer that its client does not read holds what was allocated for it.
func TestAnAnswerAllocatesLittle(t *testing.T) {
	docs := openapi.Handler(nil)
	for _, file := range files {
		request := httptest.NewRequest(http.MethodGet, file.path, nil)
		docs.ServeHTTP(discard{}, request) // loads the file
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 10 {
			docs.ServeHTTP(discard{}, request)
		}
		runtime.ReadMemStats(&after)
		assert.Less(t, (after.TotalAlloc-before.TotalAlloc)/10, uint64(64<<10), "bytes for one answer of %s", file.path)
	}
}

// discard is the answer of a client that reads everything and keeps nothing.
type discard struct{}

func (discard) Header() http.Header         { return make(http.Header) }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

func TestDocumentKeepsItsOrder(t *testing.T) {
	text, _ := read(t, serving("GET /books", "POST /books", "POST /token"))
	last := -1
	for _, name := range []string{`"openapi"`, `"info"`, `"paths"`, `"/books"`, `"/token"`, `"components"`} {
		at := strings.Index(text, name)
		assert.Greater(t, at, last, name)
		last = at
	}
}

func get(h http.Handler, target string, headers ...string) *httptest.ResponseRecorder {
	return send(h, http.MethodGet, target, headers...)
}

// send sends a request. Headers are name, value, ....
func send(h http.Handler, method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWithServesThePageBesideTheAPI(t *testing.T) {
	api := rest.NewRouter()
	api.Get("/books", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the books") })
	site := openapi.With(api)

	assert.Equal(t, "the books", get(site, "/books").Body.String())
	assert.Equal(t, http.StatusNotFound, get(site, "/docs/swagger-ui.js").Code)
	assert.Contains(t, get(site, "/docs").Body.String(), "<!doctype html>")

	w := get(site, "/openapi.json")
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	var doc document
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
	assert.Len(t, doc.Paths, 1)
}

func TestWithShowsEverythingOfAnAPIThatDoesNotTellItsRoutes(t *testing.T) {
	w := get(openapi.With(rest.NotWritten("3.4")), "/openapi.json")
	assert.Contains(t, w.Body.String(), "/token")
}

// The handler may be mounted on the router that it describes.
func TestHandlerDescribesTheRouterThatItIsOn(t *testing.T) {
	r := rest.NewRouter()
	docs := openapi.Handler(r)
	for _, path := range []string{"/openapi.json", "/docs", "/docs/*"} {
		r.Method(http.MethodGet, path, docs)
	}
	r.Get("/books", http.NotFound) // later than the handler

	assert.Contains(t, get(r, "/openapi.json").Body.String(), "/books")
	for _, file := range files {
		assert.Equal(t, http.StatusOK, get(r, file.path).Code, file.path)
	}
	assert.Equal(t, http.StatusNotFound, get(r, "/docs/nothing").Code)
}

var files = []struct{ path, contentType, text string }{
	{"/openapi.json", "application/json", `"openapi": "3.1`},
	{"/docs", "text/html; charset=utf-8", "<!doctype html>"},
	{"/docs/docs.js", "text/javascript; charset=utf-8", "SwaggerUIBundle("},
	{"/docs/docs.css", "text/css; charset=utf-8", "display: none"},
	{"/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8", "SwaggerUIBundle"},
	{"/docs/swagger-ui.css", "text/css; charset=utf-8", ".swagger-ui"},
	{"/docs/favicon-32x32.png", "image/png", "PNG"},
}

func TestHandlerServesEveryFileWithItsTypeAndThePolicy(t *testing.T) {
	docs := openapi.Handler(nil)
	for _, file := range files {
		t.Run(file.path, func(t *testing.T) {
			w := get(docs, file.path)
			require.Equal(t, http.StatusOK, w.Code)
			assert.Contains(t, w.Body.String(), file.text)

			h := w.Header()
			assert.Equal(t, file.contentType, h.Get("Content-Type"))
			assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
			assert.Equal(t, "no-referrer", h.Get("Referrer-Policy"))
			assert.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'; style-src 'self';")
			assert.Contains(t, h.Get("Content-Security-Policy"), "frame-ancestors 'none'")
			assert.NotContains(t, h.Get("Content-Security-Policy"), "unsafe")

			head := send(docs, http.MethodHead, file.path)
			assert.Equal(t, http.StatusOK, head.Code)
			assert.Empty(t, head.Body.String())
		})
	}
}

// The page has no script of its own in it, and names nothing elsewhere.
func TestThePageAsksNobodyElse(t *testing.T) {
	page := get(openapi.Handler(nil), "/docs").Body.String()
	assert.NotRegexp(t, `<script[^>]*>[^<]`, page)
	assert.NotContains(t, page, "//")
	assert.NotContains(t, page, "style=")
}

func TestHandlerSendsCompressedToWhoReadsIt(t *testing.T) {
	const bundle = "/docs/swagger-ui-bundle.js"
	docs := openapi.Handler(nil)
	whole := get(docs, bundle)
	assert.Empty(t, whole.Header().Get("Content-Encoding"))
	packed := get(docs, bundle, "Accept-Encoding", "gzip, br")
	assert.Equal(t, "gzip", packed.Header().Get("Content-Encoding"))
	assert.Equal(t, "Accept-Encoding", packed.Header().Get("Vary"))
	assert.Less(t, packed.Body.Len(), whole.Body.Len()/2)

	unpack, err := gzip.NewReader(packed.Body)
	require.NoError(t, err)
	text, err := io.ReadAll(unpack)
	require.NoError(t, err)
	assert.Len(t, text, whole.Body.Len())

	again := get(docs, bundle, "Accept-Encoding", "gzip", "If-None-Match", packed.Header().Get("ETag"))
	assert.Equal(t, http.StatusNotModified, again.Code)
}

func TestHandlerRefusesWhatItDoesNotServe(t *testing.T) {
	docs := openapi.Handler(nil)
	w := get(docs, "/docs/oauth2-redirect.html")
	assert.Equal(t, http.StatusNotFound, w.Code)
	assert.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))

	w = send(docs, http.MethodPost, "/docs")
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"))

	w = get(docs, "/docs/")
	assert.Equal(t, http.StatusPermanentRedirect, w.Code)
	assert.Equal(t, "/docs", w.Header().Get("Location"), "the page's addresses are relative to /docs")
}
