package hardening

import (
	"errors"
	"net/http"

	"example.com/bookapi/rest"
)

// NewTransport decides how requests reach the API: over TLS, if the program has
// a certificate; in plain HTTP, if there are trusted proxies in front of it; and
// in plain HTTP as well for development, if the address is on loopback.
// Everything else would send passwords over the network for all to read, and is
// an error (ASVS 5.0 12.2.1).
func NewTransport(c Config, tls, loopback bool) (Transport, error) {
	// Exercise 5.5: refuse to serve in the open.
	//
	// Production needs tls or c.Proxies. So does, in production or not, an
	// address that is not on loopback. In the error, say what to do: the flags are
	// -tls-cert and -tls-key, the variable is BOOKAPI_TRUSTED_PROXIES.
	t := Transport{TLS: tls, Proxies: c.Proxies}
	switch {
	case !t.isDevelopment():
		return t, nil
	case c.Production:
		return Transport{}, errors.New("production without TLS: start with -tls-cert and -tls-key, or name the proxy that has them in BOOKAPI_TRUSTED_PROXIES")
	case !loopback:
		return Transport{}, errors.New("others could reach this address, and read what is sent to it: listen on 127.0.0.1, or start with -tls-cert and -tls-key, or name the proxy that has them in BOOKAPI_TRUSTED_PROXIES")
	}
	return t, nil
}

// Protect returns a handler that serves a request only if it came safely, and
// tells browsers what to make of the answers, errors included.
//
// A request that came in plain HTTP, outside development, is refused, and not
// sent on to https: its password has already been read by others, and a client
// that is sent on does not notice (ASVS 5.0 4.1.2).
func (t Transport) Protect(next http.Handler) http.Handler {
	// Exercise 5.5: headers for every answer.
	//
	// Set them before anything else can answer. X-Content-Type-Options: nosniff,
	// so that no JSON is taken for a page; Content-Security-Policy: default-src
	// 'none'; frame-ancestors 'none', since an API shows nothing and stands in no
	// frame; Cache-Control: no-store; Referrer-Policy: no-referrer.
	// Strict-Transport-Security with a max-age of a year, 31536000, only if
	// t.IsSecure(r): over plain HTTP anybody could have written it (RFC 6797
	// §7.2). Then, unless t.isDevelopment() or isProbe(r), refuse what is not
	// secure with rest.WriteProblem and a 403.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		if t.IsSecure(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		} else if !t.isDevelopment() && !isProbe(r) {
			rest.WriteProblem(w, http.StatusForbidden, "this API is served over https only; consider what you have just sent as known to others")
			return
		}
		next.ServeHTTP(w, r)
	})
}
