package hardening

import (
	"errors"
	"fmt"
	"strings"
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
	var (
		keys     Keys
		mistakes []error
		seen     = make(map[string]bool)
		numbers  = make(map[string]int) // of the secrets, counted from 1
	)
	for i, entry := range list(string(text)) {
		key, err := parseKey(entry)
		switch {
		case err != nil:
			mistakes = append(mistakes, badKey(i, err))
		case seen[key.ID]:
			mistakes = append(mistakes, mistake("BOOKAPI_KEYS", "two keys are called %q", key.ID))
		case numbers[string(key.Secret)] != 0:
			mistakes = append(mistakes, badKey(i, fmt.Errorf("has the same secret as key %d", numbers[string(key.Secret)])))
		case i == 0 && !key.Until.IsZero():
			mistakes = append(mistakes, mistake("BOOKAPI_KEYS", "the first key signs, so it must not end"))
		}
		seen[key.ID] = true
		numbers[string(key.Secret)] = i + 1
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		mistakes = append(mistakes, mistake("BOOKAPI_KEYS", "is missing; \"bookapi keys new\" prints a key"))
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return keys, nil
}

// parseKey reads one key.
func parseKey(entry string) (key Key, err error) {
	parts := strings.SplitN(entry, ":", 3)
	if len(parts) < 2 {
		return Key{}, errors.New("is not ID:SECRET")
	}
	key.ID = parts[0]
	if !keyIDs.MatchString(key.ID) {
		return Key{}, errors.New("has an ID that is not 1 to 32 letters, digits, '.', '_' or '-'")
	}
	if key.Secret, err = CheckSecret(parts[1]); err != nil {
		return Key{}, err
	}
	if len(parts) == 3 {
		if key.Until, err = time.Parse(time.RFC3339, parts[2]); err != nil || key.Until.IsZero() {
			return Key{}, errors.New("has an end that is not a time like 2026-12-01T00:00:00Z")
		}
	}
	return key, nil
}

// Verifying returns the keys whose tokens are good now: all that have not
// ended. A key ends at its Until, and not a moment later.
func (k Keys) Verifying(now time.Time) []token.Key {
	// Exercise 5.2: through the grace period, and not after it.
	//
	// Return the token.Key of each key that has no end (Until.IsZero) or has not
	// come to it yet (now.Before).
	var good []token.Key
	for _, key := range k {
		if key.Until.IsZero() || now.Before(key.Until) {
			good = append(good, key.Key)
		}
	}
	return good
}
