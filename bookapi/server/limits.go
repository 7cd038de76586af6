package server

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// How many connections there are at once, and how many requests over HTTP/2, where a
// connection has several: each holds some tens of kilobytes, also while its client
// does nothing.
const (
	maxConnections   = 1024
	maxHTTP2Requests = 512
)

// shares divides a number of places among addresses. An address gets one more as long
// as it has fewer than are free: alone it gets half of them, two get a third each,
// and whoever has none finds one.
type shares struct {
	places int

	mu    sync.Mutex
	taken int
	of    map[netip.Addr]int
}

// take takes a place, if the address may have one more. The zero address has no
// share: it may have all that are free.
func (s *shares) take(address netip.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if free := s.places - s.taken; free <= 0 || s.of[address] >= free {
		return false
	}
	s.add(address)
	return true
}

// give gives a place back.
func (s *shares) give(address netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	if !address.IsValid() {
		return
	}
	if s.of[address]--; s.of[address] == 0 {
		delete(s.of, address)
	}
}

// newcomer takes a place for an address that has none, although none is free.
func (s *shares) newcomer(address netip.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !address.IsValid() || s.of[address] > 0 {
		return false
	}
	s.add(address)
	return true
}

// add is for callers that hold the lock.
func (s *shares) add(address netip.Addr) {
	s.taken++
	if !address.IsValid() {
		return
	}
	if s.of == nil {
		s.of = make(map[netip.Addr]int)
	}
	s.of[address]++
}

// limits are what clients may hold of the program, fair by address.
type limits struct {
	proxies     []netip.Prefix // whose connections are other people's
	connections shares
	requests    shares // over HTTP/2
	idle        idle
}

// idle are the connections on which nothing happens, and since when.
type idle struct {
	mu    sync.Mutex
	since map[net.Conn]time.Time
}

// note notes what a connection does now.
func (i *idle) note(c net.Conn, state http.ConnState) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if state != http.StateIdle {
		delete(i.since, c)
		return
	}
	if i.since == nil {
		i.since = make(map[net.Conn]time.Time)
	}
	i.since[c] = time.Now()
}

// idleFor is how long nothing has happened on a connection that is given up for another.
const idleFor = time.Second

// longest returns the connection that has been idle for the longest time, and for
// idleFor at least, or nil. It is not idle any more.
func (i *idle) longest() (longest net.Conn) {
	i.mu.Lock()
	defer i.mu.Unlock()
	first := time.Now().Add(-idleFor)
	for c, since := range i.since {
		if since.Before(first) {
			longest, first = c, since
		}
	}
	delete(i.since, longest)
	return longest
}

// limit puts limits on a server. Its listener must come from listener.
func limit(srv *http.Server, proxies []netip.Prefix) *limits {
	l := &limits{proxies: proxies, connections: shares{places: maxConnections}, requests: shares{places: maxHTTP2Requests}}
	next := srv.Handler
	srv.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 2 {
			address := l.address(r.RemoteAddr)
			if !l.requests.take(address) {
				panic(http.ErrAbortHandler) // resets the stream; an answer would have to be taken, too
			}
			defer l.requests.give(address)
		}
		next.ServeHTTP(w, r)
	})
	connState := srv.ConnState
	srv.ConnState = func(c net.Conn, state http.ConnState) {
		l.idle.note(c, state)
		if state == http.StateClosed || state == http.StateHijacked {
			l.connections.give(l.address(c.RemoteAddr().String()))
		}
		if connState != nil {
			connState(c, state)
		}
	}
	return l
}

// address returns whose share a peer takes of: of an IPv6 address the first 64 bits,
// since its owner may choose the others, and the zero address for a proxy.
func (l *limits) address(peer string) netip.Addr {
	address, err := netip.ParseAddrPort(peer)
	if err != nil {
		return netip.Addr{}
	}
	ip := address.Addr().Unmap().WithZone("")
	if slices.ContainsFunc(l.proxies, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return netip.Addr{}
	}
	if ip.Is6() {
		network, _ := ip.Prefix(64)
		return network.Addr()
	}
	return ip
}

// admit takes a place for a connection. If all are taken, one on which nothing happens
// gives way to an address that has none: a thousand clients that do nothing keep nobody
// out.
func (l *limits) admit(address netip.Addr) bool {
	if l.connections.take(address) {
		return true
	}
	if !l.connections.newcomer(address) {
		return false
	}
	quiet := l.idle.longest()
	if quiet == nil {
		l.connections.give(address)
		return false
	}
	if secure, ok := quiet.(*tls.Conn); ok { // which says goodbye, and may wait for that
		quiet = secure.NetConn()
	}
	_ = quiet.Close()
	return true
}

// listener returns a listener that closes a connection at once if there is no place
// for it.
func (l *limits) listener(next net.Listener) net.Listener { return limitedListener{next, l} }

type limitedListener struct {
	net.Listener
	limits *limits
}

func (l limitedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil || l.limits.admit(l.limits.address(c.RemoteAddr().String())) {
			return c, err
		}
		_ = c.Close()
	}
}
