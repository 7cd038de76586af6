package web_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/web"
)

func TestASaveReachesThePage(t *testing.T) {
	t.Parallel()
	root := tiny(t)
	s := serving(t, root)
	events := s.follow()
	first := until(s, events, "report", func(gotest.Report) bool { return true })
	assert.Equal(t, 3, first.Progress.Total)
	assert.Equal(t, gotest.Todo, first.Exercises[0].State)
	assert.Contains(t, first.Exercises[2].Tests[0].Failure, "ATTACK SUCCEEDED")

	coursetest.Replace(t, root, "step1-alpha/alpha.go", `return 0, errTODO("1.1")`, "return n + n, nil")
	saved := until(s, events, "now", func(n struct{ Saved string }) bool { return n.Saved != "" })
	assert.Equal(t, "step1-alpha/alpha.go", saved.Saved)
	until(s, events, "report", func(r gotest.Report) bool { return r.Exercises[0].State == gotest.Green })

	late := until(s, s.follow(), "report", func(gotest.Report) bool { return true })
	assert.Equal(t, gotest.Green, late.Exercises[0].State, "who comes later learns how things stand")
	assert.Contains(t, s.get("/").Body.String(), `data-state-of="1.1" data-state="green"`)

	type rest struct {
		Doing string
		Stale []string
		Runs  int
	}
	before := until(s, events, "now", func(n rest) bool { return n.Doing == "" && len(n.Stale) == 0 })
	require.Equal(t, http.StatusNoContent, s.post("/again").Code)
	until(s, events, "now", func(n rest) bool { return n.Runs > before.Runs })
}

func TestThereIsAnEndToStreams(t *testing.T) {
	t.Parallel()
	s := serving(t, tiny(t))
	open := func() (*http.Response, context.CancelFunc) {
		ctx, leave := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.host+s.place+"/events", nil)
		require.NoError(t, err)
		r.AddCookie(s.cookie)
		w, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		t.Cleanup(func() { leave(); w.Body.Close() })
		return w, leave
	}
	var leave context.CancelFunc
	for n := 0; ; n++ {
		require.Less(t, n, 100, "ATTACK SUCCEEDED: mallory opens streams without end")
		w, cancel := open()
		if w.StatusCode == http.StatusServiceUnavailable {
			assert.GreaterOrEqual(t, n, 12, "two browsers have room")
			assert.Equal(t, "5", w.Header.Get("Retry-After"))
			break
		}
		require.Equal(t, http.StatusOK, w.StatusCode)
		leave = cancel
	}
	assert.Equal(t, http.StatusOK, s.get("/").Code, "the pages are still there")
	leave()
	assert.Eventually(t, func() bool {
		w, cancel := open()
		cancel()
		return w.StatusCode == http.StatusOK
	}, 20*time.Second, 50*time.Millisecond, "who leaves makes room")
}

func TestABodyIsRefusedUnread(t *testing.T) {
	t.Parallel()
	s := serving(t, tiny(t))
	for what, length := range map[string]string{"announced": "Content-Length: 1000000000000", "in chunks": "Transfer-Encoding: chunked"} {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.host)
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_, err = fmt.Fprintf(conn, "POST %s/again HTTP/1.1\r\nHost: %s\r\nCookie: workshop=%s\r\nX-Workshop-Token: %s\r\n%s\r\n\r\n", s.place, s.host, s.cookie.Value, s.token, length)
		require.NoError(t, err)
		w, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		w.Body.Close()
		assert.Equal(t, http.StatusRequestEntityTooLarge, w.StatusCode, what)
		assert.True(t, w.Close, what)
	}
}

func TestSlowAndTalkativeClientsAreSentAway(t *testing.T) {
	t.Parallel()
	s := serving(t, tiny(t))
	dial := func() net.Conn {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.host)
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
		return conn
	}
	slow := dial()
	_, err := fmt.Fprintf(slow, "GET / HTTP/1.1\r\nHost: %s\r\nX-Slow:", s.host)
	require.NoError(t, err)

	talkative := dial()
	go func() {
		_, _ = fmt.Fprintf(talkative, "GET / HTTP/1.1\r\nHost: %s\r\nX-Long: %s\r\n\r\n", s.host, strings.Repeat("a", 100<<10))
	}()
	w, err := http.ReadResponse(bufio.NewReader(talkative), nil)
	require.NoError(t, err)
	w.Body.Close()
	assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, w.StatusCode)

	_, err = io.ReadAll(slow)
	assert.NoError(t, err, "ATTACK SUCCEEDED: mallory holds a connection with half a request")
}

func TestNothingIsLeftWhenItEnds(t *testing.T) {
	t.Parallel()
	c, err := course.Load(tiny(t))
	require.NoError(t, err)
	listener, err := web.Listen(t.Context(), "127.0.0.1:0")
	require.NoError(t, err)
	web, err := web.New(c, listener.Addr())
	require.NoError(t, err)
	s := &site{t: t, server: web, handler: web.Handler(), host: listener.Addr().String()}
	s.enter()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- web.Serve(ctx, listener) }()
	events := s.follow()
	require.Equal(t, http.StatusNoContent, s.post("/server/2/start").Code)
	up := until(s, events, "server", func(v server) bool { return v.Phase == "serving" })

	stop()
	require.NoError(t, <-ended)
	for range events {
		continue // the stream has an end, or this would not have
	}
	_, err = http.Get(up.Address)
	require.Error(t, err, "the step's server is gone")
	_, err = http.Get("http://" + s.host)
	require.Error(t, err)
	assert.NotEqual(t, http.StatusNoContent, s.post("/server/2/start").Code, "and none starts any more")
}
