package protect

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	token "example.com/bookapi/step2-token"
)

// Verifier tells our tokens from all others.
type Verifier struct {
	Keys []token.Key      // any of them may have signed
	Now  func() time.Time // the clock: time.Now, but for tests
}

// Verify returns the claims of a token that one of our keys signed, that has
// not ended, and that names a user. For any other token it returns an error
// and no claims.
func (v Verifier) Verify(raw string) (token.Claims, error) {
	// Exercise 3.2: believe nothing that our key has not signed.
	//
	// jwt.ParseWithClaims checks the signature and fills in the claims. It asks
	// a function of yours, a jwt.Keyfunc, for the key: look it up in v.Keys by
	// the kid in the token's header. Answer a kid that is not there with an
	// error, never with an empty secret, and pass over a key whose own secret is
	// shorter than token.MinSecret. What the library does not do unless told:
	// jwt.WithValidMethods pins the algorithm (the token must not choose it),
	// jwt.WithExpirationRequired refuses a token without exp, jwt.WithTimeFunc
	// sets the clock. That sub is there you check yourself. And know your
	// library: it fills in the claims even when it returns an error.
	var claims token.Claims
	_, err := jwt.ParseWithClaims(raw, &claims, v.key,
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(v.Now))
	if err != nil {
		return token.Claims{}, fmt.Errorf("protect: %w", err)
	}
	if claims.Subject == "" {
		return token.Claims{}, errors.New("protect: the token names nobody")
	}
	return claims, nil
}

// key returns the secret of the key that the token's header names as kid. It
// is one of ours or none: a key, or the address of one, that comes with the
// token is mallory's (RFC 8725 §3.10).
func (v Verifier) key(t *jwt.Token) (any, error) {
	for _, key := range v.Keys {
		if key.ID == t.Header["kid"] && len(key.Secret) >= token.MinSecret {
			return key.Secret, nil
		}
	}
	return nil, errors.New("the token names no key of ours")
}
