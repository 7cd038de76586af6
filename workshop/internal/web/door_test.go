package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/web"
)

// Of each kind of path one.
var (
	pages = []string{"/", "/step/1", "/step/1/quiz", "/step/1/server", "/step/1/source/step1-alpha/alpha.go", "/token", "/instructors", "/nowhere"}
	parts = []string{"/step/1/drawing/alpha.svg", "/assets/main.js", "/assets/style.css"}
	data  = []string{"/events", "/hint/1.1/1", "/diff/1.1", "/quiz/1/1/1"}
	acts  = []string{"/again", "/server/2/start", "/server/2/attack", "/server/stop"}
)

func everything() []string {
	return append(append(append(append([]string{}, pages...), parts...), data...), acts...)
}

func TestOnlyOurOwnNamesAreAnswered(t *testing.T) {
	t.Parallel()
	s := newSite(t, tiny(t))
	port := s.host[strings.LastIndex(s.host, ":"):]
	for _, name := range []string{"127.0.0.1" + port, "localhost" + port, "[::1]" + port, "localhost", "127.0.0.1:54321", "[::1]"} { // a forwarded port is another
		assert.Equal(t, http.StatusOK, s.get("/", hostName(name)).Code, name)
	}
	for _, name := range []string{
		"mallory.example" + port, "mallory.example", "127.0.0.1.mallory.example" + port, "localhost.mallory.example" + port,
		"localhost." + port, "127.0.0.1:0", "127.0.0.1:port", "127.0.0.1:65536", "127.0.0.1:1@mallory.example", "mallory.example:127.0.0.1", "::1", "[::1", "0.0.0.0" + port, "[::]" + port, "127.1" + port, "2130706433" + port, "",
	} {
		for _, path := range append(everything(), "/") {
			w := s.get(path, hostName(name))
			assert.Equal(t, http.StatusMisdirectedRequest, w.Code, "ATTACK SUCCEEDED: %s had %s lead to this machine and read %s", "mallory", name, path)
			assert.NotContains(t, w.Body.String(), s.token)
		}
		w := s.stranger(http.MethodGet, s.key, hostName(name))
		assert.Empty(t, w.Result().Cookies(), name)
	}
}

func TestWithoutTheKeyNobodyComesIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, tiny(t))
	for _, path := range everything() {
		method := http.MethodGet
		if strings.HasPrefix(path, "/server/") || path == "/again" {
			method = http.MethodPost
		}
		for what, cookie := range map[string]string{"no cookie": "", "an empty one": "workshop=", "a guess": "workshop=AAAAAAAAAAAAAAAAAAAAAAAAAA", "the key": "workshop=" + strings.TrimPrefix(s.key, "/open/"), "the token": "workshop=" + s.token} {
			w := s.stranger(method, s.place+path, header("Cookie", cookie), header("X-Workshop-Token", s.token))
			assert.Equal(t, http.StatusUnauthorized, w.Code, "ATTACK SUCCEEDED: another user of the machine came to %s with %s", path, what)
			assert.Contains(t, w.Body.String(), "go run ./workshop serve")
		}
	}
	for _, path := range []string{"/", "/step/1", "/open/", "/open/AAAAAAAAAAAAAAAAAAAAAAAAAA", s.key + "A", s.key[:len(s.key)-1], "/open" + s.place} {
		w := s.stranger(http.MethodGet, path)
		assert.Equal(t, http.StatusUnauthorized, w.Code, path)
		assert.Empty(t, w.Result().Cookies(), path)
		assert.NotContains(t, w.Body.String(), s.place[1:], path)
	}
	assert.Equal(t, http.StatusUnauthorized, s.stranger(http.MethodPost, s.key).Code)
}

func TestTheSecretsAreNewAtEveryStart(t *testing.T) {
	t.Parallel()
	a, b := newSite(t, tiny(t)), newSite(t, tiny(t))
	assert.NotEqual(t, a.key, b.key)
	assert.NotEqual(t, a.cookie.Value, b.cookie.Value)
	assert.NotEqual(t, a.token, b.token)
	assert.NotEqual(t, a.place, b.place)
	for _, secret := range []string{strings.TrimPrefix(a.key, "/open/"), a.cookie.Value, a.token} {
		assert.GreaterOrEqual(t, len(secret), 26, "128 bits in base32")
	}
	assert.NotEqual(t, a.cookie.Value, a.token)
}

func TestTheCookieStaysWithUs(t *testing.T) {
	t.Parallel()
	s := newSite(t, tiny(t))
	assert.True(t, s.cookie.HttpOnly, "no script reads it")
	assert.Equal(t, http.SameSiteStrictMode, s.cookie.SameSite, "no other site sends it")
	assert.Empty(t, s.cookie.Domain)
	assert.Equal(t, s.place+"/", s.cookie.Path, "no other server of this machine gets it")
	assert.Greater(t, len(s.place), 8, "its folder cannot be guessed")
	twice := header("Cookie", "workshop=of-another-server; workshop="+s.cookie.Value)
	assert.Equal(t, http.StatusOK, s.stranger(http.MethodGet, s.place+"/", twice).Code, "and no other server can take ours away")
}

func TestOtherSitesGetNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, tiny(t))
	attacks := map[string][]option{
		"a script of another site":   {header("Sec-Fetch-Site", "cross-site"), header("Sec-Fetch-Mode", "cors"), header("Sec-Fetch-Dest", "empty")},
		"an image of another site":   {header("Sec-Fetch-Site", "cross-site"), header("Sec-Fetch-Mode", "no-cors"), header("Sec-Fetch-Dest", "image")},
		"a page at another port":     {header("Sec-Fetch-Site", "same-site"), header("Sec-Fetch-Mode", "cors"), header("Sec-Fetch-Dest", "empty")},
		"a frame at another port":    {header("Sec-Fetch-Site", "same-site"), header("Sec-Fetch-Mode", "navigate"), header("Sec-Fetch-Dest", "iframe")},
		"a script tag":               {header("Sec-Fetch-Site", "same-site"), header("Sec-Fetch-Mode", "no-cors"), header("Sec-Fetch-Dest", "script")},
		"an old browser":             {header("Origin", "https://mallory.example")},
		"an old browser, other port": {header("Origin", "http://127.0.0.1:1")},
		"a sandbox":                  {header("Origin", "null")},
		"a page beside ours":         {header("Origin", "http://localhost:1"), header("Sec-Fetch-Site", "same-site")},
		"a page beside ours, https":  {header("Origin", "https://127.0.0.1:1")},
		"no page":                    {header("Origin", "file://"), header("Sec-Fetch-Site", "same-origin")},
		"another name of ours":       {header("Origin", "https://127.0.0.1.mallory.example"), header("Sec-Fetch-Site", "same-origin")},
		"a codespace, not this one":  {header("Origin", "https://mallory-8090.app.github.dev"), header("Sec-Fetch-Site", "same-origin")},
	}
	for who, options := range attacks {
		for _, path := range append(append(append([]string{}, pages...), parts...), data...) {
			w := s.get(path, options...)
			assert.Equal(t, http.StatusForbidden, w.Code, "ATTACK SUCCEEDED: %s read %s", who, path)
		}
		for _, path := range acts {
			w := s.ask(http.MethodPost, path, append(options, header("X-Workshop-Token", s.token))...)
			assert.Equal(t, http.StatusForbidden, w.Code, "ATTACK SUCCEEDED: %s did %s", who, path)
		}
	}
}

// An editor, ssh or a container forwards a port: the browser's name of the site is
// not the one that arrives here.
func TestAForwardedPortLeadsIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, tiny(t))
	const name = "ada-8090.app.github.dev"
	ways := map[string][]option{
		"another port":            {hostName("localhost:54321"), header("Origin", "http://localhost:54321")},
		"another port, rewritten": {header("Origin", "http://localhost:54321"), header("Sec-Fetch-Site", "same-origin")},
		"https":                   {header("Origin", "https://"+s.host)},
		"https, another port":     {header("Origin", "https://localhost:8443"), header("Sec-Fetch-Site", "same-origin")},
	}
	named := map[string][]option{
		"the name":            {hostName(name), header("Origin", "https://"+name), header("Sec-Fetch-Site", "same-origin")},
		"the name, rewritten": {header("Origin", "https://"+name), header("Sec-Fetch-Site", "same-origin")},
		"an old browser":      {header("Origin", "https://"+name)},
	}
	come := func(ways map[string][]option, page, act int) {
		for who, options := range ways {
			assert.Equal(t, page, s.get("/", options...).Code, who)
			w := s.ask(http.MethodPost, "/server/stop", append(options, header("X-Workshop-Token", s.token))...)
			assert.Equal(t, act, w.Code, who)
		}
	}
	come(ways, http.StatusOK, http.StatusNoContent)
	w := s.get("/", named["the name"]...)
	assert.Equal(t, http.StatusMisdirectedRequest, w.Code)
	assert.Contains(t, w.Body.String(), "go run ./workshop serve --host NAME")
	w = s.get("/", named["an old browser"]...)
	assert.Equal(t, http.StatusForbidden, w.Code)
	assert.Contains(t, w.Body.String(), "go run ./workshop serve --host NAME")

	s.server.Forward(name)
	assert.True(t, strings.HasPrefix(s.server.Address(), "https://"+name+"/open/"), s.server.Address())
	come(ways, http.StatusOK, http.StatusNoContent)
	come(named, http.StatusOK, http.StatusNoContent)
	for _, other := range []string{"mallory-8090.app.github.dev", name + ".mallory.example", "mallory." + name, name + ":443", "ada-8091.app.github.dev"} {
		assert.Equal(t, http.StatusMisdirectedRequest, s.get("/", hostName(other)).Code, other)
		assert.Equal(t, http.StatusForbidden, s.get("/", header("Origin", "https://"+other), header("Sec-Fetch-Site", "same-origin")).Code, other)
		assert.Equal(t, http.StatusForbidden, s.get("/", header("Origin", "http://"+name)).Code, "plain http")
	}
}

