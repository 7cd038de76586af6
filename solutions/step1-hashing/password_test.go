package hashing_test

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	. "example.com/bookapi/bookapitest"
	hashing "example.com/bookapi/step1-hashing"
)

func TestHashPasswordHidesThePassword(t *testing.T) {
	t.Parallel()
	hash := adasHash(t)
	if form := Leak(hash, AdaPassword); form != "" {
		t.Fatalf("ATTACK SUCCEEDED: mallory stole the hash %q and reads ada's password in it, %s", hash, form)
	}
}

func TestHashPasswordIsNotAFastDigest(t *testing.T) {
	t.Parallel()
	hash := adasHash(t)
	if digest := fastDigestOf(AdaPassword, hash); digest != "" {
		t.Fatalf("ATTACK SUCCEEDED: mallory finds ada's password by trying words: her hash is its plain %s, and a graphics card tries billions of those in a second", digest)
	}
}

func TestHashPasswordSaltsEveryHash(t *testing.T) {
	t.Parallel()
	first, second := adasHash(t), adaAgain()
	require.NoError(Promise(t, "1.1", "HashPassword makes a hash of the same passphrase again"), second.err)
	if first == second.hash {
		t.Fatalf("ATTACK SUCCEEDED: the same password gave the same hash twice: mallory sees who shares a password, and one table of ready-made hashes opens every account")
	}
}

func TestHashPasswordIsSlow(t *testing.T) {
	t.Parallel()
	stored := adasHash(t)

	// Counted in SHA-256s rather than in milliseconds, so that the verdict does
	// not depend on the machine. bcrypt at cost 12 is a million of them.
	const enough = 20_000
	unit, took := timeOfOneSHA256(), adaOnce().took
	for range 5 { // the best of a few, if it is close: a busy machine makes nothing secure
		if took/unit < 10*enough {
			took = min(took, hash(AdaPassword).took)
		}
	}
	if took/unit < enough {
		t.Fatalf("ATTACK SUCCEEDED: one guess costs mallory only as much as %d SHA-256s; make it at least %d", took/unit, enough)
	}
	if cost, err := bcrypt.Cost([]byte(stored)); err == nil && cost < 10 {
		t.Fatalf("ATTACK SUCCEEDED: bcrypt at cost %d makes guessing %d times cheaper for mallory than cost 12; ASVS 11.4.2 asks for 10 or more", cost, 1<<(12-cost))
	}
}

func TestHashPasswordRefusesAnEmptyPassword(t *testing.T) {
	t.Parallel()
	adasHash(t)
	hash, err := hashing.HashPassword("")
	if err == nil {
		t.Fatalf("ATTACK SUCCEEDED: HashPassword made the hash %q of the empty password: mallory logs in by typing nothing", hash)
	}
}

func TestHashPasswordLeavesNoSecondKey(t *testing.T) {
	t.Parallel()
	adasHash(t)
	hash, err := hashing.HashPassword(MalloryPassword + "\x00" + MalloryPassword)
	if err == nil && bcrypt.CompareHashAndPassword([]byte(hash), []byte(MalloryPassword)) == nil {
		t.Fatal(`ATTACK SUCCEEDED: the hash of "<password>\x00<password>" is matched by "<password>" too: to bcrypt a NUL is a seam, and the door has a second key`)
	}
}

func TestHashPasswordTakesALongPassphrase(t *testing.T) {
	t.Parallel()
	adasHash(t)
	if longOnce().err == nil {
		return // even longer than it has to be
	}
	_, err := hashing.HashPassword(passphrase)
	assert.NoError(Promise(t, "1.1", "HashPassword takes a passphrase of 64 characters (ASVS 6.2.9)"), err)
}

func TestVerifyPasswordKnowsRightFromWrong(t *testing.T) {
	t.Parallel()
	hash := adasLock(t)
	for what, wrong := range Sorted(map[string]string{
		"the right password in capitals":                     strings.ToUpper(AdaPassword),
		"the right password and one space more":              AdaPassword + " ",
		"the right password and an invisible character more": AdaPassword + "\u200b",
		"the right password with another last letter":        AdaPassword[:len(AdaPassword)-1] + "g",
		"the right password and a line break":                AdaPassword + "\n",
		"nothing at all":                                     "",
	}) {
		if hashing.VerifyPassword(wrong, hash) {
			t.Errorf("ATTACK SUCCEEDED: mallory typed %s, %q, and is in as ada", what, wrong)
		}
	}
}

func TestVerifyPasswordDoesNotTakeTheHashForThePassword(t *testing.T) {
	t.Parallel()
	hash := adasLock(t)
	if hashing.VerifyPassword(hash, hash) {
		t.Error("ATTACK SUCCEEDED: mallory typed the stolen hash itself as the password and is in as ada")
	}
	if hashing.VerifyPassword(AdaPassword, AdaPassword) {
		t.Error("ATTACK SUCCEEDED: a password that was stored as it is opens the door: old rows in plain text would work for ever")
	}
}

func TestVerifyPasswordReadsEveryByte(t *testing.T) {
	t.Parallel()
	adasLock(t)

	// bcrypt reads 72 bytes. Whoever allows more must not pass the rest by.
	for _, long := range []struct {
		password, wrong string
		hashed          hashed
	}{
		{first72, first72 + "!", longOnce()},
		{first72 + "!", first72 + "?", hash(first72 + "!")},
	} {
		if long.hashed.err != nil {
			continue // refused: fine, nothing was cut
		}
		require.True(Promise(t, "1.2", "a password of %d bytes that HashPassword took also opens the door", len(long.password)),
			hashing.VerifyPassword(long.password, long.hashed.hash))
		if hashing.VerifyPassword(long.wrong, long.hashed.hash) {
			t.Errorf("ATTACK SUCCEEDED: ada's password has %d bytes; mallory's is another one from byte 73 on and opens the door too: the rest was never looked at", len(long.password))
		}
	}
}

