// Package hashing turns passwords into hashes, so that a thief of the database has
// stolen no password. No function of it prints or logs a password or a hash (ASVS
// 5.0 16.2.5), and all may be called by several goroutines.
package hashing

// Cost is bcrypt's work factor for new hashes: 2^Cost rounds, so each step up
// doubles the time that one guess takes. ASVS 5.0 11.4.2 asks for at least 10.
const Cost = 12

// HashPassword returns a salted, slow, one-way hash of the password as it is, in
// the text form that VerifyPassword reads. The salt has at least 8 random bytes
// (RFC 8018 §4.1), and no password is hashed with less work than OWASP allows (ASVS
// 5.0 11.4.2). A password of up to 64 ASCII characters is taken (ASVS 6.2.9).
//
// It returns an error that is bookapi.ErrInvalid, and no hash, for a password that is
// empty, and for one whose hash another password would open, too (ASVS 6.2.8).
func HashPassword(plaintext string) (string, error) {
	// Exercise 1.1: make a hash that a thief cannot turn back into the password.
	//
	// Toolbox: golang.org/x/crypto/bcrypt, Cost, bookapi.Invalid("password", "must ...").
	return "", errTODO("1.1")
}

// VerifyPassword reports whether plaintext is, byte for byte, the password behind
// hash. A hash that was made with less work than those of today still opens: its
// user gets a new one at that login. So does a hash of another program, $2b$. It
// answers false, and never panics, for a hash that it cannot read. It keeps nothing
// of a password: the next call computes the hash anew.
func VerifyPassword(plaintext, hash string) bool {
	// Exercise 1.2: find out whether a password is the right one. There is no way
	// back from the hash, and you need none.
	//
	// Toolbox: golang.org/x/crypto/bcrypt.
	return false // TODO: exercise 1.2
}

// NeedsRehash reports whether a hash should be made anew at the next chance: it
// was made with less work than HashPassword does today, or it is nothing that
// HashPassword could have made. It computes no hash, keeps nothing, and never panics.
func NeedsRehash(hash string) bool {
	// Exercise 1.3: computers get faster, so Cost will rise. Find the hashes that
	// have become too cheap.
	//
	// Toolbox: golang.org/x/crypto/bcrypt.
	return false // TODO: exercise 1.3
}
