package hardening

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
)

// Transport says how requests reach the API. The zero value is for development:
// plain HTTP, which only this machine can reach.
type Transport struct {
	TLS     bool           // the program speaks TLS itself
	Proxies []netip.Prefix // these speak TLS, and pass requests on in plain HTTP
}

// String says it in words, for the one who starts the server.
func (t Transport) String() string {
	switch {
	case t.TLS:
		return "TLS"
	case len(t.Proxies) > 0:
		return "plain HTTP behind a trusted proxy that speaks TLS"
	}
	return "development: plain HTTP, for this machine only"
}

// isDevelopment reports whether plain HTTP is all there is.
func (t Transport) isDevelopment() bool { return !t.TLS && len(t.Proxies) == 0 }

// IsSecure reports whether a request came over TLS, all the way from the
// client: to this program, or to a proxy that says so. What another peer
// says does not count.
func (t Transport) IsSecure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	if t.TLS || !t.trusts(r.RemoteAddr) {
		return false
	}
	said := r.Header.Values("X-Forwarded-Proto")
	return len(said) == 1 && said[0] == "https"
}

// trusts reports whether a peer is one of the proxies.
func (t Transport) trusts(peer string) bool {
	host, _, err := net.SplitHostPort(peer)
	if err != nil {
		return false
	}
	address, err := netip.ParseAddr(host)
	return err == nil && slices.ContainsFunc(t.Proxies, func(p netip.Prefix) bool {
		return p.Contains(address.Unmap().WithZone(""))
	})
}

// isProbe reports whether a request only asks how the server is. The one who
// runs it asks from inside, past the proxy, and there is nothing to protect.
func isProbe(r *http.Request) bool {
	return r.URL.Path == "/healthz" || r.URL.Path == "/readyz"
}
