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
	if err := bookapi.ValidateUsername(username); err != nil {
		return bookapi.User{}, err
	}
	if err := checkPassword(username, password); err != nil {
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

func checkPassword(username, password string) error {
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
