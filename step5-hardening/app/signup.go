package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"example.com/bookapi"
	hashing "example.com/bookapi/step1-hashing"
	token "example.com/bookapi/step2-token"
	hardening "example.com/bookapi/step5-hardening"
)

// How many accounts may be made from one address: a class that signs up together
// may, and a program that fills the database, or asks for taken names, may not
// (ASVS 5.0 2.4.1).
const (
	SignUpsPerAddress = 60
	SignUpWindow      = time.Hour
)

// signUp is the sign-up of step 2, limited by address, and with a bound on how many
// passwords are hashed at once.
func (a *api) signUp() http.Handler { return token.SignUpWith(a.createAccount) }

// createAccount makes the account of a reader. What is refused without a hash
// does not wait for one. An account that is not made for a reason of ours, or since
// the client has hung up, does not count.
func (a *api) createAccount(ctx context.Context, username, password string) (user bookapi.User, err error) {
	if err := bookapi.ValidateUsername(username); err != nil {
		return bookapi.User{}, err
	}
	if err := hashing.CheckPassword(username, password); err != nil {
		return bookapi.User{}, err
	}
	key, now := "sign-up from "+hardening.AddressKey(ctx), a.Now()
	until, err := a.store.CountAttempt(ctx, key, SignUpsPerAddress, now, SignUpWindow)
	if err != nil {
		return bookapi.User{}, fmt.Errorf("app: count a sign-up: %w", err)
	}
	if !until.IsZero() {
		return bookapi.User{}, a.tooMany("too many accounts have been made from your address; wait, and try again", until,
			errors.New("app: too many sign-ups"))
	}
	if _, err := a.store.User(ctx, username); err == nil { // costs no hash
		return bookapi.User{}, fmt.Errorf("app: sign up: %w", bookapi.ErrExists)
	}
	if noRoom := a.hashForSignUp(ctx, func() { user, err = hashing.SignUp(ctx, a.store, username, password) }); noRoom != nil {
		err = noRoom
	}
	if err != nil && !errors.Is(err, bookapi.ErrExists) {
		err = errors.Join(err, a.store.ForgiveAttempt(context.WithoutCancel(ctx), key, now))
	}
	return user, err
}
