package token_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	token "example.com/bookapi/step2-token"
)

func TestIssueSignsWithTheKey(t *testing.T) {
	raw := adasToken(t)
	require.NoError(Promise(t, "2.1", "the key that signed a token verifies it"), verify(raw, keyA.Secret))

	for what, secret := range Sorted(map[string]string{"an empty secret": "", "a guessed secret": "secret", "the name of the key": keyA.ID}) {
		if verify(raw, []byte(secret)) == nil {
			t.Errorf("ATTACK SUCCEEDED: ada's token verifies with %s, so mallory can sign one for anybody", what)
		}
	}
}

func TestIssueSaysWhoAndWhat(t *testing.T) {
	claims := part(t, adasToken(t), 1)
	assert.Equal(Promise(t, "2.1", "sub is the username"), Ada, claims["sub"])
	assert.Equal(Promise(t, "2.1", "role is the user's role"), string(bookapi.RoleReader), claims["role"])

	raw, err := issuer(keyA).Issue(bookapi.User{Username: Grace, Role: bookapi.RoleAdmin})
	require.NoError(Promise(t, "2.1", "Issue signs a token for grace"), err)
	claims = part(t, raw, 1)
	assert.Equal(Promise(t, "2.1", "sub is the username"), Grace, claims["sub"])
	assert.Equal(Promise(t, "2.1", "role is the user's role"), string(bookapi.RoleAdmin), claims["role"])

	raw, err = issuer(keyA).Issue(bookapi.User{Username: Mallory}) // a row without a role
	if err == nil && part(t, raw, 1)["role"] == string(bookapi.RoleAdmin) {
		t.Errorf("ATTACK SUCCEEDED: mallory's row has no role, and her token says that she is an administrator")
	}
}

func TestIssueLimitsTheLifetime(t *testing.T) {
	claims := part(t, adasToken(t), 1)
	require.NotNil(Promise(t, "2.1", "a token has an exp: without one, a stolen token is good for ever"), claims["exp"])
	assert.EqualValues(Promise(t, "2.1", "iat is now on the issuer's clock, in seconds (RFC 7519 §4.1.6)"), noon.Unix(), claims["iat"])
	assert.EqualValues(Promise(t, "2.1", "exp is a Lifetime after now, in seconds (RFC 7519 §4.1.4)"), noon.Add(lifetime).Unix(), claims["exp"])

	short := issuer(keyA)
	short.Lifetime = time.Minute
	raw, err := short.Issue(ada)
	require.NoError(Promise(t, "2.1", "Issue signs a token that lives a minute"), err)
	assert.EqualValues(Promise(t, "2.1", "the issuer's Lifetime decides, not a number in the code"), noon.Add(time.Minute).Unix(), part(t, raw, 1)["exp"])
}

func TestIssueNamesItsKey(t *testing.T) {
	assert.Equal(Promise(t, "2.1", "the header's kid is the ID of the key"), keyA.ID, part(t, adasToken(t), 0)["kid"])

	other := token.Key{ID: "key-b", Secret: []byte("another thirty-two bytes of luck\n")}
	raw, err := issuer(other).Issue(ada)
	require.NoError(Promise(t, "2.1", "Issue signs with any key of 32 bytes"), err)
	assert.Equal(Promise(t, "2.1", "the header's kid is the ID of the key"), other.ID, part(t, raw, 0)["kid"])
	assert.NoError(Promise(t, "2.1", "the issuer's key signs, to its last byte, and not another one"), verify(raw, other.Secret))
}

func TestIssuePutsNoSecretIntoTheToken(t *testing.T) {
	raw := adasToken(t)
	for what, secret := range Sorted(map[string]string{"ada's password hash": ada.PasswordHash, "the signing key": string(keyA.Secret)}) {
		for _, text := range strings.Split(raw, ".") {
			if form := Leak(text, secret); form != "" {
				t.Errorf("ATTACK SUCCEEDED: mallory found a token and reads %s in it, %s: signed is not encrypted", what, form)
			}
		}
	}
}

func TestIssueRefusesAWeakKey(t *testing.T) {
	adasToken(t)
	for what, secret := range Sorted(map[string][]byte{
		"no secret at all":      nil,
		"an empty secret":       {},
		"the secret \"secret\"": []byte("secret"),
		"a secret of 31 bytes":  keyA.Secret[:31],
	}) {
		if raw, err := issuer(token.Key{ID: "weak", Secret: secret}).Issue(ada); err == nil {
			t.Errorf("ATTACK SUCCEEDED: Issue signed %q with %s: mallory guesses it at home and signs in as anybody", raw, what)
		}
	}
}

func TestIssueRefusesANamelessUser(t *testing.T) {
	adasToken(t)
	_, err := issuer(keyA).Issue(bookapi.User{Role: bookapi.RoleAdmin})
	assert.Error(Promise(t, "2.1", "a user without a name gets no token"), err)
}

func TestIssueSignsWithKeysThatNobodyKnows(t *testing.T) {
	adasToken(t)
	key := token.NewKey()
	raw, err := issuer(key).Issue(ada)
	require.NoError(Promise(t, "2.1", "Issue signs with a key that NewKey drew"), err)
	for what, secret := range Sorted(map[string][]byte{
		"thirty-two zeros":     make([]byte, token.MinSecret),
		"the next key from it": token.NewKey().Secret,
		"the name of the key":  []byte(key.ID),
	}) {
		if verify(raw, secret) == nil {
			t.Errorf("ATTACK SUCCEEDED: mallory signs with %s, and what NewKey drew is the same: she is whoever she likes", what)
		}
	}
}

func TestIssueKeepsTheKeyToItself(t *testing.T) {
	adasToken(t)
	short := token.Key{ID: "short", Secret: keyA.Secret[:token.MinSecret-1]}
	_, err := issuer(short).Issue(ada)
	require.Error(Promise(t, "2.1", "a secret of 31 bytes signs nothing"), err)

	text := logged(func() {
		slog.Error("cannot sign", "error", err, "issuer", issuer(short), "key", short)
		for _, verb := range []string{"%v", "%+v", "%s", "%x"} {
			slog.Debug(fmt.Sprintf(verb, issuer(short)))
		}
	})
	if form := Leak(text, string(short.Secret)); form != "" {
		t.Errorf("ATTACK SUCCEEDED: mallory reads the server's log, and in it the signing key, %s: %s", form, text)
	}
}

// verify checks the signature as a server would that has this secret.
func verify(raw string, secret []byte) error {
	_, err := jwt.Parse(raw, func(*jwt.Token) (any, error) { return secret, nil },
		jwt.WithValidMethods([]string{"HS256", "HS384", "HS512"}), jwt.WithTimeFunc(func() time.Time { return noon }))
	return err
}
