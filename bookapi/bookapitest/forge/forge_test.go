package forge_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/bookapitest/forge"
)

var (
	secret = []byte("thirty-two bytes that nobody has")
	noon   = time.Date(2031, time.March, 14, 12, 0, 0, 0, time.UTC)
)

// honest is a token of ada's, with a claim and a header that no forgery knows of.
func honest(_ testing.TB, sub string) string {
	part := base64.RawURLEncoding.EncodeToString
	text := part([]byte(`{"typ":"at+jwt","alg":"HS256","kid":"key-a"}`)) + "." +
		part(fmt.Appendf(nil, `{"iss":"https://books.example","sub":%q,"role":"reader","n":12345678901234567890,"exp":%d}`, sub, noon.Add(15*time.Minute).Unix()))
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return text + "." + part(mac.Sum(nil))
}

// A verifier is sound, unless it has a flaw.
type verifier struct {
	flaw string
	get  func(address string) []byte
}

var errNo = errors.New("not ours")

func (v verifier) verify(raw string) error {
	parts := strings.Split(raw, ".")
	if v.flaw == "json" && strings.HasPrefix(raw, `{"payload"`) {
		return nil
	}
	if v.flaw == "more parts" && len(parts) > 3 {
		parts = parts[:3]
	}
	if len(parts) != 3 {
		return errNo
	}
	header, claims := v.object(parts[0]), v.object(parts[1])
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if header == nil || claims == nil || err != nil {
		return errNo
	}
	if err := v.signed(header, parts[0]+"."+parts[1], signature); err != nil {
		return err
	}
	return v.current(claims)
}

func (v verifier) object(part string) (object map[string]any) {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil || json.Unmarshal(text, &object) != nil {
		return nil
	}
	return object
}

