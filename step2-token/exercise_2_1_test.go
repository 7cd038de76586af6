package token_test

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	token "example.com/bookapi/step2-token"
)

// Kinds: first-line
func TestIssueSignsWithTheKey(t *testing.T) {
	bookapitest.Exercise(t, "2.1", func(check *bookapitest.Check) {
		raw := issue(check.Needs("2.1"), issuer(keyA), ada)
		for what, secret := range bookapitest.Sorted(map[string]string{
			"an empty secret":         "",
			"a guessed secret":        "secret",
			"the name of the key":     keyA.ID,
			"the text that Key hides": fmt.Sprint(keyA),
			"the secret in hex":       hex.EncodeToString(keyA.Secret),
		}) {
			if verify(raw, []byte(secret)) == nil {
				check.Attack("ada's token verifies with %s, so the key did not sign it", what)
			}
		}
		require.NoError(check.Promise("the key that signed a token verifies it, with HS256, HS384 or HS512"),
			verify(raw, keyA.Secret))
	})
}

// Kinds: first-line, claim-places
func TestIssueSaysWhoAndWhat(t *testing.T) {
	bookapitest.Exercise(t, "2.1", func(check *bookapitest.Check) {
		signed := check.Needs("2.1")
		for _, user := range []bookapi.User{ada, grace} {
			said := claims(signed, issue(signed, issuer(keyA), user))
			assert.Equal(check.Promise("sub is the username"), user.Username, said["sub"])
			assert.Equal(check.Promise("role is the user's role"), string(user.Role), said["role"])
		}

		for _, role := range []bookapi.Role{"", "owner"} {
			raw, err := issuer(keyA).Issue(bookapi.User{Username: bookapitest.Mallory, Role: role})
			if err == nil && claims(check, raw)["role"] == string(bookapi.RoleAdmin) {
				check.Attack("mallory's row has the role %q, and her token says that she is an administrator", role)
			}
		}
		for _, name := range []string{
			"admin", "administrator", "root", "superuser", "system", "sysadmin", "admin-ada", "ada.admin", "service-1",
			"svc-ci", "test", "bot", "internal",
			"a_b-c.d", "ada-", "ada2", strings.Repeat("a", 32),
			`ada","role":"admin`, `a\u0064a`, "<ada> & grace", "ada\n\t", // no sign-up took these, but the row has them
		} {
			said := claims(signed, issue(signed, issuer(keyA), bookapi.User{Username: name, Role: bookapi.RoleReader}))
			if said["role"] != string(bookapi.RoleReader) {
				check.Attack("mallory signed up as %q, a reader, and her token has the role %v", name, said["role"])
			}
			require.Equal(check.Promise("sub is the username %q, to the letter", name), name, said["sub"])
		}
	})
}

// Kinds: one-difference
func TestIssueLimitsTheLifetime(t *testing.T) {
	bookapitest.Exercise(t, "2.1", func(check *bookapitest.Check) {
		signed := check.Needs("2.1")
		said := claims(signed, issue(signed, issuer(keyA), ada))
		require.NotNil(check.Promise("a token has an exp: without one, a stolen token is good for ever"), said["exp"])
		assert.Equal(check.Promise("iat is now on the issuer's clock, in seconds (RFC 7519 §4.1.6)"), noon.Unix(),
			whole(said["iat"]))
		assert.Equal(check.Promise("exp is a Lifetime after now, in seconds (RFC 7519 §4.1.4)"),
			noon.Add(lifetime).Unix(), whole(said["exp"]))

		for _, lives := range []time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour} {
			short := issuer(keyA)
			short.Lifetime = lives
			said := claims(signed, issue(signed, short, ada))
			assert.Equal(check.Promise("the issuer's Lifetime decides, %v, not a number in the code", lives),
				noon.Add(lives).Unix(), whole(said["exp"]))
		}
		none := issuer(keyA)
		none.Lifetime = 0 // forgotten
		if raw, err := none.Issue(ada); err == nil {
			assert.Equal(check.Promise("without a Lifetime there is no token, or one that has ended"),
				noon.Unix(), whole(claims(check, raw)["exp"]))
		}
		for what, now := range bookapitest.Sorted(map[string]time.Time{
			"years ago":           noon.AddDate(-20, 0, 0),
			"in years":            noon.AddDate(20, 0, 0),
			"in Kathmandu":        noon.In(time.FixedZone("Kathmandu", 5*3600+45*60)),
			"halfway to a second": noon.Add(499 * time.Millisecond),
			"nearly a second on":  noon.Add(999 * time.Millisecond),
		}) {
			other := issuer(keyA)
			other.Now = func() time.Time { return now }
			said := claims(signed, issue(signed, other, ada))
			assert.Equal(check.Promise("the issuer's clock decides, in whole seconds: it is %s", what),
				now.Unix(), whole(said["iat"]))
			assert.Equal(check.Promise("the issuer's clock decides, in whole seconds: it is %s", what),
				now.Add(lifetime).Unix(), whole(said["exp"]))
		}
		ticking, at := issuer(keyA), noon
		ticking.Now = func() time.Time { at = at.Add(time.Second); return at }
		said = claims(signed, issue(signed, ticking, ada))
		from, _ := whole(said["iat"]).(int64)
		assert.Equal(check.Promise("exp is %v after iat, also if a second ends while the token is made", lifetime),
			from+int64(lifetime/time.Second), whole(said["exp"]))
	})
}

