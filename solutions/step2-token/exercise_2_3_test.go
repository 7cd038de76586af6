package token_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	hashing "example.com/bookapi/step1-hashing"
	token "example.com/bookapi/step2-token"
)

// A login is one call of Authenticate.
type login struct {
	user  bookapi.User
	err   error
	calls bookapitest.Calls // of the store
}

func logIn(check *bookapitest.Check, ctx context.Context, users *bookapitest.Store, username, password string) *login {
	l := new(login)
	l.calls = users.During(func() { l.user, l.err = token.Authenticate(ctx, users, username, password) })
	check.Alive() // that took a hash
	return l
}

// evening is what happened at one store. Each login hashes a password, so the
// tests look at the same ones.
type evening struct {
	hashErr error // of step 1
	store   *bookapitest.Store
	stored  bookapi.User // ada's row at her first login
	outside bookapitest.Calls

	right, wrong, unknown *login // at a store with ada and, of years ago, grace
	signedUp              *login // by the name that was unknown before
	signedUpRow           bookapi.User
	promoted              *login // ada again, with another role by now
	promotedRow           bookapi.User
	old                   *login // ada with the password that she has changed

	hashTakes                 time.Duration
	firstUnknown, nextUnknown time.Duration // with tooLong, as unknown

	out *bookapitest.Outlets
}

// newName is unknown at first. That it sounds like somebody gives it no rights.
const newName = "admin"

// tooLong is more than bcrypt reads, so that most logins refuse it without a hash.
var tooLong = strings.Repeat("a very long password", 5)

// published is a password whose hashes can be found in tutorials and test data.
const published = "correct horse battery staple"

var theEvening struct {
	evening
	spent sync.Once
}

func spendEvening(check *bookapitest.Check) (e evening) {
	e.store = new(bookapitest.Store)
	var hash string
	var err error
	e.hashTakes = bookapitest.CostOnce(func() { hash, err = hashing.HashPassword(bookapitest.AdaPassword) })
	if err != nil {
		e.hashErr = err
		return e
	}
	old, err := oldHash(bookapitest.GracePassword)
	if err != nil {
		e.hashErr = err
		return e
	}
	create := func(username, hash string) error {
		return e.store.CreateUser(context.Background(),
			bookapi.User{Username: username, PasswordHash: hash, Role: bookapi.RoleReader})
	}
	row := func(username string) bookapi.User {
		user, err := e.store.Inner.User(context.Background(), username)
		if err != nil {
			panic(err) // the test is wrong
		}
		return user
	}
	e.store.Inner = new(memory.Store)
	ctx := bookapitest.Trace(context.Background())
	e.out = bookapitest.Capture(func(out *bookapitest.Outlets) {
		log := func(username, password string) *login {
			l := logIn(check, ctx, e.store, username, password)
			e.outside = append(e.outside, l.calls.Outside(ctx)...)
			out.Error(l.err)
			return l
		}
		e.hashErr = errors.Join(create(bookapitest.Ada, hash), create(bookapitest.Grace, old))
		if e.hashErr != nil {
			return
		}
		e.stored = row(bookapitest.Ada)
		if e.right = log(bookapitest.Ada, bookapitest.AdaPassword); e.right.err != nil {
			return
		}
		e.wrong = log(bookapitest.Grace, bookapitest.MalloryPassword)
		e.firstUnknown = bookapitest.CostOnce(func() { e.unknown = log(newName, tooLong) })
		e.nextUnknown = bookapitest.CostOnce(func() { log("eve", tooLong) })
		log(bookapitest.AdaPassword, tooLong) // typed into the wrong field

		if e.hashErr = create(newName, hash); e.hashErr != nil {
			return
		}
		e.signedUpRow = row(newName)
		e.signedUp = log(newName, bookapitest.AdaPassword)

		e.hashErr = e.store.SetRole(ctx, bookapitest.Ada, bookapi.RoleAdmin)
		e.promotedRow = row(bookapitest.Ada)
		e.promoted = log(bookapitest.Ada, bookapitest.AdaPassword)

		e.hashErr = errors.Join(e.hashErr, e.store.ReplacePasswordHash(ctx, bookapitest.Ada, hash, old))
		e.old = log(bookapitest.Ada, bookapitest.AdaPassword)
	})
	return e
}

