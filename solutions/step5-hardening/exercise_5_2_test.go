package hardening_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	"example.com/bookapi/bookapitest/forge"
	token "example.com/bookapi/step2-token"
	protect "example.com/bookapi/step3-protect"
	hardening "example.com/bookapi/step5-hardening"
)

// longAgo is before every clock, that of the tests and the real one.
var longAgo = time.Date(2001, time.January, 1, 0, 0, 0, 0, time.UTC)

// keyText is a key in the form of BOOKAPI_KEYS, that ends or does not.
func keyText(id string, ends ...time.Time) string {
	text := id + ":" + randomText(id)
	for _, end := range ends {
		text += ":" + end.Format(time.RFC3339)
	}
	return text
}

// parse makes sure that keys without a mistake are read.
func parse(check *bookapitest.Check, texts ...string) hardening.Keys {
	check.Helper()
	keys, err := hardening.ParseKeys(hardening.Secret(strings.Join(texts, ",")))
	needs := check.Needs("5.2")
	require.NoError(needs.Promise("ParseKeys reads keys without a mistake"), err)
	require.Len(needs.Promise("of a text with %d keys ParseKeys returns each once, not %d keys", len(texts), len(keys)),
		keys, len(texts))
	return keys
}

// parseNot demands that ParseKeys refuses a text, and returns the reason.
func parseNot(check *bookapitest.Check, text, attack string, args ...any) string {
	check.Helper()
	parse(check, keyText("new"), keyText("old", noon))
	var keys hardening.Keys
	var err error
	check.With(fmt.Sprintf("the text %q", text), func() { keys, err = hardening.ParseKeys(hardening.Secret(text)) })
	if err == nil {
		check.Attack(attack, args...)
	}
	require.Empty(check.Promise("ParseKeys returns no keys with an error: somebody will use them"), keys)
	require.Contains(check.Promise("the error says which variable is wrong"), err.Error(), "BOOKAPI_KEYS")
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
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		ids := []string{"new", "other", "old", "a.B_c-9"}
		ends := []time.Time{{}, {}, noon, noon.Add(time.Hour)}
		keys := parse(check, keyText("new"), keyText("other"), keyText("old", noon),
			keyText("a.B_c-9", noon.Add(time.Hour)))
		for i, id := range ids {
			require.Equal(check.Promise("the keys come in their order, since the first signs"), id, keys[i].ID)
			require.Equal(check.Promise("a key's Secret is the bytes, not their text"), randomBytes(id), keys[i].Secret)
			require.True(check.Promise("key %q ends at %v, not at %v (zero: it does not end)", id, ends[i],
				keys[i].Until),
				keys[i].Until.Equal(ends[i]))
		}
	})
}

func TestKeysMayBeWrittenInManyWays(t *testing.T) {
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		parse(check, keyText("new"))
		for what, text := range bookapitest.Sorted(map[string]string{
			"in hex":                    "old:" + hex.EncodeToString(randomBytes("old")),
			"in HEX":                    "old:" + strings.ToUpper(hex.EncodeToString(randomBytes("old"))),
			"with spaces around it":     "  " + keyText("old") + " ",
			"with a comma at the end":   keyText("old") + ",",
			"with padding":              keyText("old") + "=",
			"with a name of 32 letters": strings.Repeat("k", 32) + ":" + randomText("old"),
			"with a name of one letter": "k:" + randomText("old"),
		}) {
			keys, err := hardening.ParseKeys(hardening.Secret(text))
			require.NoError(check.Promise("ParseKeys reads a key that is written %s", what), err)
			require.Len(check.Promise("one key written %s is one key", what), keys, 1)
			require.Equal(check.Promise("the same secret %s is the same key", what), randomBytes("old"), keys[0].Secret)
		}
		for range 300 {
			key := hardening.NewKey()
			_, err := hardening.ParseKeys(hardening.Secret(key))
			require.NoError(check.Promise("ParseKeys reads every key that \"bookapi keys new\" prints, as %s", key),
				err)
		}
		longer := append(randomBytes("old"), randomBytes("older")...)
		keys, err := hardening.ParseKeys(hardening.Secret("old:" + base64.StdEncoding.EncodeToString(longer)))
		require.NoError(check.Promise("ParseKeys reads a key of 64 bytes"), err)
		require.Equal(check.Promise("a key's Secret is all of its bytes"), longer, keys[0].Secret)
		many := keyText("key-0")
		for n := range 20 {
			many += "," + keyText(fmt.Sprint("key-", n+1), noon)
		}
		keys, err = hardening.ParseKeys(hardening.Secret(many))
		require.NoError(check.Promise("ParseKeys reads 21 keys, of which 20 will end"), err)
		require.Len(check.Promise("of a text with 21 keys ParseKeys returns each once, not %d keys", len(keys)), keys,
			21)
	})
}

