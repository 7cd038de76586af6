package openapi

import (
	"embed"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/swaggest/swgui/v5/static"

	"example.com/bookapi/rest"
)

//go:embed docs.html docs.js docs.css
var page embed.FS

// contentSecurityPolicy lets the page load scripts, styles and data from this
// server alone, run no inline script, and be framed by no other page (ASVS 5.0
// 3.4.3, 3.4.6).
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the document at /openapi.json and Swagger UI at /docs, both from
// files in the program. It reads routes at the first request for the document, so
// they may be the router it is mounted on, at /openapi.json, /docs and /docs/*.
func Handler(routes chi.Routes) http.Handler {
	const (
		html = "text/html; charset=utf-8"
		js   = "text/javascript; charset=utf-8"
		css  = "text/css; charset=utf-8"
	)
	return docs{
		"/openapi.json":              documentHandler(routes),
		"/docs":                      fileHandler(page, "docs.html", html),
		"/docs/":                     http.RedirectHandler("/docs", http.StatusPermanentRedirect),
		"/docs/docs.js":              fileHandler(page, "docs.js", js),
		"/docs/docs.css":             fileHandler(page, "docs.css", css),
		"/docs/swagger-ui-bundle.js": fileHandler(static.FS, "swagger-ui-bundle.js.gz", js),
		"/docs/swagger-ui.css":       fileHandler(static.FS, "swagger-ui.css.gz", css),
		"/docs/favicon-32x32.png":    fileHandler(static.FS, "favicon-32x32.png", "image/png"),
	}
}

// With serves the document and the page beside an API. If the API is no
// chi.Routes, the document is that of the finished API.
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

// docs are the handlers of the page and its files, by path.
type docs map[string]http.Handler

// ServeHTTP implements http.Handler. It replaces security headers that a router
// around it has set for answers that are not pages.
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
	h.Set("Content-Security-Policy", contentSecurityPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache") // the next release may have another page
	handler.ServeHTTP(w, r)
}

// documentHandler serves the document of the operations that routes serve.
func documentHandler(routes chi.Routes) http.Handler {
	return contentHandler("application/json", func() ([]byte, error) { return Document(routes) })
}
