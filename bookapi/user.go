package bookapi

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"time"
)

// Role says what a user may do.
type Role string

// The roles there are. Every sign-up starts as a reader.
const (
	RoleReader Role = "reader"
	RoleAdmin  Role = "admin"
)

// Validate reports a role that there is not, as an *InvalidError.
func (r Role) Validate() error {
	if r != RoleReader && r != RoleAdmin {
		return Invalid("role", `must be "reader" or "admin"`)
	}
	return nil
}

// User is an account.
type User struct {
	Username     string `json:"username"`
	PasswordHash string `json:"-"` // for the store only: no answer, no log carries it
	Role         Role   `json:"role"`

	// Disabled reports that the account is shut: a login to it fails, and its
	// tokens are refused.
	Disabled bool `json:"disabled,omitempty"`

	// TokensValidAfter ends every access token issued before it: a password
	// change, for one, sets it. It is a whole second, as the times in a token
	// are; zero if no token has ended early. The finished API of step 5 looks at it.
	TokensValidAfter time.Time `json:"-"`
}

// LogValue keeps the hash out of the log (ASVS 5.0 16.2.5).
func (u User) LogValue() slog.Value {
	return slog.GroupValue(slog.String("username", u.Username), slog.String("role", string(u.Role)))
}

// Format keeps the hash out of whatever fmt prints: %v, %+v, %#v and the rest.
func (u User) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%s (%s)", u.Username, u.Role)
}

var usernames = regexp.MustCompile(`^[a-z][a-z0-9._-]{1,31}$`)

// ValidateUsername reports a name that cannot be an account, as an
// *InvalidError. Names are plain lower-case ASCII, so that no two of them look
// alike: neither "Ada" nor the Cyrillic "аda" can pass for "ada".
func ValidateUsername(username string) error {
	if !usernames.MatchString(username) {
		return Invalid("username", "must be 2 to 32 characters, start with a letter, and use only a-z, 0-9, '.', '_' and '-'")
	}
	return nil
}

// UserStore keeps users. An implementation is safe for concurrent use.
type UserStore interface {
	// CreateUser stores a new user, or returns ErrExists if the name is taken.
	CreateUser(ctx context.Context, u User) error

	// User returns the user with exactly this name, or ErrNotFound. It does not
	// find a user who is disabled, so that no caller can forget to ask.
	User(ctx context.Context, username string) (User, error)

	// Users returns up to limit users, at most MaxPage, whose names come after
	// the given one, in the order of their names, disabled users included.
	// No users: an empty slice.
	Users(ctx context.Context, after string, limit int) ([]User, error)

	// SetRole gives the user another role. ErrNotFound if there is no such user.
	SetRole(ctx context.Context, username string, role Role) error

	// ReplacePasswordHash stores next if the hash is still current, and returns
	// ErrNotFound if it is not, or if the user is gone. The condition keeps a
	// rehash at login from undoing a password change that happened meanwhile.
	ReplacePasswordHash(ctx context.Context, username, current, next string) error
}

type contextKey struct{}

// WithUser returns a context that carries the user who is calling.
func WithUser(ctx context.Context, u User) context.Context {
	return context.WithValue(ctx, contextKey{}, u)
}

// UserFrom returns the user who is calling, and false if the context carries
// none: the route has no guard, or the code runs outside a request.
func UserFrom(ctx context.Context) (User, bool) {
	u, ok := ctx.Value(contextKey{}).(User)
	return u, ok
}
