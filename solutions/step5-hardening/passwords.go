package hardening

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

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
		old, oldErr := token.Authenticate(ctx, oldHashes{UserStore: users}, username, password)
		if oldErr != nil && !errors.Is(oldErr, token.ErrCredentials) {
			return bookapi.User{}, oldErr
		}
		user, err := verifyArgon2id(ctx, users, username, password)
		switch {
		case err == nil:
			return user, nil
		case !errors.Is(err, token.ErrCredentials):
			return bookapi.User{}, err
		case oldErr == nil:
			return kdfArgon2id.renew(ctx, users, old, password)
		}
		return bookapi.User{}, token.ErrCredentials
	}
}

// BcryptPasswords returns an Authenticator for bcrypt's hashes, and for those of
// argon2id that there are if that was the choice for a while: they turn into
// bcrypt's again, each at its owner's next login.
//
// As long as it has seen no hash of argon2id, it computes none.
func BcryptPasswords(users bookapi.UserStore) token.Authenticator {
	var both atomic.Bool
	return func(ctx context.Context, username, password string) (bookapi.User, error) {
		old, oldErr := token.Authenticate(ctx, oldHashes{users, func() { both.Store(true) }}, username, password)
		if oldErr != nil && !errors.Is(oldErr, token.ErrCredentials) || !both.Load() {
			return old, oldErr
		}
		user, err := verifyArgon2id(ctx, users, username, password)
		switch {
		case err == nil:
			return kdfBcrypt.renew(ctx, users, user, password)
		case !errors.Is(err, token.ErrCredentials):
			return bookapi.User{}, err
		}
		return old, oldErr
	}
}

// verifyArgon2id returns the user whose password this is, if their hash is
// argon2id's. It computes one for everybody else too.
func verifyArgon2id(ctx context.Context, users bookapi.UserStore, username, password string) (bookapi.User, error) {
	hash := argon2idDecoy()
	user, err := users.User(ctx, username)
	switch {
	case err == nil && strings.HasPrefix(user.PasswordHash, prefixArgon2id):
		hash = user.PasswordHash
	case err != nil && !errors.Is(err, bookapi.ErrNotFound):
		return bookapi.User{}, fmt.Errorf("hardening: look up the user: %w", err)
	}
	if !VerifyArgon2id(password, hash) {
		return bookapi.User{}, token.ErrCredentials
	}
	return user, nil
}

// oldHashes shows only the users whose hash is not argon2id's.
type oldHashes struct {
	bookapi.UserStore
	hidden func() // is called when it hides a user; nil: nothing is
}

func (s oldHashes) User(ctx context.Context, username string) (bookapi.User, error) {
	user, err := s.UserStore.User(ctx, username)
	if err != nil || !strings.HasPrefix(user.PasswordHash, prefixArgon2id) {
		return user, err
	}
	if s.hidden != nil {
		s.hidden()
	}
	return bookapi.User{}, bookapi.ErrNotFound
}

// argon2idDecoy is the hash of a password that nobody has, made on first use.
var argon2idDecoy = sync.OnceValue(func() string {
	hash, err := HashArgon2id(rand.Text())
	if err != nil {
		panic(err) // an honest password: the hash function is broken
	}
	return hash
})

// A kdf makes hashes of passwords, and compares with them.
type kdf struct {
	hash   func(password string) (string, error)
	verify func(password, hash string) bool
}

var (
	kdfArgon2id = kdf{HashArgon2id, VerifyArgon2id}
	kdfBcrypt   = kdf{hashing.HashPassword, hashing.VerifyPassword}
)

// renew gives a user who has just logged in a new hash, and returns the user as
// stored. If that fails, the next login tries again.
func (k kdf) renew(ctx context.Context, users bookapi.UserStore, user bookapi.User, password string) (bookapi.User, error) {
	hash, err := k.hash(password)
	if err == nil {
		err = users.ReplacePasswordHash(ctx, user.Username, user.PasswordHash, hash)
	}
	switch {
	case errors.Is(err, bookapi.ErrNotFound): // another login has renewed it, or the password has changed
		user, err = users.User(ctx, user.Username)
		if errors.Is(err, bookapi.ErrNotFound) || err == nil && !k.verify(password, user.PasswordHash) {
			return bookapi.User{}, token.ErrCredentials
		}
		return user, err
	case err != nil:
		slog.WarnContext(ctx, "password hash not renewed", "user", user, "error", err)
		return user, nil
	}
	user.PasswordHash = hash
	return user, nil
}
