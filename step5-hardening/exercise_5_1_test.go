package hardening_test

import (
	"bytes"
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

	"example.com/bookapi/bookapitest"
	hardening "example.com/bookapi/step5-hardening"
)

// with returns the environment of an honest start, changed.
func with(change environment) environment {
	env := environment{"BOOKAPI_KEYS": "key-a:" + randomText("a")}
	maps.Copy(env, change)
	return env
}

// starts makes sure that the server starts with an environment.
func starts(check *bookapitest.Check, env environment) hardening.Config {
	check.Helper()
	c, err := hardening.LoadConfig(env.getenv)
	needs := check.Needs("5.1")
	require.NoError(needs.Promise("LoadConfig takes an environment without a mistake"), err)
	require.Contains(needs.Promise("Keys is the text of BOOKAPI_KEYS"),
		string(c.Keys), strings.TrimSpace(env["BOOKAPI_KEYS"]))
	return c
}

// startsNot demands that the server does not start with an environment of which
// one variable is changed, and returns the reason.
func startsNot(check *bookapitest.Check, env environment, attack string, args ...any) string {
	check.Helper()
	starts(check, with(nil))
	c, err := hardening.LoadConfig(env.getenv)
	if err == nil {
		check.Attack(attack, args...)
	}
	require.Zero(check.Promise("LoadConfig returns no Config with an error: somebody will use it"), c)
	return err.Error()
}

func TestConfigReadsTheEnvironment(t *testing.T) {
	bookapitest.Exercise(t, "5.1", func(check *bookapitest.Check) {
		c := starts(check, with(nil))
		assert.False(check.Promise("without BOOKAPI_ENV this is no production"), c.Production)
		assert.Empty(check.Promise("without BOOKAPI_TRUSTED_PROXIES nobody is trusted"), c.Proxies)
		assert.False(check.Promise("without BOOKAPI_PASSWORDS passwords are hashed with bcrypt"), c.Argon2id)

		c = starts(check, with(environment{"BOOKAPI_ENV": "development", "BOOKAPI_PASSWORDS": "bcrypt"}))
		assert.False(check.Promise("BOOKAPI_ENV=development is no production"), c.Production)
		assert.False(check.Promise("BOOKAPI_PASSWORDS=bcrypt is bcrypt"), c.Argon2id)

		c = starts(check, with(environment{"BOOKAPI_ENV": "production"}))
		assert.True(check.Promise("BOOKAPI_ENV=production is production"), c.Production)
		assert.False(check.Promise("BOOKAPI_ENV does not choose how passwords are hashed"), c.Argon2id)

		c = starts(check, with(environment{"BOOKAPI_PASSWORDS": "argon2id"}))
		assert.True(check.Promise("BOOKAPI_PASSWORDS=argon2id is argon2id"), c.Argon2id)
		assert.False(check.Promise("BOOKAPI_PASSWORDS does not choose production"), c.Production)

		c = starts(check, with(environment{"BOOKAPI_TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8:7::/48,192.0.2.7/32"}))
		assert.ElementsMatch(check.Promise("every network in BOOKAPI_TRUSTED_PROXIES is trusted, and no other"),
			[]netip.Prefix{
				netip.MustParsePrefix("10.0.0.0/8"),
				netip.MustParsePrefix("2001:db8:7::/48"),
				netip.MustParsePrefix("192.0.2.7/32"),
			}, c.Proxies)
	})
}

// Kinds: one-difference
func TestConfigRefusesToStartWithoutAKey(t *testing.T) {
	bookapitest.Exercise(t, "5.1", func(check *bookapitest.Check) {
		for _, keys := range []string{"", " ", ",", " , ,"} {
			reason := startsNot(check, with(environment{"BOOKAPI_KEYS": keys}),
				"the server started without a key, BOOKAPI_KEYS=%q: the tokens it takes are those that anybody can "+
					"sign", keys)
			require.Contains(check.Promise("the error says which variable is wrong"), reason, "BOOKAPI_KEYS")
		}
	})
}