func (v verifier) signed(header map[string]any, text string, signature []byte) error {
	alg, _ := header["alg"].(string)
	switch {
	case v.flaw == "none" && alg == "none", v.flaw == "NONE" && strings.EqualFold(alg, "none") && alg != "none":
		return nil
	case v.flaw == "no alg" && header["alg"] == nil:
		return nil
	case v.flaw == "any family" && alg != "HS256" && header["jwk"] != nil:
		return nil // it would check the signature, with the key that came along
	case alg != "HS256":
		return errNo
	}
	key, ok := v.key(header)
	if !ok {
		return errNo
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	right := mac.Sum(nil)
	switch {
	case v.flaw == "as much as was sent":
		right = right[:min(len(right), len(signature))]
	case v.flaw == "payload not covered":
		return nil
	case v.flaw == "half compared" && len(signature) == len(right):
		right, signature = right[16:], signature[16:]
	case v.flaw == "longer" && len(signature) > len(right):
		signature = signature[:len(right)]
	}
	if subtle.ConstantTimeCompare(right, signature) != 1 {
		return errNo
	}
	return nil
}

func (v verifier) key(header map[string]any) ([]byte, bool) {
	kid, isText := header["kid"].(string)
	switch v.flaw {
	case "unknown kid":
		if kid != "key-a" {
			return nil, true
		}
	case "kid not a text":
		if !isText && header["kid"] != nil {
			return nil, true
		}
	case "jwk":
		if jwk, ok := header["jwk"].(map[string]any); ok {
			k, _ := jwk["k"].(string)
			secret, err := base64.RawURLEncoding.DecodeString(k)
			return secret, err == nil && len(secret) >= 32
		}
	case "file":
		if content, err := os.ReadFile(kid); err == nil && strings.HasSuffix(kid, ".go") {
			return content, true
		}
	case "jku":
		if address, ok := header["jku"].(string); ok {
			return v.get(address), true
		}
	case "kid is the key":
		if kid != "key-a" {
			return []byte(kid), true
		}
	}
	return secret, kid == "key-a"
}

func (v verifier) current(claims map[string]any) error {
	exp, ok := claims["exp"].(float64)
	switch {
	case v.flaw == "exp not required" && claims["exp"] == nil:
		exp, ok = float64(noon.Unix())+1, true
	case v.flaw == "exp of any type" && !ok:
		exp, ok = float64(noon.Unix())+1, true
	case v.flaw == "exp 0" && exp == 0:
		exp = float64(noon.Unix()) + 1
	case v.flaw == "leeway":
		exp += 301
	}
	if !ok || exp <= float64(noon.Unix()) {
		return errNo
	}
	if nbf, ok := claims["nbf"].(float64); ok && nbf > float64(noon.Unix()) && v.flaw != "nbf" {
		return errNo
	}
	sub, ok := claims["sub"].(string)
	if v.flaw != "sub of any type" && !ok || v.flaw != "sub" && sub == "" && ok || claims["iss"] != "https://books.example" {
		return errNo
	}
	return nil
}

func from(t testing.TB) forge.Honest {
	t.Helper()
	return forge.Honest{
		Raw: honest(t, "ada"), Secret: secret, Now: noon, Victim: "grace", Another: honest(t, "grace"), KeyIDs: []string{"key-b"},
		Files: map[string][]byte{"forge_test.go": own(t)},
	}
}

func own(t testing.TB) []byte {
	t.Helper()
	text, err := os.ReadFile("forge_test.go")
	require.NoError(t, err)
	return text
}

func TestASoundVerifierBelievesNoForgery(t *testing.T) {
	h, n, names := from(t), 0, map[string]bool{}
	for f := range forge.Forgeries(h) {
		n++
		assert.NotEqual(t, h.Raw, f.Raw, f.Name)
		assert.NotZero(t, f.CWE, f.Name)
		names[f.Name] = true
	}
	assert.Greater(t, n, 200)
	assert.Greater(t, len(names), n*9/10, "a name is of one forgery")
	believed, err := forge.Believed(h, forge.Forgeries(h), verifier{}.verify)
	require.NoError(t, err)
	assert.Nil(t, believed)
}

// Each flaw is found, and by a forgery whose name tells of it.
func TestAFlawedVerifierBelievesAForgery(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(forge.MallorysKey)) }))
	defer server.Close()
	for flaw, want := range map[string]string{
		"none":                `wrote "alg":"none" into the header and left the signature out`,
		"NONE":                `wrote "alg":"None" into the header and left the signature out`,
		"no alg":              `wrote "alg":null into the header and left the signature out`,
		"any family":          `signed with ES256 and a key pair of her own, which came as jwk in the header`,
		"jwk":                 `put her key into the header as jwk, under our kid`,
		"jku":                 `named an address of her own in jku, from which to fetch the key`,
		"file":                `named the file forge_test.go as the key, and knew what is in it`,
		"kid is the key":      `wrote her key into kid`,
		"unknown kid":         `named the key "", and signed with no key`,
		"kid not a text":      `named the key 0, and signed with no key`,
		"as much as was sent": `cut the signature off`,
		"payload not covered": `signed with a key of her own`,
		"half compared":       `changed the first bit of the signature`,
		"longer":              `wrote the signature twice`,
		"more parts":          `sent a token with a dot more`,
		"json":                `sent a token in JSON, with no signature`,
		"exp not required":    `found a token of ours whose exp is null`,
		"exp of any type":     `found a token of ours that ended an hour ago, and says so in a string`,
		"exp 0":               `found a token of ours that ended in 1970: its exp is 0`,
		"leeway":              `found a token of ours that ended five minutes ago`,
		"nbf":                 `found a token of ours that starts in an hour: its nbf`,
		"sub":                 `found a token of ours whose sub is ""`,
		"sub of any type":     `found a token of ours whose sub is null`,
	} {
		t.Run(flaw, func(t *testing.T) {
			h := from(t)
			h.Fetch = []string{server.URL + "/key"}
			believed, err := forge.Believed(h, forge.Forgeries(h), verifier{flaw: flaw, get: func(address string) []byte {
				answer, err := http.Get(address)
				if err != nil {
					return nil
				}
				defer answer.Body.Close()
				key := make([]byte, len(forge.MallorysKey))
				_, _ = answer.Body.Read(key)
				return key
			}}.verify)
			require.NoError(t, err)
			require.NotNil(t, believed)
			assert.Equal(t, want, believed.Name)
		})
	}
}

func TestARefusalProvesNothingWithoutTheHonestToken(t *testing.T) {
	h := from(t)
	_, err := forge.Believed(h, forge.Forgeries(h), func(string) error { return errNo })
	require.ErrorIs(t, err, forge.ErrControl)

	calls := 0
	_, err = forge.Believed(h, forge.Forgeries(h), func(raw string) error {
		if calls++; calls > 100 { // shut for all after so many
			return errNo
		}
		return verifier{}.verify(raw)
	})
	require.ErrorIs(t, err, forge.ErrControl)

	h.Raw = "a.b.c"
	_, err = forge.Believed(h, nil, verifier{}.verify)
	require.ErrorIs(t, err, forge.ErrNotHonest)
}

