package bookapi

import (
	"context"
	"time"
)

// Session is one login and all that follows from it: the family of its refresh
// tokens (RFC 9700 §4.14.2), of which one at a time is good.
type Session struct {
	ID       string // names the session inside its tokens; no secret
	Username string

	// TokenHash is a hash of the one refresh token that is good now. The token
	// itself is not stored: who steals the database can refresh nothing.
	TokenHash string

	Started time.Time
	Expires time.Time // no refresh moves it
}

// MaxSessions is how many sessions a user has at once.
const MaxSessions = 50

// SessionStore keeps sessions, and ends them. An implementation is safe for
// concurrent use by several programs over one database. Times are kept to the
// millisecond.
type SessionStore interface {
	// CreateSession stores a session of a user whose password hash is still the
	// given one, and returns ErrNotFound otherwise: a login that was under way
	// while the password changed, or the user was disabled, comes to nothing. It
	// removes those of the user's sessions that had ended when this one started, some
	// of other users', and the oldest of the user's if there would be more than
	// MaxSessions.
	CreateSession(ctx context.Context, s Session, passwordHash string) error

	// Session returns the session with this ID, or ErrNotFound. It may have
	// expired: that is the caller's to compare.
	Session(ctx context.Context, id string) (Session, error)

	// RotateSession makes next the hash of the good token if current still is,
	// and returns ErrNotFound otherwise: of many simultaneous calls one succeeds.
	RotateSession(ctx context.Context, id, current, next string) error

	// EndSession removes the session with this ID, if there is one.
	EndSession(ctx context.Context, id string) error

	// ChangePassword stores the hash of a new password if current is still the
	// hash of the old one, ends all sessions of the user, and sets TokensValidAfter:
	// all three, or none and ErrNotFound. It calls tokensValidAfter at most once, when
	// no session of the user can begin or be refreshed any more until it is done. A
	// clock that was put back does not make TokensValidAfter earlier than it was.
	ChangePassword(ctx context.Context, username, current, next string, tokensValidAfter func() time.Time) error

	// SetDisabled shuts a user's account, or opens it again; in both cases it ends
	// all sessions and sets TokensValidAfter, as ChangePassword does. ErrNotFound if
	// there is no such user.
	SetDisabled(ctx context.Context, username string, disabled bool, tokensValidAfter func() time.Time) error
}
