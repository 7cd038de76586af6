package protect_test

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

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	token "example.com/bookapi/step2-token"
	protect "example.com/bookapi/step3-protect"
)

// noon is when the tests take place; no test looks at the real clock.
var noon = time.Date(2031, time.March, 14, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

const lifetime = 15 * time.Minute

var (
	keyA = token.Key{ID: "key-a", Secret: []byte("thirty-two bytes that nobody has")}
	keyB = token.Key{ID: "key-b", Secret: []byte("another thirty-two bytes of luck")}

	issuer   = token.Issuer{Key: keyA, Lifetime: lifetime, Now: atNoon}
	verifier = protect.Verifier{Keys: []token.Key{keyA, keyB}, Now: atNoon}
)

// issue returns a token that the learner's own issuer, from step 2, signed.
func issue(t *testing.T, username string, role bookapi.Role) string {
	t.Helper()
	raw, err := issuer.Issue(bookapi.User{Username: username, Role: role})
	require.NoError(Promise(t, "2.1", "Issue signs a token for %s; step 3 builds on it", username), err)
	require.Len(Promise(t, "2.1", "a token is three texts joined by dots, not %q", raw), strings.Split(raw, "."), 3)
	return raw
}

// household is a store in which Ada and Grace have accounts. Nobody logs in
// there, so their hashes need not be of anything.
func household(t *testing.T) *memory.Store {
	t.Helper()
	users := new(memory.Store)
	require.NoError(t, users.CreateUser(t.Context(), bookapi.User{Username: Ada, PasswordHash: "a", Role: bookapi.RoleReader}))
	require.NoError(t, users.CreateUser(t.Context(), bookapi.User{Username: Grace, PasswordHash: "g", Role: bookapi.RoleAdmin}))
	return users
}

// logged returns what f writes to the log.
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

// resign signs claims with the secret, in the algorithm that the learner's own
// tokens use, so that only the claims or the secret can be what is wrong.
func resign(t *testing.T, header map[string]any, claims jwt.MapClaims, secret string) string {
	t.Helper()
	honest := decode(t, issue(t, Ada, bookapi.RoleReader), 0)
	forged := jwt.NewWithClaims(jwt.GetSigningMethod(honest["alg"].(string)), claims)
	for name, value := range header {
		forged.Header[name] = value
	}
	raw, err := forged.SignedString([]byte(secret))
	require.NoError(t, err)
	return raw
}

// decode reads one part of a token.
func decode(t *testing.T, raw string, n int) (object map[string]any) {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[n])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &object))
	return object
}

// encode writes one part of a token.
func encode(t *testing.T, object any) string {
	t.Helper()
	text, err := json.Marshal(object)
	require.NoError(t, err)
	return base64.RawURLEncoding.EncodeToString(text)
}
