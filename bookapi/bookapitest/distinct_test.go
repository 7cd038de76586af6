package bookapitest_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/bookapitest"
)

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

var b64 = base64.RawStdEncoding.EncodeToString

// phc is a hash in the PHC form.
func phc(salt, hash []byte) string {
	return "$argon2id$v=19$m=19456,t=2,p=1$" + b64(salt) + "$" + b64(hash)
}

// digestOf is a digest in place of the hash of a password.
func digestOf(password string, salt []byte) []byte {
	sum := sha256.Sum256(append([]byte(password), salt...))
	return sum[:]
}

// A source draws values; they are random enough or not.
type source func() string

func sound() map[string]source {
	var id atomic.Int64
	return map[string]source{
		"hex":                 func() string { return hex.EncodeToString(random(16)) },
		"HEX":                 func() string { return fmt.Sprintf("%X", random(32)) },
		"base64":              func() string { return base64.RawURLEncoding.EncodeToString(random(32)) },
		"base64, padded":      func() string { return base64.StdEncoding.EncodeToString(random(17)) },
		"base32":              rand.Text,
		"raw":                 func() string { return string(random(16)) },
		"with a prefix":       func() string { return "bookapi_refresh_" + rand.Text() },
		"with an ID in front": func() string { return fmt.Sprintf("%d.%s", id.Add(1), hex.EncodeToString(random(16))) },
		"with words inside":   func() string { return rand.Text() + ".refresh-token." + rand.Text() },
		"a hash":              func() string { salt := random(16); return phc(salt, digestOf("x", salt)) },
		"a UUIDv7 in front": func() string {
			ms := binary.BigEndian.AppendUint64(nil, uint64(time.Now().UnixMilli()))
			return fmt.Sprintf("%x-%x-7%x-%x.%s", ms[2:6], ms[6:], random(2)[:1], random(8), rand.Text())
		},
	}
}

func flawed() map[string]source {
	var count atomic.Uint64
	start := time.Now()
	clock := func() []byte { return binary.BigEndian.AppendUint64(nil, uint64(time.Now().UnixNano())) }
	seeded := func(seed uint64) []byte {
		r := mathrand.New(mathrand.NewPCG(seed, 1))
		return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, r.Uint64()), r.Uint64())
	}
	buffer := random(32) // of which each draw takes the half that is next
	return map[string]source{
		"always the same":       func() string { return "0123456789abcdef" },
		"a counter":             func() string { return fmt.Sprintf("%032d", count.Add(1)) },
		"a counter, in base64":  func() string { return b64(binary.BigEndian.AppendUint64(make([]byte, 24), count.Add(1))) },
		"the time":              func() string { return hex.EncodeToString(clock()) },
		"a seed from the clock": func() string { return hex.EncodeToString(seeded(uint64(time.Now().Unix() - start.Unix()))) },
		"a seed from the pid":   func() string { return hex.EncodeToString(seeded(uint64(os.Getpid()))) },
		"three characters":      func() string { return "bookapi_refresh_token_" + rand.Text()[:3] },
		"half of a buffer": func() string {
			n := count.Add(1) % 2 * 16
			return b64(random(8)) + b64(buffer[n:n+16])
		},
	}
}

func TestDistinctAcceptsWhatIsRandom(t *testing.T) {
	for name, draw := range sound() {
		for range 200 {
			values := make([]string, 8)
			for i := range values {
				values[i] = draw()
			}
			assert.NoError(t, bookapitest.Distinct(values, 100), name)
		}
	}
}

func TestDistinctFindsWhatIsNot(t *testing.T) {
	for name, draw := range flawed() {
		values := make([]string, 8)
		for i := range values {
			values[i] = draw()
		}
		assert.Error(t, bookapitest.Distinct(values, 100), name)
	}
}

func TestDistinctKnowsWhatWasMadeOfThePassword(t *testing.T) {
	quick := func(password string) string {
		salt := random(16)
		return hex.EncodeToString(digestOf(password, nil))[:16] + "." + phc(salt, digestOf(password, salt))
	}
	values := []string{quick("ada's"), quick("ada's")}
	assert.NoError(t, bookapitest.Distinct(values, 128), "with nothing to compare, it is taken for the form")
	assert.ErrorContains(t, bookapitest.Distinct(values, 128, quick("grace's")), "characters in common")

	salted := func(password string) string { salt := random(16); return phc(salt, digestOf(password, salt)) }
	assert.NoError(t, bookapitest.Distinct([]string{salted("ada's"), salted("ada's")}, 128, salted("grace's")))
}

func TestDistinctWantsSomethingToCompare(t *testing.T) {
	assert.Error(t, bookapitest.Distinct(nil, 0))
	assert.Error(t, bookapitest.Distinct([]string{"x"}, 0))
}