// oldHash is a hash of years ago, which takes no time, or one of today where
// step 1 reads no bcrypt.
func oldHash(password string) (string, error) {
	old, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err == nil && hashing.VerifyPassword(password, string(old)) {
		return string(old), nil
	}
	return hashing.HashPassword(password)
}

// adaLogsIn makes sure that the honest user gets in.
func adaLogsIn(check *bookapitest.Check) evening {
	check.Helper()
	theEvening.spent.Do(func() { theEvening.evening = spendEvening(check) })
	e := theEvening.evening
	require.NoError(check.Needs("1.1").Promise("HashPassword makes a hash of an honest passphrase; step 2 builds "+
		"on it"), e.hashErr)
	require.NoError(check.Needs("2.3").Promise("Authenticate lets ada in with her password"), e.right.err)
	return e
}

// storeWith has users with hashes of years ago, each with a password.
func storeWith(check *bookapitest.Check, passwords map[string]string) *bookapitest.Store {
	check.Helper()
	users := new(bookapitest.Store)
	for username, password := range bookapitest.Sorted(passwords) {
		hash, err := oldHash(password)
		require.NoError(check.Needs("1.1").Promise("HashPassword makes a hash of an honest passphrase; step 2 builds "+
			"on it"), err)
		require.NoError(check, users.CreateUser(check.Context(),
			bookapi.User{Username: username, PasswordHash: hash, Role: bookapi.RoleReader}))
	}
	return users
}

func stored(check *bookapitest.Check, users bookapi.UserStore, username string) bookapi.User {
	check.Helper()
	user, err := users.User(check.Context(), username)
	require.NoError(check, err)
	return user
}

// Kinds: first-line
func TestAuthenticateFindsTheUser(t *testing.T) {
	bookapitest.Exercise(t, "2.3", func(check *bookapitest.Check) {
		e := adaLogsIn(check)
		require.Equal(check.Promise("Authenticate returns the user who logged in"), bookapitest.Ada,
			e.right.user.Username)
		require.Equal(check.Promise("Authenticate returns the user's role"), bookapi.RoleReader, e.right.user.Role)
		require.Equal(check.Promise("Authenticate returns the row as it is stored, with its hash: a session of step "+
			"5 is of a user with this password"),
			e.stored, e.right.user)
		require.Empty(check.Promise("Authenticate asks the store with the context that it got: when the client "+
			"leaves, so does the query"), e.outside)
	})
}

// Kinds: one-difference, one-answer
func TestAuthenticateGivesOneAnswerToStrangers(t *testing.T) {
	bookapitest.Exercise(t, "2.3", func(check *bookapitest.Check) {
		e := adaLogsIn(check)
		for what, l := range bookapitest.Sorted(map[string]*login{"a wrong password": e.wrong,
			"an unknown user": e.unknown}) {
			if l.err == nil {
				check.Attack("mallory knows no password and logged in with %s, as %q", what, l.user.Username)
			}
			require.ErrorIs(check.Promise("%s is ErrCredentials (a store wraps bookapi.ErrNotFound: errors.Is finds "+
				"it)", what), l.err, token.ErrCredentials)
			require.Zero(check.Promise("whoever fails to log in is nobody: no user is returned beside the error"),
				l.user)
			require.Empty(check.Promise("a login that failed changes nothing in the store"), l.calls.Writes())
		}
		if e.wrong.err.Error() != e.unknown.err.Error() {
			check.Attack("mallory tries names and reads from the answers who has an account: %q for grace, %q for a "+
				"stranger",
				e.wrong.err, e.unknown.err)
		}
	})
}

// Kinds: one-difference
func TestAuthenticateRefusesNoPassword(t *testing.T) {
	bookapitest.Exercise(t, "2.3", func(check *bookapitest.Check) {
		adaLogsIn(check)
		users := storeWith(check, map[string]string{bookapitest.Ada: bookapitest.AdaPassword})
		for _, username := range []string{bookapitest.Ada, bookapitest.Mallory, ""} {
			if l := logIn(check, check.Context(), users, username, ""); l.err == nil {
				check.Attack("mallory typed no password at all and is in as %s", l.user.Username)
			}
		}
	})
}

