package hardening

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/go-chi/chi/v5/middleware"

	"example.com/bookapi"
	token "example.com/bookapi/step2-token"
)

// How many logins may fail before the next ones are not even looked at. An
// honest person mistypes a few times, and a program of theirs may log in from
// several places at once; a word list has millions of lines (ASVS 5.0 6.3.1).
const (
	Window     = 15 * time.Minute
	PerAccount = 20
	PerAddress = 100
)

// ClientAddress returns middleware that finds out from which address a request
// is, for AddressFrom: the peer's. Only if the peer is one of the proxies, it is
// the last address in X-Forwarded-For that is none of them, since mallory can write
// everything to the left of that. Some proxies write a port behind an address. An
// entry that is no address ends the search, and the address is unknown. No other
// header counts.
func ClientAddress(proxies []netip.Prefix) func(http.Handler) http.Handler {
	// Exercise 5.4: whom to believe about an address.
	//
	// Toolbox: middleware.ClientIPFromRemoteAddr of chi, clientIPFromXFF in address.go.
	if len(proxies) == 0 {
		return middleware.ClientIPFromRemoteAddr
	}
	trusted := make([]string, len(proxies))
	for i, proxy := range proxies {
		trusted[i] = proxy.String()
	}
	return clientIPFromXFF(trusted...)
}

// Throttle limits how many wrong passwords are tried.
type Throttle struct {
	Next     token.Authenticator // who is asked, if there have not been too many
	Attempts bookapi.AttemptStore
	Now      func() time.Time
}

// Authenticate is an Authenticator: it asks t.Next, but only if there have not
// been PerAddress failures from the caller's address, or PerAccount failures at
// the account, in the current Window. Otherwise it returns a *ThrottledError, for
// the right password too: an answer would tell mallory that it was the right one.
//
// A failure is what t.Next calls token.ErrCredentials, and it counts for all replicas.
// A hundred guesses at the same moment are a hundred guesses, and no more of them than
// the limit allows reach t.Next. What cannot be counted is not tried: Authenticate
// returns the store's error.
//
// Only failures stay counted. All else is taken back, even if the caller has hung up: an
// attempt at which t.Next said anything else, and one that the other limit turned away.
// (If the store fails to take it back, Authenticate may return that error or what t.Next
// said.) The store gets no name as it is: that may be a password, typed into the wrong
// field, and of any length.
func (t Throttle) Authenticate(ctx context.Context, username, password string) (bookapi.User, error) {
	// Exercise 5.4: limit what mallory can try, and not what ada can do.
	//
	// Toolbox: addressKey and accountKey in address.go; CountAttempt and
	// ForgiveAttempt in bookapi/attempt.go; ThrottledError, token.ErrCredentials.
	limits := []struct {
		key  string
		most int
	}{
		{addressKey(ctx), PerAddress},
		{accountKey(username), PerAccount},
	}
	now := t.Now()
	var counted []string
	for _, limit := range limits {
		until, err := t.Attempts.CountAttempt(ctx, limit.key, limit.most, now, Window)
		if err != nil {
			return bookapi.User{}, errors.Join(err, t.forgive(ctx, counted, now))
		}
		if !until.IsZero() {
			return bookapi.User{}, errors.Join(&ThrottledError{Until: until}, t.forgive(ctx, counted, now))
		}
		counted = append(counted, limit.key)
	}
	user, err := t.Next(ctx, username, password)
	if errors.Is(err, token.ErrCredentials) {
		return bookapi.User{}, err
	}
	if err := t.forgive(ctx, counted, now); err != nil {
		return bookapi.User{}, err
	}
	return user, err
}

// forgive takes back what was counted under the keys at that time.
//
//exercise:helper 5.4
func (t Throttle) forgive(ctx context.Context, keys []string, counted time.Time) error {
	ctx = context.WithoutCancel(ctx) // who hangs up has not guessed wrong
	for _, key := range keys {
		if err := t.Attempts.ForgiveAttempt(ctx, key, counted); err != nil {
			return err
		}
	}
	return nil
}

// Hashers bounds how many passwords are hashed at once: as many as it has room
// for. Hashing is slow on purpose, and without a bound a flood of logins would
// leave nothing of the machine to other requests. (That it is a channel is by
// design: this is how Go counts what there is room for.)
type Hashers chan struct{}

// Do waits until there is room, runs hash in the goroutine of its caller, and returns
// nil. If ctx ends before hash begins, Do returns the error of ctx, and hash does not
// run. In any case the room is free for the next one afterwards, even if hash panics.
func (h Hashers) Do(ctx context.Context, hash func()) error {
	// Exercise 5.4: wait for room.
	//
	// Toolbox: sending to h and receiving from it, select, ctx.Done, ctx.Err.
	select {
	case h <- struct{}{}:
		defer func() { <-h }()
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	hash()
	return nil
}