// Kinds: one-difference
func TestIssueNamesItsKey(t *testing.T) {
	bookapitest.Exercise(t, "2.1", func(check *bookapitest.Check) {
		signed := check.Needs("2.1")
		for _, key := range []token.Key{keyA, keyB, {ID: keyA.ID, Secret: keyB.Secret},
			{ID: "2031-03", Secret: bytes.Repeat([]byte{0xff, 0x80}, 40)}} {
			before := slices.Clone(key.Secret)
			raw := issue(signed, issuer(key), ada)
			require.Equal(check.Promise("the header's kid is the ID of the key (RFC 7515 §4.1.4)"), key.ID,
				header(signed, raw)["kid"])
			require.NoError(check.Promise("the issuer's key signs, to its last byte, and not another one"),
				verify(raw, key.Secret))
			require.Equal(check.Promise("Issue leaves the secret as it was"), before, key.Secret)
		}
	})
}

// Kinds: one-difference, one-answer
func TestIssueRefusesAWeakKey(t *testing.T) {
	bookapitest.Exercise(t, "2.1", func(check *bookapitest.Check) {
		issue(check.Needs("2.1"), issuer(keyA), ada)
		secrets := [][]byte{nil, {}, []byte("secret")}
		for length := range token.MinSecret {
			secrets = append(secrets, keyA.Secret[:length])
		}
		for _, secret := range secrets {
			raw, err := issuer(token.Key{ID: "weak", Secret: secret}).Issue(ada)
			switch {
			case err == nil:
				check.Attack("Issue signed %q with a secret of %d bytes: mallory guesses it at home and signs in as "+
					"anybody", raw, len(secret))
			case raw != "":
				check.Attack("Issue refused a secret of %d bytes, and returned %q beside the error: whoever "+
					"overlooks the error hands it out", len(secret), raw)
			}
		}

		// Each algorithm takes a secret that is as long as its hash.
		least := map[any]int{"HS256": 32, "HS384": 48,
			"HS512": 64}[header(check, issue(check, issuer(keyA), ada))["alg"]]
		enough := token.Key{ID: "enough", Secret: keyA.Secret[:least]}
		raw, err := issuer(enough).Issue(ada)
		require.NoError(check.Promise("a secret of %d bytes is long enough", least), err)
		require.NoError(check.Promise("a key of %d bytes signs with all of them", least), verify(raw, enough.Secret))
	})
}

// Kinds: one-difference, one-answer
func TestIssueRefusesANamelessUser(t *testing.T) {
	bookapitest.Exercise(t, "2.1", func(check *bookapitest.Check) {
		issue(check.Needs("2.1"), issuer(keyA), ada)
		nobody := grace
		nobody.Username = ""
		raw, err := issuer(keyA).Issue(nobody)
		require.Error(check.Promise("a user without a name gets no token"), err)
		require.Empty(check.Promise("an error of Issue comes without a token"), raw)
	})
}

// Kinds: outlets
func TestIssuePutsNoSecretIntoTheToken(t *testing.T) {
	bookapitest.Exercise(t, "2.1", func(check *bookapitest.Check) {
		signed := check.Needs("2.1")
		for _, user := range []bookapi.User{ada, grace} {
			user.TokensValidAfter = noon.Add(-time.Hour)
			raw := issue(signed, issuer(keyA), user)
			for _, text := range append(strings.Split(raw, "."), readable(raw)) {
				for _, secret := range []bookapitest.Secret{
					bookapitest.StoredHash(user.Username+"'s password hash", user.PasswordHash),
					bookapitest.SigningKey("the signing key", keyA.Secret),
				} {
					if form := secret.In(text); form != "" {
						check.Attack("mallory found a token and reads %s in it, %s: signed is not encrypted",
							secret.Name, form)
					}
				}
			}
		}
	})
}

