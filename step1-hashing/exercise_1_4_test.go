package hashing_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	hashing "example.com/bookapi/step1-hashing"
)

// A signUp is a call of SignUp, and what became of it.
type signUp struct {
	username, password string
	users              *bookapitest.Store
	user               bookapi.User
	err                error
}

// signUpAs calls SignUp with the first of the names that it does not refuse: a
// stricter rule may keep some for the house.
func signUpAs(ctx context.Context, inner bookapi.Store, password string, names ...string) (s signUp) {
	s.users, s.password = &bookapitest.Store{Inner: inner}, password
	for _, s.username = range names {
		s.user, s.err = hashing.SignUp(ctx, s.users, s.username, password)
		if !errors.Is(s.err, bookapi.ErrInvalid) {
			break
		}
	}
	return s
}

// stored returns the rows that the call wanted to store.
func (s signUp) stored() (rows []bookapi.User) {
	for _, call := range s.users.Calls().Of("CreateUser") {
		rows = append(rows, call.Args[0].(bookapi.User))
	}
	return rows
}

// row returns the row of the name, as it stands in the table now.
func (s signUp) row(check *bookapitest.Check) bookapi.User {
	check.Helper()
	row, err := s.users.User(context.Background(), s.username)
	require.NoError(check.Needs("1.4").Promise("SignUp stores the account of %s, and it is not disabled", s.username),
		err)
	return row
}

// theirs is the row of somebody who has the name already.
func theirs(username string) bookapi.User {
	return bookapi.User{Username: username, PasswordHash: "the hash of somebody else", Role: bookapi.RoleAdmin}
}

// rivals is a store in which each name is taken by somebody else after the look-up
// and before CreateUser.
type rivals struct{ memory.Store }

func (s *rivals) CreateUser(ctx context.Context, u bookapi.User) error {
	return errors.Join(s.Store.CreateUser(ctx, theirs(u.Username)), s.Store.CreateUser(ctx, u))
}

// failing is a store that reads, and fails when it is to store an account.
type failing struct{ memory.Store }

var errFailing = errors.Join(errors.New("no space left"), bookapi.ErrUnavailable, context.DeadlineExceeded,
	context.Canceled)

func (*failing) CreateUser(context.Context, bookapi.User) error { return errFailing }

// A broken store returns an error that no code expects.
type broken struct{ memory.Store }

var errBroken = errors.New("disk I/O error")

func (*broken) CreateUser(context.Context, bookapi.User) error { return errBroken }

// signUps are the calls that cost a hash.
type signUps struct {
	ctx      context.Context // of an administrator who is logged in
	ada      signUp          // in an empty table
	raced    signUp          // under a name that a rival takes meanwhile
	failed   signUp          // under a name that is taken, while the store fails
	broken   signUp          // while the store fails in a way of its own
	lookedUp bool            // the last one asked whether the name is taken
	opens    bool            // VerifyPassword says yes to ada's password and the stored hash
	pasted   bool            // and to pasted and its hash
	out      *bookapitest.Outlets
}

func (s signUps) all() []signUp { return []signUp{s.ada, s.raced, s.failed} }

// pasted has what programs like to change in a text: a space at each end, and
// characters that mean something in a page, in an address, or in a query.
const pasted = ` <7> "RED" & 100%25 of 'them'; + more `

var signedUp shared[signUps]

// accounts returns these calls, once it is sure that ada got her account.
func accounts(check *bookapitest.Check) signUps {
	check.Helper()
	opens(check)
	s := signedUp.of(check, "1.4", makeSignUps)
	needs := check.Needs("1.4")
	require.NoError(needs.Promise("SignUp gives ada an account, with the password %q", bookapitest.AdaPassword),
		s.ada.err)
	require.Len(needs.Promise("SignUp stores one account, with CreateUser"), s.ada.stored(), 1)
	return s
}

