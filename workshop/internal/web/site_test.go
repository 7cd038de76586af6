package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/web"
)

func TestMain(m *testing.M) {
	_ = os.Unsetenv("GOWORK") // the tiny workshop has its own
	m.Run()
}

// site is the companion of a tiny workshop, and the browser of whoever started it.
type site struct {
	t       *testing.T
	root    string
	server  *web.Server
	handler http.Handler
	host    string // "127.0.0.1:34567"
	key     string // the path that opens it
	place   string // the folder of all pages
	cookie  *http.Cookie
	token   string
}

// newSite returns the companion of a workshop, its door opened with the key.
// Nothing is tested, and nobody listens but the handler.
func newSite(t *testing.T, root string) *site {
	t.Helper()
	c, err := course.Load(root)
	require.NoError(t, err)
	listener, err := web.Listen(t.Context(), "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	server, err := web.New(c, listener.Addr())
	require.NoError(t, err)
	t.Cleanup(server.Close)
	s := &site{t: t, root: root, server: server, handler: server.Handler(), host: listener.Addr().String()}
	s.enter()
	return s
}

// reading is a site that can be read in a browser and runs no tests.
func reading(t *testing.T, root string) *site {
	t.Helper()
	c, err := course.Load(root)
	require.NoError(t, err)
	pages := httptest.NewUnstartedServer(nil)
	server, err := web.New(c, pages.Listener.Addr())
	require.NoError(t, err)
	t.Cleanup(server.Close)
	pages.Config.Handler = server.Handler()
	pages.Start()
	t.Cleanup(pages.Close)
	t.Cleanup(pages.CloseClientConnections) // the event streams have no other end
	s := &site{t: t, root: root, server: server, handler: server.Handler(), host: pages.Listener.Addr().String()}
	s.enter()
	return s
}

// serving is a site that is served, and follows what is saved.
func serving(t *testing.T, root string) *site {
	t.Helper()
	c, err := course.Load(root)
	require.NoError(t, err)
	listener, err := web.Listen(t.Context(), "127.0.0.1:0")
	require.NoError(t, err)
	server, err := web.New(c, listener.Addr())
	require.NoError(t, err)
	s := &site{t: t, root: root, server: server, handler: server.Handler(), host: listener.Addr().String()}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		assert.NoError(t, <-ended)
	})
	s.enter()
	return s
}

var tokenInPage = regexp.MustCompile(`data-token="([^"]+)"`)

// enter opens the door with the key, and takes the token of a page.
func (s *site) enter() {
	s.t.Helper()
	s.key = strings.TrimPrefix(s.server.Address(), "http://"+s.host)
	opened := s.stranger(http.MethodGet, s.key)
	require.Equal(s.t, http.StatusOK, opened.Code)
	require.Len(s.t, opened.Result().Cookies(), 1)
	s.cookie = opened.Result().Cookies()[0]
	s.place = strings.TrimSuffix(strings.TrimPrefix(opened.Header().Get("Refresh"), "0; url="), "/")
	page := s.get("/")
	require.Equal(s.t, http.StatusOK, page.Code)
	s.token = tokenInPage.FindStringSubmatch(page.Body.String())[1]
}

// An option makes a request another one.
type option func(*http.Request)

func header(name, value string) option {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func hostName(name string) option { return func(r *http.Request) { r.Host = name } }

// stranger asks without a cookie; path is from the root of the server.
func (s *site) stranger(method, path string, options ...option) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, "http://"+s.host+path, nil)
	for _, change := range options {
		change(r)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// ask asks as the browser does that was let in; path is from the site's folder.
func (s *site) ask(method, path string, options ...option) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.stranger(method, s.place+path, append([]option{func(r *http.Request) { r.AddCookie(s.cookie) }}, options...)...)
}

func (s *site) get(path string, options ...option) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.ask(http.MethodGet, path, options...)
}

// post is what the page's own scripts send.
func (s *site) post(path string) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.ask(http.MethodPost, path, header("X-Workshop-Token", s.token), header("Origin", "http://"+s.host), header("Sec-Fetch-Site", "same-origin"))
}

// answer decodes what a page's script gets.
func answer[T any](t *testing.T, w *httptest.ResponseRecorder) (value T) {
	t.Helper()
	require.Equal(t, "application/json", w.Header().Get("Content-Type"), w.Body)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &value))
	return value
}

// event is one that was told.
type event struct{ name, data string }

// follow returns what the site tells a page, which leaves when the test ends.
func (s *site) follow() <-chan event {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.host+s.place+"/events", nil)
	require.NoError(s.t, err)
	r.AddCookie(s.cookie)
	w, err := http.DefaultClient.Do(r)
	require.NoError(s.t, err)
	require.Equal(s.t, http.StatusOK, w.StatusCode)
	require.Equal(s.t, "text/event-stream", w.Header.Get("Content-Type"))
	events := make(chan event, 1000)
	go func() {
		defer close(events)
		defer w.Body.Close()
		lines := bufio.NewReader(w.Body)
		name := ""
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return // the site has ended, or the test
			}
			line = strings.TrimSuffix(line, "\n")
			if value, ok := strings.CutPrefix(line, "event: "); ok {
				name = value
			}
			if value, ok := strings.CutPrefix(line, "data: "); ok {
				events <- event{name, value}
			}
		}
	}()
	return events
}

// until waits for an event whose data are as wanted.
func until[T any](s *site, events <-chan event, name string, is func(T) bool) T {
	s.t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case e, ok := <-events:
			require.True(s.t, ok, "the stream ended, and %q did not come as wanted", name)
			var value T
			if e.name != name {
				continue
			}
			require.NoError(s.t, json.Unmarshal([]byte(e.data), &value))
			if is(value) {
				return value
			}
		case <-deadline:
			require.FailNow(s.t, "a minute went by, and "+name+" did not come as wanted")
		}
	}
}

// tiny is a workshop with lessons and a server.
func tiny(t *testing.T) string {
	t.Helper()
	root := coursetest.RepoWithReference(t)
	coursetest.Write(t, root, "step1-alpha/README.md", "# Step 1: Alpha\n\n![A drawing](alpha.svg)\n\n### 1.1 Double a number\n\nIn [`alpha.go`](alpha.go). On to [step 2](../step2-beta/README.md).\n\n<details>\n<summary>More</summary>\n\nIt is.\n</details>\n")
	coursetest.Write(t, root, "INSTRUCTORS.md", "# For instructors\n\nBegin with [step 1](step1-alpha/README.md).\n")
	coursetest.Write(t, root, "step1-alpha/alpha.svg", `<svg xmlns="http://www.w3.org/2000/svg"/>`)
	coursetest.Write(t, root, "step2-beta/cmd/bookapi/main.go", coursetest.Server)
	return root
}
