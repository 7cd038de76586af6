package token_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	hashing "example.com/bookapi/step1-hashing"
	token "example.com/bookapi/step2-token"
)

// attempt is one call of Authenticate. Each hashes a password, so the tests
// share them.
type attempt struct {
	user bookapi.User
	err  error
	took time.Duration
}

func try(users bookapi.UserStore, username, password string) (a attempt) {
	start := time.Now()
	a.user, a.err = token.Authenticate(context.Background(), users, username, password)
	a.took = time.Since(start)
	return a
}

// door is a store in which Ada has an account, with a hash from step 1.
var door = sync.OnceValues(func() (*memory.Store, error) {
	users := new(memory.Store)
	hash, err := hashing.HashPassword(AdaPassword)
	if err != nil {
		return nil, err
	}
	return users, users.CreateUser(context.Background(), bookapi.User{Username: Ada, PasswordHash: hash, Role: bookapi.RoleReader})
})

var (
	rightPassword = sync.OnceValue(func() attempt { return tryDoor(Ada, AdaPassword) })
	wrongPassword = sync.OnceValue(func() attempt { return tryDoor(Ada, MalloryPassword) })
	unknownUser   = sync.OnceValue(func() attempt { return tryDoor(Mallory, MalloryPassword) })
)

func tryDoor(username, password string) attempt {
	users, err := door()
	if err != nil {
		return attempt{err: err}
	}
	return try(users, username, password)
}

// adaLogsIn makes sure that the honest user gets in.
func adaLogsIn(t *testing.T) *memory.Store {
	t.Helper()
	users, err := door()
	require.NoError(Promise(t, "1.1", "HashPassword makes a hash of an honest passphrase; step 2 builds on it"), err)
	require.NoError(Promise(t, "2.3", "Authenticate lets ada in with her password"), rightPassword().err)
	return users
}

func TestAuthenticateFindsTheUser(t *testing.T) {
	t.Parallel()
	adaLogsIn(t)
	assert.Equal(Promise(t, "2.3", "Authenticate returns the user who logged in"), Ada, rightPassword().user.Username)
	assert.Equal(Promise(t, "2.3", "Authenticate returns the user's role"), bookapi.RoleReader, rightPassword().user.Role)
}

func TestAuthenticateGivesOneAnswerToStrangers(t *testing.T) {
	t.Parallel()
	adaLogsIn(t)
	wrong, unknown := wrongPassword(), unknownUser()
	if wrong.err == nil || unknown.err == nil {
		t.Fatalf("ATTACK SUCCEEDED: mallory does not know ada's password and logged in (wrong password: %v, unknown user: %v)", wrong.err, unknown.err)
	}
	assert.ErrorIs(Promise(t, "2.3", "a wrong password is ErrCredentials"), wrong.err, token.ErrCredentials)
	assert.ErrorIs(Promise(t, "2.3", "an unknown user is ErrCredentials"), unknown.err, token.ErrCredentials)
	if wrong.err.Error() != unknown.err.Error() {
		t.Errorf("ATTACK SUCCEEDED: mallory tries names and reads from the answers who has an account: %q for ada, %q for a stranger", wrong.err, unknown.err)
	}
	assert.Zero(Promise(t, "2.3", "whoever fails to log in is nobody"), wrong.user)
	assert.Zero(Promise(t, "2.3", "whoever fails to log in is nobody"), unknown.user)
}

func TestAuthenticateTakesAsLongForStrangers(t *testing.T) {
	t.Parallel()
	users := adaLogsIn(t)

	// A password hash takes a hundred milliseconds, no hash takes none. The best
	// of a few on either side, so that a busy machine does not decide, and what
	// takes a fortieth of a hash is none.
	const factor = 20
	none := min(wrongPassword().took, unknownUser().took, rightPassword().took) / (2 * factor)
	differ := func(a, b time.Duration) bool { return max(a, b) > factor*max(min(a, b), none) }

	// More than bcrypt reads: both may be refused at once, but not one of them.
	long := strings.Repeat("a very long password", 5)
	for _, attempts := range []struct {
		password        string
		known, stranger time.Duration
	}{
		{MalloryPassword, wrongPassword().took, unknownUser().took},
		{long, try(users, Ada, long).took, try(users, Mallory, long).took},
	} {
		known, stranger := attempts.known, attempts.stranger
		for again := 0; again < 5 && differ(known, stranger); again++ {
			known = min(known, try(users, Ada, attempts.password).took)
			stranger = min(stranger, try(users, Mallory, attempts.password).took)
		}
		if differ(known, stranger) {
			t.Fatalf("ATTACK SUCCEEDED: mallory tries names with a stopwatch and a password of %d characters: %v for ada, %v for somebody who has no account. Now every customer's name is known",
				len(attempts.password), known, stranger)
		}
	}
}