func makeSignUps(check *bookapitest.Check) (s signUps) {
	check.Helper()
	ctx := context.Background()
	s.ctx = bookapitest.Trace(bookapi.WithUser(ctx, theirs(bookapitest.Grace)))
	taken := []string{"svc-root.admin", bookapitest.Mallory}
	store := new(failing)
	for _, name := range taken {
		require.NoError(check, store.Store.CreateUser(ctx, theirs(name)))
	}
	s.out = bookapitest.Capture(func(out *bookapitest.Outlets) {
		together(check,
			func() { s.ada = signUpAs(s.ctx, new(memory.Store), bookapitest.AdaPassword, bookapitest.Ada) },
			func() { s.failed = signUpAs(ctx, store, pasted, taken...) })
		together(check,
			func() { s.raced = signUpAs(ctx, new(rivals), sentence, "admin", bookapitest.Mallory) },
			func() { s.broken = signUpAs(ctx, new(broken), sentence, bookapitest.Mallory) },
			func() {
				if rows := s.ada.stored(); len(rows) > 0 {
					s.opens = verify(check, bookapitest.AdaPassword, rows[0].PasswordHash)
				}
			},
			func() {
				if rows := s.failed.stored(); len(rows) > 0 {
					s.pasted = verify(check, pasted, rows[0].PasswordHash)
				}
			})
		s.lookedUp = len(s.failed.users.Calls().Of("User")) > 0
		for _, call := range s.all() {
			out.Error(call.err)
			out.Value("the returned user", call.user)
		}
	})
	return s
}

// Kinds: first-line
func TestSignUpStoresTheAccount(t *testing.T) {
	bookapitest.Exercise(t, "1.4", func(check *bookapitest.Check) {
		ada := accounts(check).ada
		require.Equal(check.Promise("the account has the name that was asked for"), bookapitest.Ada,
			ada.row(check).Username)
		require.Equal(check.Promise("SignUp returns the account that it stored"),
			[]any{bookapitest.Ada, bookapi.RoleReader}, []any{ada.user.Username, ada.user.Role})
	})
}

// Kinds: outlets
func TestSignUpStoresNoPassword(t *testing.T) {
	bookapitest.Exercise(t, "1.4", func(check *bookapitest.Check) {
		s := accounts(check)
		for _, call := range s.all() {
			for _, row := range call.stored() {
				for _, column := range []string{row.Username, row.PasswordHash, string(row.Role)} {
					if form := bookapitest.Leak(column, call.password); form != "" {
						check.Attack("mallory copied the user table and reads the password of %s in it, %s: %q",
							call.username, form, column)
					}
				}
			}
		}
		require.True(check.Promise("the hash that SignUp stores, %q, is that of ada's password",
			s.ada.stored()[0].PasswordHash), s.opens)
	})
}

// Kinds: cost
func TestSignUpResistsAStolenTableAndAWordList(t *testing.T) {
	bookapitest.Exercise(t, "1.4", func(check *bookapitest.Check) {
		for _, call := range accounts(check).all() {
			for _, row := range call.stored() {
				for _, word := range []string{call.password, call.username} {
					if digest := bookapitest.FastDigest(word, row.PasswordHash); digest != "" {
						check.Attack("mallory copied the user table, ran a word list, and the hash of %s, %q, has "+
							"the plain %s of %q in it",
							call.username, row.PasswordHash, digest, word)
					}
				}
				if weak := bookapitest.WeakHash(row.PasswordHash); weak != "" {
					check.Attack("mallory copied the user table, and guesses are cheap: SignUp stored %s (ASVS "+
						"11.4.2); HashPassword makes %s",
						weak, bookapitest.Shorten(made(check).ada.hash))
				}
			}
		}
	})
}

// Kinds: claim-places
func TestSignUpMakesReadersOnly(t *testing.T) {
	bookapitest.Exercise(t, "1.4", func(check *bookapitest.Check) {
		s := accounts(check)
		role := s.ada.row(check).Role
		require.Equal(check.Promise("everybody starts as a reader, the first in the table and one whom an "+
			"administrator signs up as well; %s starts as %q", s.ada.username, role), bookapi.RoleReader, role)
		for _, call := range s.all() {
			for _, row := range call.stored() {
				if row.Role != bookapi.RoleReader {
					check.Attack("mallory signed up as %q, and has the role %q", call.username, row.Role)
				}
			}
		}
	})
}