// Kinds: one-difference
func TestKeysVerifyUntilTheyEnd(t *testing.T) {
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		end := noon.Add(15 * time.Minute)
		keys := parse(check, keyText("new"), keyText("old", end),
			"older:"+randomText("older")+":2031-03-14T10:00:00+01:00", keyText("oldest", noon.AddDate(-1, 0, 0)))
		for _, at := range []struct {
			now  time.Time
			good []string
		}{
			{noon, []string{"new", "old"}},
			{noon.AddDate(-2, 0, 0), []string{"new", "old", "older", "oldest"}},
			{noon.AddDate(-1, 0, 0), []string{"new", "old", "older"}},
			{noon.Add(-3*time.Hour - time.Nanosecond), []string{"new", "old", "older"}},
			{noon.Add(-3 * time.Hour), []string{"new", "old"}}, // 10:00 in Berlin is 9:00 in Greenwich
			{end.Add(-time.Nanosecond), []string{"new", "old"}},
			{end, []string{"new"}},
			{end.In(time.FixedZone("Tokyo", 9*60*60)), []string{"new"}},
			{end.Add(time.Nanosecond), []string{"new"}},
			{noon.AddDate(50, 0, 0), []string{"new"}},
			{noon, []string{"new", "old"}},
		} {
			// A list need not be in the order of its ends.
			for _, order := range [][]int{{0, 1, 2, 3}, {0, 3, 2, 1}, {0, 2, 3, 1}, {3, 2, 1, 0}} {
				var listed hardening.Keys
				var ids []string
				for _, n := range order {
					listed, ids = append(listed, keys[n]), append(ids, keys[n].ID)
				}
				require.ElementsMatch(check.Promise("of the keys %v these verify at %v: %v; Verifying returns %v",
					ids, at.now, at.good, good(listed, at.now)), at.good, good(listed, at.now))
			}
		}
		for _, key := range keys.Verifying(noon) {
			require.Equal(check.Promise("Verifying returns the key %q with its secret", key.ID), randomBytes(key.ID),
				key.Secret)
		}
	})
}

// issueWith signs a token for Ada at noon, good for an hour.
func issueWith(check *bookapitest.Check, key token.Key) string {
	check.Helper()
	issuer := token.Issuer{Key: key, Lifetime: time.Hour, Now: atNoon}
	raw, err := issuer.Issue(bookapi.User{Username: bookapitest.Ada, Role: bookapi.RoleReader})
	require.NoError(check.Needs("2.1").Promise("Issue signs with a key that ParseKeys returns; step 5 builds on it"),
		err)
	return raw
}

// believed asks the guard of step 3 about a token, with the keys that are good.
func believed(keys hardening.Keys, now time.Time, raw string) error {
	_, err := protect.Verifier{Keys: keys.Verifying(now), Now: func() time.Time { return now }}.Verify(raw)
	return err
}

// Kinds: one-difference
func TestKeysChangeWithoutALogout(t *testing.T) {
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		before := parse(check, keyText("old"))
		adas := issueWith(check, before[0].Key)
		require.NoError(check.Promise("ada's token is good"), believed(before, noon, adas))

		end := noon.Add(15 * time.Minute)
		after := parse(check, keyText("new"), keyText("old", end))
		for _, now := range []time.Time{noon, noon.Add(time.Minute), end.Add(-time.Nanosecond)} {
			require.NoError(check.Promise("ada logged in before the key was changed, and is still logged in at %v",
				now),
				believed(after, now, adas))
		}
		for _, now := range []time.Time{end, end.Add(time.Minute)} {
			if believed(after, now, adas) == nil {
				check.Attack("the old key ended at %v, and at %v a token of it is still good", end, now)
			}
		}
		for _, now := range []time.Time{noon, end, end.Add(time.Minute)} {
			require.NoError(check.Promise("a token of the new key is good at %v", now),
				believed(after, now, issueWith(check, after[0].Key)))
		}
	})
}

// Kinds: one-difference
func TestKeysAreNeverNone(t *testing.T) {
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		for _, text := range []string{"", " ", ",", " , "} {
			parseNot(check, text, "there is no key in %q, and no error says so: whatever signs tokens now, mallory "+
				"has it too",
				text)
		}
	})
}

