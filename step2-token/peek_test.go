package token_test

import (
	"crypto/rand"
	"encoding/base64"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	. "example.com/bookapi/bookapitest"
	token "example.com/bookapi/step2-token"
)

// foundToken is a token that somebody left lying about. Nobody here has the
// key to it, and it ended long ago: neither keeps anybody from reading it.
func foundToken(t *testing.T, sub string) string {
	t.Helper()
	raw, err := jwt.NewWithClaims(jwt.SigningMethodHS512, jwt.MapClaims{"sub": sub, "role": "admin", "exp": 1}).SignedString([]byte(rand.Text()))
	require.NoError(t, err)
	return raw
}

// peekAtGraces reads Grace's token, so that a Peek that fails always is red.
func peekAtGraces(t *testing.T) map[string]any {
	t.Helper()
	claims, err := token.Peek(foundToken(t, Grace))
	require.NoError(Promise(t, "2.2", "Peek reads a token without its key"), err)
	return claims
}

func TestPeekReadsWithoutTheKey(t *testing.T) {
	claims := peekAtGraces(t)
	assert.Equal(Promise(t, "2.2", "Peek shows who the token is for"), Grace, claims["sub"])
	assert.Equal(Promise(t, "2.2", "Peek shows every claim"), "admin", claims["role"])
}

func TestPeekReadsEveryLetter(t *testing.T) {
	peekAtGraces(t)
	// Between them, these need every character of base64url and every length.
	for _, sub := range []string{"a", "ab", "abc", "???>>>~~~", "žluťoučký kůň", "本棚"} {
		claims, err := token.Peek(foundToken(t, sub))
		require.NoError(Promise(t, "2.2", "Peek reads the token of %q (base64url, no padding)", sub), err)
		assert.Equal(Promise(t, "2.2", "Peek shows who the token is for"), sub, claims["sub"])
	}
}

func TestPeekRefusesWhatIsNoToken(t *testing.T) {
	peekAtGraces(t)
	b64 := base64.RawURLEncoding.EncodeToString
	header := b64([]byte(`{"alg":"HS256"}`))
	for _, text := range []string{
		"", ".", "..", "ada", "not.a.token", "e30.e30", "e30.e30.e30.e30",
		header + ".%%%%.c2ln",
		header + "." + b64([]byte(`{"sub":"grace"}`)) + "*.c2ln",
		header + "." + b64([]byte("no JSON")) + ".c2ln",
		header + "." + b64([]byte(`["a","list"]`)) + ".c2ln",
		header + "." + b64([]byte(`{"sub":"cut o`)) + ".c2ln",
	} {
		assert.NotPanics(Promise(t, "2.2", "Peek does not panic on %q", text), func() {
			_, err := token.Peek(text)
			assert.Error(Promise(t, "2.2", "Peek says that %q is no token", text), err)
		})
	}
}
