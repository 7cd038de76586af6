package token_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"log"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	token "example.com/bookapi/step2-token"
)

// noon is when the tests take place; no test looks at the real clock.
var noon = time.Date(2031, time.March, 14, 12, 0, 0, 0, time.UTC)

const lifetime = 15 * time.Minute

var (
	ada  = bookapi.User{Username: Ada, PasswordHash: "$2a$12$the-hash-is-not-for-the-token", Role: bookapi.RoleReader}
	keyA = token.Key{ID: "key-a", Secret: []byte("thirty-two bytes that nobody has")}
)

// issuer signs with key, at noon.
func issuer(key token.Key) token.Issuer {
	return token.Issuer{Key: key, Lifetime: lifetime, Now: func() time.Time { return noon }}
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

// adasToken is a token that the learner's Issue signed for Ada at noon.
func adasToken(t *testing.T) string {
	t.Helper()
	raw, err := issuer(keyA).Issue(ada)
	require.NoError(Promise(t, "2.1", "Issue signs a token for ada"), err)
	require.Len(Promise(t, "2.1", "a token is three texts joined by dots, not %q", raw), strings.Split(raw, "."), 3)
	return raw
}

// part decodes one of the three parts of a token, as anybody can.
func part(t *testing.T, raw string, n int) map[string]any {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[n])
	require.NoError(Promise(t, "2.1", "the parts of a token are base64url"), err)
	var object map[string]any
	require.NoError(Promise(t, "2.1", "header and payload of a token are JSON"), json.Unmarshal(text, &object))
	return object
}
