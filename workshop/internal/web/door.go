package web

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// door decides who comes in. The page starts programs, so it has to be this
// machine's browser (Listen, host), the person who started the companion (key,
// session), and a page of ours that asks (ownPage, act).
type door struct {
	forwarded string // "name-8090.app.github.dev", under which https leads here as well; or ""

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
// The port may be another: an editor or ssh can forward one to ours.
// It refuses bodies as well: no request here has one.
func (d *door) host(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback(r.Host) && (d.forwarded == "" || r.Host != d.forwarded) {
			refuse(w, http.StatusMisdirectedRequest, "This server answers to 127.0.0.1, localhost and [::1], and to no other name. "+wayIn)
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

// wayIn is for whoever comes through a forwarded port.
const wayIn = "If a forwarded port has led here, open its address at 127.0.0.1 or localhost; or name the host that your browser shows:\n\n  go run ./workshop serve --host NAME"

// loopback reports whether a host, with a port or without, is a name of this
// machine to itself.
func loopback(host string) bool {
	name := host
	if before, port, ok := cutPort(host); ok {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
		name = before
	}
	return name == "127.0.0.1" || name == "localhost" || name == "[::1]"
}

// cutPort cuts a host before its port, and reports whether there is one.
func cutPort(host string) (name, port string, ok bool) {
	i := strings.LastIndexByte(host, ':')
	if i < 0 || strings.HasSuffix(host, "]") {
		return host, "", false
	}
	return host[:i], host[i+1:], true
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

const another = "Another page asks for this, and only the workshop's own pages may. " + wayIn

// visitors lets in who has the session, unless another site has sent them to
// more than look at a page.
func (d *door) visitors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !d.ours(r) && !lookingAround(r) {
			refuse(w, http.StatusForbidden, another)
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
// person does. A page cannot write Sec-Fetch-Site; where it says "same-origin", a
// port that is forwarded may differ from the one that is asked. A browser too old
// to say so sends Origin at least where it matters most.
func (d *door) ours(r *http.Request) bool {
	site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
	if site != "" && site != "same-origin" && site != "none" {
		return false
	}
	if origin == "" || d.forwarded != "" && origin == "https://"+d.forwarded {
		return true
	}
	scheme, host, _ := strings.Cut(origin, "://")
	if scheme != "http" && scheme != "https" {
		return false
	}
	return host == r.Host || site == "same-origin" && loopback(host)
}

// lookingAround reports whether somebody follows a link to us from elsewhere.
func lookingAround(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Header.Get("Origin") == "" &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// ownPage is for what only our scripts ask for: nobody has a link to it.
func (d *door) ownPage(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !d.ours(r) {
			refuse(w, http.StatusForbidden, another)
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
