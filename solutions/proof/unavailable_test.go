package proof

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"example.com/bookapi"
)

// sha256Hex is how the throttle spells an account.
func sha256Hex(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// unavailableStore is a database that cannot be asked just now.
type unavailableStore struct{ bookapi.Store }

func errUnavailable() error {
	return fmt.Errorf("%w: dial tcp 10.0.0.7:5432: connection refused", bookapi.ErrUnavailable)
}

func (unavailableStore) Books(context.Context, int64, int) ([]bookapi.Book, error) {
	return nil, errUnavailable()
}

func (unavailableStore) User(context.Context, string) (bookapi.User, error) {
	return bookapi.User{}, errUnavailable()
}

func (unavailableStore) CreateUser(context.Context, bookapi.User) error { return errUnavailable() }

func (unavailableStore) Session(context.Context, string) (bookapi.Session, error) {
	return bookapi.Session{}, errUnavailable()
}

func (unavailableStore) EndSession(context.Context, string) error { return errUnavailable() }

func (unavailableStore) CountAttempt(context.Context, string, int, time.Time, time.Duration) (time.Time, error) {
	return time.Time{}, errUnavailable()
}
