package bookapi

import (
	"context"
	"time"
)

// AttemptStore counts what may be tried only so often: logins to an account,
// or from an address. All programs over one database count together.
type AttemptStore interface {
	// CountAttempt counts one more attempt under key, unless there have been
	// limit of them in the current window: then it counts nothing and returns
	// when the window ends. The zero time means that the attempt may go on. A
	// window begins with the first attempt after the last window. One that would
	// end more than two windows after now is over: the clock has been put back. Of
	// simultaneous calls no more than limit may go on.
	CountAttempt(ctx context.Context, key string, limit int, now time.Time, window time.Duration) (until time.Time, err error)

	// ForgiveAttempt takes back one attempt under key, which has turned out to be an
	// honest one. Counted is the time that CountAttempt was given for it: if another
	// window has begun since, or nothing is counted, there is nothing to take back.
	ForgiveAttempt(ctx context.Context, key string, counted time.Time) error
}
