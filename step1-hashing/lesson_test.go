package hashing_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"example.com/bookapi/bookapitest"
	hashing "example.com/bookapi/step1-hashing"
)

// Hashing is slow on purpose. So the tests share what they look at: the first
// that needs it makes all of it, on all processors, and watches every outlet.

const (
	// sentence has 64 characters, which every service should allow (ASVS 5.0
	// 6.2.9): small letters and spaces.
	sentence = "the old lighthouse keeper counts seven ships before his dinner x"

	// shortest has as few characters as SignUp takes, and short fewer: HashPassword
	// hashes it all the same.
	shortest = "quiet armadillo"
	short    = "Sunshine1"
)

// accented has 72 bytes, which are 64 characters.
var accented = strings.Repeat("café bar", 8)

// A shared value is made by the first test that needs it.
type shared[T any] struct {
	maker string
	whole bool
	value T
}

func (s *shared[T]) of(check *bookapitest.Check, exercise string, make func(*bookapitest.Check) T) T {
	check.Helper()
	if s.maker == "" {
		s.maker = check.Name()
		s.value = make(check)
		s.whole = true
	}
	if !s.whole {
		check.WaitsFor(exercise, s.maker)
	}
	return s.value
}

// together runs functions at the same time.
func together(check *bookapitest.Check, functions ...func()) {
	check.Helper()
	var group sync.WaitGroup
	for _, f := range functions {
		group.Go(func() { check.Guard(f) })
	}
	group.Wait()
	if check.Failed() {
		check.FailNow()
	}
}

// hashed is what HashPassword made of a password.
type hashed struct {
	password, hash string
	err            error
}

func hash(check *bookapitest.Check, password string) hashed {
	check.Alive()
	defer check.Alive()
	hash, err := hashing.HashPassword(password)
	return hashed{password, hash, err}
}

func verify(check *bookapitest.Check, password, hash string) bool {
	check.Alive()
	defer check.Alive()
	return hashing.VerifyPassword(password, hash)
}

// hashes are what HashPassword made of honest passwords.
type hashes struct {
	ada       hashed // while the clock stood still
	elsewhere hashed // of ada's password, as the first of another process
	short     hashed
	twin      hashed // of the same password, at the same time
	longest   hashed // of as many bytes as are taken, and as odd as they are taken
	out       *bookapitest.Outlets

	// plainBcrypt says that a hash is bcrypt's of the password itself. Then the
	// tests can make hashes that cost little, for VerifyPassword to read.
	plainBcrypt bool
}

var honest shared[hashes]

// made returns these hashes, once it is sure that ada's could be made.
func made(check *bookapitest.Check) hashes {
	check.Helper()
	h := honest.of(check, "1.1", makeHashes)
	needs := check.Needs("1.1")
	require.NoError(needs.Promise("HashPassword makes a hash of ada's passphrase %q", bookapitest.AdaPassword),
		h.ada.err)
	require.NotEmpty(needs.Promise("HashPassword returns the hash that it made"), h.ada.hash)
	return h
}

func makeHashes(check *bookapitest.Check) (h hashes) {
	check.Helper()
	h.out = bookapitest.Capture(func(out *bookapitest.Outlets) {
		elsewhere := bookapitest.Elsewhere(check.T, func() (string, error) {
			return hashing.HashPassword(bookapitest.AdaPassword)
		})
		together(check,
			func() { h.longest = longestTaken(check) },
			func() { h.short = hash(check, short) },
			func() { h.twin = hash(check, short) })
		together(check,
			func() { check.Synctest(func(*bookapitest.Check) { h.ada = hash(check, bookapitest.AdaPassword) }) },
			func() { h.plainBcrypt = isBcryptOf(h.longest.hash, h.longest.password) })
		h.elsewhere.hash, h.elsewhere.err = elsewhere()
		for _, made := range []hashed{h.ada, h.short, h.longest} {
			out.Error(made.err)
		}
	})
	return h
}

// longestTaken is the hash of a password of 72 bytes, as many as bcrypt reads, or
// of one that is shorter, where that is refused: full of what some programs change
// in a password, or plain, where that is refused.
func longestTaken(check *bookapitest.Check) (taken hashed) {
	const odd = " Two  SPACES, caf\u00e9 cafe\u0301, \u00df\t100%25 + \u200bNaN &amp; 'quotes'"
	for _, text := range []string{odd + "\xff\r\n", odd, sentence} {
		for length := 72; length >= 64; length-- {
			if taken = hash(check, text+strings.Repeat("z", max(0, length-1-len(text)))+" "); taken.err == nil {
				return taken
			}
		}
	}
	return hash(check, sentence)
}

func isBcryptOf(hash, password string) bool {
	return bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil
}

// cheapest makes a hash of the cheapest setting that OWASP's Password Storage
// Cheat Sheet allows.
func cheapest() {
	argon2.IDKey([]byte(bookapitest.AdaPassword), []byte("sixteen bytes...")[:16], 2, 19*1024, 1, 32)
}

// cheap is bcrypt's hash of a password at its lowest cost, which is read in a
// millisecond.
func cheap(t testing.TB, password string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	require.NoError(t, err)
	return string(hash)
}
