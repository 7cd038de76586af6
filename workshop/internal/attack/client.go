package attack

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"syscall"
	"time"

	kind "example.com/bookapi/bookapitest/attack"
)

// UsageError is a target or a profile with which no attack can begin.
type UsageError string

func (e UsageError) Error() string { return string(e) }

// UnreachableError says that nobody answers at the target.
type UnreachableError string

func (e UnreachableError) Error() string { return string(e) }

// errLimit says that the requests or the time that were announced are used up.
var errLimit = errors.New("attack: the limit is reached")

// patience is how long one answer may take: a login waits for a slow hash.
const patience = 15 * time.Second

// client sends requests to one API of this machine, and to nobody else: every
// connection is checked when it is made, so a name that leads elsewhere a moment
// later does not matter. It follows no redirects.
type client struct {
	base  *url.URL
	send  kind.Sender
	sent  atomic.Int64
	limit int64
	next  http.RoundTripper
}

// newClient returns a client for a target that is on this machine.
func newClient(ctx context.Context, target string, limit int) (*client, error) {
	base, err := parseTarget(ctx, target)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: 5 * time.Second, Control: loopbackOnly}
	c := &client{base: base, limit: int64(limit), next: &http.Transport{
		DialContext:           dialer.DialContext,
		TLSClientConfig:       &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // it is this machine, with a certificate of its own making
		ResponseHeaderTimeout: patience,
		MaxIdleConnsPerHost:   16,
		DisableCompression:    true,
	}}
	c.send = kind.At(base, &http.Client{
		Transport:     c,
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
	return c, nil
}

// RoundTrip counts.
func (c *client) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.sent.Add(1) > c.limit {
		return nil, errLimit
	}
	return c.next.RoundTrip(r)
}

func (c *client) close() { c.next.(*http.Transport).CloseIdleConnections() }

// parseTarget reads an address, and refuses one that is not on this machine.
func parseTarget(ctx context.Context, target string) (*url.URL, error) {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, UsageError(fmt.Sprintf("%q is no address of an API: write it as http://127.0.0.1:8000", target))
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, UsageError(fmt.Sprintf("%q has more in it than an address and a path", u.Redacted()))
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil {
		return nil, UnreachableError(fmt.Sprintf("The name %s leads nowhere: %v.", u.Hostname(), err))
	}
	for _, a := range addresses {
		if !a.Unmap().IsLoopback() {
			return nil, UsageError(fmt.Sprintf("%s is at %s, which is not this machine. Only what runs here, at 127.0.0.1 or ::1, is attacked.", u.Hostname(), a))
		}
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}, nil
}

// loopbackOnly stands in front of each connection, when the name is an address.
func loopbackOnly(_, address string, _ syscall.RawConn) error {
	peer, err := netip.ParseAddrPort(address)
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return UsageError(address + " is not this machine, and is not attacked")
	}
	return nil
}
