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
// first refresh token. ErrRefresh if the password has changed since it was
// compared, or the account is not there any more.
func (s Sessions) Start(ctx context.Context, user bookapi.User) (string, error) {
	// Exercise 5.3: hand out a token and keep only its hash.
	//
	// refreshtoken.go has newID and newRefreshToken, which returns the token and
	// its hash. Store a bookapi.Session with s.Store.CreateSession, which takes
	// the user's PasswordHash too; it starts at s.Now() and expires a
	// SessionLifetime later. bookapi.ErrNotFound from there is ErrRefresh, and
	// another error is returned as it is.
	return "", errTODO("5.3")
}

// Refresh takes a refresh token and returns its user, as stored now, and the
// token that is good in its place. ErrRefresh if it is not good.
//
// A token that was used before has been copied, and nobody can tell who of the
// two callers is the thief: the whole session ends (RFC 9700 §4.14.2). Of many
// simultaneous calls with one token, no more than one gets an answer.
func (s Sessions) Refresh(ctx context.Context, raw string) (bookapi.User, string, error) {
	// Exercise 5.3: a new token for an old one, once.
	//
	// s.Store.Session finds the session by the ID that sessionID reads from the
	// token. If it has expired, or its user (s.Users.User) is not there any more,
	// the answer is ErrRefresh. Then draw the next token and let the store
	// decide: s.Store.RotateSession changes the hash of this token into the hash
	// of the next, if it is still the good one. If it is not (ErrNotFound), this
	// token was used before: s.Store.EndSession, and ErrRefresh. End it with
	// context.WithoutCancel(ctx): whoever hangs up now must not save the session.
	// Do not compare the hashes yourself first: two callers could both find them
	// equal. An error of the store that is not bookapi.ErrNotFound is no verdict:
	// return it, and leave the session as it is.
	return bookapi.User{}, "", errTODO("5.3")
}

// End ends the session of a refresh token: the logout. A token that is not good,
// or no longer, is no error: it is as its owner wants it (RFC 7009 §2.2).
func (s Sessions) End(ctx context.Context, raw string) error {
	// Exercise 5.3: log out.
	//
	// sessionID and s.Store.EndSession. A session's ID is no secret, but nobody
	// knows it who has not had one of its tokens.
	return errTODO("5.3")
}
