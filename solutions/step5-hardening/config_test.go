package hardening_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	. "example.com/bookapi/bookapitest"
	hardening "example.com/bookapi/step5-hardening"
)

// An environment is what the server is started with.
type environment map[string]string

// with returns the environment of an honest start, changed.
func with(change environment) environment {
	env := environment{"BOOKAPI_KEYS": "key-a:" + randomText("a")}
	maps.Copy(env, change)
	return env
}

func (e environment) getenv(name string) string { return e[name] }

// starts makes sure that the server starts with an environment.
func starts(t *testing.T, env environment) hardening.Config {
	t.Helper()
	c, err := hardening.LoadConfig(env.getenv)
	require.NoError(Promise(t, "5.1", "LoadConfig takes an environment without a mistake"), err)
	require.Contains(Promise(t, "5.1", "Keys is the text of BOOKAPI_KEYS"), string(c.Keys), strings.TrimSpace(env["BOOKAPI_KEYS"]))
	return c
}

// startsNot demands that the server does not start, and returns the reason.
func startsNot(t *testing.T, env environment, attack string, args ...any) string {
	t.Helper()
	starts(t, with(nil))
	c, err := hardening.LoadConfig(env.getenv)
	if err == nil {
		t.Fatalf("ATTACK SUCCEEDED: "+attack, args...)
	}
	assert.Zero(Promise(t, "5.1", "LoadConfig returns no Config with an error: somebody will use it"), c)
	return err.Error()
}