// mistakes has one for each variable.
var mistakes = environment{
	"BOOKAPI_KEYS":            " , ",
	"BOOKAPI_ENV":             "prod",
	"BOOKAPI_TRUSTED_PROXIES": "10.0.0.0/33",
	"BOOKAPI_PASSWORDS":       "md5",
}

// Kinds: one-difference, first-line
func TestConfigNamesEachMistake(t *testing.T) {
	bookapitest.Exercise(t, "5.1", func(check *bookapitest.Check) {
		for variable, value := range bookapitest.Sorted(mistakes) {
			reason := startsNot(check, with(environment{variable: value}),
				"the server started with %s=%s, and does something that nobody has asked for", variable, value)
			require.Contains(check.Promise("the error for %s=%s says which variable is wrong", variable, value), reason,
				variable)
		}
	})
}

// Kinds: first-line
func TestConfigNamesAllMistakesAtOnce(t *testing.T) {
	bookapitest.Exercise(t, "5.1", func(check *bookapitest.Check) {
		reason := startsNot(check, mistakes, "the server started with four mistakes")
		for variable := range bookapitest.Sorted(mistakes) {
			require.Contains(check.Promise("one start shows all mistakes, not one of them at each start"), reason,
				variable)
		}
		require.GreaterOrEqual(check.Promise("the error for four mistakes has a line for each, not: %s", reason),
			strings.Count(strings.TrimSpace(reason), "\n")+1, len(mistakes))
	})
}

// Kinds: one-difference
func TestConfigTakesNoTypingMistakeForDevelopment(t *testing.T) {
	bookapitest.Exercise(t, "5.1", func(check *bookapitest.Check) {
		starts(check, with(environment{"BOOKAPI_ENV": "production"}))
		for _, word := range []string{
			"prod", "Production", "PRODUCTION", "product", "production ", "prodution", "production,", "live", "staging",
			"test", "dev", "none", "0", "1", "true", "false",
		} {
			c, err := hardening.LoadConfig(with(environment{"BOOKAPI_ENV": word}).getenv)
			if err == nil && !c.Production {
				check.Attack("with BOOKAPI_ENV=%q somebody wanted something else than development, and got it: "+
					"passwords travel in the open", word)
			}
		}
	})
}

// Kinds: one-difference
func TestConfigTakesNoTypingMistakeForBcrypt(t *testing.T) {
	bookapitest.Exercise(t, "5.1", func(check *bookapitest.Check) {
		starts(check, with(environment{"BOOKAPI_PASSWORDS": "argon2id"}))
		for _, word := range []string{"argon2", "Argon2id", "argon", "argon2i", "scrypt", "plain", "none", "sha256",
			"1"} {
			c, err := hardening.LoadConfig(with(environment{"BOOKAPI_PASSWORDS": word}).getenv)
			require.True(check.Promise("BOOKAPI_PASSWORDS=%q is a mistake: somebody wanted something else than bcrypt",
				word),
				err != nil || c.Argon2id)
		}
	})
}

// Kinds: one-difference
func TestConfigTrustsNoProxyThatCouldBeAnybody(t *testing.T) {
	bookapitest.Exercise(t, "5.1", func(check *bookapitest.Check) {
		starts(check, with(environment{"BOOKAPI_TRUSTED_PROXIES": "10.0.0.0/8"}))
		for _, proxies := range []string{
			"0.0.0.0/0", "::/0", "10.0.0.0/8,0.0.0.0/0", "10.0.0.0/8, ::/0", "0.0.0.0/0,10.0.0.0/8", "198.51.100.7/0",
			"2001:db8::7/0",
		} {
			reason := startsNot(check, with(environment{"BOOKAPI_TRUSTED_PROXIES": proxies}),
				"with BOOKAPI_TRUSTED_PROXIES=%s "+
					"mallory is a trusted proxy, says that plain HTTP is https, and comes from a new address with "+
					"every "+
					"guess", proxies)
			require.Contains(check.Promise("the error says which variable is wrong"), reason, "BOOKAPI_TRUSTED_PROXIES")
		}
	})
}

