package protect_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/bookapitest"
	"example.com/bookapi/bookapitest/attack"
	protect "example.com/bookapi/step3-protect"
)

// withAuthorization is GET /books with these Authorization headers.
func withAuthorization(values ...string) *http.Request {
	r := bookapitest.Request("GET", "/books")
	for _, value := range values {
		r.Header.Add("Authorization", value)
	}
	return r
}

// headerIsRead makes sure that a well-formed header is read.
func headerIsRead(check *bookapitest.Check) {
	check.Helper()
	needs := check.Needs("3.1")
	raw, err := protect.BearerToken(withAuthorization("Bearer aa.bb.cc"))
	require.NoError(needs.Promise(`BearerToken reads "Authorization: Bearer aa.bb.cc"`), err)
	require.Equal(needs.Promise("BearerToken returns the token, without the scheme"), "aa.bb.cc", raw)
}

func TestBearerTokenReadsTheHeader(t *testing.T) {
	bookapitest.Exercise(t, "3.1", func(check *bookapitest.Check) {
		headerIsRead(check)
		raw, err := protect.BearerToken(withAuthorization("Bearer Xx_-.Yy.Zz"))
		require.NoError(check.Promise("BearerToken reads a token in letters of both cases"), err)
		require.Equal(check.Promise("BearerToken returns the token as it is"), "Xx_-.Yy.Zz", raw)
	})
}

func TestBearerTokenIsMissing(t *testing.T) {
	bookapitest.Exercise(t, "3.1", func(check *bookapitest.Check) {
		headerIsRead(check)
		for _, c := range []struct {
			what string
			r    *http.Request
		}{
			{"no Authorization header", withAuthorization()},
			{"another scheme, Basic,", withAuthorization("Basic YWRhOmJsdWU=")},
			{"another scheme, Token,", withAuthorization("Token aa.bb.cc")},
			{"another scheme, DPoP, whose tokens are worth nothing without a proof (RFC 9449),",
				withAuthorization("DPoP aa.bb.cc")},
		} {
			raw, err := protect.BearerToken(c.r)
			require.ErrorIs(check.Promise("%s is ErrNoToken", c.what), err, protect.ErrNoToken)
			require.Empty(check.Promise("%s gives no token", c.what), raw)
		}
	})
}

// Kinds: routes
func TestBearerTokenIsReadForEveryMethod(t *testing.T) {
	bookapitest.Exercise(t, "3.1", func(check *bookapitest.Check) {
		headerIsRead(check)
		for _, method := range attack.Methods() {
			raw, err := protect.BearerToken(attack.WithMethod(withAuthorization("Bearer aa.bb.cc"), method))
			require.NoError(check.Promise("BearerToken reads the header of a %s too", method), err)
			require.Equal(check.Promise("BearerToken returns the token of a %s", method), "aa.bb.cc", raw)
			raw, err = protect.BearerToken(attack.WithMethod(withAuthorization(), method))
			require.ErrorIs(check.Promise("a %s without the header has no token either, not %q", method, raw), err,
				protect.ErrNoToken)
		}
	})
}

// Kinds: first-line
func TestBearerTokenSchemeHasNoLetterCase(t *testing.T) {
	bookapitest.Exercise(t, "3.1", func(check *bookapitest.Check) {
		headerIsRead(check)
		for _, value := range []string{"bearer aa.bb.cc", "BEARER aa.bb.cc", "bEaReR aa.bb.cc"} {
			raw, err := protect.BearerToken(withAuthorization(value))
			require.NoError(check.Promise("a scheme has no letter case (RFC 9110 §11.1): %q", value), err)
			require.Equal(check.Promise("BearerToken returns the token of %q", value), "aa.bb.cc", raw)
		}
	})
}

