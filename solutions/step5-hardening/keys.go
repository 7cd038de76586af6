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

// ParseKeys reads keys in the form of BOOKAPI_KEYS, in their order: ID:SECRET or, for
// a key that will go, ID:SECRET:END with an end in RFC 3339 like
// 2026-12-01T00:00:00Z, and commas between them. An ID is one to 32 letters, digits,
// dots, underscores and hyphens, and each secret passes CheckSecret. An END that is the
// zero time is a mistake, since a zero Until is no end.
//
// The first key signs for as long as the program runs, so it does not end. An ID names
// one key. When a key ends, its secret ends with it, under every other ID as well.
//
// If there is even one mistake, there are no keys, and the error has a line for each
// mistake, names BOOKAPI_KEYS, and repeats no secret.
func ParseKeys(text Secret) (Keys, error) {
	// Exercise 5.2: read the keys, and trust none that is not one.
	//
	// Toolbox: list, mistake and badKey in mistake.go; keyIDs in newkey.go;
	// CheckSecret, time.Parse with time.RFC3339, errors.Join.
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
//
//exercise:helper 5.2
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
	// Toolbox: the methods of time.Time, and the field Key of each Key.
	var good []token.Key
	for _, key := range k {
		if key.Until.IsZero() || now.Before(key.Until) {
			good = append(good, key.Key)
		}
	}
	return good
}
