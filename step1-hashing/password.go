// Package hashing turns passwords into hashes, so that whoever steals the
// database has stolen no password.
package hashing

// Cost is bcrypt's work factor for new hashes: 2^Cost rounds, so each step up
// doubles the time that one guess takes. ASVS 5.0 11.4.2 asks for at least 10.
const Cost = 12

// HashPassword returns a salted, slow, one-way hash of the password, in the
// text form that VerifyPassword reads. An empty password is an error, and so
// is one that the algorithm would not read to its last byte (ASVS 5.0 6.2.8).
func HashPassword(plaintext string) (string, error) {
	// Exercise 1.1: make a hash that a thief cannot turn back into the password.
	//
	// bcrypt.GenerateFromPassword, from golang.org/x/crypto/bcrypt, takes the
	// password and the Cost above, draws the salt, and puts salt and cost into
	// the hash it returns. Refuse what must not be hashed: an empty password,
	// one of more than 72 bytes, which is all that bcrypt reads, and a NUL,
	// "\x00", which bcrypt takes for a seam ("secret" and "secret\x00secret" are
	// one password to it). Refuse with bookapi.Invalid("password", "must ..."):
	// the person at the sign-up form reads the reason.
	return "", errTODO("1.1")
}

// VerifyPassword reports whether plaintext is the password behind hash. It
// answers false, and never panics, for a hash that it cannot read.
func VerifyPassword(plaintext, hash string) bool {
	// Exercise 1.2: compare the two without ever un-hashing anything.
	//
	// bcrypt.CompareHashAndPassword knows how. But know your library: it does
	// not look past byte 72 of the password, and says nothing about it. What
	// HashPassword would not have hashed cannot be the right password.
	return false // TODO: exercise 1.2
}

// NeedsRehash reports whether a hash should be made anew at the next chance:
// it was made with a lower Cost than today's, or in a format that is not ours.
func NeedsRehash(hash string) bool {
	// Exercise 1.3: computers get faster, so Cost will rise. bcrypt.Cost reads
	// the cost that a hash was made with, and fails if it is no bcrypt hash.
	return false // TODO: exercise 1.3
}
