package hardening_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	. "example.com/bookapi/bookapitest"
	hardening "example.com/bookapi/step5-hardening"
)

// trusted is a configuration for production behind proxies.
var trusted = hardening.Config{
	Production: true,
	Proxies:    []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")},
}

// transport makes sure that a safe way to serve is not refused.
func transport(t *testing.T, c hardening.Config, tls, loopback bool) hardening.Transport {
	t.Helper()
	serves, err := hardening.NewTransport(c, tls, loopback)
	require.NoError(Promise(t, "5.5", "NewTransport lets a server start that is safe (production %v, TLS %v, %d proxies, on loopback %v)", c.Production, tls, len(c.Proxies), loopback), err)
	return serves
}

func overTLS(t *testing.T) hardening.Transport {
	t.Helper()
	return transport(t, hardening.Config{Production: true}, true, false)
}

func behindProxies(t *testing.T) hardening.Transport {
	t.Helper()
	return transport(t, trusted, false, false)
}

func inDevelopment(t *testing.T) hardening.Transport {
	t.Helper()
	return transport(t, hardening.Config{}, false, true)
}

// login is what must not travel in the open.
func login() *http.Request {
	r := Form("/token", url.Values{"username": {Ada}, "password": {AdaPassword}})
	r.RemoteAddr = "203.0.113.9:4711"
	return r
}

// secure is a login over TLS.
func secure() *http.Request {
	r := login()
	r.TLS = new(tls.ConnectionState)
	return r
}

// plain is a login in plain HTTP from a peer, with these values of
// X-Forwarded-Proto.
func plain(peer string, protos ...string) *http.Request {
	r := login()
	r.RemoteAddr = peer
	for _, proto := range protos {
		r.Header.Add("X-Forwarded-Proto", proto)
	}
	return r
}

// through sends a request through Protect, and returns the answer and how often
// the handler behind it ran.
func through(t *testing.T, way hardening.Transport, r *http.Request) (Answer, int) {
	t.Helper()
	runs := 0
	return sent(t, way.Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		runs++
		w.WriteHeader(http.StatusTeapot)
	})), r), runs
}

// served makes sure that a request reaches the handler, and returns the answer.
func served(t *testing.T, way hardening.Transport, r *http.Request) Answer {
	t.Helper()
	answer, runs := through(t, way, r)
	require.Equal(Promise(t, "5.5", "the handler behind Protect answers %s %s from %s, over %v", r.Method, r.URL, r.RemoteAddr, way), http.StatusTeapot, answer.Status)
	require.Equal(Promise(t, "5.5", "the handler runs once"), 1, runs)
	return answer
}

// inTheOpen demands that a request is refused before anybody acts on it.
func inTheOpen(t *testing.T, way hardening.Transport, r *http.Request, what string) {
	t.Helper()
	secret := "password"
	if r.Header.Get("Authorization") != "" {
		secret = "token"
	}
	answer, runs := through(t, way, r)
	if runs > 0 {
		t.Fatalf("ATTACK SUCCEEDED: ada's %s came in plain HTTP (%s), mallory read it on the way, and it worked as if nothing had happened", secret, what)
	}
	if answer.Header.Get("Location") != "" || answer.Status/100 == 3 {
		t.Fatalf("ATTACK SUCCEEDED: ada's %s came in plain HTTP (%s), and was sent on to https: mallory has read it all the same, and ada's client goes on like this, since it works (answer: %v)", secret, what, answer)
	}
	assert.Equal(Promise(t, "5.5", "plain HTTP is refused with a 4xx, not: %v", answer), 4, answer.Status/100)
	checkHeaders(t, answer)
	assert.Empty(Promise(t, "5.5", "Strict-Transport-Security counts for nothing over plain HTTP, where anybody could have written it (RFC 6797 §7.2)"), answer.Header.Values("Strict-Transport-Security"))
}

// directives reads a header that is a list of directives: names in lower case.
func directives(header http.Header, name, separator string) map[string]string {
	found := make(map[string]string)
	for part := range strings.SplitSeq(strings.Join(header.Values(name), separator), separator) {
		directive, value, _ := strings.Cut(strings.TrimSpace(strings.ReplaceAll(part, "=", " ")), " ")
		found[strings.ToLower(directive)] = strings.Trim(strings.TrimSpace(value), `"`)
	}
	return found
}

// checkHeaders demands what a browser has to be told with each answer.
func checkHeaders(t *testing.T, answer Answer) {
	t.Helper()
	h := answer.Header
	assert.Equal(Promise(t, "5.5", "X-Content-Type-Options keeps a browser from taking JSON for a page (answer: %v)", answer), "nosniff", strings.ToLower(h.Get("X-Content-Type-Options")))
	csp := directives(h, "Content-Security-Policy", ";")
	assert.Equal(Promise(t, "5.5", "Content-Security-Policy lets a browser load nothing, and is %q (answer: %v)", h.Values("Content-Security-Policy"), answer), "'none'", csp["default-src"])
	framed := csp["frame-ancestors"] != "'none'" && !strings.EqualFold(h.Get("X-Frame-Options"), "DENY")
	assert.False(Promise(t, "5.5", "the API stands in no frame: Content-Security-Policy has frame-ancestors 'none', and is %q (answer: %v)", h.Values("Content-Security-Policy"), answer), framed)
	assert.Contains(Promise(t, "5.5", "no cache keeps an answer: Cache-Control is no-store (answer: %v)", answer), directives(h, "Cache-Control", ","), "no-store")
	assert.Contains(Promise(t, "5.5", "Referrer-Policy tells other sites nothing (answer: %v)", answer), []string{"no-referrer", "same-origin"}, strings.ToLower(h.Get("Referrer-Policy")))
}

