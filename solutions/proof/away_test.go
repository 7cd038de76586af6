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

// awayStore is a database that cannot be asked just now.
type awayStore struct{ bookapi.Store }

func away() error {
	return fmt.Errorf("%w: dial tcp 10.0.0.7:5432: connection refused", bookapi.ErrUnavailable)
}

func (awayStore) Books(context.Context, int64, int) ([]bookapi.Book, error) { return nil, away() }

func (awayStore) User(context.Context, string) (bookapi.User, error) { return bookapi.User{}, away() }

func (awayStore) CreateUser(context.Context, bookapi.User) error { return away() }

func (awayStore) Session(context.Context, string) (bookapi.Session, error) {
	return bookapi.Session{}, away()
}

func (awayStore) EndSession(context.Context, string) error { return away() }

func (awayStore) CountAttempt(context.Context, string, int, time.Time, time.Duration) (time.Time, error) {
	return time.Time{}, away()
}
