package hardening_test

import (
	"context"
	"encoding/base64"
	"errors"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	hashing "example.com/bookapi/step1-hashing"
	token "example.com/bookapi/step2-token"
	hardening "example.com/bookapi/step5-hardening"
)

// Hashing is slow on purpose, so the tests share what they can.
var (
	adasHash   = sync.OnceValues(func() (string, error) { return hardening.HashArgon2id(AdaPassword) })
	adaMatches = sync.OnceValue(func() bool {
		hash, err := adasHash()
		return err == nil && hardening.VerifyArgon2id(AdaPassword, hash)
	})
)

// adasArgon2id makes sure that the honest password is hashed and matches, and
// returns its hash.
func adasArgon2id(t *testing.T) string {
	t.Helper()
	hash, err := adasHash()
	require.NoError(Promise(t, "5.8", "HashArgon2id makes a hash of a passphrase"), err)
	require.True(Promise(t, "5.8", "VerifyArgon2id matches a password with its hash %q", hash), adaMatches())
	return hash
}

// A phcHash is the text form of a hash, taken apart.
type phcHash struct {
	memory, passes, threads int
	salt, hash              []byte
}

var phcForm = regexp.MustCompile(`^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$`)

// read takes a hash apart as any other program would.
func read(t *testing.T, text string) (h phcHash) {
	t.Helper()
	m := phcForm.FindStringSubmatch(text)
	require.NotNil(Promise(t, "5.8", "a hash is in the form that other programs read too, $argon2id$v=19$m=...,t=...,p=...$SALT$HASH, not %q", text), m)
	for i, number := range []*int{&h.memory, &h.passes, &h.threads} {
		var err error
		*number, err = strconv.Atoi(m[i+1])
		require.NoError(t, err)
	}
	var saltErr, hashErr error
	h.salt, saltErr = base64.RawStdEncoding.DecodeString(m[4])
	h.hash, hashErr = base64.RawStdEncoding.DecodeString(m[5])
	require.NoError(Promise(t, "5.8", "salt and hash are base64 without padding: %q", text), errors.Join(saltErr, hashErr))
	return h
}

func TestArgon2idHidesThePassword(t *testing.T) {
	t.Parallel()
	hash := adasArgon2id(t)
	h := read(t, hash)
	for what, text := range Sorted(map[string]string{"the text": hash, "the salt": string(h.salt), "the hash": string(h.hash)}) {
		if form := Leak(text, AdaPassword); form != "" {
			t.Errorf("ATTACK SUCCEEDED: mallory stole %q and reads ada's password in %s of it, %s", hash, what, form)
		}
	}
}

func TestArgon2idSaltsEveryHash(t *testing.T) {
	t.Parallel()
	first := read(t, adasArgon2id(t))
	text, err := hardening.HashArgon2id(AdaPassword)
	require.NoError(Promise(t, "5.8", "HashArgon2id makes a hash of the same passphrase again"), err)
	second := read(t, text)
	if string(first.salt) == string(second.salt) || string(first.hash) == string(second.hash) {
		t.Fatal("ATTACK SUCCEEDED: the same password gave the same salt or the same hash twice: mallory sees who shares a password, and one table of ready-made hashes opens every account")
	}
	assert.GreaterOrEqual(Promise(t, "5.8", "a salt has 16 bytes or more (RFC 9106 §3.1)"), len(first.salt), 16)
	assert.GreaterOrEqual(Promise(t, "5.8", "a hash has 16 bytes or more"), len(first.hash), 16)
}

func TestArgon2idIsReadByOtherPrograms(t *testing.T) {
	t.Parallel()
	text := adasArgon2id(t)
	h := read(t, text)
	theirs := argon2.IDKey([]byte(AdaPassword), h.salt, uint32(h.passes), uint32(h.memory), uint8(h.threads), uint32(len(h.hash)))
	assert.Equal(Promise(t, "5.8", "whoever knows the password makes the hash again from what %q says", text), theirs, h.hash)
}