// Kinds: one-difference, first-line
func TestKeysAreNotReadFromRubbish(t *testing.T) {
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		for _, rubbish := range []string{
			"old", randomText("old"), ":", "::", ":::", "old:", "old::", ":" + randomText("old"), "\x00", "old=" +
				randomText("old"),
			"old;" + randomText("old"), randomText("old") + ":old", "old:" + randomText("old") + " x",
		} {
			parseNot(check, rubbish, "ParseKeys takes %q for a key, and nobody knows what its secret is", rubbish)
			parseNot(check, keyText("new")+","+rubbish,
				"ParseKeys takes %q for a second key, and nobody knows what its secret is", rubbish)
		}
	})
}

// inTwoKeys are two keys that have something in common, with every end that the
// second can have, and with another one in between.
func inTwoKeys(first, second string) map[string]string {
	const (
		past   = ":2001-01-01T00:00:00Z"
		future = ":2031-03-14T12:00:00Z"
	)
	signs := keyText("signs") + ","
	return map[string]string{
		"of which none ends":                                 first + "," + second,
		"of which one will end":                              first + "," + second + future,
		"of which one ended long ago":                        first + "," + second + past,
		"with another in between":                            first + "," + keyText("between") + "," + second,
		"with one that has ended in between":                 first + "," + keyText("between", longAgo) + "," + second,
		"behind the key that signs":                          signs + first + "," + second,
		"behind the key that signs, and both ended long ago": signs + first + past + "," + second + past,
		"behind the key that signs, and the first has ended": signs + first + past + "," + second,
		"behind the key that signs, and the first will end":  signs + first + future + "," + second,
	}
}

// Kinds: one-difference, store-answers
func TestKeysHaveOneNameEach(t *testing.T) {
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		const attack = "two keys have one name, %s, %s: an old key that everybody thinks has ended still verifies"
		for how, text := range bookapitest.Sorted(inTwoKeys(keyText("old"), "old:"+randomText("older"))) {
			parseNot(check, text, attack, "old", how)
		}
		for how, text := range bookapitest.Sorted(inTwoKeys("Key-A:"+randomText("a"), "Key-A:"+randomText("b"))) {
			parseNot(check, text, attack, "Key-A", how)
		}
		parseNot(check, keyText("new")+","+keyText("new"), attack, "new", "and one secret")
	})
}

// Kinds: one-difference, store-answers
func TestKeysHaveOneSecretEach(t *testing.T) {
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		const attack = "two keys have one secret, %s: mallory, who has it, signs under the other name when the old " +
			"one has ended"
		for how, text := range bookapitest.Sorted(inTwoKeys(keyText("new"), "old:"+randomText("new"))) {
			parseNot(check, text, attack, how)
		}
		inHex := hex.EncodeToString(randomBytes("new")) // keyText has it in base64
		for how, text := range bookapitest.Sorted(inTwoKeys(keyText("new"), "old:"+inHex)) {
			parseNot(check, text, attack, "once in base64 and once in hex, "+how)
		}
	})
}

// Kinds: one-difference
func TestKeysStartWithOneThatDoesNotEnd(t *testing.T) {
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		for what, text := range bookapitest.Sorted(map[string]string{
			"alone":                keyText("new", noon.AddDate(50, 0, 0)),
			"in front of another":  keyText("new", noon.AddDate(50, 0, 0)) + "," + keyText("old"),
			"and it ended already": keyText("new", longAgo) + "," + keyText("old"),
		}) {
			parseNot(check, text,
				"the key that signs has an end (%s): at that moment every login stops working, and nobody knows why",
				what)
		}
	})
}

// Kinds: one-difference
func TestKeysHavePlainNames(t *testing.T) {
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		for _, id := range []string{
			"", strings.Repeat("k", 33), "key a", "key\na", "key\n", "key\x00", `key"a`, "kéy", "../../../dev/null",
			"key=a",
		} {
			const attack = "a key is called %q: it stands in every token and in the log, where it does not belong"
			parseNot(check, id+":"+randomText("old"), attack, id)
			parseNot(check, keyText("new")+","+id+":"+randomText("old")+":2001-01-01T00:00:00Z", attack, id)
		}
	})
}

