package hardening

import (
	"context"
	"errors"
	"time"

	"example.com/bookapi"
)

// SessionLifetime is how long one login can be refreshed. After that comes the
// password again, however busy the session was (ASVS 5.0 7.3.2, 10.4.8).
const SessionLifetime = 30 * 24 * time.Hour

// ErrRefresh says that a refresh token is not good, and not why.
var ErrRefresh = errors.New("hardening: the refresh token is not good")

// Sessions hands out refresh tokens, and takes each of them once.
type Sessions struct {
	Store bookapi.SessionStore
	Users bookapi.UserStore
	Now   func() time.Time
}

// Start begins the session of a user who has just logged in, and returns its
// first refresh token. The session ends a SessionLifetime after s.Now(). The store
// keeps only a hash of the token. ErrRefresh if the password has changed since it was
// compared, or the account is not there any more. If the store fails, Start returns
// its error and no token.
func (s Sessions) Start(ctx context.Context, user bookapi.User) (string, error) {
	// Exercise 5.3: hand out a token and keep only its hash.
	//
	// Toolbox: newID and newRefreshToken in refreshtoken.go; bookapi.Session and
	// CreateSession in bookapi/session.go; errors.Is, bookapi.ErrNotFound.
	return "", errTODO("5.3")
}

// Refresh takes a refresh token and returns its user, as stored now, and the
// token that is good in its place. ErrRefresh if it is not good, if its session has
// expired, or if its user is not there any more.
//
// A token that is used a second time may have been copied, and nobody can say which
// caller is the thief: the whole session ends (RFC 9700 §4.14.2), even if the caller
// hangs up in the middle. Of many simultaneous calls with one token, no more than one
// gets an answer. (To spare clients with two tabs, a second use within seconds may
// leave the session as it is. It is refused all the same. A token with the ID of
// a session and a wrong secret may end that session, too.)
//
// If the store fails, Refresh returns its error. That is no verdict on the token,
// which is as good as before. (If it was EndSession that failed, the error may be
// ErrRefresh as well.)
func (s Sessions) Refresh(ctx context.Context, raw string) (bookapi.User, string, error) {
	// Exercise 5.3: a new token for an old one, once.
	//
	// Toolbox: SessionID, newRefreshToken and hashRefreshToken in refreshtoken.go;
	// s.Users.User; Session, RotateSession and EndSession in bookapi/session.go.
	return bookapi.User{}, "", errTODO("5.3")
}

// End ends the session of a refresh token, also of one that was traded in before:
// the logout. A token without a session is no error, since its owner has what they
// want (RFC 7009 §2.2). If the store fails, End returns its error.
func (s Sessions) End(ctx context.Context, raw string) error {
	// Exercise 5.3: log out.
	//
	// Toolbox: SessionID, EndSession.
	return errTODO("5.3")
}