// Kinds: one-difference, first-line
func TestBearerTokenRefusesMalformedHeaders(t *testing.T) {
	bookapitest.Exercise(t, "3.1", func(check *bookapitest.Check) {
		headerIsRead(check)
		for _, value := range []string{
			"", " ", "Bearer", "Bearer ", "Bearer  ", "Bearer\t", " Bearer", "aa.bb.cc", "Beareraa.bb.cc",
			"Bearerly aa.bb.cc",
			"XBearer aa.bb.cc", "Bearer: aa.bb.cc", "Bearer=aa.bb.cc", "Bearer:aa.bb.cc", "Basic Bearer aa.bb.cc",
			"JWT aa.bb.cc",
			"Bearer,aa.bb.cc", "Basic YWRhOmJsdWU=, Bearer aa.bb.cc", "Bear er aa.bb.cc", "ﬁBearer aa.bb.cc", "\x00",
			"Bearer\x00aa.bb.cc",
		} {
			if raw, err := bearerToken(check, withAuthorization(value)); err == nil {
				check.Broken("the header %q has no token of the scheme Bearer; BearerToken took %q for one", value, raw)
			}
		}
	})
}

// bearerToken calls BearerToken. A panic is said with the header.
func bearerToken(check *bookapitest.Check, r *http.Request) (raw string, err error) {
	check.Helper()
	check.With(fmt.Sprintf("the header %q", r.Header["Authorization"]), func() { raw, err = protect.BearerToken(r) })
	return raw, err
}

// Kinds: one-difference
func TestBearerTokenLeavesNothingOut(t *testing.T) {
	bookapitest.Exercise(t, "3.1", func(check *bookapitest.Check) {
		headerIsRead(check)
		for _, value := range []string{
			"Bearer aa.bb.cc dd.ee.ff", "Bearer aa.bb.cc and more", "Bearer aa.bb.cc,dd.ee.ff",
			"Bearer aa.bb.cc, Bearer dd.ee.ff",
			`Bearer aa.bb.cc, realm="x"`, "Bearer aa.bb.cc;x=1", "Bearer x aa.bb.cc", "Bearer Bearer aa.bb.cc",
			`Bearer "aa.bb.cc"`,
			"Bearer token=aa.bb.cc", "Bearer aa.bb.cc\tdd", "Bearer x,aa.bb.cc", "Bearer aa.bb.cc\ndd",
		} {
			if raw, err := bearerToken(check, withAuthorization(value)); err == nil &&
				(raw == "aa.bb.cc" || raw == "dd.ee.ff") {
				check.Attack("mallory sent the header %q; a proxy may read it in another way, and you took a part of "+
					"it, %q", value, raw)
			}
		}
	})
}

// Kinds: one-difference
func TestBearerTokenRefusesTwoHeaders(t *testing.T) {
	bookapitest.Exercise(t, "3.1", func(check *bookapitest.Check) {
		headerIsRead(check)
		for _, values := range [][]string{
			{"Bearer aa.bb.cc", "Bearer dd.ee.ff"}, {"Basic YWRhOmJsdWU=", "Bearer aa.bb.cc"}, {"Bearer aa.bb.cc",
				"Basic YWRhOmJsdWU="},
			{"", "Bearer aa.bb.cc"}, {"Bearer aa.bb.cc", ""}, {"Bearer aa.bb.cc", "Bearer aa.bb.cc"}, {"Bearer",
				"aa.bb.cc"},
			{"Bearer aa.bb.cc", "Bearer dd.ee.ff", "Bearer gg.hh.ii"},
		} {
			raw, err := bearerToken(check, withAuthorization(values...))
			if err == nil {
				check.Attack("mallory sent %d Authorization headers, %q; a proxy checked one of them, and you took %q",
					len(values), values, raw)
			}
			if strings.Count(strings.Join(values, ""), "Bearer ") > 1 {
				require.NotErrorIs(check.Promise("ErrNoToken is for a request without a token; that of several "+
					"headers, %q, is another error", values), err, protect.ErrNoToken)
			}
		}
	})
}

