package hardening

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"time"

	"github.com/go-chi/chi/v5/middleware"
)

// ThrottledError says that too many logins have failed.
type ThrottledError struct {
	Until time.Time // when the next one is looked at again
}

func (e *ThrottledError) Error() string {
	return "hardening: too many failed logins; the next counts at " + e.Until.Format(time.RFC3339)
}

// AddressFrom returns the address that ClientAddress found, or the zero Addr if
// there was none that could be believed.
func AddressFrom(ctx context.Context) netip.Addr {
	return middleware.GetClientIPAddr(ctx)
}

// addressKey names the caller's address for the store. Of an IPv6 address only
// the first 64 bits count: the others its owner may choose anew for every request.
// Those whose address nobody knows share one key.
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

// accountKey names an account for the store. It is a hash, since whoever mistakes
// one field for the other types a password here, and it is short, however long
// a name mallory sends.
func accountKey(username string) string {
	sum := sha256.Sum256([]byte(username))
	return "account " + hex.EncodeToString(sum[:])
}