// refused demands that SignUp says no, in words that a form can show, and stores
// nothing.
func refused(check *bookapitest.Check, username, password string) {
	check.Helper()
	call := signUpAs(context.Background(), nil, password, username)
	require.Error(check.Promise("SignUp refuses the name %q with the password %q, of %d characters in %d bytes",
		username, password, utf8.RuneCountInString(password), len(password)), call.err)
	require.ErrorIs(check.Promise("SignUp refuses the name %q with the password %q with bookapi.Invalid: a form says "+
		"why",
		username, password), call.err, bookapi.ErrInvalid)
	require.Empty(check.Promise("a refused sign-up stores nothing: %q with the password %q", username, password),
		call.users.Calls().Writes())
	if bookapitest.Leak(call.err.Error(), password) != "" && !strings.EqualFold(password, username) {
		check.Attack("the refusal goes to the form and to the log, where mallory reads the password "+
			"that the user will change by one character: %q", call.err)
	}
}

// Kinds: one-difference, one-answer
func TestSignUpRefusesWeakPasswords(t *testing.T) {
	bookapitest.Exercise(t, "1.4", func(check *bookapitest.Check) {
		accounts(check)
		const long = "mallory.the.second"
		for _, attempt := range []struct{ username, password string }{
			{bookapitest.Mallory, ""},
			{bookapitest.Mallory, "fourteen chars"},
			{bookapitest.Mallory, "passwordpassword"},
			{bookapitest.Mallory, "PasswordPassword"},
			{bookapitest.Mallory, strings.Repeat("a", 20)},
			{bookapitest.Mallory, "übergrößenträg"}, // 14 characters, 18 bytes
			{bookapitest.Mallory, "日本語日本国東京都大阪府"},
			{bookapitest.Mallory, "🐍🦊🐻🐼🐨🐯🦁🐮"}, // 8 code points, 16 units of UTF-16, 32 bytes
			{bookapitest.Mallory, "correct horse battery staple"},
			{bookapitest.Mallory, "Correct Horse Battery Staple"},
			{bookapitest.Mallory, strings.Repeat("wxyz", 5)},
			{bookapitest.Mallory, strings.Repeat("WXYz", 5)},
			{long, long},
			{long, "Mallory.The.Second"},
			{long, strings.ToUpper(long)},
		} {
			refused(check, attempt.username, attempt.password)
			err := hashing.CheckPassword(attempt.username, attempt.password)
			require.ErrorIs(check.Promise("CheckPassword refuses %q with bookapi.Invalid, as SignUp does: a password "+
				"change asks it",
				attempt.password), err, bookapi.ErrInvalid)
		}
	})
}

// Kinds: one-difference, one-answer
func TestSignUpRefusesABadName(t *testing.T) {
	bookapitest.Exercise(t, "1.4", func(check *bookapitest.Check) {
		accounts(check)
		for _, username := range []string{
			"", "Ada", " ada", "ada ", "а" +
				"da", /* Cyrillic а */ "ada\n", "ada\nadmin", "ada\x00", "../ada", "a", "4da", "-ada",
			"ada@example.com", "ada/admin", "ad\u00e1", "аdmin", strings.Repeat("a", 33), strings.Repeat("a", 1000),
		} {
			refused(check, username, bookapitest.MalloryPassword)
		}
	})
}

// Kinds: one-difference
func TestSignUpTakesAnyLongPassphrase(t *testing.T) {
	bookapitest.Exercise(t, "1.4", func(check *bookapitest.Check) {
		s := accounts(check)
		for _, fine := range []string{sentence, bookapitest.GracePassword, "zwölf Schilfrohre im Wind"} {
			require.NoError(check.Promise("CheckPassword takes %q: length is what counts (ASVS 6.2.5, 6.2.9)", fine),
				hashing.CheckPassword(bookapitest.Grace, fine))
		}
		require.NotErrorIs(check.Promise("SignUp takes 64 characters of small letters and spaces (ASVS 6.2.5, 6.2.9)"),
			s.raced.err, bookapi.ErrInvalid)
		if len(s.failed.stored()) > 0 {
			require.True(check.Promise("the hash that SignUp makes of the password %q is of exactly that, and "+
				"VerifyPassword says yes to the two (ASVS 6.2.8)", pasted), s.pasted)
		}
	})
}

