package hardening_test

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"slices"
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
	"example.com/bookapi/bookapitest"
	hashing "example.com/bookapi/step1-hashing"
	token "example.com/bookapi/step2-token"
	hardening "example.com/bookapi/step5-hardening"
)

// Hashing is slow on purpose, so the tests share what they can.
var (
	adasHash   = sync.OnceValues(func() (string, error) { return hardening.HashArgon2id(bookapitest.AdaPassword) })
	adaMatches = sync.OnceValue(func() bool {
		hash, err := adasHash()
		return err == nil && hardening.VerifyArgon2id(bookapitest.AdaPassword, hash)
	})
)

// adasArgon2id makes sure that the honest password is hashed and matches, and
// returns its hash.
func adasArgon2id(check *bookapitest.Check) string {
	check.Helper()
	hash, err := adasHash()
	check = check.Needs("5.8")
	require.NoError(check.Promise("HashArgon2id makes a hash of a passphrase"), err)
	require.True(check.Promise("VerifyArgon2id matches a password with its hash %q", hash), adaMatches())
	check.Alive()
	return hash
}

// A phcHash is the text form of a hash, taken apart.
type phcHash struct {
	memory, passes, threads int
	salt, hash              []byte
}

var phcForm = regexp.MustCompile(`^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$`)

// parsed takes a hash apart as any other program would.
func parsed(text string) (h phcHash, err error) {
	m := phcForm.FindStringSubmatch(text)
	if m == nil {
		return h, fmt.Errorf("expected $argon2id$v=19$m=...,t=...,p=...$SALT$HASH, got %q", text)
	}
	var errs [5]error
	h.memory, errs[0] = strconv.Atoi(m[1])
	h.passes, errs[1] = strconv.Atoi(m[2])
	h.threads, errs[2] = strconv.Atoi(m[3])
	h.salt, errs[3] = base64.RawStdEncoding.DecodeString(m[4])
	h.hash, errs[4] = base64.RawStdEncoding.DecodeString(m[5])
	return h, errors.Join(errs[:]...)
}

// read makes sure that a hash can be taken apart.
func read(check *bookapitest.Check, text string) phcHash {
	check.Helper()
	h, err := parsed(text)
	if err != nil {
		check.Needs("5.8").Broken("a hash is in the form that other programs read too: %v", err)
	}
	return h
}

func TestArgon2idMatchesAPasswordWithItsHash(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		read(check, adasArgon2id(check))
	})
}

// Kinds: outlets
func TestArgon2idHidesThePassword(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		hash := adasArgon2id(check)
		h := read(check, hash)
		password := bookapitest.Password("ada's password", bookapitest.AdaPassword)
		for what, text := range bookapitest.Sorted(map[string]string{
			"the text": hash, "the salt": string(h.salt), "the hash": string(h.hash),
		}) {
			if form := password.In(text); form != "" {
				check.Attack("mallory stole %q and reads ada's password in %s of it, %s", hash, what, form)
			}
		}
		if digest := bookapitest.FastDigest(bookapitest.AdaPassword, hash); digest != "" {
			check.Attack("mallory stole %q, in which stands a %s of ada's password: she tries words against that", hash,
				digest)
		}
	})
}

// Kinds: outlets
func TestArgon2idTellsNobodyElse(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		whole := adasArgon2id(check)
		out := bookapitest.Capture(func(out *bookapitest.Outlets) {
			_, err := hardening.HashArgon2id(bookapitest.GracePassword)
			out.Error(err)
			for _, hash := range []string{whole, whole + "$", strings.Replace(whole, "v=19", "v=20", 1)} {
				hardening.VerifyArgon2id(bookapitest.GracePassword, hash)
			}
		})
		if err := out.Find(bookapitest.Password("grace's password", bookapitest.GracePassword),
			bookapitest.StoredHash("ada's hash", whole)); err != nil {
			check.Attack("a password was hashed and verified, and mallory reads %v", err)
		}
	})
}