// Kinds: one-difference
func TestAuthenticateTakesTheNameAsItIs(t *testing.T) {
	bookapitest.Exercise(t, "2.3", func(check *bookapitest.Check) {
		adaLogsIn(check)
		users := storeWith(check, map[string]string{bookapitest.Ada: bookapitest.AdaPassword})
		asked := func(name, password string) {
			for _, call := range logIn(check, check.Context(), users, name, password).calls.Of("User") {
				if call.Args[0] != name {
					check.Attack("%q is looked up as %q; two names for one account escape every count and every ban",
						name, call.Args[0])
				}
			}
		}
		asked("ADA", tooLong)
		// A store that is away costs no hash.
		users.Inject(fault(check, "User is unavailable", "User"))
		for _, name := range []string{"ADA", "Ada", " ada", "ada ", "ada\n", "ada\x00", "ada@example.com", "%61da",
			"ada;--", "\uff41da", "аda", "ad", "adaa", "*", ""} {
			asked(name, bookapitest.AdaPassword)
		}
	})
}

// fault returns an answer of the store by its name.
func fault(check *bookapitest.Check, name string, methods ...string) bookapitest.Fault {
	check.Helper()
	for found, fault := range bookapitest.StoreFaults(methods...) {
		if found == name {
			return fault
		}
	}
	check.Fatalf("no fault of the store is called %q", name)
	return bookapitest.Fault{}
}

// Kinds: one-difference
func TestAuthenticateTakesThePasswordAsItIs(t *testing.T) {
	bookapitest.Exercise(t, "2.3", func(check *bookapitest.Check) {
		adaLogsIn(check)
		const typed = "Seven Umbrellas, under 1 Roof"
		users := storeWith(check, map[string]string{bookapitest.Grace: typed})
		hash := stored(check, users, bookapitest.Grace).PasswordHash
		for what, password := range bookapitest.Sorted(map[string]string{
			"the password and a space":          typed + " ",
			"a space and the password":          " " + typed,
			"the password and a line break":     typed + "\n",
			"the password and a NUL":            typed + "\x00",
			"the password and more after a NUL": typed + "\x00x",
			"the password in small letters":     strings.ToLower(typed),
			"the password in capitals":          strings.ToUpper(typed),
			"the password with Caps Lock on":    "sEVEN uMBRELLAS, UNDER 1 rOOF",
			"the password without its end":      typed[:len(typed)-1],
			"the password without its start":    typed[1:],
			"the password twice":                typed + typed,
			"the password without spaces":       strings.ReplaceAll(typed, " ", ""),
			"the password in form encoding":     strings.ReplaceAll(typed, " ", "+"),
			"the password in URL encoding":      strings.ReplaceAll(typed, " ", "%20"),
			"the stored hash":                   hash,
			"the username":                      bookapitest.Grace,
			"nothing but a space":               " ",
		}) {
			if l := logIn(check, check.Context(), users, bookapitest.Grace, password); l.err == nil {
				check.Attack("mallory typed %s, which is not grace's password, and is in as %q", what, l.user.Username)
			}
		}
		// bcrypt reads 72 bytes; a password of as many is not the same with more behind it.
		long := strings.Repeat("eight by", 9)
		users72 := storeWith(check, map[string]string{bookapitest.Ada: long})
		if l := logIn(check, check.Context(), users72, bookapitest.Ada, long+"x"); l.err == nil {
			check.Attack("mallory typed ada's password and more behind it, and is in as %q: it was cut at 72 bytes",
				l.user.Username)
		}
		require.Equal(check.Promise("a login that failed changes nothing in the store"), hash,
			stored(check, users, bookapitest.Grace).PasswordHash)
	})
}

// Kinds: store-answers, claim-places
func TestAuthenticateRemembersNothing(t *testing.T) {
	bookapitest.Exercise(t, "2.3", func(check *bookapitest.Check) {
		e := adaLogsIn(check)
		require.NoError(check.Promise("a name that was unknown is known when it has signed up: its user logs in"),
			e.signedUp.err)
		require.Equal(check.Promise("Authenticate returns the row as it is stored: a name that sounds like an "+
			"administrator is none"),
			e.signedUpRow, e.signedUp.user)
		require.NoError(check.Promise("ada logs in again, after others were refused"), e.promoted.err)
		require.Equal(check.Promise("Authenticate returns the row as it is stored by now, with the role that it got "+
			"meanwhile"),
			e.promotedRow, e.promoted.user)
		if e.old.err == nil {
			check.Attack("ada has changed her password, and mallory logs in with the one from before: the login " +
				"remembers rows that it saw")
		}
	})
}