// Kinds: one-difference
func TestConfigRefusesProxiesThatAreNoNetworks(t *testing.T) {
	bookapitest.Exercise(t, "5.1", func(check *bookapitest.Check) {
		starts(check, with(environment{"BOOKAPI_TRUSTED_PROXIES": "10.0.0.0/8"}))
		for _, proxies := range []string{
			"everybody", "*", "10.0.0.*", "10.0.0.0/33", "10.0.0.0/-1", "nginx", "10.0.0.0/8,nginx", "nginx,10.0.0.0/8",
			"10.0.0.0/255.0.0.0", "10.0.0.0/8 192.0.2.0/24", "10.0.0.0-10.0.0.9", "localhost/8",
		} {
			startsNot(check, with(environment{"BOOKAPI_TRUSTED_PROXIES": proxies}),
				"the server started with BOOKAPI_TRUSTED_PROXIES=%s, and nobody knows whom it trusts now", proxies)
		}
	})
}

// An address without a slash may be refused, or be that one address.
//
// Kinds: one-difference
func TestConfigTakesAnAddressForNoNetwork(t *testing.T) {
	bookapitest.Exercise(t, "5.1", func(check *bookapitest.Check) {
		starts(check, with(environment{"BOOKAPI_TRUSTED_PROXIES": "192.0.2.7/32, 2001:db8::7/128"}))
		for _, address := range []string{"192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7"} {
			c, err := hardening.LoadConfig(with(environment{"BOOKAPI_TRUSTED_PROXIES": address}).getenv)
			for _, proxy := range c.Proxies {
				if err == nil && !proxy.IsSingleIP() {
					check.Attack("with BOOKAPI_TRUSTED_PROXIES=%s all of %v may say where a request is from, "+
						"and mallory rents an address there", address, proxy)
				}
			}
		}
	})
}

// signingSecrets are the forms in which the secret of a key must not be read.
func signingSecrets(names ...string) (all []bookapitest.Secret) {
	for _, name := range names {
		all = append(all,
			bookapitest.SigningKey("the secret of key "+name, randomBytes(name)),
			bookapitest.SigningKey("the secret of key "+name, []byte(randomText(name))))
	}
	return all
}

// hides demands that no secret, and neither its beginning nor its end, is in
// a text; where completes "mallory reads the secret ...".
func hides(check *bookapitest.Check, where, text string, secrets ...bookapitest.Secret) {
	check.Helper()
	for _, secret := range secrets {
		if form := secret.In(text); form != "" {
			check.Attack("mallory reads %s %s, %s: %s", secret.Name, where, form, strings.TrimSpace(text))
		}
	}
}

// Kinds: outlets
func TestConfigRepeatsNoSecretInAnError(t *testing.T) {
	bookapitest.Exercise(t, "5.1", func(check *bookapitest.Check) {
		const typed = "Tr0ub4dorAnd3MoreTr0ub4dors"
		secrets := append(signingSecrets("b"), bookapitest.SigningKey("the secret", []byte(typed)))
		for what, keys := range bookapitest.Sorted(map[string]string{
			"a secret that is too short":       "key-a:" + typed,
			"a secret that is not base64":      "key-a:" + typed + "!",
			"a secret without a name":          typed,
			"a secret in the place of a name":  typed + ":key-a",
			"a secret, and another one":        "key-b:" + randomText("b") + ",key-a:" + typed,
			"a secret with a colon in it":      "key-a:" + typed + ":" + typed,
			"a secret behind a name and space": "key-a: " + typed,
		}) {
			env := maps.Clone(mistakes)
			env["BOOKAPI_KEYS"] = keys
			reason := startsNot(check, env, "the server started with three mistakes, and %s", what)
			hides(check, "in the error for "+what+", which the start leaves in a log", reason, secrets...)
		}
	})
}