func TestConfigReadsTheEnvironment(t *testing.T) {
	c := starts(t, with(nil))
	assert.False(Promise(t, "5.1", "without BOOKAPI_ENV this is no production"), c.Production)
	assert.Empty(Promise(t, "5.1", "without BOOKAPI_TRUSTED_PROXIES nobody is trusted"), c.Proxies)
	assert.False(Promise(t, "5.1", "without BOOKAPI_PASSWORDS passwords are hashed with bcrypt"), c.Argon2id)

	c = starts(t, with(environment{"BOOKAPI_ENV": "development", "BOOKAPI_PASSWORDS": "bcrypt"}))
	assert.False(Promise(t, "5.1", "BOOKAPI_ENV=development is no production"), c.Production)
	assert.False(Promise(t, "5.1", "BOOKAPI_PASSWORDS=bcrypt is bcrypt"), c.Argon2id)

	c = starts(t, with(environment{
		"BOOKAPI_ENV":             "production",
		"BOOKAPI_TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8:7::/48",
		"BOOKAPI_PASSWORDS":       "argon2id",
	}))
	assert.True(Promise(t, "5.1", "BOOKAPI_ENV=production is production"), c.Production)
	assert.True(Promise(t, "5.1", "BOOKAPI_PASSWORDS=argon2id is argon2id"), c.Argon2id)
	assert.ElementsMatch(Promise(t, "5.1", "every network in BOOKAPI_TRUSTED_PROXIES is trusted"),
		[]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:7::/48")}, c.Proxies)
}

func TestConfigTakesKeysAsGeneratorsPrintThem(t *testing.T) {
	random := randomBytes("a")
	for what, keys := range Sorted(map[string]string{
		"base64url":                       "key-a:" + base64.RawURLEncoding.EncodeToString(random),
		"base64 with padding":             "key-a:" + base64.StdEncoding.EncodeToString(random),
		"64 bytes":                        "key-a:" + base64.StdEncoding.EncodeToString(append(random, randomBytes("b")...)),
		"hex":                             "key-a:" + hex.EncodeToString(random),
		"HEX":                             "key-a:" + strings.ToUpper(hex.EncodeToString(random)),
		"two keys":                        "key-b:" + randomText("b") + ",key-a:" + randomText("a"),
		"two keys, of which one will end": "key-b:" + randomText("b") + ", key-a:" + randomText("a") + ":2031-03-14T12:15:00Z",
	}) {
		t.Run(what, func(t *testing.T) { starts(t, with(environment{"BOOKAPI_KEYS": keys})) })
	}
}

func TestConfigTakesEveryFreshKey(t *testing.T) {
	for range 300 {
		starts(t, with(environment{"BOOKAPI_KEYS": hardening.NewKey()}))
	}
}

func TestConfigRefusesToStartWithoutAKey(t *testing.T) {
	for _, keys := range []string{"", " ", ",", " , ,"} {
		t.Run(fmt.Sprintf("%q", keys), func(t *testing.T) {
			reason := startsNot(t, with(environment{"BOOKAPI_KEYS": keys}), "the server started without a key: the tokens it takes are those that anybody can sign")
			assert.Contains(Promise(t, "5.1", "the error says which variable is wrong"), reason, "BOOKAPI_KEYS")
		})
	}
}

// weakSecrets are those that mallory has too, or soon will.
func weakSecrets() map[string]string {
	inBase64 := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	return map[string]string{
		"no secret at all":                     "",
		"a word":                               "secret",
		"what stands in every .env.example":    "changeme",
		"the same, until it is long enough":    "changeme-changeme-changeme-changeme-changeme",
		"the same, in capital letters":         "CHANGEME_CHANGEME_CHANGEME_CHANGEME_CHANGEME",
		"the same, spelled like code":          "ChangeMeBeforeYouGoToProductionOrElseThatIsBad",
		"the key in the guide's own example":   "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
		"that key in base64":                   "CdJeCU+qbKJVbIGBZrepVjuT9wmfbw9Mqmz2O4jo0+c=",
		"the key of RFC 7515's example":        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
		"what jwt.io shows":                    "your-256-bit-secret",
		"what jwt.io shows now":                "a-string-secret-at-least-256-bits-long",
		"what jwt.io shows, in base64":         inBase64("a-string-secret-at-least-256-bits-long"),
		"a password that many have, in base64": inBase64("Password123!Password123!Password123!"),
		"a passphrase, in base64":              inBase64("correct horse battery staple and then some"),
		"a passphrase, in base64, from echo":   inBase64("correct horse battery staple and then some\n"),
		"a passphrase, in base64, in Greek":    inBase64("ξεσκεπάζω την ψυχοφθόρα βδελυγμία"),
		"a passphrase, in base64, in UTF-16":   inBase64(strings.Join(strings.Split("Six grey wolves jump; 7 bank clerks don't", ""), "\x00")),
		"a passphrase, in hex":                 hex.EncodeToString([]byte("correct horse battery staple and then some")),
		"a passphrase that passes for base64":  "correct-horse-battery-staple-and-then-some-more",
		"the same with two capital letters":    "MySecretKeyForTheBooksThatNobodyEverWillFind2031",
		"one piece, twice":                     "CorrectHorseBatteryStapleCorrectHorseBatteryStaple",
		"16 random bytes, twice":               base64.StdEncoding.EncodeToString(bytes.Repeat(randomBytes("a")[:16], 2)),
		"one byte, over and over":              strings.Repeat("a7", 32),
		"zeros":                                strings.Repeat("0", 64),
		"zeros in base64":                      strings.Repeat("A", 43),
		"four bytes, in some order":            "a1b2a1c3d4d4b2b2c3a1d4c3a1a1b2d4c3c3b2a1d4b2a1c3b2d4a1d4c3b2c3a1",
		"the hex digits, over and over":        strings.Repeat("0123456789abcdef", 4),
		"numbers from 0 to 31":                 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		"digits alone":                         "3141592653589793238462643383279502884197169399375105820974944592",
		"the keyboard":                         "qwertyuiopasdfghjklzxcvbnm1234567890qwertyuiop",
		"random, but 31 bytes":                 base64.StdEncoding.EncodeToString(randomBytes("a")[:31]),
		"random, but 31 bytes, in hex":         hex.EncodeToString(randomBytes("a")[:31]),
		"random, but 24 bytes, in hex":         hex.EncodeToString(randomBytes("a")[:24]),
		"neither base64 nor hex":               "this is ! not a secret that a generator has printed",
	}
}

func TestConfigRefusesSecretsThatMalloryHasToo(t *testing.T) {
	for what, secret := range weakSecrets() {
		t.Run(what, func(t *testing.T) {
			const attack = "%s is %s (%q): mallory finds it with a word list, at home, and signs tokens as anybody"
			reason := startsNot(t, with(environment{"BOOKAPI_KEYS": "key-a:" + secret}), attack, "the key", what, secret)
			assert.Contains(Promise(t, "5.1", "the error says which variable is wrong"), reason, "BOOKAPI_KEYS")
			startsNot(t, with(environment{"BOOKAPI_KEYS": "key-b:" + randomText("b") + ", key-a:" + secret}), attack, "the second key, which verifies too,", what, secret)
			startsNot(t, with(environment{"BOOKAPI_KEYS": "key-b:" + randomText("b") + ",key-a:" + secret + ":2031-03-14T12:15:00Z"}), attack, "the second key, which verifies until it ends,", what, secret)
		})
	}
}

func TestConfigRefusesAKeyWithoutAName(t *testing.T) {
	startsNot(t, with(environment{"BOOKAPI_KEYS": randomText("a")}), "the server started with a text that is not ID:SECRET, and so with no secret that it could know")
}

// mistakes has one for each variable.
var mistakes = environment{
	"BOOKAPI_KEYS":            "key-a:changeme",
	"BOOKAPI_ENV":             "prod",
	"BOOKAPI_TRUSTED_PROXIES": "10.0.0.0/33",
	"BOOKAPI_PASSWORDS":       "md5",
}

func TestConfigNamesEachMistake(t *testing.T) {
	for variable, value := range mistakes {
		t.Run(variable, func(t *testing.T) {
			reason := startsNot(t, with(environment{variable: value}), "the server started with %s=%s, and does something that nobody has asked for", variable, value)
			assert.Contains(Promise(t, "5.1", "the error says which variable is wrong"), reason, variable)
		})
	}
}

func TestConfigNamesAllMistakesAtOnce(t *testing.T) {
	reason := startsNot(t, mistakes, "the server started with four mistakes")
	for variable := range mistakes {
		assert.Contains(Promise(t, "5.1", "one start shows all mistakes, not one of them at each start"), reason, variable)
	}
	one := maps.Clone(mistakes)
	delete(one, "BOOKAPI_KEYS")
	assert.Contains(Promise(t, "5.1", "a missing key is one mistake of many"), startsNot(t, one, "the server started without a key"), "BOOKAPI_PASSWORDS")
}

func TestConfigNamesEveryBadKey(t *testing.T) {
	const bad = ":changeme"
	good := ":" + randomText("a")
	both := startsNot(t, with(environment{"BOOKAPI_KEYS": "key-b" + bad + ",key-a" + bad}), "the server started with two bad keys")
	for first, keys := range Sorted(map[string]string{"first": "key-b" + bad + ",key-a" + good, "second": "key-b" + good + ",key-a" + bad}) {
		one := startsNot(t, with(environment{"BOOKAPI_KEYS": keys}), "the server started with a bad key, the %s", first)
		assert.NotEqual(Promise(t, "5.1", "one start shows all mistakes: with two bad keys the error says no more than with the %s alone: %s", first, both), one, both)
	}
}

func TestConfigTakesNoTypingMistakeForDevelopment(t *testing.T) {
	for _, word := range []string{"prod", "Production", "PRODUCTION", "product", "production ", "live", "staging", "0", "true"} {
		t.Run(word, func(t *testing.T) {
			starts(t, with(nil))
			if c, err := hardening.LoadConfig(with(environment{"BOOKAPI_ENV": word}).getenv); err == nil && !c.Production {
				t.Errorf("ATTACK SUCCEEDED: with BOOKAPI_ENV=%q somebody wanted production and got development, where passwords travel in the open", word)
			}
		})
	}
}

func TestConfigTakesNoTypingMistakeForBcrypt(t *testing.T) {
	for _, word := range []string{"argon2", "Argon2id", "argon", "scrypt", "plain", "none"} {
		t.Run(word, func(t *testing.T) {
			starts(t, with(nil))
			c, err := hardening.LoadConfig(with(environment{"BOOKAPI_PASSWORDS": word}).getenv)
			assert.True(Promise(t, "5.1", "BOOKAPI_PASSWORDS=%q is a mistake: somebody wanted something else than bcrypt", word), err != nil || c.Argon2id)
		})
	}
}

func TestConfigTrustsNoProxyThatCouldBeAnybody(t *testing.T) {
	for _, proxies := range []string{"0.0.0.0/0", "::/0", "10.0.0.0/8,0.0.0.0/0", "10.0.0.0/8, ::/0", "198.51.100.7/0"} {
		t.Run(proxies, func(t *testing.T) {
			starts(t, with(environment{"BOOKAPI_TRUSTED_PROXIES": "10.0.0.0/8"}))
			reason := startsNot(t, with(environment{"BOOKAPI_TRUSTED_PROXIES": proxies}),
				"with BOOKAPI_TRUSTED_PROXIES=%s mallory is a trusted proxy, says that plain HTTP is https, and comes from a new address with every guess", proxies)
			assert.Contains(Promise(t, "5.1", "the error says which variable is wrong"), reason, "BOOKAPI_TRUSTED_PROXIES")
		})
	}
}

// An address without a slash may be refused, or be that one address.
func TestConfigTakesAnAddressForNoNetwork(t *testing.T) {
	starts(t, with(environment{"BOOKAPI_TRUSTED_PROXIES": "192.0.2.7/32, 2001:db8::7/128"}))
	for _, address := range []string{"192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7"} {
		c, err := hardening.LoadConfig(with(environment{"BOOKAPI_TRUSTED_PROXIES": address}).getenv)
		for _, proxy := range c.Proxies {
			if err == nil && !proxy.IsSingleIP() {
				t.Errorf("ATTACK SUCCEEDED: with BOOKAPI_TRUSTED_PROXIES=%s all of %v may say where a request is from, and mallory rents an address there", address, proxy)
			}
		}
	}
}

func TestConfigRefusesProxiesThatAreNoNetworks(t *testing.T) {
	for _, proxies := range []string{"everybody", "*", "10.0.0.*", "10.0.0.0/33", "10.0.0.0/-1", "nginx", "10.0.0.0/8,nginx"} {
		t.Run(proxies, func(t *testing.T) {
			startsNot(t, with(environment{"BOOKAPI_TRUSTED_PROXIES": proxies}), "the server started with BOOKAPI_TRUSTED_PROXIES=%s, and nobody knows whom it trusts now", proxies)
		})
	}
}

// hides demands that a secret is not in a text, and neither is its beginning.
func hides(t *testing.T, where, text, secret string) {
	t.Helper()
	if form := Leak(text, secret[:min(len(secret), 12)]); form != "" {
		t.Errorf("ATTACK SUCCEEDED: mallory reads the secret %s, %s: %s", where, form, text)
	}
}

func TestConfigRepeatsNoSecretInAnError(t *testing.T) {
	const typed = "Tr0ub4dorAnd3MoreTr0ub4dors"
	for what, keys := range Sorted(map[string]string{
		"a secret that is too short":       "key-a:" + typed,
		"a secret that is not base64":      "key-a:" + typed + "!",
		"a secret without a name":          typed,
		"a secret in the place of a name":  typed + ":key-a",
		"a secret, and another one":        "key-b:" + randomText("b") + ",key-a:" + typed,
		"a secret with a colon in it":      "key-a:" + typed + ":" + typed,
		"a secret behind a name and space": "key-a: " + typed,
	}) {
		t.Run(what, func(t *testing.T) {
			env := maps.Clone(mistakes)
			env["BOOKAPI_KEYS"] = keys
			reason := startsNot(t, env, "the server started with %s", what)
			hides(t, "in the error that the start leaves in a log", reason, typed)
			hides(t, "in the error that the start leaves in a log", reason, randomText("b"))
		})
	}
}

// It happens: the right text, and the wrong line of the file.
func TestConfigRepeatsNoKeyFromTheWrongVariable(t *testing.T) {
	for _, variable := range []string{"BOOKAPI_ENV", "BOOKAPI_TRUSTED_PROXIES", "BOOKAPI_PASSWORDS"} {
		for what, pasted := range Sorted(map[string]string{
			"a key":               "key-a:" + randomText("a"),
			"a secret":            randomText("a"),
			"a secret in hex":     hex.EncodeToString(randomBytes("a")),
			"two keys":            "key-b:" + randomText("b") + ",key-a:" + randomText("a"),
			"a key and a network": "key-a:" + randomText("a") + "/32",
		}) {
			t.Run(variable+" is "+what, func(t *testing.T) {
				reason := startsNot(t, with(environment{variable: pasted}), "the server started with %s in %s", what, variable)
				hides(t, "in the error that the start leaves in a log, pasted into "+variable, reason, randomText("a"))
				hides(t, "in the error that the start leaves in a log, pasted into "+variable, reason, hex.EncodeToString(randomBytes("a")))
				assert.Contains(Promise(t, "5.1", "the error says which variable is wrong"), reason, variable)
			})
		}
	}
}

func TestConfigWritesNoSecretDown(t *testing.T) {
	var journal bytes.Buffer
	slog.SetDefault(slog.New(slog.NewTextHandler(&journal, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(quiet)
	env := with(environment{"BOOKAPI_KEYS": "key-b:" + randomText("b") + ", key-a:" + randomText("a") + ":2031-03-14T12:15:00Z"})
	starts(t, env)
	env["BOOKAPI_ENV"] = "prod"
	startsNot(t, env, "the server started with a typing mistake")
	hides(t, "in the log of the start", journal.String(), randomText("a"))
	hides(t, "in the log of the start", journal.String(), randomText("b"))
}

// inEveryFormat prints a value in all the ways in which it could end up in a log.
func inEveryFormat(t *testing.T, value any) map[string]string {
	t.Helper()
	printed := make(map[string]string)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.3s"} {
		printed["printed with "+verb] = fmt.Sprintf(verb, value)
	}
	printed["printed with Sprint"] = fmt.Sprint(value)
	inJSON, err := json.Marshal(value)
	require.NoError(t, err)
	printed["in JSON"] = string(inJSON)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("start", "value", value, slog.Group("g", "value", value))
	printed["in a log of text"] = log.String()
	log.Reset()
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "value", value, slog.Group("g", "value", value))
	printed["in a log of JSON"] = log.String()
	return printed
}

func TestConfigCannotBePrinted(t *testing.T) {
	c := starts(t, with(nil))
	for _, value := range []any{c, &c, []hardening.Config{c}, map[string]any{"config": c}, c.Keys, &c.Keys} {
		for how, text := range inEveryFormat(t, value) {
			hides(t, fmt.Sprintf("in a %T %s", value, how), text, randomText("a"))
			hides(t, fmt.Sprintf("in a %T %s", value, how), text, string(randomBytes("a")))
		}
	}
	printer, isPrinter := any(c.Keys).(fmt.Stringer)
	require.True(Promise(t, "5.1", "panic prints a text in full, unless it has a String"), isPrinter)
	hides(t, "in a panic", printer.String(), randomText("a"))
}
