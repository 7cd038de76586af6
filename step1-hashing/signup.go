package hashing

import (
	"context"

	"example.com/bookapi"
)

// MinLength is the length of the shortest password, in Unicode code points.
// NIST SP 800-63B-4 asks for 15 where the password is the only factor, and
// for no rules about digits, capitals or symbols.
const MinLength = 15

// SignUp creates the account of a reader. The password itself is not kept.
//
// It returns an error that is bookapi.ErrInvalid for a name or a password that
// cannot be taken, and bookapi.ErrExists for a name that somebody has.
func SignUp(ctx context.Context, users bookapi.UserStore, username, password string) (bookapi.User, error) {
	// Exercise 1.4: check, hash, store; in this order.
	//
	// bookapi.ValidateUsername checks the name. A password must have MinLength
	// code points (len counts bytes: see utf8.RuneCountInString), must not be
	// Common, and must not be the user's own name, in any letter case; say no
	// with bookapi.Invalid("password", "must ..."). Then HashPassword, and
	// users.CreateUser with the hash and bookapi.RoleReader: nobody signs up
	// as an administrator.
	return bookapi.User{}, errTODO("1.4")
}
