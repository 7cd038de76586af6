package hardening_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	token "example.com/bookapi/step2-token"
	protect "example.com/bookapi/step3-protect"
	hardening "example.com/bookapi/step5-hardening"
)

// keyText is a key in the form of BOOKAPI_KEYS, that ends or does not.
func keyText(id string, ends ...time.Time) string {
	text := id + ":" + randomText(id)
	for _, end := range ends {
		text += ":" + end.Format(time.RFC3339)
	}
	return text
}

// parse makes sure that keys without a mistake are read.
func parse(t *testing.T, texts ...string) hardening.Keys {
	t.Helper()
	keys, err := hardening.ParseKeys(hardening.Secret(strings.Join(texts, ",")))
	require.NoError(Promise(t, "5.2", "ParseKeys reads keys without a mistake"), err)
	require.Len(Promise(t, "5.2", "ParseKeys returns each key once"), keys, len(texts))
	return keys
}

// parseNot demands that ParseKeys refuses a text, and returns the reason.
func parseNot(t *testing.T, text, attack string, args ...any) string {
	t.Helper()
	parse(t, keyText("new"), keyText("old", noon))
	keys, err := hardening.ParseKeys(hardening.Secret(text))
	if err == nil {
		t.Fatalf("ATTACK SUCCEEDED: "+attack, args...)
	}
	assert.Empty(Promise(t, "5.2", "ParseKeys returns no keys with an error: somebody will use them"), keys)
	assert.Contains(Promise(t, "5.2", "the error says which variable is wrong"), err.Error(), "BOOKAPI_KEYS")
	return err.Error()
}

// good are the IDs of the keys that verify at a time.
func good(keys hardening.Keys, now time.Time) (ids []string) {
	for _, key := range keys.Verifying(now) {
		ids = append(ids, key.ID)
	}
	return ids
}

func TestKeysKeepTheirOrder(t *testing.T) {
	keys := parse(t, keyText("new"), keyText("old", noon), keyText("a.B_c-9", noon.Add(time.Hour)))
	for i, id := range []string{"new", "old", "a.B_c-9"} {
		assert.Equal(Promise(t, "5.2", "the keys come in their order, since the first signs"), id, keys[i].ID)
		assert.Equal(Promise(t, "5.2", "a key's Secret is the bytes, not their text"), randomBytes(id), keys[i].Secret)
	}
	assert.True(Promise(t, "5.2", "a key without an end has none"), keys[0].Until.IsZero())
	assert.True(Promise(t, "5.2", "a key ends when its end says, not %v", keys[1].Until), keys[1].Until.Equal(noon))
	assert.True(Promise(t, "5.2", "a key ends when its end says, not %v", keys[2].Until), keys[2].Until.Equal(noon.Add(time.Hour)))
}

func TestKeysMayBeWrittenInManyWays(t *testing.T) {
	for what, text := range Sorted(map[string]string{
		"in hex":                    "old:" + hex.EncodeToString(randomBytes("old")),
		"with spaces around it":     "  " + keyText("old") + " ",
		"with a comma at the end":   keyText("old") + ",",
		"with padding":              keyText("old") + "=",
		"with a name of 32 letters": strings.Repeat("k", 32) + ":" + randomText("old"),
	}) {
		t.Run(what, func(t *testing.T) {
			assert.Equal(Promise(t, "5.2", "the same secret %s is the same key", what), randomBytes("old"), parse(t, text)[0].Secret)
		})
	}
}

func TestKeysAreFreshFromTheCommand(t *testing.T) {
	seen := make(map[string]bool)
	for range 100 {
		key := parse(t, hardening.NewKey())[0]
		require.False(Promise(t, "5.2", "no two fresh keys have one secret"), seen[string(key.Secret)])
		seen[string(key.Secret)] = true
	}
}

