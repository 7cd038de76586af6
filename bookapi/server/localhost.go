package server

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"example.com/bookapi/rest"
)

// localHosts returns a handler that serves requests for this machine's own names
// only. A page of mallory's can make a name of theirs point to 127.0.0.1 (DNS
// rebinding), and read here what the browser lets it read from that name.
func localHosts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLocalHost(r.Host) {
			rest.WriteProblem(w, http.StatusMisdirectedRequest, "in development this API answers to localhost only")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isLocalHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761 §6.3
		return true
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && address.Unmap().IsLoopback()
}