// Kinds: one-answer
func TestSignUpSaysWhyAPasswordIsTooLong(t *testing.T) {
	bookapitest.Exercise(t, "1.4", func(check *bookapitest.Check) {
		accounts(check)
		for _, password := range []string{sentence + " and nine more", shortest + "\x00",
			strings.Repeat(sentence, 100)} {
			if hash(check, password).err != nil { // otherwise it is hashed whole, which is as good
				refused(check, bookapitest.Grace, password)
			}
		}
	})
}

// Kinds: store-answers
func TestSignUpRefusesATakenName(t *testing.T) {
	bookapitest.Exercise(t, "1.4", func(check *bookapitest.Check) {
		raced := accounts(check).raced
		if row := raced.row(check); row != theirs(raced.username) {
			check.Attack("mallory signed up as %q while somebody else did, and their account is now mallory's",
				raced.username)
		}
		if raced.err == nil {
			check.Attack("mallory signed up as %q, which somebody else took a moment before, and is told that the "+
				"account is hers: "+
				"CreateUser returned bookapi.ErrExists", raced.username)
		}
		ada := accounts(check).ada
		if again := signUpAs(context.Background(), ada.users.Inner, ada.password, ada.username); again.err == nil {
			check.Attack("mallory signed up as %q, who has an account, with ada's password, and is told that the "+
				"account is hers: sign-up is a second login, which nothing limits", ada.username)
		}
		require.ErrorIs(check.Promise("a name that is taken is refused with bookapi.ErrExists"), raced.err,
			bookapi.ErrExists)
	})
}

// Kinds: store-answers
func TestSignUpTellsWhenTheStoreFails(t *testing.T) {
	bookapitest.Exercise(t, "1.4", func(check *bookapitest.Check) {
		all := accounts(check)
		failed := all.failed
		if row := failed.row(check); row != theirs(failed.username) {
			check.Attack("mallory signed up as %q, a name that is taken, and that account is now mallory's",
				failed.username)
		}
		require.Error(check.Promise("an account that the store failed to store is not reported as made: CreateUser "+
			"returned %v",
			bookapi.ErrUnavailable), failed.err)
		if !errors.Is(failed.err, bookapi.ErrExists) || !all.lookedUp {
			require.ErrorIs(check.Promise("the store's error comes back to the caller, who must tell it from a "+
				"refusal: SignUp returned %q", failed.err),
				failed.err, bookapi.ErrUnavailable)
			require.NotErrorIs(check.Promise("a failure of the store is no mistake of the user's"), failed.err,
				bookapi.ErrInvalid)
			require.NotErrorIs(check.Promise("a failure of the store does not say that the name is taken: SignUp "+
				"returned %q", failed.err), failed.err, bookapi.ErrExists)
		}
		require.ErrorIs(check.Promise("the store's error comes back to the caller, whatever it is: CreateUser "+
			"returned %q, and SignUp returned %v", errBroken, all.broken.err), all.broken.err, errBroken)
	})
}

// Kinds: several-callers
func TestSignUpStoresEachCallersOwnAccount(t *testing.T) {
	bookapitest.Exercise(t, "1.4", func(check *bookapitest.Check) {
		hashes := make(map[string]string)
		for _, call := range accounts(check).all() { // which ran at the same time
			for _, row := range call.stored() {
				require.Equal(check.Promise("SignUp stores the name that its caller asked for"), call.username,
					row.Username)
				require.Empty(check.Promise("two users, %s and %s, have no hash in common", call.username,
					hashes[row.PasswordHash]),
					hashes[row.PasswordHash])
				require.NotEmpty(check.Promise("SignUp stores a hash with the account of %s", call.username),
					row.PasswordHash)
				hashes[row.PasswordHash] = call.username
			}
		}
	})
}