// readable is what stands in header and payload.
func readable(raw string) string {
	var text []byte
	for _, part := range strings.Split(raw, ".")[:2] {
		decoded, _ := base64.RawURLEncoding.DecodeString(part)
		text = append(text, decoded...)
	}
	return string(text)
}

// Kinds: outlets
func TestIssueKeepsTheKeyToItself(t *testing.T) {
	bookapitest.Exercise(t, "2.1", func(check *bookapitest.Check) {
		raw := issue(check.Needs("2.1"), issuer(keyA), ada)
		short := token.Key{ID: "short", Secret: keyA.Secret[:token.MinSecret-1]}
		out := bookapitest.Capture(func(out *bookapitest.Outlets) {
			_, _ = issuer(keyA).Issue(ada)
			for _, by := range []token.Issuer{issuer(short), issuer(token.Key{ID: "tiny", Secret: keyA.Secret[:12]})} {
				_, err := by.Issue(ada)
				out.Error(err)
			}
			nobody := ada
			nobody.Username = ""
			_, err := issuer(keyA).Issue(nobody)
			out.Error(err)

			// Whoever logs or prints a key or an issuer gets the ID of it.
			out.Logger().Info("starts", "issuer", issuer(keyA), "key", keyA, "pointer", &keyA)
			for _, verb := range []string{"%s", "%x", "%q", "%d"} {
				out.Value("a text that fmt made of it", fmt.Sprintf(verb+verb+verb, issuer(keyA), keyA, &keyA))
			}
			out.Value("a text that fmt made of it", []any{issuer(keyA), keyA, &keyA})
			asJSON, _ := json.Marshal(keyA)
			out.Value("the key as JSON", string(asJSON))
		})
		if err := out.Find(
			bookapitest.SigningKey("the signing key", keyA.Secret),
			bookapitest.SigningKey("the signing key", short.Secret),
			bookapitest.SigningKey("the signing key", keyA.Secret[:12]),
			bookapitest.SignedToken("ada's token", raw),
			bookapitest.StoredHash("ada's password hash", ada.PasswordHash),
		); err != nil {
			check.Attack("mallory reads %v", err)
		}
	})
}

// Kinds: randomness
func TestIssueSignsWithKeysThatNobodyKnows(t *testing.T) {
	bookapitest.Exercise(t, "2.1", func(check *bookapitest.Check) {
		var ids []string
		secrets := bookapitest.Draw(check.T, 6, func() (string, error) {
			return string(token.NewKey().Secret), nil
		})
		for range 20 {
			key := token.NewKey()
			ids = append(ids, key.ID)
			secrets = append(secrets, string(key.Secret))
			if how := madeOf(key.ID, key.Secret); how != "" {
				check.Attack("mallory reads the ID of a key in each token, %q, and it is a part of the secret, %s",
					key.ID, how)
			}
		}
		if err := bookapitest.Distinct(secrets, 256); err != nil {
			check.Attack("mallory signs with a key that she worked out: of what NewKey drew, %v", err)
		}
		for _, secret := range secrets {
			for at := range len(secret) - 10 {
				if strings.Contains(secret[at+5:], secret[at:at+5]) {
					check.Attack("mallory works out a key: a secret of %d bytes that NewKey drew repeats itself "+
						"after byte %d", len(secret), at)
				}
			}
		}
		require.NoError(check.Promise("each new key has an ID of its own"), bookapitest.Distinct(ids, 24))

		key := token.NewKey()
		require.NoError(check.Promise("Issue signs with a key that NewKey drew"),
			verify(issue(check.Needs("2.1"), issuer(key), ada), key.Secret))
	})
}

// madeOf tells in which encoding of the secret an ID stands.
func madeOf(id string, secret []byte) string {
	for how, text := range bookapitest.Sorted(map[string]string{
		"as it is":  string(secret),
		"in hex":    hex.EncodeToString(secret),
		"in base32": base32.StdEncoding.EncodeToString(secret),
		"in base64": base64.StdEncoding.EncodeToString(secret) + base64.URLEncoding.EncodeToString(secret),
	}) {
		if strings.Contains(strings.ToLower(text), strings.ToLower(id)) {
			return how
		}
	}
	return ""
}