// It happens: the right text, and the wrong line of the file.
//
// Kinds: outlets
func TestConfigRepeatsNoKeyFromTheWrongVariable(t *testing.T) {
	bookapitest.Exercise(t, "5.1", func(check *bookapitest.Check) {
		for _, variable := range []string{"BOOKAPI_ENV", "BOOKAPI_TRUSTED_PROXIES", "BOOKAPI_PASSWORDS"} {
			for what, pasted := range bookapitest.Sorted(map[string]string{
				"a key":               "key-a:" + randomText("a"),
				"a secret":            randomText("a"),
				"a secret in hex":     hex.EncodeToString(randomBytes("a")),
				"two keys":            "key-b:" + randomText("b") + ",key-a:" + randomText("a"),
				"a key and a network": "key-a:" + randomText("a") + "/32",
			}) {
				reason := startsNot(check, with(environment{variable: pasted}), "the server started with %s in %s",
					what, variable)
				hides(check, "in the error that the start leaves in a log, pasted into "+variable, reason,
					signingSecrets("a", "b")...)
				require.Contains(check.Promise("the error says which variable is wrong"), reason, variable)
			}
		}
	})
}

// Kinds: outlets
func TestConfigWritesNoSecretDown(t *testing.T) {
	bookapitest.Exercise(t, "5.1", func(check *bookapitest.Check) {
		env := with(environment{
			"BOOKAPI_KEYS": "key-b:" + randomText("b") + ", key-a:" + randomText("a") + ":2031-03-14T12:15:00Z",
		})
		starts(check, env)
		for _, word := range []string{"production", "development", "prod"} {
			env["BOOKAPI_ENV"] = word
			out := bookapitest.Capture(func(out *bookapitest.Outlets) {
				c, err := hardening.LoadConfig(env.getenv)
				out.Value("the Config, printed", c)
				out.Error(err)
				slog.Info("start", "config", c, "error", err)
			})
			if err := out.Find(signingSecrets("a", "b")...); err != nil {
				check.Attack("mallory may read what a start with BOOKAPI_ENV=%s leaves behind, and reads %v", word, err)
			}
		}
	})
}

// inEveryFormat prints a value in all the ways in which it could end up in a log.
func inEveryFormat(value any) map[string]string {
	printed := make(map[string]string)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.3s"} {
		printed["printed with "+verb] = fmt.Sprintf(verb, value)
	}
	printed["printed with Sprint"] = fmt.Sprint(value)
	inJSON, err := json.Marshal(value)
	if err != nil {
		inJSON = []byte(err.Error())
	}
	printed["in JSON"] = string(inJSON)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("start", "value", value, slog.Group("g", "value", value))
	printed["in a log of text"] = log.String()
	log.Reset()
	slog.New(slog.NewJSONHandler(&log, nil)).Info("start", "value", value, slog.Group("g", "value", value))
	printed["in a log of JSON"] = log.String()
	return printed
}

// Kinds: outlets
func TestConfigCannotBePrinted(t *testing.T) {
	bookapitest.Exercise(t, "5.1", func(check *bookapitest.Check) {
		c := starts(check, with(nil))
		for _, value := range []any{c, &c, []hardening.Config{c}, map[string]any{"config": c}, c.Keys, &c.Keys} {
			for how, text := range bookapitest.Sorted(inEveryFormat(value)) {
				hides(check, fmt.Sprintf("in a %T %s", value, how), text, signingSecrets("a")...)
			}
		}
		printer, isPrinter := any(c.Keys).(fmt.Stringer)
		require.True(check.Promise("panic prints a text in full, unless it has a String"), isPrinter)
		hides(check, "in a panic", printer.String(), signingSecrets("a")...)
	})
}