func TestArgon2idCostsEnough(t *testing.T) {
	t.Parallel()
	text := adasArgon2id(t)
	h := read(t, text)
	// OWASP's Password Storage Cheat Sheet: more passes make up for less memory.
	for _, least := range []phcHash{{memory: 47104, passes: 1}, {memory: 19456, passes: 2}, {memory: 12288, passes: 3}, {memory: 9216, passes: 4}, {memory: 7168, passes: 5}} {
		if h.memory >= least.memory && h.passes >= least.passes && h.threads >= 1 {
			return
		}
	}
	t.Errorf("ATTACK SUCCEEDED: with %d KiB and %d passes, guessing is cheap for mallory's graphics cards; OWASP asks for 19456 KiB and 2 passes (%q)", h.memory, h.passes, text)
}

func TestArgon2idReadsHashesOfOtherCosts(t *testing.T) {
	for cost, hash := range Sorted(map[string]string{
		"12 MiB, 3 passes":             "$argon2id$v=19$m=12288,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg$IlVxdjesT2L7+n7U4Jh7980rKqkLsvp/YWNSwYbOX1c",
		"46 MiB, 1 pass":               "$argon2id$v=19$m=47104,t=1,p=1$c2l4dGVlbiBtb3JlIGJ5dGU$HfwqU0iYfvmp3UuJPd/XhiHcEcdbd2fltK+O75SogV8",
		"19 MiB, 2 threads, more salt": "$argon2id$v=19$m=19456,t=2,p=2$dGhpcnR5LXR3byBieXRlcyBvZiBzYWx0LCBvciBtb3Jl$78qjmrIff716EL6255f6oUUoIqEDxCSpsgTFTlVF32k",
	}) {
		t.Run(cost, func(t *testing.T) {
			t.Parallel()
			adasArgon2id(t)
			assert.True(Promise(t, "5.8", "the cost that counts is the one in the hash (%s), not today's", cost), hardening.VerifyArgon2id(AdaPassword, hash))
		})
	}
}

func TestArgon2idKnowsRightFromWrong(t *testing.T) {
	for what, wrong := range Sorted(map[string]string{
		"the right password in capitals":        strings.ToUpper(AdaPassword),
		"the right password and one space more": AdaPassword + " ",
		"another password":                      MalloryPassword,
		"nothing at all":                        "",
	}) {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			if hardening.VerifyArgon2id(wrong, adasArgon2id(t)) {
				t.Errorf("ATTACK SUCCEEDED: mallory typed %s and is ada", what)
			}
		})
	}
}

func TestArgon2idRefusesAnEmptyPassword(t *testing.T) {
	t.Parallel()
	adasArgon2id(t)
	if hash, err := hardening.HashArgon2id(""); err == nil {
		t.Errorf("ATTACK SUCCEEDED: HashArgon2id made the hash %q of the empty password: mallory logs in by typing nothing", hash)
	}
}

func TestArgon2idReadsAPasswordToItsEnd(t *testing.T) {
	t.Parallel()
	adasArgon2id(t)
	first72 := strings.Repeat("twelve bytes", 6)
	for what, long := range Sorted(map[string]struct{ password, alias string }{
		"of 120 bytes":      {first72 + strings.Repeat("and 48 more ", 4), first72 + strings.Repeat("and others! ", 4)},
		"with a NUL inside": {AdaPassword + "\x00" + AdaPassword, AdaPassword + "\x00" + MalloryPassword},
	}) {
		hash, err := hardening.HashArgon2id(long.password)
		require.NoError(Promise(t, "5.8", "HashArgon2id takes a password %s", what), err)
		assert.True(Promise(t, "5.8", "VerifyArgon2id matches a password %s", what), hardening.VerifyArgon2id(long.password, hash))
		if hardening.VerifyArgon2id(long.alias, hash) {
			t.Errorf("ATTACK SUCCEEDED: a password %s is matched by another one that begins in the same way: what comes after the 72nd byte, or after a NUL, counts for nothing", what)
		}
	}
}

