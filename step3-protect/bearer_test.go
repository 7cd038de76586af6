package protect_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	. "example.com/bookapi/bookapitest"
	protect "example.com/bookapi/step3-protect"
)

// withAuthorization is GET /books with these Authorization headers.
func withAuthorization(values ...string) *http.Request {
	r := Request(http.MethodGet, "/books")
	for _, value := range values {
		r.Header.Add("Authorization", value)
	}
	return r
}

// bearerWorks makes sure that a well-formed header is read.
func bearerWorks(t *testing.T) {
	t.Helper()
	raw, err := protect.BearerToken(withAuthorization("Bearer aa.bb.cc"))
	require.NoError(Promise(t, "3.1", `BearerToken reads "Authorization: Bearer aa.bb.cc"`), err)
	require.Equal(Promise(t, "3.1", "BearerToken returns the token, without the scheme"), "aa.bb.cc", raw)
}

func TestBearerTokenReadsTheHeader(t *testing.T) {
	bearerWorks(t)
	for _, value := range []string{"bearer aa.bb.cc", "BEARER aa.bb.cc", "bEaReR aa.bb.cc"} {
		raw, err := protect.BearerToken(withAuthorization(value))
		assert.NoError(Promise(t, "3.1", "a scheme has no letter case (RFC 9110 §11.1): %q", value), err)
		assert.Equal(Promise(t, "3.1", "BearerToken returns the token, without the scheme"), "aa.bb.cc", raw)
	}
}

func TestBearerTokenTellsNoTokenFromABadOne(t *testing.T) {
	bearerWorks(t)
	for what, r := range Sorted(map[string]*http.Request{
		"no Authorization header": withAuthorization(),
		"another scheme":          withAuthorization("Basic YWRhOmJsdWU="),
		"a scheme with proof":     withAuthorization("DPoP aa.bb.cc"), // RFC 9449: worth nothing without its proof
		"a scheme of nobody's":    withAuthorization("Token aa.bb.cc"),
	}) {
		raw, err := protect.BearerToken(r)
		assert.ErrorIs(Promise(t, "3.1", "%s is ErrNoToken", what), err, protect.ErrNoToken)
		assert.Empty(Promise(t, "3.1", "%s gives no token", what), raw)
	}
}

func TestBearerTokenRefusesACrookedHeader(t *testing.T) {
	for what, r := range Sorted(map[string]*http.Request{
		"the token alone":         withAuthorization("aa.bb.cc"),
		"the scheme alone":        withAuthorization("Bearer"),
		"the scheme and a space":  withAuthorization("Bearer "),
		"a scheme like ours":      withAuthorization("Bearerly aa.bb.cc"),
		"no space behind Bearer":  withAuthorization("Beareraa.bb.cc"),
		"an empty header":         withAuthorization(""),
		"Bearer as the user name": withAuthorization("Basic Bearer aa.bb.cc"),
	}) {
		t.Run(what, func(t *testing.T) {
			bearerWorks(t)
			assert.NotPanics(Promise(t, "3.1", "BearerToken does not panic"), func() {
				raw, err := protect.BearerToken(r)
				assert.Error(Promise(t, "3.1", "%s is an error; BearerToken took %q for a token", what, raw), err)
			})
		})
	}
}

func TestBearerTokenRefusesTwoHeaders(t *testing.T) {
	for _, values := range [][]string{{"Bearer aa.bb.cc", "Bearer xx.yy.zz"}, {"Basic YWRhOmJsdWU=", "Bearer xx.yy.zz"}} {
		t.Run(values[0], func(t *testing.T) {
			bearerWorks(t)
			if raw, err := protect.BearerToken(withAuthorization(values...)); err == nil {
				t.Errorf("ATTACK SUCCEEDED: mallory sent two Authorization headers; a proxy checked one of them, and you took %q", raw)
			}
		})
	}
}

func TestBearerTokenLooksNowhereElse(t *testing.T) {
	cookie := Request(http.MethodGet, "/books")
	cookie.AddCookie(&http.Cookie{Name: "access_token", Value: "aa.bb.cc"})
	cookie.AddCookie(&http.Cookie{Name: "Authorization", Value: "Bearer aa.bb.cc"})
	proxied := Request(http.MethodGet, "/books")
	for _, name := range []string{"Proxy-Authorization", "X-Authorization", "X-Original-Authorization", "X-Forwarded-Authorization"} {
		proxied.Header.Set(name, "Bearer aa.bb.cc")
	}
	for _, name := range []string{"X-Access-Token", "X-Auth-Token", "X-Api-Key", "X-Forwarded-Access-Token", "X-Auth-Request-Access-Token", "Sec-WebSocket-Protocol"} {
		proxied.Header.Set(name, "aa.bb.cc")
	}
	for where, r := range Sorted(map[string]*http.Request{
		"the query":      Request(http.MethodGet, "/books?access_token=aa.bb.cc&token=aa.bb.cc&authorization=Bearer+aa.bb.cc"),
		"the body":       Form("/books", url.Values{"access_token": {"aa.bb.cc"}, "token": {"aa.bb.cc"}}),
		"a cookie":       cookie,
		"another header": proxied,
	}) {
		t.Run(where, func(t *testing.T) {
			bearerWorks(t)
			if raw, err := protect.BearerToken(r); err == nil {
				t.Errorf("ATTACK SUCCEEDED: the token %q was taken from %s, where logs, links and other sites' pages can put or find it", raw, where)
			}
		})
	}
}
