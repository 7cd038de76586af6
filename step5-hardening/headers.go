package hardening

import (
	"net/http"
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
	return Transport{}, errTODO("5.5")
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
	return todoHandler("5.5")
}