func TestAPanicNamesTheForgery(t *testing.T) {
	_, err := forge.Believed(from(t), forge.Keys(from(t)), func(raw string) error {
		token, err := forge.Parse(raw)
		if err != nil {
			return err
		}
		if kid, ok := token.Header("kid").(string); !ok {
			panic("kid is " + kid)
		}
		return verifier{}.verify(raw)
	})
	require.ErrorIs(t, err, forge.ErrPanic)
	assert.ErrorContains(t, err, "somebody who put her key into the header as jwk, without a kid")
}

func TestATokenKeepsAllButOneThing(t *testing.T) {
	token, err := forge.Parse(honest(t, "ada"))
	require.NoError(t, err)
	assert.Equal(t, honest(t, "ada"), token.Signed(secret), "the same text, to the last digit and in its order")
	assert.Equal(t, "at+jwt", token.Header("typ"))
	assert.Equal(t, json.Number("12345678901234567890"), token.Claim("n"))
	assert.Nil(t, token.Claim("nothing"))

	payload := func(raw string) string {
		text, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[1])
		require.NoError(t, err)
		return string(text)
	}
	exp := fmt.Sprint(noon.Add(15 * time.Minute).Unix())
	assert.Equal(t, `{"iss":"https://books.example","sub":"grace","role":"reader","n":12345678901234567890,"exp":`+exp+`}`, payload(token.WithClaim("sub", "grace").Unsigned()))
	assert.Equal(t, `{"iss":"https://books.example","role":"reader","n":12345678901234567890,"exp":`+exp+`}`, payload(token.WithoutClaim("sub").Unsigned()))
	assert.Equal(t, `{"iss":"https://books.example","sub":"ada","role":"reader","n":12345678901234567890,"exp":`+exp+`,"sub":"grace"}`, payload(token.Repeated("sub", "grace").Unsigned()))
	assert.Equal(t, honest(t, "ada"), token.Tampered(), "the token itself has not changed")

	for _, raw := range []string{"", "a.b", "e30.e30.", "bnVsbA.e30.x", honest(t, "ada") + ".x"} {
		_, err := forge.Parse(raw)
		assert.Error(t, err, raw)
	}
}

func TestOdditiesBreakNothing(t *testing.T) {
	n := 0
	for f := range forge.Oddities(from(t)) {
		n++
		_ = verifier{}.verify(f.Raw)
	}
	assert.Greater(t, n, 20)
}

func ExampleBelieved() {
	ours := []byte("thirty-two bytes that nobody has")
	raw := honest(nil, "ada")

	// A verifier that lets the token say that it needs no signature.
	careless := verifier{flaw: "none"}.verify

	h := forge.Honest{Raw: raw, Secret: ours, Now: noon, Victim: "grace"}
	believed, err := forge.Believed(h, forge.Forgeries(h), careless)
	fmt.Println(err)
	fmt.Println("mallory", believed.Name)
	// Output:
	// <nil>
	// mallory wrote "alg":"none" into the header and left the signature out
}

func TestOpenTakesAnyAlgorithmApart(t *testing.T) {
	t.Parallel()
	const raw = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl" // RS256
	_, err := forge.Parse(raw)
	require.ErrorContains(t, err, "RS256")
	token, err := forge.Open(raw)
	require.NoError(t, err)
	assert.Equal(t, "ada", token.Claim("sub"))
	for _, odd := range []string{raw, "eyJhbGciOiJub25lIn0.e30.", "e30.e30.AA"} { // an attacked API makes its tokens as it likes
		assert.NotPanics(t, func() {
			for f := range forge.Forgeries(forge.Honest{Raw: odd, Victim: "grace"}) {
				_ = f
			}
		}, odd)
	}
	for _, none := range []string{"", "opaque", "a.b", "e30.e30", "!.e30.", "W10.e30."} {
		_, err := forge.Open(none)
		assert.Error(t, err, none)
	}
}

func TestSignedByKnowsTheKey(t *testing.T) {
	t.Parallel()
	open := func(raw string) forge.Token {
		token, err := forge.Open(raw)
		require.NoError(t, err)
		return token
	}
	unsigned := open("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.")
	assert.False(t, unsigned.SignedBy(nil))
	signed := open(unsigned.Signed([]byte("key")))
	assert.True(t, signed.SignedBy([]byte("key")))
	assert.False(t, signed.SignedBy([]byte("keys")))
	assert.False(t, open(signed.WithClaim("sub", "grace").Tampered()).SignedBy([]byte("key")))
}