func TestArgon2idSurvivesMalformedHashes(t *testing.T) {
	t.Parallel()
	whole := adasArgon2id(t)
	parts := strings.Split(whole, "$") // "", argon2id, v=19, cost, salt, hash
	with := func(part int, text string) string {
		changed := append([]string(nil), parts...)
		changed[part] = text
		return strings.Join(changed, "$")
	}
	for _, hash := range []string{
		"", "$", "$$$$$", "$argon2id$", "argon2id", "\x00", strings.Repeat("$", 10_000), "not a hash at all",
		"$2a$12$abcdefghijklmnopqrstuv", parts[5],
		with(1, "argon2i"), with(1, "argon2d"), with(1, "ARGON2ID"), with(1, ""),
		with(2, "v=16"), with(2, ""), with(2, "v=19999999999999999999"),
		with(3, ""), with(3, "m=19456,t=2"), with(3, "m=19456,t=2,p=0"), with(3, "m=19456,t=0,p=1"), with(3, "m=-1,t=-1,p=-1"),
		with(3, "m=19456,t=2,p=256"), with(3, "m=19456,t=4294967296,p=1"), with(3, "m=18446744073709551617,t=2,p=1"), with(3, "m=0x10,t=2,p=1"), with(3, "t=2,m=a,p=1"),
		with(4, ""), with(4, "!"), with(4, "A"),
		with(5, "!"), with(5, "A"), parts[5] + whole, whole + "$", whole + "\n", " " + whole,
	} {
		assert.False(Promise(t, "5.8", "nothing matches the hash %.60q", hash), matches(t, AdaPassword, hash))
	}
	for what, hash := range Sorted(map[string]string{"no hash": with(5, ""), "a hash of which half is gone": with(5, parts[5][:len(parts[5])/2]), "a hash of one byte": with(5, parts[5][:2])}) {
		for _, password := range []string{AdaPassword, MalloryPassword} {
			if matches(t, password, hash) {
				t.Errorf("ATTACK SUCCEEDED: a row with %s in it (%q) is matched by %q", what, hash, password)
			}
		}
	}
}

// matches asks VerifyArgon2id, and makes a failure of its panic.
func matches(t *testing.T, password, hash string) (ok bool) {
	t.Helper()
	require.NotPanics(Promise(t, "5.8", "VerifyArgon2id does not panic on the hash %.60q", hash), func() { ok = hardening.VerifyArgon2id(password, hash) })
	return ok
}

func TestArgon2idRefusesShortHashes(t *testing.T) {
	t.Parallel()
	adasArgon2id(t)
	salt, b64 := []byte("sixteen bytes it"), base64.RawStdEncoding.EncodeToString
	for _, size := range []uint32{1, 2, 4} {
		row := "$argon2id$v=19$m=1024,t=1,p=1$" + b64(salt) + "$" + b64(argon2.IDKey([]byte(MalloryPassword), salt, 1, 1024, 1, size))
		if hardening.VerifyArgon2id(MalloryPassword, row) {
			t.Errorf("ATTACK SUCCEEDED: a row has a hash of %d bytes in it (%q), and is good: one password in %d matches it, and mallory has a list of millions", size, row, uint64(1)<<(8*size))
		}
	}
}

func TestArgon2idRefusesAbsurdCosts(t *testing.T) {
	t.Parallel()
	adasArgon2id(t)
	// These are hashes of ada's password: whoever answers true has paid.
	for cost, hash := range Sorted(map[string]string{
		"a gigabyte of memory": "$argon2id$v=19$m=1048576,t=1,p=1$YSBnaWdhYnl0ZSBvZiBpdA$jJqZhCKwUoDbEJ6SXOtlTIlvGy7iUBQUSqeqY4a9rwg",
		"5000 passes":          "$argon2id$v=19$m=1024,t=5000,p=1$dG9vIG1hbnkgcGFzc2VzIQ$47QgQ9TDjRWxmOo5+b6K2/PtHkR8j6E3i4eZtE9lqmo",
	}) {
		if matches(t, AdaPassword, hash) {
			t.Errorf("ATTACK SUCCEEDED: mallory wrote one line into the table of users, and each login with that name costs the server %s", cost)
		}
	}
}

