package hardening

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"example.com/bookapi"
)

// patience is how long a password waits for its turn to be hashed.
const patience = 20 * time.Second

// cores is how many there are for this program: in a container, as many as it may use.
var cores = runtime.GOMAXPROCS(0)

// NewHashers returns room for all cores but one, which is left to those who do
// not log in.
func NewHashers() Hashers {
	return make(Hashers, max(1, cores-1))
}

// Threads is for runtime.GOMAXPROCS: how many threads of this program may run at
// once. A hash holds one of them for a quarter of a second, so there is one more
// for each hash than there are cores: whoever reads finds as many as without a
// hash, and if one of theirs has to wait for its core, the others go on.
func Threads() int { return cores + cap(NewHashers()) }

// hash runs what hashes a password when there is room for it. Who has waited
// for patience is told to come back later: bookapi.ErrUnavailable.
func (a *api) hash(ctx context.Context, hash func()) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return noRoom(a.hashers.Do(ctx, func() { gently(hash) }))
}

// hashForStranger does the same for a sign-up. Strangers wait for one another
// first, and one of them at a time for the room: however many sign up at once,
// whoever logs in has one of them in front of them and no more.
func (a *api) hashForStranger(ctx context.Context, hash func()) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var full error
	return errors.Join(noRoom(a.strangers.Do(ctx, func() { full = a.hash(ctx, hash) })), full)
}

// noRoom says that a password was not hashed, if it was not.
func noRoom(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("hardening: no room to hash a password: %w: %w", err, bookapi.ErrUnavailable)
}

// gently runs f in a thread of low priority, where the system has such a thing,
// so that a request which takes a fraction of a millisecond need not wait for one
// that takes a quarter of a second. The thread ends with f: a low priority cannot
// be taken back.
func gently(f func()) {
	done := make(chan any)
	go func() {
		defer func() { done <- recover() }()
		runtime.LockOSThread()
		lowerPriority()
		f()
	}()
	if cause := <-done; cause != nil {
		panic(cause) // in the goroutine that has somebody to answer
	}
}