// Kinds: randomness
func TestArgon2idSaltsEveryHash(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		first, size := read(check, adasArgon2id(check)), 16
		if len(first.salt) < size || len(first.hash) < size {
			check.Broken("salt and hash have 16 bytes or more (RFC 9106 §3.1); got %d and %d", len(first.salt),
				len(first.hash))
		}
		salt := func(password string) (string, error) {
			text, err := hardening.HashArgon2id(password)
			if err != nil {
				return "", err
			}
			h, err := parsed(text)
			return string(h.salt), err
		}
		salts := bookapitest.Draw(check.T, 3, func() (string, error) { return salt(bookapitest.AdaPassword) })
		other, err := salt(bookapitest.GracePassword)
		require.NoError(check.Promise("HashArgon2id makes a hash of another passphrase"), err)
		if err := bookapitest.Distinct(salts, 8*size, other); err != nil {
			check.Attack("the salts of one password are not random, so mallory sees who shares a password, "+
				"or makes her tables before she steals the database: %v", err)
		}
	})
}

func TestArgon2idIsReadByOtherPrograms(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		text := adasArgon2id(check)
		h := read(check, text)
		theirs := argon2.IDKey([]byte(bookapitest.AdaPassword), h.salt, uint32(h.passes), uint32(h.memory),
			uint8(h.threads),
			uint32(len(h.hash)))
		assert.Equal(check.Promise("whoever knows the password makes the hash again from what %q says", text), theirs,
			h.hash)
	})
}

// Kinds: cost
func TestArgon2idCostsEnough(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		text := adasArgon2id(check)
		if weak := bookapitest.WeakHash(text); weak != "" {
			check.Attack("guessing is cheap for mallory's graphics cards: %s (%q)", weak, text)
		}
	})
}

func TestArgon2idReadsHashesOfOtherCosts(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		for cost, hash := range bookapitest.Sorted(map[string]string{
			"12 MiB, 3 passes": "$argon2id$v=19$m=12288,t=3,p=1$MDEyMzQ1Njc4OWFiY2RlZg" +
				"$IlVxdjesT2L7+n7U4Jh7980rKqkLsvp/YWNSwYbOX1c",
			"46 MiB, 1 pass": "$argon2id$v=19$m=47104,t=1,p=1$c2l4dGVlbiBtb3JlIGJ5dGU" +
				"$HfwqU0iYfvmp3UuJPd/XhiHcEcdbd2fltK+O75SogV8",
			"19 MiB, 2 threads, more salt": "$argon2id$v=19$m=19456,t=2,p=2" +
				"$dGhpcnR5LXR3byBieXRlcyBvZiBzYWx0LCBvciBtb3Jl$78qjmrIff716EL6255f6oUUoIqEDxCSpsgTFTlVF32k",
		}) {
			check.Run(cost, func(check *bookapitest.Check) {
				adasArgon2id(check)
				assert.True(check.Promise("the cost that counts is the one in the hash (%s), not today's", cost),
					hardening.VerifyArgon2id(bookapitest.AdaPassword, hash))
			})
		}
	})
}

// Kinds: one-difference
func TestArgon2idKnowsRightFromWrong(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		for what, wrong := range bookapitest.Sorted(map[string]string{
			"the right password in capitals":        strings.ToUpper(bookapitest.AdaPassword),
			"the right password and one space more": bookapitest.AdaPassword + " ",
			"another password":                      bookapitest.MalloryPassword,
			"nothing at all":                        "",
		}) {
			check.Run(what, func(check *bookapitest.Check) {
				if hardening.VerifyArgon2id(wrong, adasArgon2id(check)) {
					check.Attack("mallory typed %s and is ada", what)
				}
			})
		}
	})
}

// Kinds: one-difference
func TestArgon2idRefusesAnEmptyPassword(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		adasArgon2id(check)
		if hash, err := hardening.HashArgon2id(""); err == nil {
			check.Attack("HashArgon2id made the hash %q of the empty password: mallory logs in by typing nothing", hash)
		}
	})
}