// Kinds: store-answers
func TestAuthenticateTellsABrokenStoreFromAWrongPassword(t *testing.T) {
	bookapitest.Exercise(t, "2.3", func(check *bookapitest.Check) {
		adaLogsIn(check)
		users := storeWith(check, map[string]string{bookapitest.Ada: bookapitest.AdaPassword})
		for name, fault := range bookapitest.StoreFaults("User") {
			users.Inject(fault)
			password := bookapitest.AdaPassword
			if fault.IsNotFound() && !strings.HasSuffix(name, "row") {
				password = tooLong // the right one costs a hash of a decoy
			}
			var l *login
			panicked := func() (panicked bool) {
				defer func() { panicked = fault.Panics && recover() != nil }()
				l = logIn(check, fault.Context(check.Context()), users, bookapitest.Ada, password)
				return false
			}()
			switch {
			case panicked:
				continue
			case l.err == nil:
				check.Attack("the store's %s, and somebody is in as %q all the same", name, l.user.Username)
			case fault.IsNotFound():
				require.ErrorIs(check.Promise("an unknown user is ErrCredentials, when the store's %s", name), l.err,
					token.ErrCredentials)
			case errors.Is(l.err, token.ErrCredentials):
				check.Broken("if the store fails, ada is not told that her password is wrong, when the store's %s",
					name)
			case !fault.Panics:
				require.ErrorIs(check.Promise("if the store fails, Authenticate says so, and wraps its error, when "+
					"the store's %s", name), l.err, fault.Err)
			}
			require.Zero(check.Promise("if the store fails, nobody gets in, when the store's %s", name), l.user)
		}
		users.Inject(bookapitest.Fault{})
		require.Empty(check.Promise("if the store fails, nothing is written"),
			users.Calls().Of("ReplacePasswordHash", "SetRole"))
	})
}

// Kinds: outlets
func TestAuthenticateKeepsSecretsToItself(t *testing.T) {
	bookapitest.Exercise(t, "2.3", func(check *bookapitest.Check) {
		e := adaLogsIn(check)
		if err := e.out.Find(
			bookapitest.Password("ada's password", bookapitest.AdaPassword),
			bookapitest.Password("a wrong password, which opens something else", bookapitest.MalloryPassword),
			bookapitest.StoredHash("ada's password hash", e.stored.PasswordHash),
		); err != nil {
			check.Attack("mallory reads %v", err)
		}
	})
}

// Kinds: cost
func TestAuthenticateTakesAsLongForStrangers(t *testing.T) {
	bookapitest.Exercise(t, "2.3", func(check *bookapitest.Check) {
		atTheStart := bookapitest.Elsewhere(check.T, func() (string, error) {
			nobody := new(memory.Store)
			return bookapitest.CostOnce(func() {
				_, _ = token.Authenticate(context.Background(), nobody, newName, bookapitest.AdaPassword)
			}).String(), nil
		})
		e := adaLogsIn(check)
		took, err := atTheStart()
		require.NoError(check.Promise("Authenticate answers in a second process"), err)
		first, err := time.ParseDuration(took)
		require.NoError(check, err)
		if first < e.hashTakes/3 {
			check.Attack("mallory tries names with a stopwatch while the server starts: an unknown one takes %v of "+
				"work, and a hash %v. Is the decoy there before the first login?", first, e.hashTakes)
		}
		if e.firstUnknown-e.nextUnknown > e.hashTakes/2 {
			check.Attack("mallory tries names with a stopwatch: the first unknown name after a start takes %v, "+
				"and the next one %v (both with a password that is too long to be hashed), since the decoy is made "+
				"for it: make it before, or for every login",
				e.firstUnknown, e.nextUnknown)
		}
		attempt := func(username, password string) func() {
			return func() {
				if _, err := token.Authenticate(check.Context(), e.store, username, password); err == nil {
					check.Attack("mallory typed the password %q, which stands in tutorials, and is in as %q, who "+
						"has another one or no account", password, username)
				}
				check.Alive()
			}
		}
		attempt("eve", published)()
		// Each may be refused at once for what it is, but not only for users or only for others.
		for _, password := range []string{"secret", tooLong, ""} {
			// admin's hash is one of today, and eve has no account.
			if err := bookapitest.Alike(attempt(newName, password), attempt("eve", password), 1.6); err != nil {
				check.Attack("mallory tries names with a stopwatch and a password of %d characters: for a user and "+
					"for somebody who has no account, %v. Now every customer's name is known",
					len(password), err)
			}
		}
	})
}

