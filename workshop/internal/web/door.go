package web

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// door decides who comes in. The page starts programs, so it has to be this
// machine's browser (Listen, host), the person who started the companion (key,
// session), and a page of ours that asks (ownPage, act).
type door struct {
	hosts map[string]bool

	// place is the folder under which the whole site is. Cookies do not know
	// ports: one for "/" would go to every server of this machine that the
	// browser visits, the learner's own among them. Nobody else is asked for
	// this folder, so nobody else gets the cookie.
	place string

	key     string // opens the site: in the address that is printed
	session string // stays in the browser: a cookie that no script can read
	token   string // in our pages, for what changes something: no other page can read it
}

const cookieName = "workshop"

// guard stands in front of everything.
func (d *door) guard(site http.Handler) http.Handler {
	outer := http.NewServeMux()
	outer.HandleFunc("GET /open/{key}", d.open)
	outer.Handle(d.place+"/", d.visitors(http.StripPrefix(d.place, site)))
	outer.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { stranger(w) })
	return headers(d.host(outer))
}

// host refuses names that are not ours. Mallory can have her own name lead to
// 127.0.0.1, and her page would be of the same origin as ours (DNS rebinding).
// It refuses bodies as well: no request here has one.
func (d *door) host(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !d.hosts[r.Host] {
			refuse(w, http.StatusMisdirectedRequest, "This server answers to 127.0.0.1, localhost and [::1], and to no other name.")
			return
		}
		if r.ContentLength != 0 {
			w.Header().Set("Connection", "close") // rather than read it
			refuse(w, http.StatusRequestEntityTooLarge, "No request here has a body.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// open lets in who knows the key, and has the browser keep the session.
func (d *door) open(w http.ResponseWriter, r *http.Request) {
	if !same(r.PathValue("key"), d.key) {
		stranger(w)
		return
	}
	//nolint:gosec // Secure is for https, and there is none on the loopback interface
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: d.session, Path: d.place + "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	// A browser that comes from elsewhere keeps a strict cookie back, also when
	// it is redirected; a page of ours that sends it on is not elsewhere.
	w.Header().Set("Refresh", "0; url="+d.place+"/")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, "<!doctype html><html lang=en><title>Workshop</title><link rel=icon href=\"%[1]s/assets/icon.svg\"><p><a href=\"%[1]s/\">Open the workshop</a>\n", d.place)
}

// visitors lets in who has the session, unless another site has sent them to
// more than look at a page.
func (d *door) visitors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ours(r) && !lookingAround(r) {
			refuse(w, http.StatusForbidden, "Another page asks for this, and only the workshop's own pages may.")
			return
		}
		// Another server of this machine can set one of the same name, too.
		if !slices.ContainsFunc(r.CookiesNamed(cookieName), func(c *http.Cookie) bool { return same(c.Value, d.session) }) {
			stranger(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ours reports whether the browser says that our own page asks, or that the
// person does. A browser too old to say so sends Origin at least where it
// matters most.
func ours(r *http.Request) bool {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if origin != "" && origin != "http://"+r.Host {
		return false
	}
	return site == "" || site == "same-origin" || site == "none"
}

// lookingAround reports whether somebody follows a link to us from elsewhere.
func lookingAround(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Header.Get("Origin") == "" &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// ownPage is for what only our scripts ask for: nobody has a link to it.
func (d *door) ownPage(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ours(r) {
			refuse(w, http.StatusForbidden, "Another page asks for this, and only the workshop's own pages may.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// tokenHeader proves that a request comes from a page that could read the token.
const tokenHeader = "X-Workshop-Token"

// act is for what changes something. ownPage refuses all that the standard
// library's CrossOriginProtection does, and more; the token would be enough alone.
func (d *door) act(next http.Handler) http.Handler {
	tokened := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !same(r.Header.Get(tokenHeader), d.token) {
			refuse(w, http.StatusForbidden, "This page is from an earlier start of the companion: load it again.")
			return
		}
		next.ServeHTTP(w, r)
	})
	return d.ownPage(tokened)
}

// same compares in a time that tells nothing.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func stranger(w http.ResponseWriter) {
	refuse(w, http.StatusUnauthorized, "This page belongs to whoever started it. Open the address that this command has printed:\n\n  go run ./workshop serve")
}

// refuse answers in plain text.
func refuse(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(strings.TrimSpace(sentence) + "\n"))
}
