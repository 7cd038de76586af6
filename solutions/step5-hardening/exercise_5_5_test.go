package hardening_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/bookapitest"
	"example.com/bookapi/bookapitest/attack"
	hardening "example.com/bookapi/step5-hardening"
)

// trusted is a configuration for production behind proxies.
var trusted = hardening.Config{
	Production: true,
	Proxies:    []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8:1::/48")},
}

const (
	proxy    = "192.0.2.7:4711"
	stranger = "203.0.113.9:4711"
	local    = "127.0.0.1:4711"
)

// transport makes sure that a safe way to serve is not refused.
func transport(check *bookapitest.Check, c hardening.Config, tls, loopback bool) hardening.Transport {
	check.Helper()
	way, err := hardening.NewTransport(c, tls, loopback)
	require.NoError(check.Needs("5.5").Promise("NewTransport lets a server start that is safe (%s)",
		start(c, tls, loopback)), err)
	return way
}

// start is a start of the server in words.
func start(c hardening.Config, tls, loopback bool) string {
	return fmt.Sprintf("production: %v, TLS: %v, trusted proxies: %d, on loopback: %v", c.Production, tls,
		len(c.Proxies),
		loopback)
}

func overTLS(check *bookapitest.Check) hardening.Transport {
	check.Helper()
	return transport(check, hardening.Config{Production: true}, true, false)
}

func behindProxies(check *bookapitest.Check) hardening.Transport {
	check.Helper()
	return transport(check, trusted, false, false)
}

func inDevelopment(check *bookapitest.Check) hardening.Transport {
	check.Helper()
	return transport(check, hardening.Config{}, false, true)
}

// secure is a login over TLS.
func secure() *http.Request {
	r := plain(stranger)
	r.TLS = new(tls.ConnectionState)
	return r
}

// plain is a login in plain HTTP from a peer, with these values of
// X-Forwarded-Proto.
func plain(peer string, protos ...string) *http.Request {
	fields := url.Values{"username": {bookapitest.Ada}, "password": {bookapitest.AdaPassword}}
	r := bookapitest.Form("/token", fields)
	r.RemoteAddr = peer
	for _, proto := range protos {
		r.Header.Add("X-Forwarded-Proto", proto)
	}
	return r
}

// A protected handler counts how often it runs behind Protect, and answers 418.
type protected struct {
	http.Handler
	runs int
}

func behindProtect(way hardening.Transport) *protected {
	p := new(protected)
	p.Handler = way.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		attack.Note(r.Context(), "the next handler runs")
		p.runs++
		w.WriteHeader(http.StatusTeapot)
	}))
	return p
}

// served makes sure that a request reaches the handler, and returns the answer.
func served(check *bookapitest.Check, way hardening.Transport, r *http.Request) bookapitest.Answer {
	check.Helper()
	p := behindProtect(way)
	answer := bookapitest.Send(check, p, r)
	answer.Is(check, http.StatusTeapot, "the handler behind Protect answers %s %s from %s, over %v", r.Method, r.URL,
		r.RemoteAddr, way)
	require.Equal(check.Promise("the handler runs once"), 1, p.runs)
	return answer
}