func TestKeysAreNeverNone(t *testing.T) {
	for _, text := range []string{"", " ", ",", " , "} {
		t.Run(fmt.Sprintf("%q", text), func(t *testing.T) {
			parseNot(t, text, "there is no key, and no error says so: whatever signs tokens now, mallory has it too")
		})
	}
}

func TestKeysHaveOneNameEach(t *testing.T) {
	for what, text := range Sorted(map[string]string{
		"two secrets":                 keyText("new") + ",new:" + randomText("old"),
		"one secret twice":            keyText("new") + "," + keyText("new"),
		"one of which ends":           keyText("new") + "," + keyText("new", noon),
		"with capitals in the name":   "Key-A:" + randomText("a") + ",Key-A:" + randomText("b"),
		"with another key in between": keyText("new") + "," + keyText("old") + ",new:" + randomText("old"),
	}) {
		t.Run(what, func(t *testing.T) {
			parseNot(t, text, "two keys have one name (%s): an old key that everybody thinks has ended still verifies", what)
		})
	}
}

func TestKeysHaveOneSecretEach(t *testing.T) {
	same := hex.EncodeToString(randomBytes("new")) // keyText has it in base64
	for what, text := range Sorted(map[string]string{
		"and the old one was to end":     keyText("new") + ",old:" + randomText("new") + ":2031-03-14T12:00:00Z",
		"and neither was to end":         keyText("new") + ",old:" + randomText("new"),
		"once in base64 and once in hex": keyText("new") + ",old:" + same + ":2031-03-14T12:00:00Z",
		"with another key in between":    keyText("new") + "," + keyText("old") + ",older:" + randomText("new") + ":2031-03-14T12:00:00Z",
	}) {
		t.Run(what, func(t *testing.T) {
			reason := parseNot(t, text, "two keys have one secret (%s): mallory, who has it, signs under the other name when the old one has ended", what)
			hides(t, "in the error that the start leaves in a log", reason, randomText("new"))
			hides(t, "in the error that the start leaves in a log", reason, same)
		})
	}
}

func TestKeysNameEveryMistake(t *testing.T) {
	both := parseNot(t, "new:changeme,old:changeme", "two bad keys were taken")
	for first, text := range Sorted(map[string]string{"first": "new:changeme," + keyText("old"), "second": keyText("new") + ",old:changeme"}) {
		one := parseNot(t, text, "a bad key was taken, the %s", first)
		assert.NotEqual(Promise(t, "5.2", "one start shows all mistakes: with two bad keys the error says no more than with the %s alone: %s", first, both), one, both)
	}
}

func TestKeysStartWithOneThatDoesNotEnd(t *testing.T) {
	for what, text := range Sorted(map[string]string{
		"alone":                keyText("new", noon.AddDate(50, 0, 0)),
		"in front of another":  keyText("new", noon.AddDate(50, 0, 0)) + "," + keyText("old"),
		"and it ended already": keyText("new", noon.AddDate(-50, 0, 0)) + "," + keyText("old"),
	}) {
		t.Run(what, func(t *testing.T) {
			parseNot(t, text, "the key that signs has an end (%s): at that moment every login stops working, and nobody knows why", what)
		})
	}
}

func TestKeysHavePlainNames(t *testing.T) {
	for _, id := range []string{"", strings.Repeat("k", 33), "key a", "key\na", "key\n", "key\x00", `key"a`, "kéy", "../../../dev/null", "key=a"} {
		t.Run(fmt.Sprintf("%q", id), func(t *testing.T) {
			parseNot(t, id+":"+randomText("old"), "a key is called %q: it stands in every token and in the log, where it does not belong", id)
		})
	}
}

func TestKeysEndAtATime(t *testing.T) {
	for _, end := range []string{"", "tomorrow", "noon", "2031-02-30T00:00:00Z", "2031-03-14T25:00:00Z", "2031-03-14T12:00:00Z:", "2031-03-14T12:00:00Z:2032-03-14T12:00:00Z"} {
		t.Run(fmt.Sprintf("%q", end), func(t *testing.T) {
			parseNot(t, keyText("new")+","+keyText("old")+":"+end, "a key was to end at %q, which is no time, and now it never does", end)
		})
	}
}

