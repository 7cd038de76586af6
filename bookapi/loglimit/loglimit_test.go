package loglimit_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/loglimit"
)

func TestRepeatedLinesAreSummedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		handler := loglimit.New(slog.NewTextHandler(&log, nil))
		logger := slog.New(handler)
		for i := range 1000 {
			logger.Warn("login failed", "user", fmt.Sprint("user", i%3), "address", fmt.Sprintf("2001:db8::%x", i))
		}
		logger.Warn("login failed", "user", "ada", "address", "192.0.2.7")
		logger.Warn("turned away", "address", "2001:db8::1")
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		assert.Len(t, lines, loglimit.Lines+2, "another address, and another kind, have lines of their own")

		log.Reset()
		time.Sleep(loglimit.Window)
		synctest.Wait()
		assert.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
		assert.Contains(t, log.String(), `msg="login failed" more=990`)
		assert.Contains(t, log.String(), `users="user1 user2 user0" address=2001:db8::/64`)

		log.Reset()
		for range loglimit.Lines + 1 {
			logger.Warn("login failed", "address", "2001:db8::1")
		}
		assert.Equal(t, loglimit.Lines, strings.Count(log.String(), "\n"), "the next window")
		handler.Flush()
		assert.Contains(t, log.String(), "more=1")
	})
}

func TestWhatManyAddressesSendIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		handler := loglimit.New(slog.NewTextHandler(&log, nil))
		for i := range 50_000 {
			slog.New(handler).Warn("turned away", "address", fmt.Sprintf("10.%d.%d.1", i/256, i%256))
		}
		assert.Less(t, strings.Count(log.String(), "\n"), 5000)
		handler.Flush()
		assert.Contains(t, log.String(), "address=(others)")
	})
}

func TestALineIsBounded(t *testing.T) {
	var log bytes.Buffer
	long := strings.Repeat("é", 30_000)
	slog.New(loglimit.New(slog.NewJSONHandler(&log, nil))).Warn("turned away", "path", long, "user", slog.GroupValue(slog.String("name", long)), "error", fmt.Errorf("%s", long))
	assert.Less(t, log.Len(), 2000)
	assert.Contains(t, log.String(), "(60000 bytes)")
}

func TestAClientThatHangsUpIsNotOurError(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(loglimit.New(slog.NewTextHandler(&log, nil)))
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	logger.ErrorContext(ctx, "request failed", "error", fmt.Errorf("read books: %w", ctx.Err()))
	assert.Empty(t, log.String())
	logger.ErrorContext(ctx, "panic", "cause", "index out of range")
	logger.ErrorContext(t.Context(), "request failed", "error", context.Canceled)
	assert.Equal(t, 2, strings.Count(log.String(), "\n"), "errors of ours")
}
