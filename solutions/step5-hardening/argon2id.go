package hardening

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"

	"golang.org/x/crypto/argon2"
)

// today returns what a new hash costs: at least as much as OWASP's Password Storage
// Cheat Sheet asks for, and no more than parse accepts.
func today() Argon2idCost {
	// Exercise 5.8: decide how much memory and time a guess costs mallory, and you.
	//
	// Toolbox: Argon2idCost in phc.go, the table in the lesson.
	return Argon2idCost{Memory: 19 << 10, Passes: 2, Threads: 1}
}

// HashArgon2id returns a hash of the password, of any length, that VerifyArgon2id
// reads. It costs what today says, and has a salt of its own, of at least 16 random
// bytes (RFC 9106 §3.1). Its form is the usual one:
// $argon2id$v=19$m=19456,t=2,p=1$SALT$HASH. An empty password is an error.
func HashArgon2id(plaintext string) (string, error) {
	// Exercise 5.8: the algorithm of this decade.
	//
	// Toolbox: rand.Read of crypto/rand, argon2.IDKey, saltSize, hashSize and format
	// in phc.go.
	if plaintext == "" {
		return "", errors.New("hardening: an empty password")
	}
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails: see crypto/rand
	c := today()
	return format(c, salt, argon2.IDKey([]byte(plaintext), salt, c.Passes, c.Memory, c.Threads, hashSize)), nil
}

// VerifyArgon2id reports whether plaintext is the whole password behind a hash, at the
// cost that the hash says. For a hash that it cannot read it answers false, and never
// panics. It remembers nothing.
func VerifyArgon2id(plaintext, hash string) bool {
	// Exercise 5.8: make it again, and compare.
	//
	// Toolbox: parse in phc.go, argon2.IDKey, subtle.ConstantTimeCompare.
	c, salt, want, err := parse(hash)
	if err != nil || plaintext == "" {
		return false
	}
	got := argon2.IDKey([]byte(plaintext), salt, c.Passes, c.Memory, c.Threads, hashSize)
	return subtle.ConstantTimeCompare(got, want) == 1
}