// Kinds: several-callers
func TestAuthenticateServesSeveralCallers(t *testing.T) {
	bookapitest.Exercise(t, "2.3", func(check *bookapitest.Check) {
		adaLogsIn(check)
		passwords := map[string]string{
			bookapitest.Ada: bookapitest.AdaPassword, bookapitest.Grace: bookapitest.GracePassword,
			bookapitest.Mallory: bookapitest.MalloryPassword,
		}
		names := []string{bookapitest.Ada, bookapitest.Grace, bookapitest.Mallory}
		users := storeWith(check, passwords)
		refused := func(users bookapi.UserStore, username, password string) error {
			if user, err := token.Authenticate(context.Background(), users, username, password); err == nil {
				return fmt.Errorf("mallory is in as %q with the password of somebody else, who logs in at the same "+
					"moment", user.Username)
			}
			check.Alive()
			return nil
		}
		_, err := bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
			users.After("User", 1, pause)
			return func() error { return refused(users, bookapitest.Ada, bookapitest.MalloryPassword) },
				func() error { return refused(users, bookapitest.Mallory, bookapitest.AdaPassword) }
		})
		// Somebody else tries ada's name while she logs in.
		for ada, other := range bookapitest.Sorted(map[string]string{
			bookapitest.AdaPassword:     bookapitest.MalloryPassword,
			bookapitest.MalloryPassword: bookapitest.AdaPassword,
		}) {
			if err != nil {
				break
			}
			attempt := func(users bookapi.UserStore, password string) func() error {
				return func() error {
					_, err := token.Authenticate(context.Background(), users, bookapitest.Ada, password)
					check.Alive()
					switch right := password == bookapitest.AdaPassword; {
					case right && err != nil:
						return fmt.Errorf("ada is refused, since mallory types a wrong password for her name "+
							"at the same moment: %w", err)
					case !right && err == nil:
						return errors.New("mallory is in with a wrong password for ada's name, since she logs " +
							"in at the same moment")
					}
					return nil
				}
			}
			_, err = bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
				users := storeWith(check, map[string]string{bookapitest.Ada: bookapitest.AdaPassword})
				users.After("User", 1, pause)
				return attempt(users, ada), attempt(users, other)
			})
		}
		if err == nil {
			// Ada's row has no hash here, and grace sends no password, so that neither
			// login takes long.
			rows := []bookapi.User{{Username: bookapitest.Ada, PasswordHash: "!"},
				stored(check, users, bookapitest.Grace)}
			typed := []string{bookapitest.GracePassword, ""}
			err = bookapitest.Collide(200, func(caller int, meet func()) error {
				return refused(meetingStore{users, rows[caller], meet}, rows[caller].Username, typed[caller])
			})
		}
		if err == nil {
			err = bookapitest.Hammer(6, 3, func(caller int) error {
				return refused(users, names[caller%3], passwords[names[(caller+1)%3]])
			})
		}
		if err != nil {
			check.Attack("%v", err)
		}
	})
}

// meetingStore is a store at which two callers get their rows in the same
// microsecond.
type meetingStore struct {
	bookapi.UserStore
	row  bookapi.User
	meet func()
}

func (s meetingStore) User(context.Context, string) (bookapi.User, error) {
	s.meet()
	return s.row, nil
}