func TestKeysEndAtOneTime(t *testing.T) {
	for _, left := range []string{"15m", "1h", "720h", "+15m", "1h30m0s"} {
		t.Run(left, func(t *testing.T) {
			parseNot(t, keyText("new")+","+keyText("old")+":"+left, "the old key ends %s after the start: with each start it has as long again, and mallory, who has it, needs only one that comes often enough", left)
		})
	}
}

func TestKeysHaveSecretsThatMalloryHasNot(t *testing.T) {
	for what, secret := range weakSecrets() {
		t.Run(what, func(t *testing.T) {
			parseNot(t, "new:"+secret, "the first key is %s (%q), and mallory signs with it", what, secret)
			parseNot(t, keyText("new")+",old:"+secret, "the second key is %s (%q), and what mallory signs with it is good", what, secret)
		})
	}
}

func TestKeysRepeatNoSecret(t *testing.T) {
	const typed = "Tr0ub4dorAnd3MoreTr0ub4dors"
	for what, text := range Sorted(map[string]string{
		"a secret that is too short":          "new:" + typed,
		"a secret without a name":             randomText("new"),
		"a secret with a crooked name":        "a key:" + randomText("new"),
		"a secret in the place of a name":     randomText("new") + ":new",
		"a secret in the place of an end":     keyText("old") + "," + keyText("older") + ":" + randomText("new"),
		"a secret twice":                      keyText("new") + "," + keyText("new"),
		"a secret whose key signs, but ends":  keyText("new", noon),
		"a secret behind another one's colon": "new:" + typed + ":" + randomText("new"),
	}) {
		t.Run(what, func(t *testing.T) {
			reason := parseNot(t, text, "keys were taken with %s", what)
			hides(t, "in the error that the start leaves in a log", reason, typed)
			hides(t, "in the error that the start leaves in a log", reason, randomText("new"))
		})
	}
}

func TestKeysCannotBePrinted(t *testing.T) {
	keys := parse(t, keyText("new"), keyText("old", noon))
	for _, value := range []any{keys, &keys, keys[0], &keys[0], keys[0].Key, struct{ Keys hardening.Keys }{keys}} {
		for how, text := range inEveryFormat(t, value) {
			hides(t, fmt.Sprintf("in a %T %s", value, how), text, randomText("new"))
			hides(t, fmt.Sprintf("in a %T %s", value, how), text, string(randomBytes("new")))
			hides(t, fmt.Sprintf("in a %T %s", value, how), text, strings.Trim(fmt.Sprintf("%d", randomBytes("new")), "[]"))
		}
	}
}

func TestKeysVerifyUntilTheyEnd(t *testing.T) {
	end := noon.Add(15 * time.Minute)
	keys := parse(t, keyText("new"), keyText("old", end), "older:"+randomText("older")+":2031-03-14T10:00:00+01:00", keyText("oldest", noon.AddDate(-1, 0, 0)))
	for _, at := range []struct {
		now  time.Time
		good []string
	}{
		{noon.AddDate(-2, 0, 0), []string{"new", "old", "older", "oldest"}},
		{noon.Add(-3*time.Hour - time.Nanosecond), []string{"new", "old", "older"}},
		{noon.Add(-3 * time.Hour), []string{"new", "old"}}, // 10:00 in Berlin is 9:00 in Greenwich
		{noon, []string{"new", "old"}},
		{end.Add(-time.Nanosecond), []string{"new", "old"}},
		{end, []string{"new"}},
		{end.In(time.FixedZone("Tokyo", 9*60*60)), []string{"new"}},
		{end.Add(time.Nanosecond), []string{"new"}},
		{noon.AddDate(50, 0, 0), []string{"new"}},
	} {
		assert.ElementsMatch(Promise(t, "5.2", "these keys verify at %v", at.now), at.good, good(keys, at.now))
	}
}

