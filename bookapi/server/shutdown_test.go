package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/sqlstore"
)

// Clients write until they are refused. Each of their requests is answered in
// full, or was never sent; except, where dropNewConnections does nothing, the first
// one on a new connection.
func TestShutdownLosesNoAnswer(t *testing.T) {
	for _, c := range []struct {
		clients int
		flags   []string
	}{
		{1, nil},
		{24, nil},
		{24, made(t, time.Now()).flags()}, // over HTTP/2
	} {
		t.Run(fmt.Sprintf("%d clients %s", c.clients, strings.Join(c.flags, " ")), func(t *testing.T) {
			db := newFile(t)
			flags := slices.Concat(c.flags, []string{"-addr", "127.0.0.1:0", "-db", db})
			r := start(t, openAPI(), timeouts{drain: 200 * time.Millisecond, grace: time.Minute}, nil, flags...)
			var (
				wg       sync.WaitGroup
				answered sync.Map
				written  atomic.Int64
				enough   = make(chan struct{})
			)
			for client := range c.clients {
				wg.Go(func() {
					transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
					defer transport.CloseIdleConnections()
					for n := 0; ; n++ {
						title := fmt.Sprintf("Volume %d of client %d", n, client)
						reused, err := write(t.Context(), transport, r.url, title)
						if err != nil {
							op := new(net.OpError)
							refused := errors.As(err, &op) && op.Op == "dial"
							unaccepted := !reused && runtime.GOOS != "linux"
							assert.Truef(t, refused || unaccepted, "client %d lost the answer to its request %d: %v", client, n, err)
							return
						}
						answered.Store(title, true)
						if written.Add(1) == 300 {
							close(enough)
						}
					}
				})
			}
			<-enough
			require.NoError(t, r.end())
			wg.Wait()

			store, err := sqlstore.Open(t.Context(), db)
			require.NoError(t, err)
			defer func() { assert.NoError(t, store.Close()) }()
			for after, more := int64(0), true; more; {
				page, err := store.Books(t.Context(), after, bookapi.MaxPage)
				require.NoError(t, err)
				for _, b := range page {
					answered.Delete(b.Title)
					after = b.ID
				}
				more = len(page) > 0
			}
			answered.Range(func(title, _ any) bool { return assert.Failf(t, "acknowledged, and gone", "%s", title) })
		})
	}
}

// write posts a book and reads the answer to its end. It reports whether the
// connection has had a request before.
func write(ctx context.Context, transport http.RoundTripper, url, title string) (reused bool, err error) {
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused },
	})
	body := fmt.Sprintf(`{"title":%q,"author":"Anonymous"}`, title)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/books", strings.NewReader(body))
	if err != nil {
		return reused, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := transport.RoundTrip(req)
	if err != nil {
		return reused, err
	}
	if res.StatusCode != http.StatusCreated {
		return reused, errors.New(res.Status)
	}
	_, err = io.Copy(io.Discard, res.Body)
	return reused, errors.Join(err, res.Body.Close())
}

// longTimeouts are such that a test which waits for them is seen to.
var longTimeouts = timeouts{drain: 20 * time.Second, grace: 20 * time.Second}

// endSoon stops the program and sees to it that it has not waited.
func (r *running) endSoon(t *testing.T) {
	t.Helper()
	begin := time.Now()
	require.NoError(t, r.end())
	assert.Less(t, time.Since(begin), longTimeouts.drain/2, "it has waited for a client that is not there")
}

// connection is a client's, on which one request follows the other.
type connection struct {
	net.Conn
	answers *bufio.Reader
}

func connect(t *testing.T, addr string) connection {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return connection{conn, bufio.NewReader(conn)}
}

func (c connection) send(t *testing.T, path string) {
	t.Helper()
	_, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path)
	require.NoError(t, err)
}

// answer reads an answer and returns whether it was the last.
func (c connection) answer(t *testing.T) (last bool) {
	t.Helper()
	res, err := http.ReadResponse(c.answers, nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, res.StatusCode)
	_, err = io.Copy(io.Discard, res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res.Close
}

// stopped lets the program stop, and returns when it says so.
func (r *running) stopped(t *testing.T) {
	t.Helper()
	r.stop()
	require.True(t, r.lines.Scan())
	require.Contains(t, r.lines.Text(), "stopping")
}

func TestShutdownWithoutConnectionsIsImmediate(t *testing.T) {
	r := start(t, openAPI(), longTimeouts, nil, "-addr", "127.0.0.1:0", "-db", newFile(t))
	r.endSoon(t)
}

func TestShutdownAsksClientsToCloseConnections(t *testing.T) {
	r := start(t, openAPI(), longTimeouts, nil, "-addr", "127.0.0.1:0", "-db", newFile(t))
	old := connect(t, r.addr())
	old.send(t, "/books")
	require.False(t, old.answer(t))

	r.stopped(t)
	latest := connect(t, r.addr())
	latest.send(t, "/books")
	assert.True(t, latest.answer(t), "a new connection is accepted, for one request")
	old.send(t, "/books")
	assert.True(t, old.answer(t), "it was idle, and it is served once more")
	r.endSoon(t)
}

func TestShutdownLetsAClientWithALateAnswerSendOnceMore(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	p := openAPI()
	p.Handler = func(bookapi.Store) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				close(entered)
				<-release
			}
		})
	}
	r := start(t, p, longTimeouts, nil, "-addr", "127.0.0.1:0", "-db", newFile(t))
	client := connect(t, r.addr())
	client.send(t, "/slow")
	<-entered
	r.stopped(t)
	close(release)
	require.False(t, client.answer(t), "the answer had begun")
	client.send(t, "/fast")
	assert.True(t, client.answer(t))
	r.endSoon(t)
}

// The same over a server's own clock: the drain is over when the answer comes.
func TestShutdownGivesALateAnswerADrainOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(5 * time.Second) })}
		s := newShutdown(srv)
		s.count(http.StateNew)
		go srv.Handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
		synctest.Wait()

		began := time.Now()
		s.begin()
		var shut time.Duration
		s.run(t.Context(), 2*time.Second, func() { shut = time.Since(began) })
		assert.Equal(t, 2*time.Second, shut, "when the listener was drained")
		assert.Equal(t, 7*time.Second, time.Since(began), "when the connections were closed")
	})
}

// A connection in the backlog is accepted, and not reset.
func TestADrainAcceptsTheBacklog(t *testing.T) {
	listener, err := listen(t.Context(), "-addr", "127.0.0.1:0")
	require.NoError(t, err)
	addr := listener.Addr().String()
	var clients []connection
	for range 5 {
		clients = append(clients, connect(t, addr))
	}
	l := &drainListener{TCPListener: listener}
	l.drain()
	for range clients {
		conn, err := l.Accept()
		require.NoError(t, err)
		_, err = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
	_, err = l.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
	for _, c := range clients {
		c.answer(t)
	}
	_, err = net.Dial("tcp", addr)
	assert.Error(t, err, "it still listens")
}