// bcryptHash is what step 1 stored for Ada years ago, at bcrypt's lowest cost to
// keep the tests quick; or as it stores it today, if it does not read bcrypt.
var bcryptHash = sync.OnceValues(func() (string, error) {
	old, err := bcrypt.GenerateFromPassword([]byte(AdaPassword), bcrypt.MinCost)
	if err != nil || hashing.VerifyPassword(AdaPassword, string(old)) {
		return string(old), err
	}
	return hashing.HashPassword(AdaPassword)
})

// movingHouse is a store in which Ada's hash is of yesterday and Grace's of
// today.
func movingHouse(t *testing.T) *memory.Store {
	t.Helper()
	gracesHash := adasArgon2id(t) // and her password is Ada's, which spares a hash
	old, err := bcryptHash()
	require.NoError(Promise(t, "1.1", "HashPassword makes a hash of an honest passphrase; step 5 builds on it"), err)
	users := new(memory.Store)
	require.NoError(t, users.CreateUser(t.Context(), bookapi.User{Username: Ada, PasswordHash: old, Role: bookapi.RoleReader}))
	require.NoError(t, users.CreateUser(t.Context(), bookapi.User{Username: Grace, PasswordHash: gracesHash, Role: bookapi.RoleAdmin}))
	return users
}

// hashOf is what a store has.
func hashOf(t *testing.T, users bookapi.UserStore, username string) string {
	t.Helper()
	user, err := users.User(t.Context(), username)
	require.NoError(t, err)
	return user.PasswordHash
}

func TestArgon2idMovesInAtTheNextLogin(t *testing.T) {
	t.Parallel()
	users := movingHouse(t)
	logIn := hardening.Argon2idPasswords(users)

	ada, err := logIn(t.Context(), Ada, AdaPassword)
	require.NoError(Promise(t, "5.8", "ada logs in with her hash of yesterday"), err)
	assert.Equal(Promise(t, "5.8", "it is ada who has logged in"), Ada, ada.Username)
	next := hashOf(t, users, Ada)
	read(t, next)
	assert.True(Promise(t, "5.8", "ada's new hash is that of her password"), hardening.VerifyArgon2id(AdaPassword, next))
	assert.Equal(Promise(t, "5.8", "a login returns the user as stored: a session begins only with the hash that counts"), next, ada.PasswordHash)

	again, err := logIn(t.Context(), Ada, AdaPassword)
	require.NoError(Promise(t, "5.8", "ada logs in with her hash of today"), err)
	assert.Equal(Promise(t, "5.8", "a hash of today stays as it is"), ada, again)
	assert.Equal(Promise(t, "5.8", "a hash of today stays as it is"), next, hashOf(t, users, Ada))
}

func TestArgon2idOverwritesNoNewerPassword(t *testing.T) {
	t.Parallel()
	users := movingHouse(t)
	_, err := hardening.Argon2idPasswords(users)(t.Context(), Ada, AdaPassword)
	require.NoError(Promise(t, "5.8", "ada logs in with her hash of yesterday"), err)
	next, err := hardening.HashArgon2id("nobody but ada knows this one")
	require.NoError(Promise(t, "5.8", "HashArgon2id makes a hash of a passphrase"), err)
	for reads := 1; ; reads++ {
		users := &overtaking{Store: movingHouse(t), after: reads, next: next}
		_, _ = hardening.Argon2idPasswords(users)(t.Context(), Ada, AdaPassword)
		if users.after > 0 {
			return // so often nobody reads
		}
		if stays := hashOf(t, users.Store, Ada); stays != next {
			t.Fatalf("ATTACK SUCCEEDED: mallory's login with ada's old password was under way when ada changed it; to renew the hash, it put the old password back (%q)", stays)
		}
	}
}

