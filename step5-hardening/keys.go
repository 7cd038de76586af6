package hardening

import (
	"time"

	token "example.com/bookapi/step2-token"
)

// Key is a key of the API, and when it ends.
type Key struct {
	token.Key
	Until time.Time // zero: it does not end
}

// Keys are the keys of the API in their order: the first signs, all verify. To
// change the key without logging anybody out, put a new one in front, and give
// the old one an end, a token's lifetime or more away (ASVS 5.0 13.3.4).
type Keys []Key

// ParseKeys reads keys in the form of BOOKAPI_KEYS: ID:SECRET or, for a key on
// its way out, ID:SECRET:END with an end like 2026-12-01T00:00:00Z, and commas
// between them. Without a mistake there is at least one key, the first has no
// end, no two have the same ID or the same secret, and each secret has passed
// CheckSecret.
func ParseKeys(text Secret) (Keys, error) {
	// Exercise 5.2: read the keys, and trust none that is not one.
	//
	// list, given in mistake.go, takes the text apart, and strings.SplitN with 3
	// one key, as in 5.1. keyIDs says what an ID looks like; of two keys with one
	// ID nobody knows which a token means, and of two with one secret none ends
	// before the other. CheckSecret has the bytes, and
	// time.Parse(time.RFC3339, ...) the end, which must not be the zero time:
	// that stands for no end. The first key signs: if it ended, so would every
	// login. No keys at all is a mistake too. Make the errors with badKey and
	// mistake, and do not repeat the secret in them.
	return nil, errTODO("5.2")
}

// Verifying returns the keys whose tokens are good now: all that have not
// ended. A key ends at its Until, and not a moment later.
func (k Keys) Verifying(now time.Time) []token.Key {
	// Exercise 5.2: through the grace period, and not after it.
	//
	// Return the token.Key of each key that has no end (Until.IsZero) or has not
	// come to it yet (now.Before).
	return nil // TODO: exercise 5.2
}