// A default that another program sets, or the last start's, is somebody's guess.
//
// Kinds: claim-places
func TestConfigReadsNothingElse(t *testing.T) {
	bookapitest.Exercise(t, "5.1", func(check *bookapitest.Check) {
		starts(check, with(nil))
		elsewhere := environment{
			"BOOKAPI_ENV": "production", "BOOKAPI_PASSWORDS": "argon2id", "BOOKAPI_TRUSTED_PROXIES": "198.51.100.0/24",
			"BOOKAPI_KEYS": "key-z:" + randomText("z"),
		}
		others := maps.Clone(elsewhere)
		for _, name := range []string{"BOOKAPI_KEY", "BOOKAPI_SIGNING_KEYS", "bookapi_keys", "JWT_KEYS"} {
			others[name] = elsewhere["BOOKAPI_KEYS"]
		}
		for _, name := range []string{"SECRET_KEY", "JWT_SECRET", "BOOKAPI_SECRET", "BOOKAPI_SECRET_KEY", "SECRET",
			"APP_KEY"} {
			others[name] = randomText("z")
		}
		for _, name := range []string{"ENV", "GO_ENV", "APP_ENV", "NODE_ENV", "BOOKAPI_PRODUCTION"} {
			others[name] = "production"
		}
		for _, name := range []string{"DEBUG", "BOOKAPI_DEBUG", "DEVELOPMENT"} {
			others[name] = "true"
		}
		for name, value := range others {
			check.T.Setenv(name, value) // the process has them, and getenv does not
		}
		c := starts(check, with(nil))
		if c.Production || c.Argon2id || len(c.Proxies) > 0 || strings.Contains(string(c.Keys), "key-z") {
			check.Broken("LoadConfig reads the environment that getenv is, not that of the process: %+v", c)
		}
		startsNot(check, environment{}, "the server started without BOOKAPI_KEYS, with a key that stands elsewhere")

		for name := range elsewhere {
			delete(others, name)
		}
		startsNot(check, others, "the server started without BOOKAPI_KEYS, with a key of another variable")
		c = starts(check, with(others))
		if c.Production || c.Argon2id || len(c.Proxies) > 0 {
			check.Broken("LoadConfig reads the four variables and no other: %+v", c)
		}
		for _, env := range []environment{with(nil), {}, {"BOOKAPI_KEYS": " "}} {
			_, _ = hardening.LoadConfig(func(name string) string {
				switch name {
				case "BOOKAPI_KEYS", "BOOKAPI_ENV", "BOOKAPI_TRUSTED_PROXIES", "BOOKAPI_PASSWORDS":
				default:
					check.Broken("LoadConfig reads the four variables and no other: it asked for %q, of which whoever "+
						"starts the server knows nothing", name)
				}
				return env[name]
			})
		}
	})
}

// summary is the outcome of LoadConfig in words.
func summary(getenv func(string) string) string {
	c, err := hardening.LoadConfig(getenv)
	return fmt.Sprintf("%s %v %v %v %v", string(c.Keys), c.Production, c.Proxies, c.Argon2id, err)
}

// Kinds: store-answers, several-callers
func TestConfigRemembersNoOtherStart(t *testing.T) {
	bookapitest.Exercise(t, "5.1", func(check *bookapitest.Check) {
		starts(check, with(nil))
		other := with(environment{"BOOKAPI_ENV": "production", "BOOKAPI_TRUSTED_PROXIES": "10.0.0.0/8",
			"BOOKAPI_PASSWORDS": "argon2id"})
		one, two := summary(with(nil).getenv), summary(other.getenv)
		bad := summary(mistakes.getenv)
		err := bookapitest.Orders(func(string) environment { return with(nil) },
			func(env environment) string { return summary(env.getenv) },
			bookapitest.Step[environment]{Name: "a start that was refused", Do: func(environment) {
				summary(mistakes.getenv)
			}},
			bookapitest.Step[environment]{Name: "another start", Do: func(environment) { summary(other.getenv) }})
		if err != nil {
			check.Broken("LoadConfig remembers nothing of another call: %v", err)
		}
		_, err = bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
			slow = func() error {
				got := summary(func(name string) string { defer pause(); return with(nil)[name] })
				return same(one, got)
			}
			return slow, func() error {
				if err := same(bad, summary(mistakes.getenv)); err != nil {
					return err
				}
				return same(two, summary(other.getenv))
			}
		})
		if err != nil {
			check.Broken("two calls of LoadConfig have nothing in common: %v", err)
		}
	})
}

// same returns an error if two outcomes differ.
func same(want, got string) error {
	if got != want {
		return fmt.Errorf("alone it is %q, and beside another it is %q", want, got)
	}
	return nil
}

// Kind routes: does not apply, since LoadConfig serves no route.
// Kind cost: does not apply, since LoadConfig runs once, before the first request.
// Kind randomness: does not apply, since LoadConfig draws nothing.
// Kind one-answer: does not apply, since LoadConfig answers no request.