// Kinds: one-difference
func TestArgon2idReadsAPasswordToItsEnd(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		adasArgon2id(check)
		first72 := strings.Repeat("twelve bytes", 6)
		long := first72 + strings.Repeat("and 228 more", 19)
		sha256sum, sha512sum := sha256.Sum256([]byte(long)), sha512.Sum512([]byte(long)) // what makes it short
		const odd = " Two  SPACES, cafe\u0301 \xe9\xff\r\n"
		for what, stored := range bookapitest.Sorted(map[string]struct {
			password string
			others   []string
		}{
			"of 300 bytes": {long, []string{
				first72 + strings.Repeat("and others! ", 19), hex.EncodeToString(sha256sum[:]),
				hex.EncodeToString(sha512sum[:]), base64.StdEncoding.EncodeToString(sha256sum[:])}},
			"with a NUL inside": {bookapitest.AdaPassword + "\x00" + bookapitest.AdaPassword, []string{
				bookapitest.AdaPassword + "\x00" + bookapitest.MalloryPassword}},
			"of odd bytes": {odd, []string{
				strings.TrimSpace(odd), strings.TrimRight(odd, "\r\n"), strings.ToValidUTF8(odd, ""),
				strings.ToValidUTF8(odd, "\ufffd"), strings.ReplaceAll(odd, "e\u0301", "\u00e9"),
			}},
		}) {
			hash, err := hardening.HashArgon2id(stored.password)
			require.NoError(check.Promise("HashArgon2id takes a password %s", what), err)
			assert.True(check.Promise("VerifyArgon2id matches a password %s", what),
				hardening.VerifyArgon2id(stored.password, hash))
			for _, other := range stored.others {
				if hardening.VerifyArgon2id(other, hash) {
					check.Attack("a password %s, %.40q, is matched by another one, %.80q: not every byte of it counts",
						what, stored.password, other)
				}
			}
		}
	})
}

// Kinds: one-difference, first-line
func TestArgon2idSurvivesMalformedHashes(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		whole := adasArgon2id(check)
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
			with(3, ""), with(3, "m=19456,t=2"), with(3, "m=19456,t=2,p=0"), with(3, "m=19456,t=0,p=1"),
			with(3, "m=-1,t=-1,p=-1"),
			with(3, "m=19456,t=2,p=256"), with(3, "m=19456,t=4294967296,p=1"), with(3,
				"m=18446744073709551617,t=2,p=1"),
			with(3, "m=0x10,t=2,p=1"), with(3, "t=2,m=a,p=1"),
			with(4, ""), with(4, "!"), with(4, "A"),
			with(5, "!"), with(5, "A"), parts[5] + whole, whole + "$", whole + "\n", " " + whole,
		} {
			assert.False(check.Promise("nothing matches the hash %.60q", hash),
				matches(check, bookapitest.AdaPassword, hash))
		}
		for what, hash := range bookapitest.Sorted(map[string]string{"no hash": with(5, ""),
			"a hash of which half is gone": with(5, parts[5][:len(parts[5])/2]), "a hash of one byte": with(5,
				parts[5][:2])}) {
			for _, password := range []string{bookapitest.AdaPassword, bookapitest.MalloryPassword} {
				if matches(check, password, hash) {
					check.Attack("a row with %s in it (%q) is matched by %q", what, hash, password)
				}
			}
		}
	})
}

// matches asks VerifyArgon2id, and names the hash at which it panics.
func matches(check *bookapitest.Check, password, hash string) bool {
	check.Helper()
	ok, cause := false, any(nil)
	func() {
		defer func() { cause = recover() }()
		ok = hardening.VerifyArgon2id(password, hash)
	}()
	if cause != nil {
		check.Broken("VerifyArgon2id does not panic on the hash %.60q: %v", hash, cause)
	}
	return ok
}

// cheapRow is a hash of ada's password that takes no time to verify: what a row
// says is what counts.
func cheapRow(check *bookapitest.Check) string {
	check.Helper()
	salt, b64 := []byte("sixteen bytes it"), base64.RawStdEncoding.EncodeToString
	hash := argon2.IDKey([]byte(bookapitest.AdaPassword), salt, 1, 64, 1, 32)
	row := "$argon2id$v=19$m=64,t=1,p=1$" + b64(salt) + "$" + b64(hash)
	if !matches(check, bookapitest.AdaPassword, row) {
		return adasArgon2id(check) // rows that cost little may be refused
	}
	return row
}

