package openapi

import (
	"embed"
	"net/http"
	"sync"

	"github.com/go-chi/chi/v5"
	"github.com/swaggest/swgui/v5/static"

	"example.com/bookapi/rest"
)

//go:embed docs.html docs.js docs.css
var page embed.FS

// policy is what the page may do in a browser: run and show what comes from
// here, and nothing else. It asks no other host for anything, and stands in
// nobody's frame. A hole in Swagger UI is not yet one in the page: whose text it
// shows cannot be chosen by a link, and no script runs that is not a file of ours.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the document at /openapi.json, and a page that shows it at
// /docs: Swagger UI, whose Authorize button logs in at POST /token. All that
// the page needs is in the program; it works without a network.
//
// Routes are asked when the first request comes, so they may be the router that
// the handler is mounted on, at "/openapi.json", "/docs" and "/docs/*".
func Handler(routes chi.Routes) http.Handler {
	const (
		html = "text/html; charset=utf-8"
		js   = "text/javascript; charset=utf-8"
		css  = "text/css; charset=utf-8"
	)
	return docs{
		"/openapi.json":              document(routes),
		"/docs":                      file(page, "docs.html", html),
		"/docs/":                     http.RedirectHandler("/docs", http.StatusPermanentRedirect),
		"/docs/docs.js":              file(page, "docs.js", js),
		"/docs/docs.css":             file(page, "docs.css", css),
		"/docs/swagger-ui-bundle.js": file(static.FS, "swagger-ui-bundle.js.gz", js),
		"/docs/swagger-ui.css":       file(static.FS, "swagger-ui.css.gz", css),
		"/docs/favicon-32x32.png":    file(static.FS, "favicon-32x32.png", "image/png"),
	}
}

// With serves the document and the page beside an API. If the API does not tell
// its routes, the document is the whole one.
func With(api http.Handler) http.Handler {
	routes, _ := api.(chi.Routes)
	docs := Handler(routes).(docs)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if docs[r.URL.Path] != nil {
			docs.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}

// docs serves the page and all that belongs to it, by path.
type docs map[string]http.Handler

// ServeHTTP implements http.Handler. Its headers replace those that a router
// around it may have set for answers that are not pages.
func (d docs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	handler := d[r.URL.Path]
	if handler == nil {
		rest.WriteProblem(w, http.StatusNotFound, "there is no such path")
		return
	}
	h := w.Header()
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		rest.WriteProblem(w, http.StatusMethodNotAllowed, "this path takes GET, HEAD")
		return
	}
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache") // ask again: the next program may have another page
	handler.ServeHTTP(w, r)
}

// document serves the document of what routes serve.
func document(routes chi.Routes) http.Handler {
	text := sync.OnceValues(func() ([]byte, error) { return Document(routes) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := text()
		if err != nil {
			rest.WriteError(w, r, err)
			return
		}
		serve(w, r, text, "application/json")
	})
}