func TestDrawDrawsInManyWays(t *testing.T) {
	values := bookapitest.Draw(t, 3, func() (string, error) { return rand.Text(), nil })
	assert.Len(t, values, 12)
	assert.NoError(t, bookapitest.Distinct(values, 128))
}

func TestDrawShowsASeed(t *testing.T) {
	var mu sync.Mutex
	fixed := mathrand.New(mathrand.NewPCG(1, 2)) // the same in the second process
	t.Run("in a subtest, too", func(t *testing.T) {
		values := bookapitest.Draw(t, 2, func() (string, error) {
			mu.Lock()
			defer mu.Unlock()
			return fmt.Sprintf("%016x%016x", fixed.Uint64(), fixed.Uint64()), nil
		})
		assert.ErrorContains(t, bookapitest.Distinct(values, 100), "values 1 and 7 are the same")
	})
}

func TestDrawStopsTheClock(t *testing.T) {
	values := bookapitest.Draw(t, 2, func() (string, error) {
		sum := sha256.Sum256([]byte(time.Now().Format(time.RFC3339Nano)))
		return hex.EncodeToString(sum[:]), nil
	})
	assert.ErrorContains(t, bookapitest.Distinct(values, 100), "are the same")
}

func TestDrawKeepsEveryByte(t *testing.T) {
	values := bookapitest.Draw(t, 1, func() (string, error) { return "\xff\x00\x80", nil })
	assert.Equal(t, []string{"\xff\x00\x80", "\xff\x00\x80", "\xff\x00\x80", "\xff\x00\x80"}, values)
}

func TestShortSalt(t *testing.T) {
	t.Parallel()
	hashes := func(salt func(n int) string, key int) (all []string) {
		for n := range 4 {
			all = append(all, "$pbkdf2-sha256$600000$"+salt(n)+"$"+hex.EncodeToString(random(key)))
		}
		return all
	}
	drawn := func(bytes int) func(int) string { return func(int) string { return hex.EncodeToString(random(bytes)) } }
	for range 200 {
		assert.Empty(t, bookapitest.ShortSalt(hashes(drawn(16), 32)...))
		assert.Empty(t, bookapitest.ShortSalt(hashes(drawn(8), 16)...), "64 bits are enough")
	}
	assert.NotEmpty(t, bookapitest.ShortSalt(hashes(drawn(2), 32)...))
	assert.NotEmpty(t, bookapitest.ShortSalt(hashes(drawn(4), 32)...))
	assert.NotEmpty(t, bookapitest.ShortSalt(hashes(func(n int) string { return fmt.Sprintf("%032d", n) }, 32)...), "a counter")
	digits := func(int) string { return base64.RawStdEncoding.EncodeToString(fmt.Appendf(nil, "%016x", random(4))) }
	assert.Equal(t, "a salt of 32 bits", bookapitest.ShortSalt(hashes(digits, 32)...), "a number in sixteen digits")
	long := func(int) string { return base64.RawStdEncoding.EncodeToString(fmt.Appendf(nil, "%x", random(16))) }
	for range 200 {
		assert.Empty(t, bookapitest.ShortSalt(hashes(long, 32)...), "many digits")
		assert.Empty(t, bookapitest.ShortSalt(hashes(func(int) string { return base64.StdEncoding.EncodeToString(random(8)) }, 32)...))
	}
	assert.Equal(t, "no salt", bookapitest.ShortSalt("$5f4dcc$", "$5f4dcc$"))

	bcrypt := base64.NewEncoding("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789").WithPadding(base64.NoPadding)
	var bcrypts []string
	for range 3 {
		bcrypts = append(bcrypts, "$2a$12$"+bcrypt.EncodeToString(random(16))+bcrypt.EncodeToString(random(23)))
	}
	assert.Empty(t, bookapitest.ShortSalt(bcrypts...))
	assert.Empty(t, bookapitest.ShortSalt(append(bcrypts, strings.Replace(bcrypts[0], "$12$", "$06$", 1))...), "a cost is no salt")
}

func TestElsewhereIsAnotherProcess(t *testing.T) {
	draw := func() (string, error) { return fmt.Sprint(os.Getpid(), " ", time.Now().UnixNano()), nil }
	wait := bookapitest.Elsewhere(t, draw)
	elsewhere, err := wait()
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		here, _ := draw()
		_, clock, _ := strings.Cut(here, " ")
		assert.NotEqual(t, here, elsewhere)
		assert.True(t, strings.HasSuffix(elsewhere, " "+clock), "%s began at another time than %s", elsewhere, here)
	})
}
