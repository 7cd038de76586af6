package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"time"

	"example.com/bookapi"
	"example.com/bookapi/rest"
	hardening "example.com/bookapi/step5-hardening"
)

// hashTimeout is how long a password waits to be hashed.
const hashTimeout = 20 * time.Second

// HashesAtOnce returns how many passwords are hashed at once on this machine: one for
// each core. RunHash is to see to it that other requests come first.
func HashesAtOnce() int { return runtime.GOMAXPROCS(0) }

// authenticate is an Authenticator: throttled, and with a bound on how many
// passwords are hashed at once. A *hardening.ThrottledError is a 429.
func (a *api) authenticate(ctx context.Context, username, password string) (bookapi.User, error) {
	return a.throttled(ctx, a.store, username, password)
}

// authenticateAgain is the same for a user who is logged in. Its failures are counted
// for themselves: mallory, who can lock an account for logins, does not keep its user
// from changing the password.
func (a *api) authenticateAgain(ctx context.Context, username, password string) (bookapi.User, error) {
	return a.throttled(ctx, ofUsers{a.store}, username, password)
}

func (a *api) throttled(ctx context.Context, attempts bookapi.AttemptStore, username, password string) (bookapi.User, error) {
	throttle := hardening.Throttle{Next: a.verifyPassword, Attempts: attempts, Now: a.Now}
	user, err := throttle.Authenticate(ctx, username, password)
	if throttled := new(hardening.ThrottledError); errors.As(err, &throttled) {
		err = a.tooMany("too many passwords were wrong; wait, and try again", throttled.Until, err)
	}
	return user, err
}

// ofUsers counts the attempts of users who are logged in, apart from those of others.
type ofUsers struct{ bookapi.AttemptStore }

// CountAttempt implements bookapi.AttemptStore.
func (o ofUsers) CountAttempt(ctx context.Context, key string, limit int, now time.Time, window time.Duration) (time.Time, error) {
	return o.AttemptStore.CountAttempt(ctx, "user, "+key, limit, now, window)
}

// ForgiveAttempt implements bookapi.AttemptStore.
func (o ofUsers) ForgiveAttempt(ctx context.Context, key string, counted time.Time) error {
	return o.AttemptStore.ForgiveAttempt(ctx, "user, "+key, counted)
}

// tooMany is an error that is answered 429.
func (a *api) tooMany(detail string, until time.Time, err error) error {
	return &rest.StatusError{
		Status:     http.StatusTooManyRequests,
		Detail:     detail,
		RetryAfter: max(time.Second, until.Sub(a.Now())),
		Err:        err,
	}
}

// verifyPassword asks a.passwords when there is room to hash.
func (a *api) verifyPassword(ctx context.Context, username, password string) (user bookapi.User, err error) {
	if noRoom := a.hash(ctx, func() { user, err = a.passwords(ctx, username, password) }); noRoom != nil {
		return bookapi.User{}, noRoom
	}
	return user, err
}

// hash runs what hashes a password when there is room for it, and its caller's
// address has its turn. After hashTimeout it gives up: a 503, and no error of ours.
//
// It is called with a whole request: while a hash has room, nothing waits for a
// client.
func (a *api) hash(ctx context.Context, hash func()) error {
	ctx, cancel := context.WithTimeout(ctx, hashTimeout)
	defer cancel()
	if err := a.hashQueue.wait(ctx, place(ctx)...); err != nil {
		return noRoom(err)
	}
	next := sync.OnceFunc(a.hashQueue.next)
	defer next()
	return noRoom(a.hashers.Do(ctx, func() {
		next()
		if a.RunHash == nil {
			hash()
			return
		}
		a.RunHash(hash)
	}))
}

// hashForSignUp does the same for a sign-up. Sign-ups wait for one another first:
// however many there are, a login waits for one of them at most.
func (a *api) hashForSignUp(ctx context.Context, hash func()) error {
	ctx, cancel := context.WithTimeout(ctx, hashTimeout)
	defer cancel()
	if err := a.signUps.wait(ctx, place(ctx)...); err != nil {
		return noRoom(err)
	}
	defer a.signUps.next()
	return a.hash(ctx, hash)
}

// place is where a caller comes from, for the queues: the address, and of an IPv6
// address first the 48 bits that one site has, with 65,536 networks in it.
func place(ctx context.Context) []string {
	key, address := hardening.AddressKey(ctx), hardening.AddressFrom(ctx)
	if !address.Is6() {
		return []string{key}
	}
	site, _ := address.WithZone("").Prefix(48)
	return []string{site.String(), key}
}

// noRoom says that a password was not hashed, if it was not: there have been too many
// others, or the client has hung up.
func noRoom(err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("app: no room to hash a password: %w: %w", err, bookapi.ErrUnavailable)
	if errors.Is(err, context.Canceled) {
		return err
	}
	return &rest.StatusError{
		Status:     http.StatusServiceUnavailable,
		Detail:     "too many passwords wait to be hashed; try again in a moment",
		RetryAfter: time.Second,
		Err:        err,
	}
}