// Kinds: one-difference
func TestArgon2idComparesTheWholeHash(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		adasArgon2id(check)
		row := cheapRow(check)
		h := read(check, row)
		start, b64 := strings.Join(strings.Split(row, "$")[:4], "$"), base64.RawStdEncoding.EncodeToString
		for part, size := range map[string]int{"salt": len(h.salt), "hash": len(h.hash)} {
			for at := range size {
				salt, hash := slices.Clone(h.salt), slices.Clone(h.hash)
				map[string][]byte{"salt": salt, "hash": hash}[part][at] ^= 1
				if changed := start + "$" + b64(salt) + "$" +
					b64(hash); matches(check, bookapitest.AdaPassword, changed) {
					check.Attack("a hash was changed in one bit, in byte %d of its %s, and ada's password matches it "+
						"all the same: "+
						"so do other passwords, and mallory needs fewer guesses (%q)", at, part, changed)
				}
			}
		}
	})
}

// Kinds: store-answers, cost
func TestArgon2idRemembersNothing(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		adasArgon2id(check)
		row := cheapRow(check)
		for range 3 {
			if !matches(check, bookapitest.AdaPassword, row) {
				check.Broken("ada's password matches her hash again, whatever was verified before")
			}
			for _, wrong := range []string{bookapitest.MalloryPassword, bookapitest.AdaPassword + " ", ""} {
				if matches(check, wrong, row) {
					check.Attack("ada has just logged in, and mallory does too, with %q", wrong)
				}
			}
		}
		if strings.Contains(row, "$m=64,") {
			err := bookapitest.Grows(100, func(n int) { matches(check, fmt.Sprint("guess number ", n), row) })
			if err != nil {
				check.Attack("mallory tries one password after the other, and the server keeps something of each: %v",
					err)
			}
		}
	})
}

// Kinds: several-callers
func TestArgon2idKeepsCallersApart(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		adasArgon2id(check)
		err := bookapitest.Hammer(4, 1, func(caller int) error {
			password := fmt.Sprintf("%s, number %d", bookapitest.AdaPassword, caller)
			hash, err := hardening.HashArgon2id(password)
			if err == nil && !hardening.VerifyArgon2id(password, hash) {
				err = fmt.Errorf("the password of caller %d does not match the hash that was made of it, %q", caller,
					hash)
			}
			return err
		})
		if err != nil {
			check.Attack("mallory signed up at the moment at which ada did, and ada never gets in: %v", err)
		}
	})
}

// Kinds: cost
func TestArgon2idRefusesShortHashes(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		adasArgon2id(check)
		salt, b64 := []byte("sixteen bytes it"), base64.RawStdEncoding.EncodeToString
		for _, size := range []uint32{1, 2, 4} {
			row := "$argon2id$v=19$m=1024,t=1,p=1$" + b64(salt) + "$" +
				b64(argon2.IDKey([]byte(bookapitest.MalloryPassword),
					salt, 1, 1024, 1, size))
			if hardening.VerifyArgon2id(bookapitest.MalloryPassword, row) {
				check.Attack("a row has a hash of %d bytes in it (%q), and is good: "+
					"one password in %d matches it, and mallory has a list of millions", size, row, uint64(1)<<(8*size))
			}
		}
	})
}

// Kinds: cost
func TestArgon2idRefusesAbsurdCosts(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		adasArgon2id(check)
		// These are hashes of ada's password: whoever answers true has paid.
		for cost, hash := range bookapitest.Sorted(map[string]string{
			"a gigabyte of memory": "$argon2id$v=19$m=1048576,t=1,p=1$YSBnaWdhYnl0ZSBvZiBpdA" +
				"$jJqZhCKwUoDbEJ6SXOtlTIlvGy7iUBQUSqeqY4a9rwg",
			"5000 passes": "$argon2id$v=19$m=1024,t=5000,p=1$dG9vIG1hbnkgcGFzc2VzIQ" +
				"$47QgQ9TDjRWxmOo5+b6K2/PtHkR8j6E3i4eZtE9lqmo",
		}) {
			if matches(check, bookapitest.AdaPassword, hash) {
				check.Attack("mallory wrote one line into the table of users, and each login with that name costs "+
					"the server %s",
					cost)
			}
		}
	})
}