func TestAuthenticateRefusesNoPassword(t *testing.T) {
	t.Parallel()
	users := adaLogsIn(t)
	for _, username := range []string{Ada, Mallory, ""} {
		if a := try(users, username, ""); a.err == nil {
			t.Errorf("ATTACK SUCCEEDED: mallory typed no password at all and is in as %s", a.user.Username)
		}
	}
}

func TestAuthenticateTakesTheNameAsItIs(t *testing.T) {
	t.Parallel()
	users := adaLogsIn(t)
	if a := try(users, "ADA", AdaPassword); a.err == nil {
		t.Errorf("ATTACK SUCCEEDED: %q logged in as %q; two names for one account escape every count and every ban", "ADA", a.user.Username)
	}
	if a := try(users, " ada", AdaPassword); a.err == nil {
		t.Errorf("ATTACK SUCCEEDED: %q logged in as %q; two names for one account escape every count and every ban", " ada", a.user.Username)
	}
}

func TestAuthenticateTakesThePasswordAsItIs(t *testing.T) {
	t.Parallel()
	users := adaLogsIn(t)
	if a := try(users, Ada, AdaPassword+" "); a.err == nil {
		t.Errorf("ATTACK SUCCEEDED: mallory typed ada's password and a space, and is in as %q", a.user.Username)
	}
}

func TestAuthenticateTellsABrokenStoreFromAWrongPassword(t *testing.T) {
	t.Parallel()
	adaLogsIn(t)
	down := errors.New("the database is away")
	a := try(brokenStore{err: down}, Ada, AdaPassword)
	require.ErrorIs(Promise(t, "2.3", "if the store fails, Authenticate says so"), a.err, down)
	assert.NotErrorIs(Promise(t, "2.3", "if the store fails, ada is not told that her password is wrong"), a.err, token.ErrCredentials)
	assert.Zero(Promise(t, "2.3", "if the store fails, nobody gets in"), a.user)
}

func TestAuthenticateRenewsAnOldHash(t *testing.T) {
	t.Parallel()
	adaLogsIn(t)
	old, err := bcrypt.GenerateFromPassword([]byte(GracePassword), bcrypt.MinCost)
	require.NoError(t, err)
	if !hashing.VerifyPassword(GracePassword, string(old)) {
		return // this step 1 reads no bcrypt: there is no old hash to renew
	}
	users := new(memory.Store)
	require.NoError(t, users.CreateUser(t.Context(), bookapi.User{Username: Grace, PasswordHash: string(old)}))
	require.NoError(Promise(t, "2.3", "grace logs in with her hash of years ago"), try(users, Grace, GracePassword).err)

	grace, err := users.User(t.Context(), Grace)
	require.NoError(t, err)
	assert.NotEqual(Promise(t, "2.3", "a login renews a hash that NeedsRehash: call renewHash"), string(old), grace.PasswordHash)
	assert.True(Promise(t, "2.3", "the renewed hash is that of the same password"), hashing.VerifyPassword(GracePassword, grace.PasswordHash))
}

func TestAuthenticateRenewsNoHashForAStranger(t *testing.T) {
	t.Parallel()
	adaLogsIn(t)
	old, err := bcrypt.GenerateFromPassword([]byte(GracePassword), bcrypt.MinCost)
	require.NoError(t, err)
	users := new(memory.Store)
	require.NoError(t, users.CreateUser(t.Context(), bookapi.User{Username: Grace, PasswordHash: string(old)}))
	attempt := try(users, Grace, MalloryPassword)
	grace, err := users.User(t.Context(), Grace)
	require.NoError(t, err)
	if attempt.err == nil || grace.PasswordHash != string(old) {
		t.Errorf("ATTACK SUCCEEDED: grace's hash was an old one; mallory typed a password that is not hers, and it was made into the new hash (logged in: %t)", attempt.err == nil)
	}
}

// brokenStore is a database that is away.
type brokenStore struct{ err error }

func (s brokenStore) CreateUser(context.Context, bookapi.User) error { return s.err }
func (s brokenStore) User(context.Context, string) (bookapi.User, error) {
	return bookapi.User{}, s.err
}
func (s brokenStore) Users(context.Context, string, int) ([]bookapi.User, error) { return nil, s.err }
func (s brokenStore) SetRole(context.Context, string, bookapi.Role) error        { return s.err }
func (s brokenStore) ReplacePasswordHash(context.Context, string, string, string) error {
	return s.err
}