// inTheOpen demands that a request is refused before anything is done for it.
func inTheOpen(check *bookapitest.Check, way hardening.Transport, r *http.Request, what string, args ...any) {
	check.Helper()
	what = fmt.Sprintf(what, args...)
	secret := "ada's password"
	if r.Header.Get("Authorization") != "" {
		secret = "ada's token"
	} else if r.Body == http.NoBody {
		secret = "a request"
	}
	p := behindProtect(way)
	answer := check.AnswersOnce(p, r)
	if answer.Header.Get("Location") != "" || answer.Status/100 == 3 {
		check.Attack("%s came in plain HTTP (%s), and was sent on to https: mallory has read it all the same, "+
			"and ada's client goes on like this, since it works (answer: %v)", secret, what, answer)
	}
	if p.runs > 0 {
		check.Attack("%s came in plain HTTP (%s), mallory read or changed it on the way, "+
			"and it worked as if nothing had happened", secret, what)
	}
	answer.IsClass(check, 4, "plain HTTP is refused (%s)", what)
	hasHeaders(check, r, answer)
	hasNoHSTS(check, answer)
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

// hasHeaders demands what a browser has to be told with each answer.
func hasHeaders(check *bookapitest.Check, r *http.Request, answer bookapitest.Answer) {
	check.Helper()
	check = check.Needs("5.5")
	h, to := answer.Header, fmt.Sprintf("answer to %s %s: %v", r.Method, r.URL, answer)
	if got := h.Values("X-Content-Type-Options"); len(got) == 0 || !strings.EqualFold(got[0], "nosniff") {
		check.Broken("X-Content-Type-Options keeps a browser from taking JSON for a page; expected nosniff, got %q "+
			"(%s)",
			got, to)
	}
	csp, policy := directives(h, "Content-Security-Policy", ";"), h.Values("Content-Security-Policy")
	if csp["default-src"] != "'none'" {
		check.Broken("Content-Security-Policy lets a browser load nothing, and is %q (%s)", policy, to)
	}
	if csp["frame-ancestors"] != "'none'" && !strings.EqualFold(h.Get("X-Frame-Options"), "DENY") {
		check.Broken("the API stands in no frame: Content-Security-Policy has frame-ancestors 'none', and is %q (%s)",
			policy, to)
	}
	if _, ok := directives(h, "Cache-Control", ",")["no-store"]; !ok {
		check.Broken("no cache keeps an answer: Cache-Control is no-store, and not %q (%s)", h.Values("Cache-Control"),
			to)
	}
	if got := strings.ToLower(h.Get("Referrer-Policy")); got != "no-referrer" && got != "same-origin" {
		check.Broken("Referrer-Policy tells other sites nothing; expected no-referrer, got %q (%s)", got, to)
	}
}

// hasNoHSTS demands that an answer in plain HTTP says nothing about https.
func hasNoHSTS(check *bookapitest.Check, answer bookapitest.Answer) {
	check.Helper()
	if got := answer.Header.Values("Strict-Transport-Security"); len(got) > 0 {
		check.Broken("Strict-Transport-Security counts for nothing over plain HTTP, where anybody could have written "+
			"it, "+
			"and keeps a developer out for a year (RFC 6797 §7.2); expected none, got %q", got)
	}
}

// hasHSTS demands that a browser comes back over https alone, for a year.
func hasHSTS(check *bookapitest.Check, answer bookapitest.Answer) {
	check.Helper()
	got := answer.Header.Values("Strict-Transport-Security")
	seconds, err := strconv.Atoi(directives(answer.Header, "Strict-Transport-Security", ";")["max-age"])
	if err != nil || len(got) != 1 {
		check.Broken("Strict-Transport-Security has a max-age in seconds, not %q", got)
	}
	if seconds < 365*24*60*60 {
		check.Broken("Strict-Transport-Security lasts a year (ASVS 3.4.1), not %d seconds", seconds)
	}
}

func TestTransportServesWhatIsSafe(t *testing.T) {
	bookapitest.Exercise(t, "5.5", func(check *bookapitest.Check) {
		development := hardening.Config{}
		production := hardening.Config{Production: true}
		behind := hardening.Config{Proxies: trusted.Proxies}
		for _, loopback := range []bool{true, false} {
			served(check, transport(check, production, true, loopback), secure())
			served(check, transport(check, development, true, loopback), secure())
			served(check, transport(check, trusted, false, loopback), plain(proxy, "https"))
			served(check, transport(check, behind, false, loopback), plain(proxy, "https"))
			served(check, transport(check, trusted, true, loopback), secure())
		}
		served(check, transport(check, development, false, true), plain(local))
	})
}

// Kinds: one-difference
func TestTransportRefusesToServeInTheOpen(t *testing.T) {
	bookapitest.Exercise(t, "5.5", func(check *bookapitest.Check) {
		for _, c := range []struct {
			what                 string
			production, loopback bool
		}{
			{"production, for everybody", true, false},
			{"production, for this machine, where a proxy may be that has not been named", true, true},
			{"development, for all who can call", false, false},
		} {
			for _, more := range []hardening.Config{{}, {Argon2id: true}, {Proxies: []netip.Prefix{}}} {
				overTLS(check)
				inDevelopment(check)
				more.Production = c.production
				way, err := hardening.NewTransport(more, false, c.loopback)
				if err == nil {
					check.Attack("the server started without TLS and without a proxy that has it (%s: %v); "+
						"mallory reads every password on the way", c.what, way)
				}
				require.Regexp(check.Promise("the error says what to do (%s): the flags -tls-cert and -tls-key, or "+
					"BOOKAPI_TRUSTED_PROXIES", c.what), "tls-cert|BOOKAPI_TRUSTED_PROXIES", err.Error())
			}
		}
	})
}

// Kinds: routes
func TestTransportSetsHeadersOnEveryAnswer(t *testing.T) {
	bookapitest.Exercise(t, "5.5", func(check *bookapitest.Check) {
		for _, c := range []struct {
			way hardening.Transport
			r   *http.Request
		}{
			{overTLS(check), secure()}, {behindProxies(check), plain(proxy, "https")}, {inDevelopment(check),
				plain(local)},
		} {
			for _, status := range []int{200, 201, 204, 301, 400, 401, 403, 404, 405, 413, 429, 500, 503} {
				answer := bookapitest.Send(check,
					c.way.Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						w.WriteHeader(status)
					})), attack.Clone(c.r))
				answer.Is(check, status, "Protect passes on what the handler answers")
				hasHeaders(check, c.r, answer)
			}
		}
	})
}