// Kinds: one-difference
func TestKeysEndAtATime(t *testing.T) {
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		for _, end := range []string{
			"", "tomorrow", "noon", "never", "0", "1931256000", "1931256000000", "-1", "1.931256e9", "2031",
			"2031-03-14",
			"2031-03-14T12:00:00", "2031-03-14T12:00Z", "12:00", "14.03.2031", "03/14/2031",
			"Fri, 14 Mar 2031 12:00:00 GMT",
			"2031-02-30T00:00:00Z", "2031-03-14T25:00:00Z", "2031-03-14T12:00:00Z:",
			"2031-03-14T12:00:00Z:2032-03-14T12:00:00Z",
		} {
			parseNot(check, keyText("new")+","+keyText("old")+":"+end,
				"a key was to end at %q, which is no time like 2026-12-01T00:00:00Z, and now it ends at another one, "+
					"or never", end)
		}
	})
}

// Kinds: one-difference
func TestKeysEndAtOneTime(t *testing.T) {
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		for _, left := range []string{"15m", "1h", "720h", "+15m", "1h30m0s", "PT15M", "30d"} {
			parseNot(check, keyText("new")+","+keyText("old")+":"+left, "the old key ends %s after the start: "+
				"with each start it has as long again, and mallory, who has it, needs only one that comes often "+
				"enough", left)
		}
	})
}

// Kinds: one-difference
func TestKeysDoNotEndAtTheZeroTime(t *testing.T) {
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		parse(check, keyText("new"), keyText("old", noon))
		keys, err := hardening.ParseKeys(hardening.Secret(keyText("new") + "," + keyText("old", time.Time{})))
		if err == nil && len(good(keys, noon)) > 1 {
			check.Attack("the end of a key is 0001-01-01T00:00:00Z, as a program prints it, and for us that is no " +
				"end at all")
		}
	})
}

// weakSecrets are those that mallory has too, or soon will.
func weakSecrets() map[string]string {
	inBase64 := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	sha256Of := func(text string) []byte { sum := sha256.Sum256([]byte(text)); return sum[:] }
	sha512Of := func(text string) []byte { sum := sha512.Sum512([]byte(text)); return sum[:] }
	return map[string]string{
		"no secret at all":                   "",
		"a word":                             "secret",
		"what stands in every .env.example":  "changeme",
		"the same, until it is long enough":  "changeme-changeme-changeme-changeme-changeme",
		"the same, in capital letters":       "CHANGEME_CHANGEME_CHANGEME_CHANGEME_CHANGEME",
		"the same, spelled like code":        "ChangeMeBeforeYouGoToProductionOrElseThatIsBad",
		"the key in the guide's own example": "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
		"that key in base64":                 "CdJeCU+qbKJVbIGBZrepVjuT9wmfbw9Mqmz2O4jo0+c=",
		"the key of RFC 7515's example": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4h" +
			"cgUuTwjAzZr1Z9CAow",
		"what jwt.io shows":                    "your-256-bit-secret",
		"what jwt.io shows now":                "a-string-secret-at-least-256-bits-long",
		"what jwt.io shows, in base64":         inBase64("a-string-secret-at-least-256-bits-long"),
		"a password that many have, in base64": inBase64("Password123!Password123!Password123!"),
		"a passphrase, in base64":              inBase64("correct horse battery staple and then some"),
		"a passphrase, in base64, from echo":   inBase64("correct horse battery staple and then some\n"),
		"a passphrase, in base64, in Greek":    inBase64("ξεσκεπάζω την ψυχοφθόρα βδελυγμία"),
		"a passphrase, in base64, in UTF-16": inBase64(strings.Join(strings.Split("Six grey wolves jump; 7 bank "+
			"clerks don't", ""), "\x00")),
		"a passphrase, in hex": hex.EncodeToString(
			[]byte("correct horse battery staple and then some")),
		"a passphrase that passes for base64": "correct-horse-battery-staple-and-then-some-more",
		"the same with two capital letters":   "MySecretKeyForTheBooksThatNobodyEverWillFind2031",
		"one piece, twice":                    "CorrectHorseBatteryStapleCorrectHorseBatteryStaple",
		"16 random bytes, twice": base64.StdEncoding.EncodeToString(bytes.Repeat(randomBytes("a")[:16],
			2)),
		"one byte, over and over":          strings.Repeat("a7", 32),
		"zeros":                            strings.Repeat("0", 64),
		"zeros in base64":                  strings.Repeat("A", 43),
		"four bytes, in some order":        "a1b2a1c3d4d4b2b2c3a1d4c3a1a1b2d4c3c3b2a1d4b2a1c3b2d4a1d4c3b2c3a1",
		"the hex digits, over and over":    strings.Repeat("0123456789abcdef", 4),
		"numbers from 0 to 31":             "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		"digits alone":                     "3141592653589793238462643383279502884197169399375105820974944592",
		"the keyboard":                     "qwertyuiopasdfghjklzxcvbnm1234567890qwertyuiop",
		"random, but 31 bytes":             base64.StdEncoding.EncodeToString(randomBytes("a")[:31]),
		"random, but 31 bytes, in hex":     hex.EncodeToString(randomBytes("a")[:31]),
		"random, but 24 bytes, in hex":     hex.EncodeToString(randomBytes("a")[:24]),
		"neither base64 nor hex":           "this is ! not a secret that a generator has printed",
		"the SHA-256 of nothing":           hex.EncodeToString(sha256Of("")),
		"the SHA-256 of a word":            hex.EncodeToString(sha256Of("secret")),
		"the SHA-256 of a word, from echo": hex.EncodeToString(sha256Of("changeme\n")),
		"the SHA-256 of a name, in base64": base64.RawURLEncoding.EncodeToString(sha256Of("BookAPI")),
		"the SHA-512 of a password":        hex.EncodeToString(sha512Of("Password1")),
	}
}