// bcryptHash is what step 1 stored for Ada years ago, at bcrypt's lowest cost to
// keep the tests quick; or as it stores it today, if it does not read bcrypt.
var bcryptHash = sync.OnceValues(func() (string, error) {
	old, err := bcrypt.GenerateFromPassword([]byte(bookapitest.AdaPassword), bcrypt.MinCost)
	if err != nil || hashing.VerifyPassword(bookapitest.AdaPassword, string(old)) {
		return string(old), err
	}
	return hashing.HashPassword(bookapitest.AdaPassword)
})

// movingHouse is a store in which Ada's hash is of yesterday and Grace's of
// today.
func movingHouse(check *bookapitest.Check) *bookapitest.Store {
	check.Helper()
	gracesHash := adasArgon2id(check) // and her password is Ada's, which spares a hash
	old, err := bcryptHash()
	require.NoError(check.Needs("1.1").Promise("HashPassword makes a hash of an honest passphrase; step 5 builds "+
		"on it"),
		err)
	users := new(bookapitest.Store)
	require.NoError(check,
		users.CreateUser(check.Context(),
			bookapi.User{Username: bookapitest.Ada, PasswordHash: old, Role: bookapi.RoleReader}))
	require.NoError(check,
		users.CreateUser(check.Context(),
			bookapi.User{Username: bookapitest.Grace, PasswordHash: gracesHash, Role: bookapi.RoleAdmin}))
	return users
}

// hashOf is what a store has.
func hashOf(check *bookapitest.Check, users bookapi.UserStore, username string) string {
	check.Helper()
	user, err := users.User(check.Context(), username)
	require.NoError(check, err)
	return user.PasswordHash
}

// adaMoved is what came of Ada's login with her hash of yesterday.
var adaMoved struct {
	sync.Once
	users *bookapitest.Store
	user  bookapi.User
	err   error
}

func adaMovesIn(check *bookapitest.Check) (*bookapitest.Store, bookapi.User) {
	check.Helper()
	users := movingHouse(check)
	adaMoved.Do(func() {
		adaMoved.users = users
		adaMoved.user, adaMoved.err = hardening.Argon2idPasswords(users)(check.Context(), bookapitest.Ada,
			bookapitest.AdaPassword)
	})
	require.NoError(check.Needs("5.8").Promise("ada logs in with her hash of yesterday"), adaMoved.err)
	return adaMoved.users, adaMoved.user
}

func TestArgon2idMovesInAtTheNextLogin(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		users, ada := adaMovesIn(check)
		assert.Equal(check.Promise("it is ada who has logged in"), bookapitest.Ada, ada.Username)
		next := hashOf(check, users, bookapitest.Ada)
		read(check, next)
		assert.True(check.Promise("ada's new hash is that of her password"),
			hardening.VerifyArgon2id(bookapitest.AdaPassword, next))
		assert.Equal(check.Promise("a login returns the user as stored: a session begins only with the hash that "+
			"counts"),
			next, ada.PasswordHash)

		again, err := hardening.Argon2idPasswords(users)(check.Context(), bookapitest.Ada, bookapitest.AdaPassword)
		require.NoError(check.Promise("ada logs in with her hash of today"), err)
		assert.Equal(check.Promise("a hash of today stays as it is"), ada, again)
		assert.Equal(check.Promise("a hash of today stays as it is"), next, hashOf(check, users, bookapitest.Ada))
	})
}

// Kinds: store-answers
func TestArgon2idOverwritesNoNewerPassword(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		adaMovesIn(check)
		next, err := hardening.HashArgon2id("nobody but ada knows this one")
		require.NoError(check.Promise("HashArgon2id makes a hash of a passphrase"), err)
		for reads := 1; ; reads++ {
			check.Alive()
			users := &overtaking{Store: movingHouse(check), after: reads, next: next}
			_, _ = hardening.Argon2idPasswords(users)(check.Context(), bookapitest.Ada, bookapitest.AdaPassword)
			if users.after > 0 {
				return // so often nobody reads
			}
			if stays := hashOf(check, users.Store, bookapitest.Ada); stays != next {
				check.Attack("mallory's login with ada's old password was under way when ada changed it; "+
					"to renew the hash, it put the old password back (%q)", stays)
			}
		}
	})
}