func TestTransportSetsHeadersBeforeTheHandlerWrites(t *testing.T) {
	bookapitest.Exercise(t, "5.5", func(check *bookapitest.Check) {
		r := secure()
		answer := bookapitest.Send(check,
			overTLS(check).Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte("{}"))
			})), r)
		assert.Equal(check.Promise("Protect passes on what the handler writes"), "{}", answer.Body)
		hasHeaders(check, r, answer)
		for _, handler := range []http.HandlerFunc{
			func(http.ResponseWriter, *http.Request) {}, // net/http answers 200 then
			func(http.ResponseWriter, *http.Request) { panic("the handler has a mistake") },
		} {
			protected := overTLS(check).Protect(handler)
			answer := bookapitest.Send(check, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer func() {
					if recover() != nil { // as the finished server does, in front of Protect
						w.WriteHeader(http.StatusInternalServerError)
					}
				}()
				protected.ServeHTTP(w, r)
			}), attack.Clone(r))
			hasHeaders(check, r, answer)
		}
	})
}

func TestTransportLetsAHandlerSayMore(t *testing.T) {
	bookapitest.Exercise(t, "5.5", func(check *bookapitest.Check) {
		for name, value := range bookapitest.Sorted(map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'", "Cache-Control": "no-cache",
		}) {
			for what, write := range bookapitest.Sorted(map[string]func(http.ResponseWriter){
				"writes nothing":    func(http.ResponseWriter) {},
				"writes a status":   func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) },
				"writes its answer": func(w http.ResponseWriter) { _, _ = w.Write([]byte("<!doctype html>")) },
			}) {
				answer := bookapitest.Send(check,
					overTLS(check).Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
						w.Header().Set(name, value)
						write(w)
					})), secure())
				require.Equal(check.Promise("a page like /docs sets a %s of its own, and %s", name, what),
					[]string{value}, answer.Header.Values(name))
			}
		}
	})
}

func TestTransportMakesHTTPSStick(t *testing.T) {
	bookapitest.Exercise(t, "5.5", func(check *bookapitest.Check) {
		hasHSTS(check, served(check, overTLS(check), secure()))
		hasHSTS(check, served(check, behindProxies(check), plain(proxy, "https")))
	})
}

func TestTransportPromisesNoHTTPSOverHTTP(t *testing.T) {
	bookapitest.Exercise(t, "5.5", func(check *bookapitest.Check) {
		for _, protos := range [][]string{nil, {"https"}, {"http"}} {
			hasNoHSTS(check, served(check, inDevelopment(check), plain(local, protos...)))
		}
	})
}

