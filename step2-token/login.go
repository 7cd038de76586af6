package token

import (
	"context"
	"errors"

	"example.com/bookapi"
)

// ErrCredentials says that username and password do not go together, and not
// which of the two is wrong.
var ErrCredentials = errors.New("token: wrong username or password")

// Authenticate returns the user whose name and password these are, or
// ErrCredentials. Another error means that nobody could be asked.
//
// Somebody who tries names learns nothing from it: an unknown name and a wrong
// password get the same error after the same work (ASVS 5.0 6.3.8).
func Authenticate(ctx context.Context, users bookapi.UserStore, username, password string) (bookapi.User, error) {
	// Exercise 2.3: one answer, and one amount of work, for both ways to fail.
	//
	// users.User finds the row; hashing.VerifyPassword, which you wrote in step
	// 1, compares. If there is no such user (bookapi.ErrNotFound), verify the
	// password all the same, against the hash of a password that nobody has:
	// make that decoy once, in a variable of the package, with
	// hashing.HashPassword (sync.OnceValue is handy), and ask for it before you
	// look the user up, so that its first making does not show either.
	// An error of the store that is not bookapi.ErrNotFound is not a wrong
	// password: return it. Who got in leaves through renewHash.
	return bookapi.User{}, errTODO("2.3")
}
