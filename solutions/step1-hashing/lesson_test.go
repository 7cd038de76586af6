package hashing_test

import (
	"bytes"
	"log"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	. "example.com/bookapi/bookapitest"
	hashing "example.com/bookapi/step1-hashing"
)

// Hashing is slow on purpose, so the tests share what need not be made twice.

type hashed struct {
	hash string
	took time.Duration
	err  error
}

var (
	// first72 is as much as bcrypt reads: 72 bytes, which are only 64 characters.
	first72 = strings.Repeat("café bar", 8)

	// passphrase is one of 64 letters and spaces: no digit, no capital.
	passphrase = strings.Repeat("only lower case ", 4)
)

var (
	adaOnce  = sync.OnceValue(func() hashed { return hash(AdaPassword) })
	adaAgain = sync.OnceValue(func() hashed { return hash(AdaPassword) })
	longOnce = sync.OnceValue(func() hashed { return hash(first72) })
)

func hash(password string) (h hashed) {
	start := time.Now()
	h.hash, h.err = hashing.HashPassword(password)
	h.took = time.Since(start)
	return h
}

// logged returns what f writes to the log. The log belongs to everybody, so the
// test that calls this is not parallel.
func logged(f func()) string {
	var text bytes.Buffer
	own := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug})))
	defer func() {
		slog.SetDefault(own)
		log.SetOutput(os.Stderr) // SetDefault took that over too
		log.SetFlags(log.LstdFlags)
	}()
	f()
	return text.String()
}

// adasHash is the hash of Ada's password.
func adasHash(t *testing.T) string {
	t.Helper()
	require.NoError(Promise(t, "1.1", "HashPassword makes a hash of an honest passphrase"), adaOnce().err)
	require.NotEmpty(Promise(t, "1.1", "HashPassword returns the hash"), adaOnce().hash)
	return adaOnce().hash
}

var adaGetsIn = sync.OnceValue(func() bool {
	return hashing.VerifyPassword(AdaPassword, adaOnce().hash)
})

// adasLock is the hash of Ada's password, once it is sure that she gets in: a
// lock that opens for nobody keeps mallory out too, and is still no lock.
func adasLock(t *testing.T) string {
	t.Helper()
	hash := adasHash(t)
	require.True(Promise(t, "1.2", "VerifyPassword says yes to the right password"), adaGetsIn())
	return hash
}
