package token

import (
	"context"
	"errors"
	"log/slog"

	"example.com/bookapi"
	hashing "example.com/bookapi/step1-hashing"
)

// renewHash gives a user who has just logged in a hash of today's strength, if
// theirs is weaker: only now is the password at hand. It returns the user as
// stored. A hash that cannot be renewed now is renewed at the next login.
func renewHash(ctx context.Context, users bookapi.UserStore, user bookapi.User, password string) (bookapi.User, error) {
	if !hashing.NeedsRehash(user.PasswordHash) {
		return user, nil
	}
	hash, err := hashing.HashPassword(password)
	if err == nil {
		err = users.ReplacePasswordHash(ctx, user.Username, user.PasswordHash, hash)
	}
	switch {
	case errors.Is(err, bookapi.ErrNotFound): // another login has renewed it, or the password has changed
		return verifyAgain(ctx, users, user.Username, password)
	case err != nil:
		slog.WarnContext(ctx, "password hash not renewed", "user", user, "error", err)
		return user, nil
	}
	user.PasswordHash = hash
	return user, nil
}

// verifyAgain compares a password with the row as it is by now.
func verifyAgain(ctx context.Context, users bookapi.UserStore, username, password string) (bookapi.User, error) {
	user, err := users.User(ctx, username)
	if errors.Is(err, bookapi.ErrNotFound) || err == nil && !hashing.VerifyPassword(password, user.PasswordHash) {
		return bookapi.User{}, ErrCredentials
	}
	return user, err
}
