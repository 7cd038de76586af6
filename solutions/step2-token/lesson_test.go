package token_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	token "example.com/bookapi/step2-token"
)

// noon is when the tests take place; no test looks at the real clock.
var noon = time.Date(2031, time.March, 14, 12, 0, 0, 0, time.UTC)

const lifetime = 15 * time.Minute

// The rows of the people in the examples. Their hashes belong to no password.
var (
	ada = bookapi.User{
		Username:     bookapitest.Ada,
		PasswordHash: "$2a$12$XcZJ6YyCqHvB0nR4mE8uKOdW1sTgL5fPaQ7jIhN3kVbU9xMwGyr2S",
		Role:         bookapi.RoleReader,
	}
	grace = bookapi.User{
		Username:     bookapitest.Grace,
		PasswordHash: "$2a$12$Q1wE5rT9yU3iO7pA2sD6fGhJ4kL8zXcV0bN5mK1qW3eR7tY9uI2oP",
		Role:         bookapi.RoleAdmin,
	}
	mallory = bookapi.User{
		Username:     bookapitest.Mallory,
		PasswordHash: "$2a$12$M8nB6vC4xZ2lK0jH9gF7dSaP5oI3uY1tR8eW6qQ4zX2cV0bN7mL5k",
		Role:         bookapi.RoleReader,
	}
)

// keyA is long enough for every algorithm that 2.1 allows, and so are the others.
var (
	keyA = token.Key{ID: "key-a", Secret: []byte("9fQ2-xW7mZk4Tn8R_bL1yHc6Vd3Js5Gp0uAe:Bi9Nq7Kw2Sx4Fz8Mt1Yr6Cv3Ld5")}
	keyB = token.Key{ID: "key-b", Secret: []byte(
		"Uj4-hT8sPw1XnE6_cQz3Rk9Va7Gm2Yd5Lb0f:Oi2Jt6Wr8Zu4Hx1Kq9Cn3Se7Bp\x00 \n")}
)

// issuer signs with key, at noon.
func issuer(key token.Key) token.Issuer {
	return token.Issuer{Key: key, Lifetime: lifetime, Now: func() time.Time { return noon }}
}

// issue is a token that the learner's Issue signed. With a check on what 2.1
// Needs, one test tells what is wrong with it.
func issue(check *bookapitest.Check, by token.Issuer, user bookapi.User) string {
	check.Helper()
	raw, err := by.Issue(user)
	if errors.Is(err, jwt.ErrInvalidKeyType) {
		check.Broken("SignedString takes the secret itself, i.Key.Secret, a []byte: %v", err)
	}
	require.NoError(check.Promise("Issue signs a token for %s", user.Username), err)
	require.Len(check.Promise("a token is three texts joined by dots, not %q", raw), strings.Split(raw, "."), 3)
	return raw
}

// header and claims are the parts of a token that anyone can read.
func header(check *bookapitest.Check, raw string) map[string]any { return part(check, raw, 0) }
func claims(check *bookapitest.Check, raw string) map[string]any { return part(check, raw, 1) }

func part(check *bookapitest.Check, raw string, n int) (object map[string]any) {
	check.Helper()
	parts := strings.Split(raw, ".")
	require.Len(check.Promise("a token is three texts joined by dots, not %q", raw), parts, 3)
	text, err := base64.RawURLEncoding.DecodeString(parts[n])
	require.NoError(check.Promise("the parts of a token are base64url"), err)
	require.NoError(check.Promise("header and payload of a token are JSON objects"), json.Unmarshal(text, &object))
	return object
}

// whole is a number in JSON as an integer, if it is one.
func whole(number any) any {
	if f, ok := number.(float64); ok && f == math.Trunc(f) {
		return int64(f)
	}
	return number
}

// verify checks a token as a server would that has this secret, at noon.
func verify(raw string, secret []byte) error {
	_, err := jwt.Parse(raw, func(*jwt.Token) (any, error) { return secret, nil },
		jwt.WithValidMethods([]string{"HS256", "HS384", "HS512"}), jwt.WithoutClaimsValidation())
	return err
}