func TestTransportServesWhatIsSafe(t *testing.T) {
	development := hardening.Config{}
	production := hardening.Config{Production: true}
	behind := hardening.Config{Proxies: trusted.Proxies}
	for _, loopback := range []bool{true, false} {
		served(t, transport(t, production, true, loopback), secure())
		served(t, transport(t, development, true, loopback), secure())
		served(t, transport(t, trusted, false, loopback), plain("10.0.0.7:4711", "https"))
		served(t, transport(t, behind, false, loopback), plain("10.0.0.7:4711", "https"))
		served(t, transport(t, trusted, true, loopback), secure())
	}
	served(t, transport(t, development, false, true), plain("127.0.0.1:4711"))
}

func TestTransportRefusesToServeInTheOpen(t *testing.T) {
	for what, start := range Sorted(map[string]struct{ production, loopback bool }{
		"production, for everybody":         {true, false},
		"production, for this machine":      {true, true}, // where a proxy may be that nobody named
		"development, for all who can call": {false, false},
	}) {
		t.Run(what, func(t *testing.T) {
			overTLS(t)
			inDevelopment(t)
			if way, err := hardening.NewTransport(hardening.Config{Production: start.production}, false, start.loopback); err == nil {
				t.Errorf("ATTACK SUCCEEDED: the server started without TLS and without a proxy that has it (%s: %v); mallory reads every password on the way", what, way)
			}
		})
	}
}

func TestTransportSetsHeadersOnEveryAnswer(t *testing.T) {
	for what, way := range Sorted(map[string]struct {
		transport func(*testing.T) hardening.Transport
		r         func() *http.Request
	}{
		"over TLS":       {overTLS, secure},
		"behind a proxy": {behindProxies, func() *http.Request { return plain("10.0.0.7:4711", "https") }},
		"in development": {inDevelopment, func() *http.Request { return plain("127.0.0.1:4711") }},
	}) {
		for _, status := range []int{200, 201, 204, 301, 400, 401, 403, 404, 405, 413, 429, 500, 503} {
			t.Run(fmt.Sprint(what, " ", status), func(t *testing.T) {
				answer := sent(t, way.transport(t).Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.WriteHeader(status)
				})), way.r())
				require.Equal(Promise(t, "5.5", "Protect passes on what the handler answers"), status, answer.Status)
				checkHeaders(t, answer)
			})
		}
	}
}

func TestTransportSetsHeadersBeforeTheHandlerWrites(t *testing.T) {
	answer := sent(t, overTLS(t).Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("{}"))
	})), secure())
	assert.Equal(Promise(t, "5.5", "Protect passes on what the handler writes"), "{}", answer.Body)
	checkHeaders(t, answer)
}

func TestTransportLetsAHandlerSayMore(t *testing.T) {
	const docs = "default-src 'none'; script-src 'self'"
	answer := sent(t, overTLS(t).Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", docs)
	})), secure())
	assert.Equal(Promise(t, "5.5", "a page like /docs sets a policy of its own"), []string{docs}, answer.Header.Values("Content-Security-Policy"))
}

// sticks demands that a browser comes back over https alone, for a year.
func sticks(t *testing.T, answer Answer) {
	t.Helper()
	seconds, err := strconv.Atoi(directives(answer.Header, "Strict-Transport-Security", ";")["max-age"])
	require.NoError(Promise(t, "5.5", "Strict-Transport-Security has a max-age in seconds, not %q", answer.Header.Values("Strict-Transport-Security")), err)
	assert.GreaterOrEqual(Promise(t, "5.5", "Strict-Transport-Security lasts a year (ASVS 3.4.1)"), seconds, 365*24*60*60)
}

func TestTransportMakesHTTPSStick(t *testing.T) {
	sticks(t, served(t, overTLS(t), secure()))
	sticks(t, served(t, behindProxies(t), plain("10.0.0.7:4711", "https")))
}

func TestTransportPromisesNoHTTPSOverHTTP(t *testing.T) {
	for _, protos := range [][]string{nil, {"https"}, {"http"}} {
		answer := served(t, inDevelopment(t), plain("127.0.0.1:4711", protos...))
		assert.Empty(Promise(t, "5.5", "Strict-Transport-Security counts for nothing over plain HTTP, and keeps a developer out for a year; X-Forwarded-Proto is %q", protos), answer.Header.Values("Strict-Transport-Security"))
	}
}

