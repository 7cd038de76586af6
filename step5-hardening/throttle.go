package hardening

import (
	"context"
	"net/http"
	"net/netip"
	"time"

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
// the last address in X-Forwarded-For that is none of them: everything to the
// left of that is what mallory likes to send.
func ClientAddress(proxies []netip.Prefix) func(http.Handler) http.Handler {
	// Exercise 5.4: whom to believe about an address.
	//
	// chi/v5/middleware has it: ClientIPFromRemoteAddr takes the peer, and
	// ClientIPFromXFF, with the proxies as strings, what they say. With no
	// proxies, use the first: a header that nobody is trusted to write counts for
	// nothing. (middleware.RealIP believes everybody, which is why it is
	// deprecated.)
	return func(http.Handler) http.Handler { return todoHandler("5.4") }
}

// Throttle lets nobody try passwords for long.
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
// Failures are counted in the store, for all replicas, and before t.Next hashes
// anything: a hundred guesses at the same moment are a hundred guesses.
func (t Throttle) Authenticate(ctx context.Context, username, password string) (bookapi.User, error) {
	// Exercise 5.4: count first, then hash.
	//
	// addressKey(ctx) and accountKey(username), given in address.go, name what is
	// counted. t.Attempts.CountAttempt counts, with the limit, t.Now() and
	// Window: if it returns a time that is not zero, return a *ThrottledError
	// with it, and do not ask t.Next. Count the address first: an address that
	// may not try must not lock an account either. Then ask t.Next. Only
	// token.ErrCredentials is a failure of the caller's: anything else, a login
	// that succeeds above all, t.Attempts.ForgiveAttempt takes back, from both;
	// with context.WithoutCancel(ctx), since the caller may have hung up by now.
	return bookapi.User{}, errTODO("5.4")
}

// Hashers bounds how many passwords are hashed at once: as many as it has room
// for. Hashing is slow on purpose, and without a bound a flood of logins would
// leave nothing of the machine to those who only want to read.
type Hashers chan struct{}

// Do runs hash when there is room, in its caller's goroutine, where a panic has
// somebody to answer. If ctx ends first, it returns the error of ctx, and hash
// does not run.
func (h Hashers) Do(ctx context.Context, hash func()) error {
	// Exercise 5.4: wait for room.
	//
	// A channel with a buffer is a counter that blocks when it is full: send a
	// value before hash runs, receive one after, with defer, so that a panic gives
	// the room back too. Select on ctx.Done() beside the send. If there is room and
	// ctx has ended, select takes either: ask ctx.Err() before hash runs.
	return errTODO("5.4")
}
