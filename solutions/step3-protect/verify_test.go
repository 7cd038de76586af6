package protect_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	token "example.com/bookapi/step2-token"
	protect "example.com/bookapi/step3-protect"
)

// adaVerifies makes sure that an honest token is believed.
func adaVerifies(t *testing.T) token.Claims {
	t.Helper()
	claims, err := verifier.Verify(issue(t, Ada, bookapi.RoleReader))
	require.NoError(Promise(t, "3.2", "Verify believes a token that our key signed"), err)
	return claims
}

// graceClaims are what mallory would like to be true.
func graceClaims(change jwt.MapClaims) jwt.MapClaims {
	claims := jwt.MapClaims{"sub": Grace, "role": "admin", "iat": noon.Unix(), "exp": noon.Add(lifetime).Unix()}
	maps.Copy(claims, change)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return claims
}

// mallorySends demands that Verify refuses a token, and gives no claims away.
func mallorySends(t *testing.T, v protect.Verifier, raw, what string, args ...any) {
	t.Helper()
	var claims token.Claims
	var err error
	require.NotPanics(Promise(t, "3.2", "Verify does not panic on any token"), func() { claims, err = v.Verify(raw) })
	if err == nil {
		t.Fatalf("ATTACK SUCCEEDED: mallory %s and is believed to be %q with the role %q", fmt.Sprintf(what, args...), claims.Subject, claims.Role)
	}
	assert.Zero(Promise(t, "3.2", "Verify returns no claims with an error: somebody will use them"), claims)
}

func TestVerifyReturnsTheClaims(t *testing.T) {
	claims := adaVerifies(t)
	assert.Equal(Promise(t, "3.2", "the claims say who the token is for"), Ada, claims.Subject)
	assert.Equal(Promise(t, "3.2", "the claims say which role it was issued with"), bookapi.RoleReader, claims.Role)
}

func TestVerifyTakesAnyKeyOfOurs(t *testing.T) {
	adaVerifies(t)
	other := issuer
	other.Key = keyB
	raw, err := other.Issue(bookapi.User{Username: Grace, Role: bookapi.RoleAdmin})
	require.NoError(Promise(t, "2.1", "Issue signs with any key of 32 bytes"), err)
	claims, err := verifier.Verify(raw)
	require.NoError(Promise(t, "3.2", "every key in Keys verifies what it signed, found by its kid"), err)
	assert.Equal(Promise(t, "3.2", "the claims say who the token is for"), Grace, claims.Subject)
}

func TestVerifyLetsNoTokenChooseNoSignature(t *testing.T) {
	for _, alg := range []string{"none", "None", "NONE", "nOnE", ""} {
		t.Run("alg "+alg, func(t *testing.T) {
			adaVerifies(t)
			unsigned := encode(t, map[string]any{"alg": alg, "typ": "JWT", "kid": keyA.ID}) + "." + encode(t, graceClaims(nil)) + "."
			mallorySends(t, verifier, unsigned, `signed {"sub":"grace","role":"admin"} with alg=%s, that is not at all,`, alg)
			mallorySends(t, protect.Verifier{Now: atNoon}, unsigned, `signed {"sub":"grace","role":"admin"} with alg=%s, while no key was configured,`, alg)
		})
	}
}

