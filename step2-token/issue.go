// Package token is the login: a username and a password go in, and a signed
// token comes out that says, for a quarter of an hour, who is calling.
package token

import (
	"time"

	"github.com/golang-jwt/jwt/v5"

	"example.com/bookapi"
)

// Lifetime is how long the tokens of the Book API are good. A stolen one opens
// the door for no longer than this.
const Lifetime = 15 * time.Minute

// Claims is what a token of ours says about the user who carries it. Anybody
// can read it, so nothing in it is a secret.
type Claims struct {
	jwt.RegisteredClaims              // sub: the username; iat, exp: from when until when
	Role                 bookapi.Role `json:"role"`
}

// Issuer signs tokens.
type Issuer struct {
	Key      Key
	Lifetime time.Duration    // from iat to exp
	Now      func() time.Time // the clock: time.Now, but for tests
}

// Issue returns a signed JSON Web Token (RFC 7519) for the user: sub and role
// from the user, iat now and exp a Lifetime later, in whole seconds, and the
// key's ID as kid in the header. A key that is shorter than MinSecret signs
// nothing, and a user without a name gets no token.
func (i Issuer) Issue(user bookapi.User) (string, error) {
	// Exercise 2.1: sign the claims.
	//
	// First look at what you are about to use: to golang-jwt an empty secret is
	// as good as any other, so refuse one of fewer than MinSecret bytes
	// yourself, and a user without a name. Then fill in Claims
	// (jwt.NewNumericDate makes its times, i.Now is the clock), make the token
	// with jwt.NewWithClaims and jwt.SigningMethodHS256, set Header["kid"], and
	// sign it with SignedString.
	return "", errTODO("2.1")
}