func TestVerifyPasswordTakesNoNULForTheEnd(t *testing.T) {
	t.Parallel()
	hash := adasLock(t)
	if hashing.VerifyPassword(AdaPassword+"\x00"+AdaPassword, hash) {
		t.Error(`ATTACK SUCCEEDED: "<password>\x00<password>" opens ada's account too: to bcrypt a NUL is a seam, and the door has a second key`)
	}
	if hashing.VerifyPassword(AdaPassword+"\x00", hash) {
		t.Error(`ATTACK SUCCEEDED: "<password>\x00" opens ada's account too: to PBKDF2 and scrypt, which are made of HMAC, a NUL at the end is nothing, and the door has a second key`)
	}
}

func TestVerifyPasswordSurvivesABrokenHash(t *testing.T) {
	t.Parallel()
	hash := adasLock(t)
	for _, broken := range []string{
		"", "x", "$", "$$$$$", "$2a$", "$2a$12$", "$2a$xx$" + hash, "$argon2id$v=19$", "\x00\xff",
		hash[:len(hash)/2], hash[:max(0, len(hash)-4)], hash[:strings.LastIndex(hash, "$")+1], // cut by a narrow column
	} {
		assert.NotPanics(Promise(t, "1.2", "VerifyPassword does not panic on the broken hash %q", broken), func() {
			if hashing.VerifyPassword(AdaPassword, broken) {
				t.Errorf("ATTACK SUCCEEDED: the broken hash %q lets a password in", broken)
			}
		})
	}
}

func TestNeedsRehashFindsACheaperHash(t *testing.T) {
	t.Parallel()
	fresh := adasHash(t)
	cheap, err := bcrypt.GenerateFromPassword([]byte(AdaPassword), bcrypt.MinCost)
	require.NoError(t, err)
	assert.True(Promise(t, "1.3", "a bcrypt hash of cost %d needs a new one", bcrypt.MinCost), hashing.NeedsRehash(string(cheap)))
	assert.False(Promise(t, "1.3", "a hash that HashPassword has just made needs no new one"), hashing.NeedsRehash(fresh))
}

func TestNeedsRehashFindsTheHashOfLastYear(t *testing.T) {
	t.Parallel()
	fresh := adasHash(t)
	assert.False(Promise(t, "1.3", "a hash that HashPassword has just made needs no new one"), hashing.NeedsRehash(fresh))

	cost, err := bcrypt.Cost([]byte(fresh))
	if err != nil || cost == bcrypt.MinCost {
		return // not bcrypt, or nothing is cheaper
	}
	ofCost := func(c int) string {
		return strings.Replace(fresh, fmt.Sprintf("$%02d$", cost), fmt.Sprintf("$%02d$", c), 1)
	}
	assert.True(Promise(t, "1.3", "a hash one step cheaper than those of today needs a new one"), hashing.NeedsRehash(ofCost(cost-1)))
	assert.False(Promise(t, "1.3", "a hash one step dearer than those of today stays: a new one would be cheaper"), hashing.NeedsRehash(ofCost(cost+1)))
}

func TestNeedsRehashFindsAForeignFormat(t *testing.T) {
	t.Parallel()
	adasHash(t)
	for _, foreign := range []string{"", "hunter2", "5f4dcc3b5aa765d61d8327deb882cf99", "$1$salt$qJH7.N4xYta3aEG/dfqo/0", "{SSHA}c2FsdA=="} {
		assert.NotPanics(Promise(t, "1.3", "NeedsRehash does not panic on the foreign hash %q", foreign), func() {
			assert.True(Promise(t, "1.3", "the foreign hash %q needs a new one", foreign), hashing.NeedsRehash(foreign))
		})
	}
}

// fastDigestOf names the fast digest of word, alone or joined with a salt that
// stands in the hash, that the hash consists of; "" if none.
func fastDigestOf(word, hash string) string {
	words := []string{word}
	for _, salt := range strings.FieldsFunc(hash, func(r rune) bool { return strings.ContainsRune("$:.,;|", r) }) {
		words = append(words, salt+word, word+salt)
	}
	for _, w := range words {
		b := []byte(w)
		md, s1, s256, s512 := md5.Sum(b), sha1.Sum(b), sha256.Sum256(b), sha512.Sum512(b)
		for name, sum := range Sorted(map[string][]byte{"MD5": md[:], "SHA-1": s1[:], "SHA-256": s256[:], "SHA-512": s512[:]}) {
			if Leak(hash, string(sum)) != "" {
				return name
			}
		}
	}
	return ""
}

// timeOfOneSHA256 is the best of several runs, so that a busy machine does not
// make SHA-256 look slow.
func timeOfOneSHA256() time.Duration {
	const runs, each = 10, 2000
	best := time.Hour
	for range runs {
		sum, start := sha256.Sum256([]byte(AdaPassword)), time.Now()
		for range each {
			sum = sha256.Sum256(sum[:])
		}
		best = min(best, time.Since(start)/each)
	}
	return max(best, time.Nanosecond)
}
