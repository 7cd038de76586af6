package hashing_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"example.com/bookapi/bookapitest"
	hashing "example.com/bookapi/step1-hashing"
)

// weakAndFresh returns a hash that needs a new one, once it is sure that it does,
// and one that HashPassword has made.
func weakAndFresh(check *bookapitest.Check) (weak, fresh string) {
	check.Helper()
	fresh, weak = made(check).ada.hash, cheap(check, bookapitest.AdaPassword)
	firstRehash.of(check, "1.3", func(*bookapitest.Check) time.Duration {
		return bookapitest.CostOnce(func() { hashing.NeedsRehash(weak) })
	})
	require.True(check.Needs("1.3").Promise("a bcrypt hash of cost %d needs a new one", bcrypt.MinCost),
		hashing.NeedsRehash(weak))
	return weak, fresh
}

// firstRehash is what NeedsRehash costs the first one who logs in after a start.
var firstRehash shared[time.Duration]

// Kinds: first-line
func TestNeedsRehashFindsACheaperHash(t *testing.T) {
	bookapitest.Exercise(t, "1.3", func(check *bookapitest.Check) { weakAndFresh(check) })
}

// Kinds: one-difference
func TestNeedsRehashLeavesAFreshHash(t *testing.T) {
	bookapitest.Exercise(t, "1.3", func(check *bookapitest.Check) {
		weakAndFresh(check)
		h := made(check)
		for _, fresh := range []hashed{h.ada, h.short, h.longest} {
			require.False(check.Promise("the hash %q, which HashPassword has just made, needs no new one", fresh.hash),
				hashing.NeedsRehash(fresh.hash))
		}
	})
}

// Kinds: one-difference
func TestNeedsRehashFindsAForeignFormat(t *testing.T) {
	bookapitest.Exercise(t, "1.3", func(check *bookapitest.Check) {
		weakAndFresh(check)
		for _, foreign := range []string{
			"", "hunter2", "5f4dcc3b5aa765d61d8327deb882cf99", "$1$salt$qJH7.N4xYta3aEG/dfqo/0", "{SSHA}c2FsdA==",
			"$5$salt$Gcm6FsVtF/Qa77ZKD.iwsJlCVPY0XSMgLJL0Hnww/c1", "$", "$$$$$", "$2a$", "$2a$12$", "$2a$xx$salt", "12",
			"99",
			"\x00\xff", bookapitest.AdaPassword,
		} {
			needs := false
			require.NotPanics(check.Promise("NeedsRehash does not panic on a hash that HashPassword did not make, %q",
				foreign), func() { needs = hashing.NeedsRehash(foreign) })
			require.True(check.Promise("a hash that HashPassword did not make, %q, needs a new one", foreign), needs)
		}
	})
}

// Kinds: one-difference
func TestNeedsRehashFindsTheHashOfLastYear(t *testing.T) {
	bookapitest.Exercise(t, "1.3", func(check *bookapitest.Check) {
		_, fresh := weakAndFresh(check)
		require.False(check.Promise("the hash %q, which HashPassword has just made, needs no new one", fresh),
			hashing.NeedsRehash(fresh))
		today, err := bcrypt.Cost([]byte(fresh))
		if err != nil {
			return // no bcrypt: the tests cannot tell what is cheaper
		}
		for cost := today - 1; cost >= bcrypt.MinCost; cost-- {
			old := strings.Replace(fresh, fmt.Sprintf("$%02d$", today), fmt.Sprintf("$%02d$", cost), 1)
			require.True(check.Promise("a hash of cost %d is cheaper than those of today, of cost %d, and needs a "+
				"new one",
				cost, today), hashing.NeedsRehash(old))
		}
		for cost := today + 1; cost <= bcrypt.MaxCost; cost++ {
			old := strings.Replace(fresh, fmt.Sprintf("$%02d$", today), fmt.Sprintf("$%02d$", cost), 1)
			require.False(check.Promise("a hash of cost %d is more expensive than those of today, of cost %d, and "+
				"stays",
				cost, today), hashing.NeedsRehash(old))
		}
	})
}

// Kinds: store-answers, several-callers
func TestNeedsRehashGivesTheSameAnswerAgain(t *testing.T) {
	bookapitest.Exercise(t, "1.3", func(check *bookapitest.Check) {
		old, fresh := weakAndFresh(check)
		ask := func() [3]bool {
			return [3]bool{hashing.NeedsRehash("hunter2"), hashing.NeedsRehash(old), hashing.NeedsRehash(fresh)}
		}
		first := ask()
		err := bookapitest.Hammer(4, 20, func(caller int) error {
			for range 5000 { // an answer takes less than it takes to come
				if now := ask(); now != first {
					return fmt.Errorf("caller %d got %v for three hashes, and the first caller %v", caller, now, first)
				}
			}
			return nil
		})
		require.NoError(check.Promise("NeedsRehash says the same of a hash each time, to each caller"), err)
		err = bookapitest.Grows(300, func(n int) { hashing.NeedsRehash(fmt.Sprintf("%s%04d", old[:len(old)-4], n)) })
		require.NoError(check.Promise("NeedsRehash keeps nothing of a hash such as %q", old), err)
	})
}

// Kinds: cost
func TestNeedsRehashComputesNoHash(t *testing.T) {
	bookapitest.Exercise(t, "1.3", func(check *bookapitest.Check) {
		weak, fresh := weakAndFresh(check)
		err := bookapitest.Cheaper(func() { hashing.NeedsRehash(fresh) }, cheapest, 10)
		require.NoError(check.Promise("NeedsRehash, which is asked at each login, reads the hash and makes none"), err)
		require.Less(check.Promise("NeedsRehash makes no hash, not even for the first one who logs in after a start, "+
			"whose hash is %q", weak),
			firstRehash.value, bookapitest.CostOnce(cheapest)/2)
	})
}

// Kinds: outlets
func TestNeedsRehashTellsNoSecret(t *testing.T) {
	bookapitest.Exercise(t, "1.3", func(check *bookapitest.Check) {
		old, fresh := weakAndFresh(check)
		const digest = "5f4dcc3b5aa765d61d8327deb882cf99"
		cut := old[:len(old)-4]
		out := bookapitest.Capture(func(*bookapitest.Outlets) {
			for _, hash := range []string{fresh, old, digest, cut, bookapitest.AdaPassword} {
				hashing.NeedsRehash(hash)
			}
		})
		err := out.Find(bookapitest.StoredHash("ada's hash", fresh), bookapitest.StoredHash("an old hash", old),
			bookapitest.StoredHash("an old digest", digest), bookapitest.StoredHash("a hash that was cut", cut),
			bookapitest.Password("a password that was stored as it is", bookapitest.AdaPassword))
		if err != nil {
			check.Attack("mallory reads %v", err)
		}
	})
}

// Kind routes: does not apply, since NeedsRehash serves no route.
// Kind claim-places: does not apply, since NeedsRehash is given a stored hash and no request.
// Kind randomness: does not apply, since NeedsRehash draws nothing.
// Kind one-answer: does not apply, since the answer is one bool.