// Kinds: one-difference
func TestKeysHaveSecretsThatMalloryHasNot(t *testing.T) {
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		for what, secret := range bookapitest.Sorted(weakSecrets()) {
			parseNot(check, "new:"+secret, "the first key is %s (%q), and mallory signs with it", what, secret)
			const attack = "the second key is %s (%q), and what mallory signs with it is good"
			parseNot(check, keyText("new")+", old:"+secret, attack, what, secret)
			parseNot(check, keyText("new")+",old:"+secret+":2031-03-14T12:00:00Z", attack, what, secret)
			parseNot(check, keyText("new")+","+keyText("old")+",older:"+secret,
				"the third key is %s (%q), and what mallory signs with it is good", what, secret)
		}
	})
}

// Kinds: first-line
func TestKeysNameEveryMistake(t *testing.T) {
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		both := parseNot(check, "new:changeme,old:changeme", "two bad keys were taken")
		for first, text := range bookapitest.Sorted(map[string]string{
			"first":  "new:changeme," + keyText("old"),
			"second": keyText("new") + ",old:changeme",
		}) {
			one := parseNot(check, text, "a bad key was taken, the %s", first)
			require.NotEqual(check.Promise("one start shows all mistakes: with two bad keys the error says no more "+
				"than "+
				"with the %s alone: %s", first, both), one, both)
		}
	})
}

// Kinds: outlets
func TestKeysRepeatNoSecret(t *testing.T) {
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		parse(check, keyText("new"), keyText("old", noon))
		const typed = "Tr0ub4dorAnd3MoreTr0ub4dors"
		secrets := append(signingSecrets("new", "old", "older"), bookapitest.SigningKey("the secret", []byte(typed)))
		for what, text := range bookapitest.Sorted(map[string]string{
			"keys without a mistake":              keyText("new") + "," + keyText("old", noon),
			"a secret that is too short":          "new:" + typed,
			"a secret without a name":             randomText("new"),
			"a secret with a crooked name":        "a key:" + randomText("new"),
			"a secret in the place of a name":     randomText("new") + ":new",
			"a secret in the place of an end":     keyText("old") + "," + keyText("older") + ":" + randomText("new"),
			"a secret whose end is none":          keyText("new") + "," + keyText("old") + ":tomorrow",
			"a key twice":                         keyText("new") + "," + keyText("new"),
			"a name twice":                        keyText("new") + ",new:" + randomText("old"),
			"a secret twice":                      keyText("new") + ",old:" + randomText("new"),
			"a secret once more, in hex":          keyText("new") + ",old:" + hex.EncodeToString(randomBytes("new")),
			"a secret whose key signs, but ends":  keyText("new", noon),
			"a secret behind another one's colon": "new:" + typed + ":" + randomText("new"),
		}) {
			out := bookapitest.Capture(func(out *bookapitest.Outlets) {
				keys, err := hardening.ParseKeys(hardening.Secret(text))
				out.Value("the keys, printed", keys)
				out.Error(err)
			})
			if err := out.Find(secrets...); err != nil {
				check.Attack("the text has %s, and mallory may read what the start leaves in a log: %v", what, err)
			}
		}
	})
}

