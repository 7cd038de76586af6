package hashing

import (
	"context"
	"strings"
	"unicode/utf8"

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
	switch {
	case utf8.RuneCountInString(password) < MinLength:
		return bookapi.Invalid("password", "must have at least 15 characters; a few words make a good one")
	case Common(password):
		return bookapi.Invalid("password", "must not be one that everybody tries first")
	case strings.EqualFold(password, username):
		return bookapi.Invalid("password", "must not be your username")
	}
	return nil
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
	if err := bookapi.ValidateUsername(username); err != nil {
		return bookapi.User{}, err
	}
	if err := CheckPassword(username, password); err != nil {
		return bookapi.User{}, err
	}
	hash, err := HashPassword(password)
	if err != nil {
		return bookapi.User{}, err
	}
	user := bookapi.User{Username: username, PasswordHash: hash, Role: bookapi.RoleReader}
	if err := users.CreateUser(ctx, user); err != nil {
		return bookapi.User{}, err
	}
	return user, nil
}
