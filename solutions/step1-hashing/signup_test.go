package hashing_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	hashing "example.com/bookapi/step1-hashing"
)

// signedUp is a store in which Ada has an account, made once for all tests
// that only look at it or are to be refused.
var signedUp = sync.OnceValues(func() (*memory.Store, error) {
	users := new(memory.Store)
	_, err := hashing.SignUp(context.Background(), users, Ada, AdaPassword)
	return users, err
})

// adasAccount returns that store and Ada's row in it.
func adasAccount(t *testing.T) (*memory.Store, bookapi.User) {
	t.Helper()
	users, err := signedUp()
	require.NoError(Promise(t, "1.4", "SignUp gives ada an account"), err)
	ada, err := users.User(t.Context(), Ada)
	require.NoError(Promise(t, "1.4", "SignUp stores the account"), err)
	return users, ada
}

// table is the user table, as a thief copies it.
func table(t *testing.T, users *memory.Store) []bookapi.User {
	t.Helper()
	all, err := users.Users(t.Context(), "", bookapi.MaxPage)
	require.NoError(t, err)
	return all
}

func TestSignUpStoresNoPassword(t *testing.T) {
	t.Parallel()
	users, ada := adasAccount(t)
	require.True(Promise(t, "1.4", "the hash that SignUp stored is that of ada's password"),
		hashing.VerifyPassword(AdaPassword, ada.PasswordHash))

	for _, stolen := range table(t, users) {
		for _, column := range []string{stolen.Username, stolen.PasswordHash, string(stolen.Role)} {
			if form := Leak(column, AdaPassword); form != "" {
				t.Errorf("ATTACK SUCCEEDED: mallory copied the user table and reads ada's password in it, %s: %q", form, column)
			}
		}
	}
}

func TestSignUpResistsAStolenTableAndAWordList(t *testing.T) {
	t.Parallel()
	users, _ := adasAccount(t)
	for _, stolen := range table(t, users) {
		for _, word := range []string{"letmein", "hunter2", AdaPassword, stolen.Username} {
			if digest := fastDigestOf(word, stolen.PasswordHash); digest != "" {
				t.Errorf("ATTACK SUCCEEDED: mallory copied the user table, ran a word list, and %s's hash is the %s of %q", stolen.Username, digest, word)
			}
		}
	}
}

func TestSignUpMakesReadersOnly(t *testing.T) {
	t.Parallel()
	_, ada := adasAccount(t)
	assert.Equal(Promise(t, "1.4", "everybody starts as a reader"), bookapi.RoleReader, ada.Role)
	assert.Equal(Promise(t, "1.4", "the account has the name that was asked for"), Ada, ada.Username)
}

func TestSignUpRefusesWeakPasswords(t *testing.T) {
	t.Parallel()
	for what, attempt := range Sorted(map[string]struct{ username, password string }{
		"one of 14 characters":             {Mallory, "fourteen chars"},
		"one of 14 characters, 18 bytes":   {Mallory, "übergrößenträg"},
		"an empty one":                     {Mallory, ""},
		"one that everybody tries first":   {Mallory, "passwordpassword"},
		"the same, with capitals":          {Mallory, "PasswordPassword"},
		"one letter, over and over":        {Mallory, strings.Repeat("a", 20)},
		"four letters, over and over":      {Mallory, strings.Repeat("wxyz", 5)},
		"the user's own name":              {"mallory.the.second", "mallory.the.second"},
		"the user's own name, in capitals": {"mallory.the.second", "Mallory.The.Second"},
	}) {
		t.Run(what, func(t *testing.T) {
			adasAccount(t)
			refusedSignUp(t, attempt.username, attempt.password)
		})
	}
}

func TestSignUpRefusesABadName(t *testing.T) {
	t.Parallel()
	for _, username := range []string{"", "Ada", " ada", "аda" /* Cyrillic а */, "ada\nadmin", "../ada"} {
		t.Run("name "+username, func(t *testing.T) {
			adasAccount(t)
			refusedSignUp(t, username, MalloryPassword)
		})
	}
}

// refusedSignUp demands that SignUp says no, in words the sign-up form can
// show, and stores nothing.
func refusedSignUp(t *testing.T, username, password string) {
	t.Helper()
	users := new(memory.Store)
	_, err := hashing.SignUp(t.Context(), users, username, password)
	require.Error(Promise(t, "1.4", "SignUp refuses the name %q with the password %q", username, password), err)
	assert.ErrorIs(Promise(t, "1.4", "a refusal is made with bookapi.Invalid, so that the form can say why"), err, bookapi.ErrInvalid)
	assert.Empty(Promise(t, "1.4", "a refused sign-up stores nothing"), table(t, users))
	if Leak(err.Error(), password) != "" && !strings.EqualFold(password, username) {
		t.Errorf("ATTACK SUCCEEDED: the refusal goes to the form and to the log, where mallory reads the password that the user will change by one character: %q", err)
	}
}

func TestSignUpTakesAnyLongPassphrase(t *testing.T) {
	t.Parallel()
	adasAccount(t)
	_, err := hashing.SignUp(t.Context(), new(memory.Store), Grace, passphrase)
	assert.NoError(Promise(t, "1.4", "64 characters of lower case and spaces are a fine password (ASVS 6.2.5, 6.2.9)"), err)
}

func TestSignUpSaysWhyAPasswordIsTooLong(t *testing.T) {
	t.Parallel()
	adasAccount(t)
	tooLongForBcrypt := "a poem of more than seventy-two bytes, all of which somebody has learnt by heart"
	users := new(memory.Store)
	_, err := hashing.SignUp(t.Context(), users, Grace, tooLongForBcrypt)
	if err != nil { // or it was hashed whole, which is as good
		assert.ErrorIs(Promise(t, "1.4", "a refusal is made with bookapi.Invalid, so that the form can say why"), err, bookapi.ErrInvalid)
		assert.Empty(Promise(t, "1.4", "a refused sign-up stores nothing"), table(t, users))
	}
}

func TestSignUpRefusesATakenName(t *testing.T) {
	t.Parallel()
	users, before := adasAccount(t)
	_, refusal := hashing.SignUp(t.Context(), users, Ada, MalloryPassword)
	after, err := users.User(t.Context(), Ada)
	require.NoError(t, err)
	if after != before {
		t.Fatal("ATTACK SUCCEEDED: mallory signed up as ada a second time and ada's account is now mallory's")
	}
	assert.ErrorIs(Promise(t, "1.4", "a name that somebody has is refused with bookapi.ErrExists"), refusal, bookapi.ErrExists)
}

func TestSignUpTellsWhenTheStoreFails(t *testing.T) {
	t.Parallel()
	adasAccount(t)
	down := errors.New("the database is away")
	_, err := hashing.SignUp(t.Context(), brokenStore{err: down}, Grace, GracePassword)
	assert.ErrorIs(Promise(t, "1.4", "an account that was not stored is not reported as made"), err, down)
}

func TestSignUpLogsNoPassword(t *testing.T) {
	var err error
	text := logged(func() {
		_, err = hashing.SignUp(t.Context(), new(memory.Store), Grace, GracePassword)
		_, _ = hashing.SignUp(t.Context(), new(memory.Store), Grace, "passwordpassword")
	})
	require.NoError(Promise(t, "1.4", "SignUp gives grace an account"), err)
	for _, password := range []string{GracePassword, "passwordpassword"} {
		if form := Leak(text, password); form != "" {
			t.Errorf("ATTACK SUCCEEDED: mallory reads the server's log, and in it grace's password, %s: %s", form, text)
		}
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
