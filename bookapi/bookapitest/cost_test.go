package bookapitest_test

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/bookapitest"
)

// hashing is work of so many thousand SHA-256s.
func hashing(thousands int) func() {
	return func() {
		var sum [32]byte
		for range 1000 * thousands {
			sum = sha256.Sum256(sum[:])
		}
	}
}

func TestCheaperTellsAHashFromNone(t *testing.T) {
	assert.NoError(t, bookapitest.Cheaper(func() {}, hashing(100), 10))
	assert.ErrorContains(t, bookapitest.Cheaper(hashing(50), hashing(100), 10), "is the most")
}

func TestDearerTellsACheaperHash(t *testing.T) {
	assert.NoError(t, bookapitest.Dearer(hashing(200), hashing(50), 0.6))
	assert.NoError(t, bookapitest.Dearer(hashing(50), hashing(50), 0.6), "the cheapest that is allowed")
	assert.ErrorContains(t, bookapitest.Dearer(hashing(20), hashing(60), 0.6), "is the least")
}

func TestAlikeTellsHalfTheWork(t *testing.T) {
	assert.NoError(t, bookapitest.Alike(hashing(100), hashing(100), 2))
	assert.NoError(t, bookapitest.Alike(func() {}, func() {}, 2))
	assert.ErrorContains(t, bookapitest.Alike(hashing(50), hashing(200), 2), "of work")
	assert.ErrorContains(t, bookapitest.Alike(hashing(200), func() {}, 2), "of work")
}

func TestAlikeTellsAPause(t *testing.T) {
	assert.Error(t, bookapitest.Alike(func() {}, func() { <-time.After(100 * time.Millisecond) }, 2))
}

func TestCostIsThatOfTheWork(t *testing.T) {
	one, four := bookapitest.Cost(hashing(50)), bookapitest.Cost(hashing(200))
	assert.Greater(t, four, 2*one)
	assert.Less(t, four, 8*one)
}

func TestWeakHashReadsWhatAHashCost(t *testing.T) {
	for hash, weak := range map[string]string{
		"$2a$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW":      "",
		"$2b$10$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW":      "",
		"$2y$09$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW":      "bcrypt at cost 9, where 10 is the least",
		"0badcafe.$2a$04$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0j": "bcrypt at cost 4, where 10 is the least",
		"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA":                      "",
		"$argon2id$v=19$m=7168,t=5,p=1$c2FsdA$aGFzaA":                       "",
		"$argon2id$v=19$m=65536,t=1,p=4$c2FsdA$aGFzaA":                      "",
		"$argon2id$v=19$m=4096,t=3,p=1$c2FsdA$aGFzaA":                       "argon2id with 4096 KiB and passes: 3, where 19456 KiB and passes: 2 are the least",
		"$argon2i$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA":                       "argon2i, where argon2id is the one to use",
		"$scrypt$ln=17,r=8,p=1$c2FsdA$aGFzaA":                               "",
		"$scrypt$ln=13,r=8,p=10$c2FsdA$aGFzaA":                              "",
		"$scrypt$ln=14,r=8,p=1$c2FsdA$aGFzaA":                               "scrypt with N=2^14, r=8, p=1, where N=2^17, r=8, p=1 are the least",
		"$pbkdf2-sha256$i=600000$c2FsdA$aGFzaA":                             "",
		"$pbkdf2-sha512$210000$c2FsdA$aGFzaA":                               "",
		"pbkdf2_sha256$260000$c2FsdA$aGFzaA":                                "PBKDF2-SHA256 with 260000 rounds, where 600000 are the least",
		"pbkdf2:sha256:1000$c2FsdA$aGFzaA":                                  "PBKDF2-SHA256 with 1000 rounds, where 600000 are the least",
		"$argon2id$v=19$m=99999999999999999999,t=2,p=1$c2FsdA$aGFzaA":       "",
		"": "", "hunter2": "", "$2a$": "",
	} {
		assert.Equal(t, weak, bookapitest.WeakHash(hash), hash)
	}
}

func ExampleWeakHash() {
	fmt.Println(bookapitest.WeakHash("$2a$08$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"))
	// Output: bcrypt at cost 8, where 10 is the least
}

func TestCostOnceSeesTheDearFirstCall(t *testing.T) {
	made := false
	onDemand := func() {
		if !made {
			made = true
			hashing(300)()
		}
	}
	first, next := bookapitest.CostOnce(onDemand), bookapitest.CostOnce(onDemand)
	assert.Greater(t, first, 5*next)
}

// What is quick once, and waits as the other does in the other tries, is on a busy
// machine.
func TestAlikeTellsNothingWhereBothWait(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the clock alone tells there what a call costs")
	}
	work, calls := hashing(50), 0
	waits := func() {
		work()
		<-time.After(100 * time.Millisecond)
	}
	assert.NoError(t, bookapitest.Alike(waits, func() {
		if calls++; calls > 2 {
			work()
			return
		}
		waits()
	}, 2))
}
