package hashing_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	hashing "example.com/bookapi/step1-hashing"
)

// Kinds: first-line
func TestHashPasswordMakesAHash(t *testing.T) {
	bookapitest.Exercise(t, "1.1", func(check *bookapitest.Check) {
		h := made(check)
		require.NoError(check.Promise("HashPassword takes %q: whether that is a good password, it is not asked", short),
			h.short.err)
		require.NotEmpty(check.Promise("HashPassword returns the hash that it made of %q", short), h.short.hash)
	})
}

// Kinds: outlets
func TestHashPasswordHidesThePassword(t *testing.T) {
	bookapitest.Exercise(t, "1.1", func(check *bookapitest.Check) {
		h := made(check)
		for _, made := range []hashed{h.ada, h.short, h.longest} {
			if form := bookapitest.Leak(made.hash, made.password); form != "" {
				check.Attack("mallory stole the hash %q and reads the password %q in it, %s", made.hash, made.password,
					form)
			}
		}
	})
}

// Kinds: cost
func TestHashPasswordIsNotAFastDigest(t *testing.T) {
	bookapitest.Exercise(t, "1.1", func(check *bookapitest.Check) {
		hash := made(check).ada.hash
		if digest := bookapitest.FastDigest(bookapitest.AdaPassword, hash); digest != "" {
			check.Attack("mallory finds ada's password by trying words: her hash %q has its plain %s in it, "+
				"and a graphics card tries billions of those in a second", hash, digest)
		}
	})
}

// Kinds: randomness
func TestHashPasswordSaltsEveryHash(t *testing.T) {
	bookapitest.Exercise(t, "1.1", func(check *bookapitest.Check) {
		h := made(check)
		require.NoError(check.Promise("HashPassword makes a hash in a second process"), h.elsewhere.err)
		if h.ada.hash == h.elsewhere.hash {
			check.Attack("the same password gave the same hash twice, %q: "+
				"mallory sees who shares a password, and one table of ready-made hashes opens every account",
				h.ada.hash)
		}
		if h.short.hash == h.twin.hash && h.short.err == nil {
			check.Attack("two people choose the same password at the same moment, %q, and have the same hash, %q: "+
				"mallory, who is one of them, knows the password of the other", short, h.twin.hash)
		}
		all := []string{h.ada.hash, h.elsewhere.hash, h.short.hash, h.longest.hash}
		if err := bookapitest.Distinct(all, 128, all...); err != nil {
			check.Attack("mallory tries each word once for many accounts: what is random in four hashes is not, "+
				"since (1 and 2 are of ada's password, in two programs that started at the same time) %v", err)
		}
		if short := bookapitest.ShortSalt(all...); short != "" {
			check.Attack("mallory tries each word once for many accounts, as two users often have the same salt: "+
				"%q has %s, and 64 are the least (RFC 8018 §4.1)", h.ada.hash, short)
		}
	})
}

// Kinds: cost
func TestHashPasswordIsSlow(t *testing.T) {
	bookapitest.Exercise(t, "1.1", func(check *bookapitest.Check) {
		h := made(check)
		for _, made := range []hashed{h.ada, h.short, h.longest} {
			if weak := bookapitest.WeakHash(made.hash); weak != "" {
				check.Attack("a guess is cheap for mallory: the password %q of %d bytes is hashed with %s (ASVS "+
					"11.4.2)",
					made.password, len(made.password), weak)
			}
		}
		if h.plainBcrypt {
			return // what its hash says of the cost is true
		}
		for _, made := range []hashed{h.ada, h.short, h.longest} {
			again := func() { _, _ = hashing.HashPassword(made.password) }
			if err := bookapitest.Dearer(again, cheapest, 0.5); err != nil {
				check.Attack("a guess is cheap for mallory: to hash the password %q of %d bytes, %v (ASVS 11.4.2)",
					made.password, len(made.password), err)
			}
		}
	})
}

// Kinds: one-answer
func TestHashPasswordRefusesAnEmptyPassword(t *testing.T) {
	bookapitest.Exercise(t, "1.1", func(check *bookapitest.Check) {
		made(check)
		empty := hash(check, "")
		if empty.err == nil {
			check.Attack("HashPassword made the hash %q of the empty password: mallory logs in by typing nothing",
				empty.hash)
		}
		isRefusal(check, empty)
	})
}

// isRefusal demands of an error of HashPassword that the person at the form can
// be told, and that there is no hash beside it.
func isRefusal(check *bookapitest.Check, refused hashed) {
	check.Helper()
	require.ErrorIs(check.Promise("HashPassword refuses a password of %d bytes, %.20q, with bookapi.Invalid: a form "+
		"says why",
		len(refused.password), refused.password), refused.err, bookapi.ErrInvalid)
	assert.Empty(check.Promise("HashPassword returns no hash beside an error"), refused.hash)
}

// Kinds: one-difference
func TestHashPasswordTakesALongPassphrase(t *testing.T) {
	bookapitest.Exercise(t, "1.1", func(check *bookapitest.Check) {
		taken := made(check).longest
		require.NoError(check.Promise("HashPassword takes %q, a passphrase of 64 characters (ASVS 6.2.9)", sentence),
			taken.err)
		require.NotEmpty(check.Promise("HashPassword returns the hash that it made of %d bytes", len(taken.password)),
			taken.hash)
	})
}