// Kinds: store-answers
func TestAuthenticateRenewsAnOldHash(t *testing.T) {
	bookapitest.Exercise(t, "2.3", func(check *bookapitest.Check) {
		adaLogsIn(check)
		users := storeWith(check, map[string]string{bookapitest.Grace: bookapitest.GracePassword})
		old := stored(check, users, bookapitest.Grace).PasswordHash
		if !hashing.NeedsRehash(old) {
			return // this step 1 reads no bcrypt: there is no old hash to renew
		}
		stranger := logIn(check, check.Context(), users, bookapitest.Grace, bookapitest.MalloryPassword)
		if stranger.err == nil || len(stranger.calls.Writes()) > 0 {
			check.Attack("grace's hash was an old one; mallory typed a password that is not hers, and it was made "+
				"into the new hash (logged in: %t)", stranger.err == nil)
		}
		l := logIn(check, check.Context(), users, bookapitest.Grace, bookapitest.GracePassword)
		require.NoError(check.Promise("grace logs in with her hash of years ago"), l.err)
		row := stored(check, users, bookapitest.Grace)
		require.NotEqual(check.Promise("a login renews a hash that NeedsRehash: call renewHash"), old, row.PasswordHash)
		require.Equal(check.Promise("Authenticate returns the row as it is then, with the hash that renewHash returns"),
			row, l.user)
		require.True(check.Promise("the renewed hash is that of the same password"),
			hashing.VerifyPassword(bookapitest.GracePassword, row.PasswordHash))
	})
}

// Two logins may find the same old hash. The second then renews nothing, and its
// user is the row as the first has left it.
//
// Kinds: store-answers, several-callers
func TestAuthenticateRenewsAnOldHashOnce(t *testing.T) {
	bookapitest.Exercise(t, "2.3", func(check *bookapitest.Check) {
		users, _ := overtaken(check, bookapitest.Ada, bookapitest.AdaPassword, bookapitest.AdaPassword)
		if users == nil {
			return
		}
		second := logIn(check, check.Context(), users, bookapitest.Ada, bookapitest.AdaPassword)
		require.NoError(check.Promise("ada logs in twice at once, with her hash of years ago"), second.err)
		require.Equal(check.Promise("the second login returns the row that the first one renewed: call renewHash"),
			stored(check, users, bookapitest.Ada), second.user)
	})
}

// Kinds: store-answers, several-callers
func TestAuthenticateNoticesAPasswordChange(t *testing.T) {
	bookapitest.Exercise(t, "2.3", func(check *bookapitest.Check) {
		users, next := overtaken(check, bookapitest.Grace, bookapitest.GracePassword, "nine umbrellas under no roof")
		if users == nil {
			return
		}
		l := logIn(check, check.Context(), users, bookapitest.Grace, bookapitest.GracePassword)
		switch {
		case l.err == nil && l.user.PasswordHash == next:
			check.Attack("grace changed her password while mallory logged in with the old one, and mallory's session " +
				"is one of the new password")
		case l.err == nil && errors.Is(l.calls.Of("ReplacePasswordHash").Err(), bookapi.ErrNotFound):
			check.Attack("grace changed her password while mallory logged in with the old one, and mallory is " +
				"in: the store refused to renew the hash, and renewHash answered ErrCredentials")
		}
	})
}

// With a hash of today there is nothing to renew, and no second look at the row.
//
// Kinds: store-answers, several-callers
func TestAuthenticateNoticesAPasswordChangeOfToday(t *testing.T) {
	bookapitest.Exercise(t, "2.3", func(check *bookapitest.Check) {
		e := adaLogsIn(check)
		next, err := oldHash("nine umbrellas under no roof")
		require.NoError(check, err)
		users := new(bookapitest.Store)
		require.NoError(check, users.CreateUser(check.Context(), e.stored))
		users.After("User", 1, func() {
			require.NoError(check, users.ReplacePasswordHash(context.Background(), bookapitest.Ada,
				e.stored.PasswordHash, next))
		})
		l := logIn(check, check.Context(), users, bookapitest.Ada, bookapitest.AdaPassword)
		row, err := users.User(check.Context(), bookapitest.Ada)
		require.NoError(check, err)
		switch {
		case row.PasswordHash != next:
			check.Attack("ada changed her password while mallory logged in with the old one, and the old one is " +
				"ada's password again: its hash was renewed")
		case l.err == nil && l.user.PasswordHash != e.stored.PasswordHash:
			check.Attack("ada changed her password while mallory logged in with the old one, and mallory's session " +
				"is one of the new password: the row was read again, and the password not verified again")
		}
	})
}