func TestVerifyLetsNoTokenChooseTheAlgorithm(t *testing.T) {
	adaVerifies(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	forged := jwt.NewWithClaims(jwt.SigningMethodES256, graceClaims(nil))
	forged.Header["kid"] = keyA.ID
	forged.Header["jwk"] = map[string]any{"kty": "EC", "crv": "P-256"}
	raw, err := forged.SignedString(key)
	require.NoError(t, err)
	mallorySends(t, verifier, raw, "signed with ES256 and a key of mallory's own")
}

func TestVerifyDetectsTampering(t *testing.T) {
	adaVerifies(t)
	parts := strings.Split(issue(t, Ada, bookapi.RoleReader), ".")
	mallorySends(t, verifier, parts[0]+"."+encode(t, graceClaims(nil))+"."+parts[2], "wrote grace's name into ada's token, below the old signature,")
	mallorySends(t, verifier, parts[0]+"."+parts[1]+".", "cut the signature off ada's token")
	mallorySends(t, verifier, parts[0]+"."+parts[1]+"."+strings.Repeat("A", len(parts[2])), "put a signature of zeros under ada's token")
	mallorySends(t, verifier, encode(t, map[string]any{"alg": "HS256", "kid": keyB.ID})+"."+parts[1]+"."+parts[2], "gave ada's token another header")
}

func TestVerifyTakesKeysFromUsAlone(t *testing.T) {
	guessable := protect.Verifier{Now: atNoon, Keys: []token.Key{{ID: "empty", Secret: nil}, {ID: "", Secret: []byte{}}, {ID: "short", Secret: []byte("secret")}, keyA}}
	for what, forgery := range Sorted(map[string]struct {
		header map[string]any
		secret string
		by     protect.Verifier
	}{
		"with mallory's own key under our kid":    {map[string]any{"kid": keyA.ID}, "a secret that mallory made up ...", verifier},
		"with an unknown kid and an empty secret": {map[string]any{"kid": "nobody"}, "", verifier},
		"with no kid and an empty secret":         {nil, "", verifier},
		"with a kid that is a number":             {map[string]any{"kid": 0}, "", verifier},
		"with a kid that is a file of zeros":      {map[string]any{"kid": "../../../../dev/null"}, "", verifier},
		"with the kid itself as the secret":       {map[string]any{"kid": keyA.ID}, keyA.ID, verifier},
		"with a key that came in the header":      {map[string]any{"kid": keyA.ID, "jwk": map[string]any{"kty": "oct", "k": "bWFsbG9yeQ"}}, "mallory", verifier},
		"with a new key that came in the header":  {map[string]any{"kid": "m", "jwk": map[string]any{"kty": "oct", "kid": "m", "k": "bWFsbG9yeQ"}}, "mallory", verifier},
		"by a verifier whose key was left empty":  {map[string]any{"kid": "empty"}, "", guessable},
		"by a verifier whose key has no name":     {map[string]any{"kid": ""}, "", guessable},
		"by one whose first key was left empty":   {nil, "", guessable},
		"by a verifier with a key of six letters": {map[string]any{"kid": "short"}, "secret", guessable},
		"without any key configured":              {map[string]any{"kid": keyA.ID}, "", protect.Verifier{Now: atNoon}},
	}) {
		t.Run(what, func(t *testing.T) {
			adaVerifies(t)
			mallorySends(t, forgery.by, resign(t, forgery.header, graceClaims(nil), forgery.secret), "had a token checked %s", what)
		})
	}
}

func TestVerifyReadsNoFileForAKey(t *testing.T) {
	adaVerifies(t)
	public, err := os.ReadFile("go.mod") // that everybody can read
	require.NoError(t, err)
	for _, kid := range []string{"go.mod", "./go.mod", "../go.mod", "../../go.mod", "../../../go.mod"} {
		raw := resign(t, map[string]any{"kid": kid}, graceClaims(nil), string(public))
		mallorySends(t, verifier, raw, "named the file %s as the key, knew what is in it,", kid)
	}
}

func TestVerifyFetchesNoKey(t *testing.T) {
	adaVerifies(t)
	const secret = "the key that mallory made for it"
	asked := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		if strings.HasSuffix(r.URL.Path, ".json") {
			k := base64.RawURLEncoding.EncodeToString([]byte(secret))
			_, _ = fmt.Fprintf(w, `{"keys":[{"kty":"oct","alg":"HS256","kid":"m","k":%q}]}`, k)
			return
		}
		_, _ = io.WriteString(w, secret)
	}))
	defer server.Close()
	for _, address := range []string{server.URL + "/key", server.URL + "/keys.json"} {
		for what, header := range Sorted(map[string]map[string]any{
			"jku": {"kid": "m", "jku": address},
			"x5u": {"kid": "m", "x5u": address},
			"kid": {"kid": address},
		}) {
			raw := resign(t, header, graceClaims(nil), secret)
			mallorySends(t, verifier, raw, "had the key fetched from a server of her own, named in %s,", what)
			if len(asked) > 0 {
				t.Fatalf("ATTACK SUCCEEDED: mallory put an address into %s, and our server asked it for %s: so it goes wherever she wants, behind our firewall too", what, <-asked)
			}
		}
	}
}

func TestVerifyLooksAtTheClock(t *testing.T) {
	for what, claims := range Sorted(map[string]jwt.MapClaims{
		"ended an hour ago":           graceClaims(jwt.MapClaims{"exp": noon.Add(-time.Hour).Unix()}),
		"never ends: it has no exp":   graceClaims(jwt.MapClaims{"exp": nil}),
		"ended in 1970: its exp is 0": graceClaims(jwt.MapClaims{"exp": 0}),
		"has a word for its exp":      graceClaims(jwt.MapClaims{"exp": "tomorrow"}),
		"starts in an hour: its nbf":  graceClaims(jwt.MapClaims{"nbf": noon.Add(time.Hour).Unix()}),
	}) {
		t.Run(what, func(t *testing.T) {
			adaVerifies(t)
			mallorySends(t, verifier, resign(t, map[string]any{"kid": keyA.ID}, claims, string(keyA.Secret)), "found a token that %s", what)
		})
	}
	t.Run("a token of ours, an hour later", func(t *testing.T) {
		adaVerifies(t)
		later := protect.Verifier{Keys: verifier.Keys, Now: func() time.Time { return noon.Add(time.Hour) }}
		mallorySends(t, later, issue(t, Ada, bookapi.RoleReader), "found a token of ada's that ended 45 minutes ago")
	})
	t.Run("a token of ours, just over its time", func(t *testing.T) {
		adaVerifies(t)
		// Clocks may differ by a minute or two, not by as much as a token lives.
		later := protect.Verifier{Keys: verifier.Keys, Now: func() time.Time { return noon.Add(lifetime + 10*time.Minute) }}
		mallorySends(t, later, issue(t, Ada, bookapi.RoleReader), "found a token of ada's that ended 10 minutes ago")
	})
}

func TestVerifyWantsToKnowWho(t *testing.T) {
	for what, sub := range Sorted(map[string]any{"no sub": nil, "an empty sub": "", "a number for its sub": 7, "a list for its sub": []string{Grace}}) {
		t.Run(what, func(t *testing.T) {
			adaVerifies(t)
			raw := resign(t, map[string]any{"kid": keyA.ID}, graceClaims(jwt.MapClaims{"sub": sub}), string(keyA.Secret))
			mallorySends(t, verifier, raw, "has a token of ours with %s", what)
		})
	}
}

func TestVerifySurvivesRubbish(t *testing.T) {
	adaVerifies(t)
	honest := issue(t, Ada, bookapi.RoleReader)
	for _, rubbish := range []string{"", ".", "..", "...", "a.b.c", "null", honest + ".", honest + ".x", "." + honest, strings.Repeat(".", 10_000), "{}.{}.{}", "\x00", "e30.e30.e30", "bnVsbA.bnVsbA."} {
		mallorySends(t, verifier, rubbish, "sent the token %.40q", rubbish)
	}
}