// Kinds: one-difference, one-answer, first-line
func TestTransportRefusesPlainHTTP(t *testing.T) {
	bookapitest.Exercise(t, "5.5", func(check *bookapitest.Check) {
		served(check, overTLS(check), secure())
		inTheOpen(check, overTLS(check), plain(stranger), "to a server that has TLS")
		inTheOpen(check, overTLS(check), plain(local), "to a server that has TLS, from its own machine")
		inTheOpen(check, overTLS(check), plain(stranger, "https"),
			"to a server that has TLS, with X-Forwarded-Proto: https")
		served(check, behindProxies(check), plain(proxy, "https"))
		inTheOpen(check, behindProxies(check), plain(stranger), "past the proxy")
		both := transport(check, trusted, true, false)
		inTheOpen(check, both, plain(proxy, "https"), "to a server that has TLS itself, by way of a proxy")
		for n := range 16 { // whoever has TLS, in whatever way, is asked for it in every start
			c, tls, loopback := hardening.Config{Production: n&1 != 0}, n&2 != 0, n&4 != 0
			if n&8 != 0 {
				c.Proxies = trusted.Proxies
			}
			way, err := hardening.NewTransport(c, tls, loopback)
			if err != nil || !tls && len(c.Proxies) == 0 {
				continue
			}
			for _, r := range []*http.Request{plain(stranger), plain(local), plain(proxy), plain(proxy, "http")} {
				inTheOpen(check, way, r, "from %s, X-Forwarded-Proto: %q, %s", r.RemoteAddr,
					r.Header.Get("X-Forwarded-Proto"), start(c, tls, loopback))
			}
		}
	})
}

// A token is as good as a password for a quarter of an hour, and comes with every
// request. A request without one has nothing to hide, but its answer can be changed
// on the way, and its client goes on in plain HTTP when it has a token.
//
// Kinds: one-difference, routes
func TestTransportRefusesPlainHTTPForEveryRequest(t *testing.T) {
	bookapitest.Exercise(t, "5.5", func(check *bookapitest.Check) {
		way := overTLS(check)
		for _, authorization := range []string{"Bearer " + randomText("a"), ""} {
			for a := range attack.Attempts([]string{"/token", "/books", "/me", "/docs"},
				func(method, target string) *http.Request {
					r := bookapitest.Request(method, target)
					r.RemoteAddr = stranger
					if authorization != "" {
						r.Header.Set("Authorization", authorization)
					}
					return r
				}) {
				safe := attack.With(a.Request, func(r *http.Request) { r.TLS = new(tls.ConnectionState) })
				hasHeaders(check, safe, served(check, way, safe))
				if path := a.Request.URL.Path; path != "/healthz" && path != "/readyz" {
					inTheOpen(check, way, a.Request, "%s", a.Name)
				}
			}
		}
	})
}

// Kinds: one-difference
func TestTransportAsksTheProxyHowARequestCame(t *testing.T) {
	bookapitest.Exercise(t, "5.5", func(check *bookapitest.Check) {
		way := behindProxies(check)
		for what, protos := range bookapitest.Sorted(map[string][]string{
			"the proxy says nothing":             nil,
			"the proxy says an empty word":       {""},
			"the proxy says http":                {"http"},
			"https to one proxy, http to ours":   {"https, http"},
			"http to one proxy, https to ours":   {"http, https"},
			"the client says https, and we http": {"https", "http"},
			"the client says http, and we https": {"http", "https"},
			"the proxy says something else":      {"ftp"},
			"the proxy says something like it":   {"httpsx"},
			"the proxy says something near it":   {"xhttps"},
		}) {
			served(check, way, plain(proxy, "https"))
			inTheOpen(check, way, plain(proxy, protos...), "%s; X-Forwarded-Proto: %q", what, protos)
		}
	})
}

func TestTransportKnowsItsProxies(t *testing.T) {
	bookapitest.Exercise(t, "5.5", func(check *bookapitest.Check) {
		for _, peer := range []string{
			proxy, "192.0.2.255:1", "[::ffff:192.0.2.7]:4711", "[2001:db8:1::7]:4711", "[2001:db8:1::7%eth0]:4711",
		} {
			hasHSTS(check, served(check, behindProxies(check), plain(peer, "https")))
		}
	})
}

// Kinds: one-difference, claim-places
func TestTransportBelievesNoStranger(t *testing.T) {
	bookapitest.Exercise(t, "5.5", func(check *bookapitest.Check) {
		way := behindProxies(check)
		for _, peer := range []string{
			stranger, "192.0.3.7:4711", "192.0.1.255:4711", "[2001:db8:2::7]:4711", "[::ffff:203.0.113.9]:4711",
			"[fe00::7]:4711", local,
			"[::1]:4711", "10.0.0.7:4711", "192.168.0.7:4711", "172.16.0.7:4711", "[fd00::7]:4711", "", "@",
			"192.0.2.7.example:4711",
			"192.0.02.7:4711", "192.0.2.7", "192.0.2.0/24",
		} {
			served(check, way, plain(proxy, "https"))
			inTheOpen(check, way, plain(peer, "https"),
				"X-Forwarded-Proto: https, which %q wrote, who is no proxy of ours",
				peer)
		}
	})
}