// In an overtaking store Ada changes her password after some reads of her row.
type overtaking struct {
	*bookapitest.Store
	after int
	next  string
}

func (s *overtaking) User(ctx context.Context, username string) (bookapi.User, error) {
	user, err := s.Store.User(ctx, username)
	if s.after--; s.after == 0 && err == nil {
		err = s.ChangePassword(ctx, username, user.PasswordHash, s.next, func() time.Time { return noon })
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

func guessAt(check *bookapitest.Check, users bookapi.UserStore, username string) (g guess) {
	check.Helper()
	check.Alive()
	logIn := hardening.Argon2idPasswords(users)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	g.user, g.err = logIn(check.Context(), username, bookapitest.MalloryPassword)
	g.took = time.Since(start)
	runtime.ReadMemStats(&after)
	g.allocated = after.TotalAlloc - before.TotalAlloc
	return g
}

// The one test here that is not parallel: it looks at what its guesses cost.
// Kinds: cost, one-answer
func TestArgon2idTellsStrangersNothing(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		users := movingHouse(check)
		guessAt(check, users, bookapitest.Ada) // the first login of all makes the decoys
		guesses := make(map[string]guess)
		for _, username := range []string{bookapitest.Ada, bookapitest.Grace, bookapitest.Mallory} {
			guesses[username] = guessAt(check, users, username)
			if g := guesses[username]; g.err == nil {
				check.Attack("mallory does not know the password and logged in as %s", g.user.Username)
			}
			assert.ErrorIs(check.Promise("a wrong password for %s is ErrCredentials", username), guesses[username].err,
				token.ErrCredentials)
			assert.Zero(check.Promise("whoever fails to log in is nobody"), guesses[username].user)
		}
		old, _ := bcryptHash()
		assert.Equal(check.Promise("a wrong password changes no hash"), []string{old, adasArgon2id(check)},
			[]string{hashOf(check, users, bookapitest.Ada), hashOf(check, users, bookapitest.Grace)})

		for username, g := range guesses {
			if g.allocated < 7<<20 { // what Argon2id takes at least, and bcrypt does not
				check.Attack("a guess at %s computes no Argon2id, guesses at others do: "+
					"mallory has a stopwatch, and knows who has an account", username)
			}
		}
		// bcrypt takes many times as long as Argon2id here, so that one without the
		// other shows. The best of many, so that a busy machine does not decide.
		const factor, tries = 3, 12
		known, stranger := guesses[bookapitest.Grace].took, guesses[bookapitest.Mallory].took
		for n := 0; n < tries && (stranger*factor < known || known*factor < stranger); n++ {
			known = min(known, guessAt(check, users, bookapitest.Grace).took)
			stranger = min(stranger, guessAt(check, users, bookapitest.Mallory).took)
		}
		if stranger*factor < known || known*factor < stranger {
			check.Attack("mallory tries names with a stopwatch: %v for grace, whose hash is new, "+
				"%v for somebody who has no account", known, stranger)
		}
	})
}

// Kinds: store-answers
func TestArgon2idTellsABrokenStoreFromAWrongPassword(t *testing.T) {
	bookapitest.Exercise(t, "5.8", func(check *bookapitest.Check) {
		adasArgon2id(check)
		down := errors.New("the database is away")
		logIn := hardening.Argon2idPasswords(brokenUsers{err: down})
		user, err := logIn(check.Context(), bookapitest.Ada, bookapitest.AdaPassword)
		require.ErrorIs(check.Promise("if the store fails, a login says so"), err, down)
		assert.NotErrorIs(check.Promise("if the store fails, ada is not told that her password is wrong"), err,
			token.ErrCredentials)
		assert.Zero(check.Promise("if the store fails, nobody gets in"), user)
	})
}

// brokenUsers is a database that is away.
type brokenUsers struct {
	bookapi.UserStore
	err error
}

func (s brokenUsers) User(context.Context, string) (bookapi.User, error) {
	return bookapi.User{}, s.err
}

// Kind routes: does not apply, since HashArgon2id and VerifyArgon2id serve no route.
// Kind claim-places: does not apply, since they see a password and a hash, and no request.
