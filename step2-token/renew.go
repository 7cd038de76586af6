package token

import (
	"context"
	"log/slog"

	"example.com/bookapi"
	hashing "example.com/bookapi/step1-hashing"
)

// renewHash gives a user who has just logged in a hash of today's strength, if
// theirs is of yesterday's: this is the one moment at which the password is at
// hand. It returns the user as stored. A hash that cannot be renewed now is no
// reason to keep its user out; the next login tries again.
func renewHash(ctx context.Context, users bookapi.UserStore, user bookapi.User, password string) bookapi.User {
	if !hashing.NeedsRehash(user.PasswordHash) {
		return user
	}
	hash, err := hashing.HashPassword(password)
	if err == nil {
		err = users.ReplacePasswordHash(ctx, user.Username, user.PasswordHash, hash)
	}
	if err != nil {
		slog.WarnContext(ctx, "password hash not renewed", "user", user, "error", err)
		return user
	}
	user.PasswordHash = hash
	return user
}