func TestALinkFromElsewhereLeadsToAPageAndToNothingMore(t *testing.T) {
	t.Parallel()
	s := newSite(t, tiny(t))
	link := []option{header("Sec-Fetch-Site", "same-site"), header("Sec-Fetch-Mode", "navigate"), header("Sec-Fetch-Dest", "document")}
	assert.Equal(t, http.StatusOK, s.get("/step/1", link...).Code)
	assert.Equal(t, http.StatusForbidden, s.ask(http.MethodPost, "/step/1", link...).Code, "a form is no link")
	for _, path := range data {
		assert.Equal(t, http.StatusForbidden, s.get(path, link...).Code, path)
	}
	for _, path := range acts {
		w := s.ask(http.MethodPost, path, append(link, header("X-Workshop-Token", s.token))...)
		assert.Equal(t, http.StatusForbidden, w.Code, "ATTACK SUCCEEDED: a form of another page did %s", path)
	}
}

func TestWhatChangesSomethingNeedsTheToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, tiny(t))
	for _, path := range acts {
		for _, token := range []string{"", "AAAAAAAAAAAAAAAAAAAAAAAAAA", s.cookie.Value, strings.TrimPrefix(s.key, "/open/")} {
			w := s.ask(http.MethodPost, path, header("X-Workshop-Token", token), header("Sec-Fetch-Site", "same-origin"))
			assert.Equal(t, http.StatusForbidden, w.Code, "ATTACK SUCCEEDED: %s without the token", path)
		}
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions} {
			w := s.ask(method, path, header("X-Workshop-Token", s.token))
			assert.GreaterOrEqual(t, w.Code, 400, "%s %s", method, path)
		}
	}
	assert.Equal(t, http.StatusNoContent, s.post("/server/stop").Code, "our own page may")
}

func TestEveryAnswerHoldsTheBrowserToIt(t *testing.T) {
	t.Parallel()
	s := newSite(t, tiny(t))
	for _, w := range map[string]http.Header{
		"a page":   s.get("/").Header(),
		"data":     s.get("/hint/1.1/1").Header(),
		"a script": s.get("/assets/main.js").Header(),
		"nothing":  s.get("/nowhere").Header(),
		"a no":     s.stranger(http.MethodGet, "/").Header(),
		"the door": s.stranger(http.MethodGet, s.key).Header(),
		"an act":   s.post("/server/stop").Header(),
		"no name":  s.get("/", hostName("mallory.example")).Header(),
	} {
		policy := w.Get("Content-Security-Policy")
		for _, rule := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "require-trusted-types-for 'script'"} {
			assert.Contains(t, strings.Split(policy, "; "), rule)
		}
		assert.NotContains(t, policy, "unsafe")
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp",
		} {
			assert.Equal(t, want, w.Get(name), name)
		}
		assert.Empty(t, w.Get("Access-Control-Allow-Origin"))
	}
	drawing := s.get("/step/1/drawing/alpha.svg")
	require.Equal(t, http.StatusOK, drawing.Code)
	assert.Equal(t, "image/svg+xml", drawing.Header().Get("Content-Type"))
	assert.Contains(t, drawing.Header().Get("Content-Security-Policy"), "default-src 'none'")
	assert.Contains(t, drawing.Header().Get("Content-Security-Policy"), "sandbox")
	assert.NotContains(t, drawing.Header().Get("Content-Security-Policy"), "script-src")
}

func TestOurPagesKeepToTheirPolicy(t *testing.T) {
	t.Parallel()
	s := newSite(t, tiny(t))
	for _, path := range append(append([]string{}, pages...), "/step/2", "/step/2/server", "/step/1/flaws") {
		page := s.get(path).Body.String()
		for _, inline := range []string{"<style", " style=", "<script>", " onclick=", " onload=", "javascript:", `="http`} {
			assert.NotContains(t, page, inline, path)
		}
	}
}

func TestOnlyThisMachineCanReachIt(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", "[::]:0", "192.0.2.1:0", "mallory.example:0", "127.0.0.1.nip.io:0", "*:0", "127.1:0", "2130706433:0", "[::ffff:0.0.0.0]:0"} {
		_, err := web.Listen(t.Context(), addr)
		assert.ErrorContains(t, err, "could be reached by others", addr)
	}
	_, err := web.Listen(t.Context(), "8090")
	require.ErrorContains(t, err, "write host:port")
	for _, addr := range []string{"", ":0", "127.0.0.1:0", "localhost:0"} {
		listener, err := web.Listen(t.Context(), addr)
		require.NoError(t, err, addr)
		assert.True(t, strings.HasPrefix(listener.Addr().String(), "127.0.0.1:"), listener.Addr())
		if addr == "127.0.0.1:0" {
			_, err = web.Listen(t.Context(), listener.Addr().String())
			require.ErrorContains(t, err, "somebody else listens")
		}
		t.Cleanup(func() { listener.Close() })
	}
	again, err := web.Listen(t.Context(), "")
	require.NoError(t, err, "if the usual port is taken, a free one will do")
	again.Close()
}