// Kinds: outlets
func TestKeysCannotBePrinted(t *testing.T) {
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		keys := parse(check, keyText("new"), keyText("old", noon))
		for _, value := range []any{keys, &keys, keys[0], &keys[0], keys[0].Key, keys.Verifying(noon),
			struct{ Keys hardening.Keys }{keys}} {
			for how, text := range bookapitest.Sorted(inEveryFormat(value)) {
				hides(check, fmt.Sprintf("in a %T %s", value, how), text, signingSecrets("new", "old")...)
			}
		}
	})
}

// Kinds: one-difference
func TestKeysThatHaveEndedOpenNothing(t *testing.T) {
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		end := noon.Add(time.Minute) // tokens are issued at noon, and none is good before that
		keys := parse(check, keyText("new"), keyText("old", end))
		raw := issueWith(check, keys[1].Key)
		require.NoError(check.Promise("a token of the old key is good until the key ends"),
			believed(keys, end.Add(-time.Nanosecond), raw))
		honest, err := forge.Parse(raw)
		require.NoError(check.Needs("2.1").Promise("Issue signs a token; step 5 builds on it"), err)
		stolen := randomBytes("old")
		for what, forged := range bookapitest.Sorted(map[string]forge.Token{
			"under its own name":           honest,
			"under the new key's name":     honest.WithHeader("kid", "new"),
			"under a name that nobody has": honest.WithHeader("kid", "older"),
			"under no name":                honest.WithHeader("kid", ""),
			"without a name":               honest.WithoutHeader("kid"),
			"and the name is a list":       honest.WithHeader("kid", []string{"new", "old"}),
		}) {
			if believed(keys, end, forged.Signed(stolen)) == nil {
				check.Attack("the old key was stolen and has ended; mallory signs with it, %s, and is ada", what)
			}
		}
		now := issueWith(check, keys[0].Key)
		victim := forge.Honest{Raw: now, Secret: randomBytes("new"), Now: end, Victim: bookapitest.Grace,
			KeyIDs: []string{"old"}}
		forge.Refused(check, victim, forge.Keys(victim), func(raw string) error { return believed(keys, end, raw) })
	})
}

// Kinds: store-answers, several-callers
func TestKeysAreThoseOfTheText(t *testing.T) {
	bookapitest.Exercise(t, "5.2", func(check *bookapitest.Check) {
		parse(check, keyText("new"), keyText("old", noon))
		ids := func(text string, now time.Time) string {
			keys, err := hardening.ParseKeys(hardening.Secret(text))
			return fmt.Sprint(good(keys, now), err != nil)
		}
		texts := []string{keyText("new") + "," + keyText("old", noon), keyText("other"), "", "bad",
			keyText("a") + "," + keyText("b", longAgo)}
		for _, text := range texts { // the last text, and the last time, are forgotten
			for _, other := range texts {
				for _, now := range []time.Time{noon.Add(-time.Second), noon} {
					alone := ids(text, now)
					ids(other, noon.Add(-time.Second))
					require.Equal(check.Promise("ParseKeys and Verifying remember nothing of another call"), alone,
						ids(text, now))
				}
			}
		}
		bad := make([]bool, len(texts))
		for i, text := range texts {
			_, err := hardening.ParseKeys(hardening.Secret(text))
			bad[i] = err != nil
		}
		err := bookapitest.Hammer(len(texts), 50, func(caller int) error {
			keys, err := hardening.ParseKeys(hardening.Secret(texts[caller]))
			verifying := keys.Verifying(noon)
			for i, key := range verifying {
				if keys[i].ID != key.ID && keys[len(verifying)-1-i].ID != key.ID ||
					!strings.Contains(texts[caller], key.ID+":") {
					return fmt.Errorf("a caller with %d keys got key %q, of another", len(keys), key.ID)
				}
			}
			if err != nil != bad[caller] {
				return fmt.Errorf("a caller got the verdict of another: %v", err)
			}
			return nil
		})
		assert.NoError(check.Promise("simultaneous calls of ParseKeys and Verifying have nothing in common"), err)
	})
}

// Kind routes: does not apply, since keys serve no route.
// Kind claim-places: does not apply, since no caller is heard; which key a token names is the guard's, in 3.2.
// Kind cost: does not apply, since ParseKeys runs once, before the first request.
// Kind randomness: does not apply, since keys are drawn by "bookapi keys new", which is given.
// Kind one-answer: does not apply, since keys answer no request.