// httpsClaims are the claims that a request came over https, besides all others.
func httpsClaims() (claims []attack.Claim) {
	for name, values := range bookapitest.Sorted(map[string][]string{
		"Forwarded":       {"proto=https", "for=192.0.2.7;proto=https", `for="[2001:db8:1::7]";proto="https"`},
		"X-Forwarded-Ssl": {"on"}, "X-Forwarded-Scheme": {"https"}, "X-Forwarded-Protocol": {"https", "ssl"},
		"X-Url-Scheme": {"https"},
		"X-Scheme":     {"https"}, "Front-End-Https": {"on"}, "X-Https": {"on", "1"}, "X-Arr-Ssl": {"2048|256|CN=CA"},
		"X-Forwarded-Port":           {"443"},
		"Cloudfront-Forwarded-Proto": {"https"}, "Cf-Visitor": {`{"scheme":"https"}`}, "X-Original-Proto": {"https"},
		"X-Forwarded-For": {"192.0.2.7"}, "X-Real-Ip": {"192.0.2.7"}, "Origin": {"https://bookapi.example"},
		"Referer": {"https://bookapi.example/"}, "Upgrade-Insecure-Requests": {"1"}, "Via": {"1.1 192.0.2.7"},
		"Upgrade": {"TLS/1.2", "h2c"},
	}) {
		for _, value := range values {
			claims = append(claims, attack.Claim{Place: attack.InHeader, Name: name, Value: value})
		}
	}
	claims = append(claims, attack.Claims(attack.Identity{
		Username: bookapitest.Grace, Password: bookapitest.GracePassword, Token: randomText("a"),
	})...)
	return slices.DeleteFunc(claims, func(c attack.Claim) bool { return c.Place == attack.AsCertificate }) // is TLS
}

// Kinds: claim-places
func TestTransportBelievesNoOtherHeader(t *testing.T) {
	bookapitest.Exercise(t, "5.5", func(check *bookapitest.Check) {
		for _, c := range []struct {
			way  hardening.Transport
			bare *http.Request
		}{
			{behindProxies(check), plain(stranger, "https")}, {behindProxies(check), plain(proxy, "http")},
			{behindProxies(check), plain(proxy)},
			{overTLS(check), plain(stranger, "https")}, {overTLS(check), secure()},
			{behindProxies(check), plain(proxy, "https")},
		} {
			claims := httpsClaims()
			if len(c.way.Proxies) > 0 { // these two count there: see the tests before
				claims = slices.DeleteFunc(claims, func(c attack.Claim) bool {
					return c.Place == attack.AsPeer || c.Name == "X-Forwarded-Proto"
				})
			}
			check.IgnoresClaims(c.bare, claims, func(r *http.Request) string {
				p := behindProtect(c.way)
				answer := bookapitest.Send(check, p, r)
				if p.runs == 0 && answer.Status/100 == 4 {
					return ""
				}
				return fmt.Sprintf("%d, and the handler runs %d times; Strict-Transport-Security: %q",
					answer.Status, p.runs, answer.Header.Values("Strict-Transport-Security"))
			})
		}
		r := plain(stranger)
		r.URL.Scheme, r.URL.Host = "https", "bookapi.example" // a request line may be POST https://... HTTP/1.1
		inTheOpen(check, overTLS(check), r, "the request line says https")
	})
}

// Kinds: routes
func TestTransportLetsProbesThrough(t *testing.T) {
	bookapitest.Exercise(t, "5.5", func(check *bookapitest.Check) {
		for _, way := range []hardening.Transport{overTLS(check), behindProxies(check)} {
			for _, path := range []string{"/healthz", "/readyz"} {
				probe := bookapitest.Request(http.MethodGet, path)
				probe.RemoteAddr = "192.168.0.1:4711"
				answer := served(check, way, probe)
				hasHeaders(check, probe, answer)
				hasNoHSTS(check, answer)
			}
			for _, path := range []string{
				"/token", "/token?/healthz", "/token/healthz", "/healthz/../token", "/me#/healthz", "//healthz/token",
				"/healthz/",
				"/healthz/token",
			} {
				r := plain("192.168.0.1:4711")
				r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
				r.RequestURI = path
				inTheOpen(check, way, r, "to %s", path)
			}
		}
	})
}

