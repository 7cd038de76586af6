package hardening

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"example.com/bookapi"
	hashing "example.com/bookapi/step1-hashing"
	token "example.com/bookapi/step2-token"
)

// Argon2idPasswords returns an Authenticator for the time in which bcrypt's
// hashes turn into argon2id's, each at its owner's next login.
//
// It always computes one of each kind, of which at most one is the user's: an
// account with an old hash, one with a new hash, and no account at all answer
// after the same work (ASVS 5.0 6.3.8). That is the price of the change, and once
// the last old hash is gone, token.Authenticate and its bcrypt can go.
func Argon2idPasswords(users bookapi.UserStore) token.Authenticator {
	return func(ctx context.Context, username, password string) (bookapi.User, error) {
		old, oldErr := token.Authenticate(ctx, oldHashes{users}, username, password)
		if oldErr != nil && !errors.Is(oldErr, token.ErrCredentials) {
			return bookapi.User{}, oldErr
		}
		hash := argon2idDecoy()
		user, err := users.User(ctx, username)
		switch {
		case err == nil && strings.HasPrefix(user.PasswordHash, prefixArgon2id):
			hash = user.PasswordHash
		case err != nil && !errors.Is(err, bookapi.ErrNotFound):
			return bookapi.User{}, fmt.Errorf("hardening: look up the user: %w", err)
		}
		switch {
		case VerifyArgon2id(password, hash):
			return user, nil
		case oldErr == nil:
			return toArgon2id(ctx, users, old, password), nil
		}
		return bookapi.User{}, token.ErrCredentials
	}
}

// oldHashes shows only the users whose hash is not argon2id's.
type oldHashes struct{ bookapi.UserStore }

func (s oldHashes) User(ctx context.Context, username string) (bookapi.User, error) {
	user, err := s.UserStore.User(ctx, username)
	if err == nil && strings.HasPrefix(user.PasswordHash, prefixArgon2id) {
		return bookapi.User{}, bookapi.ErrNotFound
	}
	return user, err
}

// argon2idDecoy is the hash of a password that nobody has, made on first use.
var argon2idDecoy = sync.OnceValue(func() string {
	hash, err := HashArgon2id(rand.Text())
	if err != nil {
		panic(err) // an honest password: the hash function is broken
	}
	return hash
})

// toArgon2id gives a user who has just logged in a new hash, and returns the
// user as stored. If that fails, the next login tries again.
func toArgon2id(ctx context.Context, users bookapi.UserStore, user bookapi.User, password string) bookapi.User {
	hash, err := HashArgon2id(password)
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

// hashForChange returns a hash of a user's next password, if it is as good as
// sign-up demands: it is signed up with, in a store that only remembers.
func hashForChange(ctx context.Context, username, password string) (string, error) {
	var remembered signedUp
	user, err := hashing.SignUp(ctx, &remembered, username, password)
	return user.PasswordHash, err
}

// signedUp takes any user, and keeps none.
type signedUp struct{ bookapi.UserStore }

func (*signedUp) CreateUser(context.Context, bookapi.User) error { return nil }