// leavingStore is a store that is asked when the client leaves.
type leavingStore struct {
	*bookapitest.Store
	leave func()
}

func (s leavingStore) User(ctx context.Context, username string) (bookapi.User, error) {
	s.leave()
	return s.Store.User(ctx, username)
}

// Kinds: store-answers, claim-places
func TestAuthenticateEndsWithTheRequest(t *testing.T) {
	bookapitest.Exercise(t, "2.3", func(check *bookapitest.Check) {
		adaLogsIn(check)
		users := storeWith(check, map[string]string{bookapitest.Ada: bookapitest.AdaPassword})
		for _, password := range []string{bookapitest.AdaPassword, bookapitest.MalloryPassword} {
			ctx, leave := context.WithCancel(check.Context())
			_, err := token.Authenticate(ctx, leavingStore{users, leave}, bookapitest.Ada, password)
			leave()
			check.Alive()
			require.ErrorIs(check.Promise("Authenticate asks the store with the context that it got: when the client "+
				"leaves, the query ends, and the error is the store's"), err, context.Canceled)
		}
	})
}

// Kinds: claim-places, one-difference
func TestAuthenticateBelievesNoContext(t *testing.T) {
	bookapitest.Exercise(t, "2.3", func(check *bookapitest.Check) {
		adaLogsIn(check)
		users := storeWith(check, map[string]string{
			bookapitest.Ada: bookapitest.AdaPassword, bookapitest.Grace: bookapitest.GracePassword})
		for _, caller := range []string{bookapitest.Ada, bookapitest.Grace} {
			row := stored(check, users, caller)
			for _, role := range []bookapi.Role{bookapi.RoleReader, bookapi.RoleAdmin} {
				row.Role = role
				ctx := bookapi.WithUser(check.Context(), row)
				for _, password := range []string{"", bookapitest.MalloryPassword, row.PasswordHash} {
					if l := logIn(check, ctx, users, bookapitest.Ada, password); l.err == nil {
						check.Attack("mallory found the token of %s (%s), and with it a wrong password is "+
							"right for ada: who is in the context has shown no password", caller, role)
					}
				}
			}
		}
	})
}

// Kinds: one-difference, store-answers
func TestAuthenticateKeepsAccountsWithoutAHashShut(t *testing.T) {
	bookapitest.Exercise(t, "2.3", func(check *bookapitest.Check) {
		adaLogsIn(check)
		for _, hash := range []string{"", "!", "grace"} { // as directories, invitations and passwd files have them
			users := new(bookapitest.Store)
			require.NoError(check, users.CreateUser(check.Context(),
				bookapi.User{Username: bookapitest.Grace, PasswordHash: hash, Role: bookapi.RoleAdmin}))
			for _, password := range []string{bookapitest.Grace, "", hash} {
				if l := logIn(check, check.Context(), users, bookapitest.Grace, password); l.err == nil {
					check.Attack("grace has been invited and has no password yet (her hash is %q); mallory "+
						"typed %q and is in as %q", hash, password, l.user.Username)
				}
			}
		}
	})
}

// overtaken is a store in which the row of a user, with a hash of years ago, gets
// another one of those as soon as it has been read, of the password next. It is nil
// if there are no old hashes.
func overtaken(check *bookapitest.Check, username, password, next string) (users *bookapitest.Store, hash string) {
	check.Helper()
	adaLogsIn(check)
	users = storeWith(check, map[string]string{username: password})
	old := stored(check, users, username).PasswordHash
	if !hashing.NeedsRehash(old) {
		return nil, "" // this step 1 reads no bcrypt: there is no old hash to renew
	}
	hash, err := oldHash(next)
	require.NoError(check.Needs("1.1").Promise("HashPassword makes a hash of an honest passphrase; step 2 builds "+
		"on it"), err)
	users.After("User", 1, func() {
		require.NoError(check, users.ReplacePasswordHash(context.Background(), username, old, hash))
	})
	return users, hash
}

// Kind routes: does not apply, since Authenticate serves no route.
// Kind randomness: does not apply, since only the decoy's password is drawn, which nobody sees.