// Kinds: outlets
func TestTransportRepeatsNothingOfWhatItRefuses(t *testing.T) {
	bookapitest.Exercise(t, "5.5", func(check *bookapitest.Check) {
		const raw = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlIG9mIGFkYXM"
		ways := []hardening.Transport{overTLS(check), behindProxies(check)}
		out := bookapitest.Capture(func(out *bookapitest.Outlets) {
			for _, way := range ways {
				r := plain(stranger, "https")
				r.Header.Set("Authorization", "Bearer "+raw)
				out.Answer(bookapitest.Send(check, behindProtect(way), r))
				r = bookapitest.Request(http.MethodGet, "/me?access_token="+raw)
				out.Answer(bookapitest.Send(check, behindProtect(way), r))
			}
		})
		if err := out.Find(bookapitest.Password("ada's password", bookapitest.AdaPassword),
			bookapitest.SignedToken("ada's token", raw)); err != nil {
			check.Attack("a request in plain HTTP was refused, and mallory reads %v", err)
		}
	})
}

// Kinds: store-answers
func TestTransportJudgesEachRequestByItself(t *testing.T) {
	bookapitest.Exercise(t, "5.5", func(check *bookapitest.Check) {
		type world struct {
			*protected
			peer string
		}
		for _, way := range []hardening.Transport{overTLS(check), behindProxies(check)} {
			send := func(what string, peer string, change func(*http.Request)) bookapitest.Step[world] {
				return bookapitest.Step[world]{Name: what, Do: func(w world) {
					r := plain(w.peer)
					if peer != "" {
						r.RemoteAddr = peer
					}
					change(r)
					bookapitest.Send(check, w, r)
				}}
			}
			number := 0
			err := bookapitest.Orders(func(string) world {
				number++
				return world{behindProtect(way), fmt.Sprintf("198.51.100.%d:%d", number%200+1, 1000+number)}
			}, func(w world) string {
				before := w.runs
				answer := bookapitest.Send(check, w, plain(w.peer, "https"))
				return fmt.Sprint(answer.Status/100, "xx, handler runs: ", w.runs-before)
			},
				send("the same client came over TLS", "", func(r *http.Request) { r.TLS = new(tls.ConnectionState) }),
				send("a request came by way of the proxy", proxy,
					func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") }),
				send("a refusal", "", func(*http.Request) {}),
				send("a probe", "", func(r *http.Request) { r.URL.Path = "/healthz" }))
			if err != nil {
				check.Attack("ada's password came in plain HTTP, and whether it is refused depends on what came "+
					"before: %v", err)
			}
		}
	})
}

// Kinds: several-callers
func TestTransportKeepsRequestsApart(t *testing.T) {
	bookapitest.Exercise(t, "5.5", func(check *bookapitest.Check) {
		way := overTLS(check)
		handler := way.Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
		}))
		send := func(r *http.Request, pause func()) error {
			answer, err := bookapitest.SendPausing(handler, r, pause)
			hsts := answer.Header.Get("Strict-Transport-Security") != ""
			wasServed := answer.Status == http.StatusTeapot
			if err == nil && (wasServed != (r.TLS != nil) || hsts != (r.TLS != nil)) {
				err = fmt.Errorf("over TLS: %v, and the answer is %v, with Strict-Transport-Security: %v", r.TLS != nil,
					answer,
					hsts)
			}
			return err
		}
		both := []func() *http.Request{secure, func() *http.Request { return plain(stranger) }}
		for i := range both {
			_, err := bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
				return func() error {
					return send(both[i](), pause)
				}, func() error { return send(both[1-i](), func() {}) }
			})
			if err == nil {
				err = bookapitest.Hammer(4, 50, func(caller int) error { return send(both[caller%2](), func() {}) })
			}
			if err != nil {
				check.Attack("requests over TLS and in plain HTTP came at the same time, and one was treated as the "+
					"other: %v", err)
			}
		}
	})
}

// Kind cost: does not apply, since Protect computes nothing and keeps nothing.
// Kind randomness: does not apply, since Protect draws nothing that must be secret.
