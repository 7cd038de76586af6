package hardening

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/go-chi/chi/v5/middleware"
)

// ThrottledError says that too many passwords were wrong.
type ThrottledError struct {
	Until time.Time // when the next one is looked at again
}

func (e *ThrottledError) Error() string {
	return "hardening: too many wrong passwords; the next counts at " + e.Until.Format(time.RFC3339)
}

// AddressFrom returns the address that ClientAddress found, or the zero Addr if
// there was none that could be believed. It finds what WithAddress or a middleware
// of chi's has stored.
func AddressFrom(ctx context.Context) netip.Addr {
	if address, ok := ctx.Value(addressContextKey{}).(netip.Addr); ok {
		return address
	}
	return middleware.GetClientIPAddr(ctx)
}

// WithAddress returns a context with the address for AddressFrom, for a
// ClientAddress that finds it in a way of its own.
func WithAddress(ctx context.Context, address netip.Addr) context.Context {
	return context.WithValue(ctx, addressContextKey{}, address.Unmap().WithZone(""))
}

type addressContextKey struct{}

// clientIPFromXFF is chi's ClientIPFromXFF, which takes the last address in
// X-Forwarded-For that is none of the trusted, for entries with a port too. If the
// peer is none of the trusted itself, it takes the peer's, and reads no header. There
// has to be one: without a proxy no header counts, and the address is the peer's.
func clientIPFromXFF(trusted ...string) func(http.Handler) http.Handler {
	if len(trusted) == 0 {
		panic("clientIPFromXFF was given no trusted proxy: then the address is the peer's, as of middleware.ClientIPFromRemoteAddr")
	}
	find := middleware.ClientIPFromXFF(trusted...)
	return func(next http.Handler) http.Handler {
		found := find(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			found.ServeHTTP(w, withoutPorts(r))
		})
	}
}

// withoutPorts returns a request whose X-Forwarded-For has addresses alone:
// 203.0.113.7 for 203.0.113.7:4711, and 2001:db8::7 for [2001:db8::7]:4711.
func withoutPorts(r *http.Request) *http.Request {
	const header = "X-Forwarded-For"
	if r.Header.Values(header) == nil {
		return r
	}
	entries := strings.Split(strings.Join(r.Header.Values(header), ","), ",")
	for i, entry := range entries {
		entry = strings.TrimSpace(entry)
		if withPort, err := netip.ParseAddrPort(entry); err == nil {
			entry = withPort.Addr().String()
		}
		entries[i] = entry
	}
	r = r.WithContext(r.Context())
	r.Header = maps.Clone(r.Header)
	r.Header.Set(header, strings.Join(entries, ","))
	return r
}

// AddressKey is addressKey, for what is shared among addresses elsewhere.
func AddressKey(ctx context.Context) string { return addressKey(ctx) }

// addressKey names the caller's address for the store. Of an IPv6 address only
// the first 64 bits count: the others its owner may choose anew for every request.
// Callers without a known address share one key.
func addressKey(ctx context.Context) string {
	address := AddressFrom(ctx)
	if !address.IsValid() {
		return "address unknown"
	}
	if address.Is6() {
		network, _ := address.WithZone("").Prefix(64)
		return "address " + network.String()
	}
	return "address " + address.String()
}

// accountKey names an account for the store. It is a hash, since a password may be
// typed into the field of the name, and it is short, however long the name is.
func accountKey(username string) string {
	sum := sha256.Sum256([]byte(username))
	return "account " + hex.EncodeToString(sum[:])
}