// Kinds: cost
func TestSignUpHashesNothingForARefusal(t *testing.T) {
	bookapitest.Exercise(t, "1.4", func(check *bookapitest.Check) {
		accounts(check)
		for what, attempt := range bookapitest.Sorted(map[string][2]string{
			"a bad name":                {"Not A Name", bookapitest.MalloryPassword},
			"a password of 12 letters":  {bookapitest.Mallory, "twelveletter"},
			"a password that is common": {bookapitest.Mallory, "passwordpassword"},
		}) {
			err := bookapitest.Cheaper(func() {
				_, _ = hashing.SignUp(context.Background(), new(bookapitest.Store), attempt[0], attempt[1])
			}, cheapest, 10)
			require.NoError(check.Promise("a sign-up that is refused for %s costs no hash: it would keep the "+
				"processor busy", what), err)
		}
	})
}

// Kinds: store-answers
func TestSignUpComesBackAfterManyRefusals(t *testing.T) {
	bookapitest.Exercise(t, "1.4", func(check *bookapitest.Check) {
		accounts(check)
		const enough = 3 * time.Second // each may cost a hash, of which another test tells
		for n, begin := 0, time.Now(); n < 100 && time.Since(begin) < enough; n++ {
			// Or a lock, or a place among so many, was not given back.
			refused(check, "Not A Name", bookapitest.MalloryPassword)
			refused(check, bookapitest.Mallory, "fourteen chars")
		}
	})
}

// quoted is a password that is too short, and of which no part stands in an honest text.
const quoted = "xq7!Vkj2~zW9"

// Kinds: outlets
func TestSignUpTellsNoSecret(t *testing.T) {
	bookapitest.Exercise(t, "1.4", func(check *bookapitest.Check) {
		s := accounts(check)
		var secrets []bookapitest.Secret
		for _, call := range s.all() {
			secrets = append(secrets, bookapitest.Password("the password of "+call.username, call.password))
			for _, row := range call.stored() {
				secrets = append(secrets, bookapitest.StoredHash("the hash of "+call.username, row.PasswordHash))
			}
		}
		refusals := bookapitest.Capture(func(out *bookapitest.Outlets) {
			refused := []string{"fourteen chars", "passwordpassword", "an unusual bat", quoted}
			for _, password := range refusedByHash() {
				if hash(check, password).err != nil {
					refused = append(refused, password)
				}
			}
			for _, password := range refused {
				for _, username := range []string{"Not A Name", bookapitest.Mallory} {
					for _, err := range []error{
						signUpAs(s.ctx, nil, password, username).err, hashing.CheckPassword(username, password),
					} {
						out.Error(err)
						if part := bookapitest.Quoted(fmt.Sprint(err), quoted, 3); part != "" {
							check.Attack("the reason for a refusal goes to the form, and is kept there and in logs: "+
								"mallory reads %q of the password %q in %q", part, quoted, err)
						}
					}
				}
				if password != "" {
					secrets = append(secrets, bookapitest.Password("a refused password", password))
				}
			}
		})
		for _, out := range []*bookapitest.Outlets{s.out, refusals} {
			if err := out.Find(secrets...); err != nil {
				check.Attack("mallory reads %v", err)
			}
		}
	})
}

// Kinds: store-answers
func TestSignUpGivesTheStoreItsContext(t *testing.T) {
	bookapitest.Exercise(t, "1.4", func(check *bookapitest.Check) {
		s := accounts(check)
		require.Empty(check.Promise("SignUp gives the store the context of its caller, so that a request that ends "+
			"ends its work"),
			s.ada.users.Calls().Of("CreateUser").Outside(s.ctx))
		assert.Equal(check.Promise("SignUp writes one row, and no other"),
			[]string{"CreateUser"}, s.ada.users.Calls().Writes().Methods())
	})
}

// Kind routes: does not apply, since SignUp serves no route; POST /users is given, in step 2.
// Kind randomness: does not apply, since SignUp draws nothing; the salt is HashPassword's.