// Kinds: store-answers
func TestIssueRemembersNothing(t *testing.T) {
	bookapitest.Exercise(t, "2.1", func(check *bookapitest.Check) {
		issue(check.Needs("2.1"), issuer(keyA), ada)
		type world struct {
			issuer token.Issuer
			user   bookapi.User
		}
		step := func(name string, changes bool, do func(*world)) bookapitest.Step[*world] {
			return bookapitest.Step[*world]{Name: name, Do: do, Changes: changes}
		}
		fresh := func(caller string) *world {
			return &world{issuer(keyA), bookapi.User{Username: caller, PasswordHash: ada.PasswordHash,
				Role: bookapi.RoleAdmin}}
		}
		ask := func(w *world) string {
			raw, err := w.issuer.Issue(w.user)
			if err != nil || strings.Count(raw, ".") != 2 {
				return fmt.Sprintf("%q, %v", raw, err)
			}
			said, by := claims(check, raw), "another key"
			if verify(raw, w.issuer.Key.Secret) == nil || w.issuer.Now() != noon {
				by = "the key"
			}
			return fmt.Sprintf("%v %v iat=%v exp=%v kid=%v signed by %s", said["sub"], said["role"], said["iat"],
				said["exp"], header(check, raw)["kid"], by)
		}
		err := bookapitest.Orders(fresh, ask,
			step("a token for somebody else", false, func(w *world) { _, _ = w.issuer.Issue(mallory) }),
			step("a user without a name", false, func(w *world) { _, _ = w.issuer.Issue(bookapi.User{}) }),
			step("a key that is too short", false, func(w *world) {
				_, _ = issuer(token.Key{ID: "short"}).Issue(w.user)
			}),
			step("a change of the role", true, func(w *world) { w.user.Role = bookapi.RoleReader }),
			step("a change of keys", true, func(w *world) { w.issuer.Key = keyB }),
			step("a change of the secret under the same ID", true, func(w *world) {
				w.issuer.Key.Secret = keyB.Secret
			}),
			step("a change of the lifetime", true, func(w *world) { w.issuer.Lifetime = time.Hour }),
			step("a minute", true, func(w *world) { w.issuer.Now = func() time.Time { return noon.Add(time.Minute) } }),
		)
		if err != nil {
			check.Attack("Issue remembers what it signed before, so mallory keeps what was taken from her: %v", err)
		}
		err = bookapitest.Grows(500, func(n int) {
			user := mallory
			user.Username = fmt.Sprint("mallory-", n)
			_, _ = issuer(keyA).Issue(user)
		})
		if err != nil {
			check.Attack("mallory logs in again and again until the memory is full: %v", err)
		}
	})
}

// Kinds: several-callers
func TestIssueServesSeveralCallers(t *testing.T) {
	bookapitest.Exercise(t, "2.1", func(check *bookapitest.Check) {
		issue(check.Needs("2.1"), issuer(keyA), ada)
		asks := func(user bookapi.User, by token.Issuer) error {
			raw, err := by.Issue(user)
			if err != nil {
				return err
			}
			said := readable(raw)
			if !strings.Contains(said, `"`+user.Username+`"`) || !strings.Contains(said, `"`+string(user.Role)+`"`) ||
				verify(raw, by.Key.Secret) != nil {
				return fmt.Errorf("%s, who is a %s, got the token of somebody else: %s", user.Username, user.Role, said)
			}
			return nil
		}
		paused := func(key token.Key, pause func()) token.Issuer {
			by := issuer(key)
			by.Now = func() time.Time { pause(); return noon }
			return by
		}
		_, err := bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
			return func() error {
				return asks(mallory, paused(keyA, pause))
			}, func() error { return asks(grace, issuer(keyB)) }
		})
		if err == nil {
			err = bookapitest.Collide(100, func(caller int, meet func()) error {
				return asks([]bookapi.User{grace, mallory}[caller], paused(keyA, meet))
			})
		}
		if err == nil {
			err = bookapitest.Hammer(6, 300, func(caller int) error {
				return asks([]bookapi.User{ada, grace, mallory}[caller%3], issuer([]token.Key{keyA, keyB}[caller%2]))
			})
		}
		if err != nil {
			check.Attack("two log in at the same moment, and %v", err)
		}
	})
}

// Kind routes: does not apply, since Issue serves no route.
// Kind cost: does not apply, since a signature costs next to nothing.