// Kinds: one-difference, one-answer
func TestHashPasswordReadsEveryByte(t *testing.T) {
	bookapitest.Exercise(t, "1.1", func(check *bookapitest.Check) {
		made(check)
		for _, made := range longer(check) {
			if made.err != nil {
				isRefusal(check, made)
				continue
			}
			require.NotEmpty(check.Promise("HashPassword makes a hash of a password of %d bytes, or returns an error",
				len(made.password)), made.hash)
			if isBcryptOf(made.hash, made.password[:72]) {
				check.Attack("a password of %d bytes has the same hash as its first 72: bcrypt reads no more, "+
					"and what mallory types behind them is never looked at", len(made.password))
			}
		}
	})
}

var longerOnes shared[[]hashed]

// longer are what HashPassword made of passwords that are longer than bcrypt reads.
func longer(check *bookapitest.Check) []hashed {
	check.Helper()
	return longerOnes.of(check, "1.1", func(check *bookapitest.Check) (all []hashed) {
		together(check, func() {
			for _, length := range []int{73, 300, 3000} {
				all = append(all, hash(check, strings.Repeat(sentence+". ", 1+length/len(sentence))[:length]))
			}
			all = append(all, hash(check, accented+"é")) // of more bytes than characters
		})
		return all
	})
}

// Kinds: one-difference, one-answer
func TestHashPasswordLeavesNoSecondKey(t *testing.T) {
	bookapitest.Exercise(t, "1.1", func(check *bookapitest.Check) {
		made(check)
		const half = "a teapot, in blue"
		for what, password := range bookapitest.Sorted(map[string]string{
			"a NUL in the middle": half + "\x00" + half,
			"a NUL in front":      "\x00" + half,
			"a NUL at the end":    half + "\x00",
			"nothing but a NUL":   "\x00",
		}) {
			made := hash(check, password)
			if made.err != nil {
				isRefusal(check, made)
				continue
			}
			require.NotEmpty(check.Promise("HashPassword makes a hash of a password with %s, or returns an error",
				what),
				made.hash)
			for _, other := range []string{half, password + "\x00" + password, password + "\x00"} {
				if other != password && isBcryptOf(made.hash, other) {
					check.Attack("%q, a password with %s, has a hash that %q matches too: "+
						"bcrypt repeats a password with a NUL in between, and cannot tell the two apart", password,
						what, other)
				}
			}
		}
	})
}

// Kinds: one-difference
func TestHashPasswordChangesNothingInThePassword(t *testing.T) {
	bookapitest.Exercise(t, "1.1", func(check *bookapitest.Check) {
		h := made(check)
		if _, err := bcrypt.Cost([]byte(h.ada.hash)); err != nil || h.plainBcrypt {
			return // what is no bcrypt hash is left to the tests of VerifyPassword
		}
		if isBcryptOf(h.ada.hash, bookapitest.AdaPassword) {
			check.Broken("HashPassword hashes a password as it is, with its spaces, capitals and accents (ASVS "+
				"6.2.8): "+
				"the hash that it made of %q is that of another one", h.longest.password)
		}
	})
}

// refusedByHash are passwords that most algorithms cannot read.
func refusedByHash() []string {
	return []string{"", "\x00" + shortest, shortest + "\x00", strings.Repeat(sentence, 100)}
}

// Kinds: store-answers, several-callers
func TestHashPasswordComesBackAfterManyRefusals(t *testing.T) {
	bookapitest.Exercise(t, "1.1", func(check *bookapitest.Check) {
		made(check)
		for _, password := range refusedByHash() {
			if hash(check, password).err == nil {
				continue // it can be read here, and costs a hash
			}
			for range 300 { // or a lock, or a place among so many, was not given back
				isRefusal(check, hash(check, password))
			}
		}
	})
}

// Kinds: outlets
func TestHashPasswordTellsNoSecret(t *testing.T) {
	bookapitest.Exercise(t, "1.1", func(check *bookapitest.Check) {
		h := made(check)
		secrets := []bookapitest.Secret{
			bookapitest.Password("ada's password", bookapitest.AdaPassword),
			bookapitest.StoredHash("ada's hash", h.ada.hash),
			bookapitest.Password("a password", h.longest.password),
			bookapitest.StoredHash("a hash", h.longest.hash),
		}
		for _, made := range longer(check) {
			secrets = append(secrets, bookapitest.Password("a long password", made.password))
		}
		refusals := bookapitest.Capture(func(out *bookapitest.Outlets) {
			for _, password := range refusedByHash() {
				refused := hash(check, password)
				out.Error(refused.err)
				if refused.err != nil && password != "" {
					secrets = append(secrets, bookapitest.Password("a refused password", password))
				}
			}
			for _, made := range longer(check) {
				out.Error(made.err)
			}
		})
		for _, out := range []*bookapitest.Outlets{h.out, refusals} {
			if err := out.Find(secrets...); err != nil {
				check.Attack("mallory reads %v", err)
			}
		}
	})
}

// Kind routes: does not apply, since HashPassword serves no route.
// Kind claim-places: does not apply, since HashPassword is given a password and no request.