// Kinds: claim-places
func TestBearerTokenLooksNowhereElse(t *testing.T) {
	bookapitest.Exercise(t, "3.1", func(check *bookapitest.Check) {
		headerIsRead(check)
		claims := attack.Claims(attack.Identity{Username: ada, Password: bookapitest.AdaPassword, Token: "aa.bb.cc"})
		taken := func(r *http.Request) string {
			if raw, err := protect.BearerToken(r); err == nil {
				return fmt.Sprintf("the token is %q", raw)
			}
			return ""
		}
		for _, bare := range []*http.Request{
			withAuthorization(),
			bookapitest.Form("/books", url.Values{"title": {"Kindred"}}),
			bookapitest.JSON("POST", "/books", `{"title":"Kindred"}`),
			withAuthorization("Basic YWRhOmJsdWU="),
			withAuthorization("Bearer dd.ee.ff"),
			attack.WithHeader(withAuthorization(), "Upgrade", "websocket"),
		} {
			ignoresClaims(check, bare, claims, taken)
		}
		for where, put := range bookapitest.Sorted(map[string]func(*http.Request){
			"a trailer, which comes after the body": func(r *http.Request) {
				r.Trailer = http.Header{"Authorization": {"Bearer aa.bb.cc"}}
			},
			"the user of the URL": func(r *http.Request) {
				r.URL.User = url.UserPassword("bearer", "aa.bb.cc")
			},
			"the path": func(r *http.Request) { r.SetPathValue("token", "aa.bb.cc") },
			"a form that was parsed before": func(r *http.Request) {
				r.Form = url.Values{"access_token": {"aa.bb.cc"}}
			},
		}) {
			if found := taken(attack.With(withAuthorization(), put)); found != "" {
				check.Attack("mallory put a token into %s, and %s", where, found)
			}
		}
	})
}

func TestBearerTokenReadsNoBody(t *testing.T) {
	bookapitest.Exercise(t, "3.1", func(check *bookapitest.Check) {
		headerIsRead(check)
		r := bookapitest.Form("/books", url.Values{"title": {"Kindred"}})
		_, _ = protect.BearerToken(r)
		body, err := io.ReadAll(r.Body)
		require.NoError(check, err)
		assert.Equal(check.Promise("BearerToken leaves the body to the handler"), "title=Kindred", string(body))
	})
}

// Kinds: outlets
func TestBearerTokenTellsNobody(t *testing.T) {
	bookapitest.Exercise(t, "3.1", func(check *bookapitest.Check) {
		headerIsRead(check)
		raw := issue(check, ada)
		basic := bookapitest.Request("GET", "/books")
		basic.SetBasicAuth(ada, bookapitest.AdaPassword)
		out := bookapitest.Capture(func(out *bookapitest.Outlets) {
			for _, r := range []*http.Request{
				withAuthorization("Bearer " + raw), withAuthorization(raw), withAuthorization("Token " +
					raw), withAuthorization("Bearer" + raw),
				withAuthorization("Bearer "+raw, "Bearer "+raw), withAuthorization("Bearer " + raw + " " + raw), basic,
			} {
				_, err := protect.BearerToken(r)
				out.Error(err)
			}
		})
		err := out.Find(bookapitest.SignedToken("ada's token", raw),
			bookapitest.Password("ada's password", bookapitest.AdaPassword))
		if err != nil {
			check.Attack("mallory reads %v", err)
		}
	})
}

// Kinds: several-callers
func TestBearerTokenKeepsRequestsApart(t *testing.T) {
	bookapitest.Exercise(t, "3.1", func(check *bookapitest.Check) {
		headerIsRead(check)
		err := bookapitest.Hammer(4, 500, func(caller int) error {
			own := fmt.Sprintf("token.of.%d", caller)
			if raw, err := protect.BearerToken(withAuthorization("Bearer " + own)); err != nil || raw != own {
				return fmt.Errorf("caller %d got %q, %v", caller, raw, err)
			}
			if _, err := protect.BearerToken(withAuthorization()); !errors.Is(err, protect.ErrNoToken) {
				return fmt.Errorf("caller %d has no token, and got the error %v", caller, err)
			}
			return nil
		})
		if err != nil {
			check.Attack("several callers came at the same time, and one got what belongs to another: %v", err)
		}
	})
}

// Kind store-answers: does not apply, since BearerToken asks no store.
// Kind cost: does not apply, since BearerToken cuts one header, whose length the server limits.
// Kind randomness: does not apply, since BearerToken draws nothing.
// Kind one-answer: does not apply, since BearerToken answers nobody; RequireUser does.