func TestTransportRefusesPlainHTTP(t *testing.T) {
	served(t, overTLS(t), secure())
	inTheOpen(t, overTLS(t), plain("203.0.113.9:4711"), "to a server that has TLS")
	inTheOpen(t, overTLS(t), plain("203.0.113.9:4711", "https"), "to a server that has TLS, with X-Forwarded-Proto: https")
	served(t, behindProxies(t), plain("10.0.0.7:4711", "https"))
	inTheOpen(t, behindProxies(t), plain("203.0.113.9:4711"), "past the proxy")
}

// A token is as good as a password for a quarter of an hour, and comes with every
// request.
func TestTransportRefusesPlainHTTPForReadingToo(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"} {
		t.Run(method, func(t *testing.T) {
			r := Request(method, "/me")
			r.RemoteAddr = "203.0.113.9:4711"
			r.Header.Set("Authorization", "Bearer "+randomText("a"))
			r.TLS = new(tls.ConnectionState)
			served(t, overTLS(t), r)
			r.TLS = nil
			inTheOpen(t, overTLS(t), r, method)
		})
	}
}

func TestTransportAsksTheProxyHowARequestCame(t *testing.T) {
	for what, protos := range Sorted(map[string][]string{
		"the proxy says nothing":             nil,
		"the proxy says an empty word":       {""},
		"the proxy says http":                {"http"},
		"https to one proxy, http to ours":   {"https, http"},
		"http to one proxy, https to ours":   {"http, https"},
		"the client says https, and we http": {"https", "http"},
		"the client says http, and we https": {"http", "https"},
		"the proxy says something else":      {"ftp"},
		"the proxy says something like it":   {"httpsx"},
	}) {
		t.Run(what, func(t *testing.T) {
			way := behindProxies(t)
			served(t, way, plain("10.0.0.7:4711", "https"))
			inTheOpen(t, way, plain("10.0.0.7:4711", protos...), fmt.Sprintf("X-Forwarded-Proto: %q", protos))
		})
	}
}

func TestTransportKnowsItsProxies(t *testing.T) {
	for _, peer := range []string{"10.0.0.7:4711", "10.255.255.255:1", "[::ffff:10.0.0.7]:4711", "[fd00::7]:4711", "[fd00::7%eth0]:4711"} {
		t.Run(peer, func(t *testing.T) {
			sticks(t, served(t, behindProxies(t), plain(peer, "https")))
		})
	}
}

func TestTransportBelievesNoStranger(t *testing.T) {
	for _, peer := range []string{"203.0.113.9:4711", "11.0.0.7:4711", "9.255.255.255:4711", "[2001:db8::7]:4711", "[::ffff:203.0.113.9]:4711", "[fe00::7]:4711", "127.0.0.1:4711", "", "@", "10.0.0.7.example:4711", "010.0.0.7:4711"} {
		t.Run(peer, func(t *testing.T) {
			way := behindProxies(t)
			served(t, way, plain("10.0.0.7:4711", "https"))
			inTheOpen(t, way, plain(peer, "https"), "X-Forwarded-Proto: https, which "+peer+" wrote, who is no proxy of ours")
		})
	}
}

func TestTransportBelievesNoOtherHeader(t *testing.T) {
	for name, value := range Sorted(map[string]string{
		"Forwarded": "proto=https", "X-Forwarded-Ssl": "on", "X-Forwarded-Scheme": "https", "X-Url-Scheme": "https",
		"Front-End-Https": "on", "X-Forwarded-For": "10.0.0.7", "X-Real-Ip": "10.0.0.7", "Origin": "https://bookapi.example",
	}) {
		t.Run(name, func(t *testing.T) {
			way := behindProxies(t)
			served(t, way, plain("10.0.0.7:4711", "https"))
			r := plain("203.0.113.9:4711", "https")
			r.Header.Set(name, value)
			inTheOpen(t, way, r, name+": "+value)
			r = plain("10.0.0.7:4711", "http")
			r.Header.Set(name, value)
			inTheOpen(t, way, r, name+": "+value+" by the client, and X-Forwarded-Proto: http by our proxy")
		})
	}
	t.Run("the address", func(t *testing.T) {
		way := overTLS(t)
		served(t, way, secure())
		r := plain("203.0.113.9:4711")
		r.URL.Scheme, r.URL.Host = "https", "bookapi.example" // a request line may be POST https://... HTTP/1.1
		inTheOpen(t, way, r, "the request line says https")
	})
}

func TestTransportLetsProbesThrough(t *testing.T) {
	for _, path := range []string{"/healthz", "/readyz"} {
		for _, way := range []hardening.Transport{overTLS(t), behindProxies(t)} {
			probe := Request(http.MethodGet, path)
			probe.RemoteAddr = "192.168.0.1:4711"
			answer := served(t, way, probe)
			checkHeaders(t, answer)
			assert.Empty(Promise(t, "5.5", "Strict-Transport-Security counts for nothing over plain HTTP"), answer.Header.Values("Strict-Transport-Security"))
		}
	}
	for _, path := range []string{"/token", "/token?/healthz", "/token/healthz", "/healthz/../token", "/me#/healthz", "//healthz/token"} {
		r := plain("192.168.0.1:4711")
		r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
		inTheOpen(t, overTLS(t), r, "to "+path)
	}
}
