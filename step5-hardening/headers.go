package hardening

import (
	"net/http"
)

// NewTransport returns how requests reach the API. tls says that the program speaks
// TLS itself, and loopback that only this machine can reach its address. No start is
// accepted after which a password could travel over a network in the open (ASVS 5.0
// 12.2.1). Trusted proxies, c.Proxies, speak TLS themselves, so that a program behind
// them is safe wherever it listens. In production no request may come in plain HTTP,
// except from such a proxy. The error says what to do: the flags -tls-cert and
// -tls-key, or the variable BOOKAPI_TRUSTED_PROXIES.
func NewTransport(c Config, tls, loopback bool) (Transport, error) {
	// Exercise 5.5: decide which starts are safe.
	//
	// Toolbox: Transport and isDevelopment in transport.go, errors.New.
	return Transport{}, errTODO("5.5")
}

// Protect returns a handler that serves a request only if it came safely. With every
// answer, refusals included, a browser is told: do not guess the type of the content;
// load nothing for it, and show it in no frame; store it in no cache; send its address
// to no other site. If the request came over TLS, and only then (RFC 6797 §7.2), a
// browser is also told to come back over https alone, for a year or more (ASVS 5.0
// 3.4.1). The next handler may replace these headers, as a page like /docs has to.
//
// A request that came in plain HTTP, outside development, is refused with a 4xx,
// whatever its method and its content. It is not redirected to https: others have read
// its password already, and a client that is redirected does not notice (ASVS 5.0
// 4.1.2). The refusal repeats nothing of it. Only a probe is served all the same.
func (t Transport) Protect(next http.Handler) http.Handler {
	// Exercise 5.5: decide what a browser is told with every answer, and what is refused.
	//
	// Toolbox: IsSecure, isDevelopment and isProbe in transport.go, rest.WriteProblem;
	// X-Content-Type-Options, Content-Security-Policy, Cache-Control, Referrer-Policy,
	// Strict-Transport-Security.
	return todoHandler("5.5")
}