func TestKeysDoNotEndAtTheZeroTime(t *testing.T) {
	parse(t, keyText("new"), keyText("old", noon))
	keys, err := hardening.ParseKeys(hardening.Secret(keyText("new") + "," + keyText("old", time.Time{})))
	if err == nil && len(good(keys, noon)) > 1 {
		t.Error("ATTACK SUCCEEDED: the end of a key is 0001-01-01T00:00:00Z, as a program prints it, and for us that is no end at all")
	}
}

// issueWith signs a token for Ada at noon, good for an hour.
func issueWith(t *testing.T, key token.Key) string {
	t.Helper()
	raw, err := token.Issuer{Key: key, Lifetime: time.Hour, Now: atNoon}.Issue(bookapi.User{Username: Ada, Role: bookapi.RoleReader})
	require.NoError(Promise(t, "2.1", "Issue signs with a key that ParseKeys returns; step 5 builds on it"), err)
	return raw
}

// believed asks the guard of step 3 about a token, with the keys that are good.
func believed(keys hardening.Keys, now time.Time, raw string) error {
	_, err := protect.Verifier{Keys: keys.Verifying(now), Now: func() time.Time { return now }}.Verify(raw)
	return err
}

func TestKeysChangeWithoutALogout(t *testing.T) {
	before := parse(t, keyText("old"))
	adas := issueWith(t, before[0].Key)
	require.NoError(Promise(t, "5.2", "ada's token is good"), believed(before, noon, adas))

	end := noon.Add(15 * time.Minute)
	after := parse(t, keyText("new"), keyText("old", end))
	for _, now := range []time.Time{noon, noon.Add(time.Minute), end.Add(-time.Nanosecond)} {
		assert.NoError(Promise(t, "5.2", "ada logged in before the key was changed, and is still logged in at %v", now), believed(after, now, adas))
	}
	for _, now := range []time.Time{end, end.Add(time.Minute)} {
		if believed(after, now, adas) == nil {
			t.Errorf("ATTACK SUCCEEDED: the old key ended at %v, and at %v a token of it is still good", end, now)
		}
	}
	for _, now := range []time.Time{noon, end, end.Add(time.Minute)} {
		assert.NoError(Promise(t, "5.2", "a token of the new key is good at %v", now), believed(after, now, issueWith(t, after[0].Key)))
	}
}

// forge signs a token for Grace with whatever key and name mallory likes.
func forge(t *testing.T, kid any, secret []byte) string {
	t.Helper()
	forged := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": Grace, "role": "admin", "iat": noon.Unix(), "exp": noon.Add(24 * time.Hour).Unix()})
	if kid != nil {
		forged.Header["kid"] = kid
	}
	raw, err := forged.SignedString(secret)
	require.NoError(t, err)
	return raw
}

func TestKeysThatHaveEndedOpenNothing(t *testing.T) {
	keys := parse(t, keyText("new"), keyText("old", noon))
	require.NoError(Promise(t, "5.2", "a token of the key that signs is good"), believed(keys, noon, issueWith(t, keys[0].Key)))
	stolen := randomBytes("old")
	for what, raw := range Sorted(map[string]string{
		"under its own name":           forge(t, "old", stolen),
		"under the new key's name":     forge(t, "new", stolen),
		"under a name that nobody has": forge(t, "older", stolen),
		"under no name":                forge(t, "", stolen),
		"without a name":               forge(t, nil, stolen),
		"and the name is a list":       forge(t, []string{"new", "old"}, stolen),
		"and no secret at all":         forge(t, "older", nil),
	}) {
		if believed(keys, noon.Add(time.Minute), raw) == nil {
			t.Errorf("ATTACK SUCCEEDED: the old key was stolen and has ended; mallory signs with it, %s, and is grace", what)
		}
	}
}
