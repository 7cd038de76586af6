package hashing

import (
	"context"

	"example.com/bookapi"
)

// MinLength is the length of the shortest password, in Unicode code points.
// NIST SP 800-63B-4 asks for 15 where the password is the only factor, and
// for no rules about digits, capitals or symbols.
const MinLength = 15

// CheckPassword reports, with an error that is bookapi.ErrInvalid, why the user
// may not have this password: it has fewer than MinLength code points, or it is
// among the first that an attacker tries, Common or the user's own name, in any
// letter case. Sign-up asks it, and so does a change of the password.
func CheckPassword(username, password string) error {
	// Exercise 1.4: first, say which passwords are too easy to guess.
	//
	// Toolbox: the packages strings and unicode/utf8, Common, bookapi.Invalid.
	return errTODO("1.4")
}

// SignUp creates the account of a reader, even for a name such as "admin", and
// returns the user: name and role, with the hash or without. The password is hashed
// as it is, as slowly as by HashPassword, and not kept.
//
// It returns an error that is bookapi.ErrInvalid for a name or a password that
// cannot be taken, before it hashes or stores anything, bookapi.ErrExists for a
// name that is taken, and otherwise the store's.
func SignUp(ctx context.Context, users bookapi.UserStore, username, password string) (bookapi.User, error) {
	// Exercise 1.4: second, give a newcomer an account.
	//
	// Toolbox: the package bookapi, and what you have written above.
	return bookapi.User{}, errTODO("1.4")
}
