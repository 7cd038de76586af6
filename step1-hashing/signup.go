package hashing

import (
	"context"

	"example.com/bookapi"
)

// MinLength is the length of the shortest password, in Unicode code points.
// NIST SP 800-63B-4 asks for 15 where the password is the only factor, and
// for no rules about digits, capitals or symbols.
const MinLength = 15

// CheckPassword reports, with an error that is bookapi.ErrInvalid, why this user may
// not have this password: it is shorter than MinLength, or it is one of the first that
// mallory tries, the user's own name or a common one, in any letter case. Sign-up asks
// it, and so does a change of the password.
func CheckPassword(username, password string) error {
	// Exercise 1.4: first, say which passwords are too easy to guess.
	//
	// Toolbox: the packages strings and unicode/utf8, Common, bookapi.Invalid.
	return errTODO("1.4")
}

// SignUp gives a newcomer an account, and returns the user (with the hash or without).
// Every newcomer is a reader, even one called "admin". Of the password nothing is kept
// but a hash, which costs mallory as much as one of HashPassword.
//
// A name or a password that cannot be taken is an error that is bookapi.ErrInvalid,
// costs no hash, and leaves nothing in the store. A name that somebody has is
// bookapi.ErrExists. Any other error is the store's.
func SignUp(ctx context.Context, users bookapi.UserStore, username, password string) (bookapi.User, error) {
	// Exercise 1.4: second, give a newcomer an account.
	//
	// Toolbox: the package bookapi, and what you have written above.
	return bookapi.User{}, errTODO("1.4")
}