// In an overtaking store Ada changes her password after some reads of her row.
type overtaking struct {
	*memory.Store
	after int
	next  string
}

func (s *overtaking) User(ctx context.Context, username string) (bookapi.User, error) {
	user, err := s.Store.User(ctx, username)
	if s.after--; s.after == 0 && err == nil {
		err = s.ChangePassword(ctx, username, user.PasswordHash, s.next, noon)
	}
	return user, err
}

// A guess is a login of mallory's, and what it cost the server.
type guess struct {
	user      bookapi.User
	err       error
	took      time.Duration
	allocated uint64
}

func guessAt(t *testing.T, users bookapi.UserStore, username string) (g guess) {
	t.Helper()
	logIn := hardening.Argon2idPasswords(users)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	g.user, g.err = logIn(t.Context(), username, MalloryPassword)
	g.took = time.Since(start)
	runtime.ReadMemStats(&after)
	g.allocated = after.TotalAlloc - before.TotalAlloc
	return g
}

// The one test here that is not parallel: it looks at what its guesses cost.
func TestArgon2idTellsStrangersNothing(t *testing.T) {
	users := movingHouse(t)
	guessAt(t, users, Ada) // the first login of all makes the decoys
	guesses := make(map[string]guess)
	for _, username := range []string{Ada, Grace, Mallory} {
		guesses[username] = guessAt(t, users, username)
		if g := guesses[username]; g.err == nil {
			t.Fatalf("ATTACK SUCCEEDED: mallory does not know the password and logged in as %s", g.user.Username)
		}
		assert.ErrorIs(Promise(t, "5.8", "a wrong password for %s is ErrCredentials", username), guesses[username].err, token.ErrCredentials)
		assert.Zero(Promise(t, "5.8", "whoever fails to log in is nobody"), guesses[username].user)
	}
	old, _ := bcryptHash()
	assert.Equal(Promise(t, "5.8", "a wrong password changes no hash"), []string{old, adasArgon2id(t)}, []string{hashOf(t, users, Ada), hashOf(t, users, Grace)})

	for username, g := range guesses {
		if g.allocated < 7<<20 { // what Argon2id takes at least, and bcrypt does not
			t.Errorf("ATTACK SUCCEEDED: a guess at %s computes no Argon2id, guesses at others do: mallory has a stopwatch, and knows who has an account", username)
		}
	}
	// bcrypt takes many times as long as Argon2id here, so that one without the
	// other shows. The best of many, so that a busy machine does not decide.
	const factor, tries = 3, 12
	known, stranger := guesses[Grace].took, guesses[Mallory].took
	for n := 0; n < tries && (stranger*factor < known || known*factor < stranger); n++ {
		known = min(known, guessAt(t, users, Grace).took)
		stranger = min(stranger, guessAt(t, users, Mallory).took)
	}
	if stranger*factor < known || known*factor < stranger {
		t.Errorf("ATTACK SUCCEEDED: mallory tries names with a stopwatch: %v for grace, whose hash is new, %v for somebody who has no account", known, stranger)
	}
}

func TestArgon2idTellsABrokenStoreFromAWrongPassword(t *testing.T) {
	t.Parallel()
	adasArgon2id(t)
	down := errors.New("the database is away")
	user, err := hardening.Argon2idPasswords(brokenUsers{err: down})(t.Context(), Ada, AdaPassword)
	require.ErrorIs(Promise(t, "5.8", "if the store fails, a login says so"), err, down)
	assert.NotErrorIs(Promise(t, "5.8", "if the store fails, ada is not told that her password is wrong"), err, token.ErrCredentials)
	assert.Zero(Promise(t, "5.8", "if the store fails, nobody gets in"), user)
}

// brokenUsers is a database that is away.
type brokenUsers struct {
	bookapi.UserStore
	err error
}

func (s brokenUsers) User(context.Context, string) (bookapi.User, error) {
	return bookapi.User{}, s.err
}
