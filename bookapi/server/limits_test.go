package server

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// However much the greedy take, whoever has nothing finds a place.
func TestPlacesAreSharedByAddress(t *testing.T) {
	for greedy := 1; greedy <= 20; greedy++ {
		s := shares{places: 100}
		address := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}) }
		for range 100 {
			for n := range greedy {
				s.take(address(n))
			}
		}
		assert.LessOrEqual(t, s.of[address(0)], 100/greedy+1, "%d greedy", greedy)
		assert.True(t, s.take(address(99)), "%d greedy", greedy)
		for range 100 {
			s.give(address(99))
			assert.True(t, s.take(address(99)))
		}
	}
	proxy := shares{places: 100}
	for range 100 {
		assert.True(t, proxy.take(netip.Addr{}), "a proxy has no share")
	}
	assert.False(t, proxy.take(netip.Addr{}))
	assert.True(t, proxy.newcomer(netip.AddrFrom4([4]byte{192, 0, 2, 1})))
	assert.False(t, proxy.newcomer(netip.AddrFrom4([4]byte{192, 0, 2, 1})), "it has one now")
	assert.False(t, proxy.newcomer(netip.Addr{}), "a proxy has no share")
}

func TestWhoseShareItIs(t *testing.T) {
	l := limits{proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	for peer, share := range map[string]string{
		"192.0.2.7:1":          "192.0.2.7",
		"[::ffff:192.0.2.7]:1": "192.0.2.7",
		"[2001:db8::1:2]:1":    "2001:db8::",
		"10.1.2.3:1":           "invalid IP",
		"[::ffff:10.1.2.3]:1":  "invalid IP",
		"@":                    "invalid IP",
	} {
		assert.Equal(t, share, l.address(peer).String(), peer)
	}
}

// One address cannot take all connections, and those that end are there for others.
func TestConnectionsAreLimited(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
	limits := limit(server.Config, nil)
	limits.connections.places = 20
	server.Listener = limits.listener(server.Listener)
	server.Start()
	t.Cleanup(server.Close)

	connect := func() (net.Conn, error) {
		c, err := net.Dial("tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
		fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		_, err = bufio.NewReader(c).ReadString('\n')
		return c, err
	}
	var open []net.Conn
	for {
		c, err := connect()
		if err != nil {
			break
		}
		open = append(open, c)
	}
	assert.Len(t, open, 10)
	require.NoError(t, open[0].Close())
	assert.Eventually(t, func() bool { _, err := connect(); return err == nil }, 10*time.Second, 10*time.Millisecond)
}

// A connection on which nothing happens gives way to an address that has none.
func TestIdleConnectionsGiveWay(t *testing.T) {
	srv := new(http.Server)
	limits := limit(srv, nil)
	limits.connections.places = 8
	address := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}) }
	conns := make([]net.Conn, limits.connections.places)
	for n := range conns {
		var far net.Conn
		conns[n], far = net.Pipe()
		t.Cleanup(func() { _ = far.Close() })
		require.True(t, limits.admit(address(n)))
		srv.ConnState(conns[n], http.StateIdle)
	}
	assert.False(t, limits.admit(address(20)), "each was busy a moment ago")
	for n, c := range conns {
		limits.idle.since[c] = time.Now().Add(-idleFor - time.Duration(n)*time.Second)
	}
	closed := func(c net.Conn) bool { return c.SetDeadline(time.Now()) != nil }
	assert.True(t, limits.admit(address(20)))
	assert.True(t, closed(conns[7]), "it has been idle for the longest time")
	assert.False(t, limits.admit(address(20)), "it has one now")
	srv.ConnState(conns[6], http.StateActive)
	assert.True(t, limits.admit(address(21)))
	assert.False(t, closed(conns[6]), "it is busy")
	assert.True(t, closed(conns[5]))
}

// A frame is kept until all of it has come, and it may never.
func TestFramesOfHTTP2AreSmall(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	ours := newServer(Service{}, http.NotFoundHandler(), nil)
	server.Config, server.Listener = ours.Server, ours.limits.listener(server.Listener)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	c, err := tls.Dial("tcp", server.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))

	// The preface, empty SETTINGS, and the head of a DATA frame (RFC 9113 §3.4, §4.1).
	const dataOf = 16<<10 + 1
	fmt.Fprint(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x00\x00\x00\x04\x00\x00\x00\x00\x00",
		string([]byte{dataOf >> 16, dataOf >> 8 & 0xff, dataOf & 0xff, 0, 0, 0, 0, 0, 1}))
	answer, err := io.ReadAll(c)
	require.NoError(t, err, "the server did not end the connection")
	var reasons []byte // of the frames that are a GOAWAY (§6.8)
	for len(answer) >= 9 {
		const goAway = 7
		length := int(answer[0])<<16 | int(answer[1])<<8 | int(answer[2])
		require.GreaterOrEqual(t, len(answer), 9+length)
		if answer[3] == goAway {
			reasons = append(reasons, answer[9+7])
		}
		answer = answer[9+length:]
	}
	const frameSizeError = 6
	assert.Equal(t, []byte{frameSizeError}, reasons)
}
