package protect_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	"example.com/bookapi/bookapitest/forge"
	token "example.com/bookapi/step2-token"
	protect "example.com/bookapi/step3-protect"
)

// adaVerifies makes sure that an honest token is believed.
func adaVerifies(check *bookapitest.Check) token.Claims {
	check.Helper()
	claims, err := verifier.Verify(issue(check, ada))
	require.NoError(check.Needs("3.2").Promise("Verify believes a token that our key signed"), err)
	return claims
}

// refuses demands that the verifier refuses the forgeries of a kind, made from a
// reader's token and from an administrator's, and still believes those.
func refuses(check *bookapitest.Check, kind func(forge.Honest) iter.Seq[forge.Forgery], change ...func(*forge.Honest)) {
	check.Helper()
	adaVerifies(check)
	for _, of := range []string{ada, grace} {
		h := honest(check, of)
		for _, f := range change {
			f(&h)
		}
		forge.Refused(check, h, kind(h), func(raw string) error {
			_, err := verifier.Verify(raw)
			return err
		})
	}
}

func TestVerifyReturnsTheClaims(t *testing.T) {
	bookapitest.Exercise(t, "3.2", func(check *bookapitest.Check) {
		claims := adaVerifies(check)
		require.Equal(check.Promise("the claims say who the token is for"), ada, claims.Subject)
		require.Equal(check.Promise("the claims say which role it was issued with"), bookapi.RoleReader, claims.Role)
		require.NotNil(check.Promise("the claims say when the token was issued"), claims.IssuedAt)
		require.Equal(check.Promise("the claims say when the token was issued"), noon.Unix(), claims.IssuedAt.Unix())
		require.NotNil(check.Promise("the claims say when the token ends"), claims.ExpiresAt)
		require.Equal(check.Promise("the claims say when the token ends"), noon.Add(lifetime).Unix(),
			claims.ExpiresAt.Unix())
	})
}

func TestVerifyTakesAnyKeyOfOurs(t *testing.T) {
	bookapitest.Exercise(t, "3.2", func(check *bookapitest.Check) {
		adaVerifies(check)
		other := issuer
		other.Key = keyB
		raw := issueBy(check, other, bookapi.User{Username: grace, Role: bookapi.RoleAdmin})
		claims, err := verifier.Verify(raw)
		require.NoError(check.Promise("every key in Keys verifies what it signed; its ID is the kid of the token"), err)
		require.Equal(check.Promise("the claims say who the token is for"), grace, claims.Subject)
	})
}

// Kinds: one-difference
func TestVerifyDetectsTampering(t *testing.T) {
	bookapitest.Exercise(t, "3.2", func(check *bookapitest.Check) {
		refuses(check, forge.Signatures)
	})
}

// Kinds: one-difference
func TestVerifyLooksAtTheClock(t *testing.T) {
	bookapitest.Exercise(t, "3.2", func(check *bookapitest.Check) {
		adaVerifies(check)
		raw, admins := issue(check, ada), issue(check, grace)
		for _, c := range []struct {
			after time.Duration
			ended string
		}{{30 * 24 * time.Hour, "a month"}, {time.Hour, "45 minutes"}, {lifetime + 10*time.Minute,
			"10 minutes"}, {lifetime + 90*time.Second, "90 seconds"}} { // clocks may differ by a minute
			later := protect.Verifier{Keys: verifier.Keys, Now: func() time.Time { return noon.Add(c.after) }}
			if claims, err := later.Verify(raw); err == nil {
				check.Attack("mallory found a token of ada's that ended %s ago, and is believed to be %q", c.ended,
					claims.Subject)
			}
			if claims, err := later.Verify(admins); err == nil {
				check.Attack("mallory found a token of grace's, an administrator, that ended %s ago, and is believed "+
					"to be %q", c.ended, claims.Subject)
			}
		}
		soon := protect.Verifier{Keys: verifier.Keys, Now: func() time.Time {
			return noon.Add(lifetime - 2*time.Second)
		}}
		_, err := soon.Verify(raw)
		require.NoError(check.Promise("a token is good until its exp, on the clock Now"), err)
	})
}

// Kinds: one-difference
func TestVerifyDemandsGoodClaims(t *testing.T) {
	bookapitest.Exercise(t, "3.2", func(check *bookapitest.Check) {
		refuses(check, forge.Claims)
	})
}

// Kinds: one-difference
func TestVerifyLetsNoTokenChooseTheAlgorithm(t *testing.T) {
	bookapitest.Exercise(t, "3.2", func(check *bookapitest.Check) {
		refuses(check, forge.Algorithms)
		keyless(check, forge.Algorithms(honest(check, ada)))
	})
}

// keyless demands that a verifier without a key believes nothing.
func keyless(check *bookapitest.Check, forgeries iter.Seq[forge.Forgery]) {
	check.Helper()
	none := protect.Verifier{Now: atNoon}
	for f := range forgeries {
		if claims, err := none.Verify(f.Raw); err == nil {
			check.Attack("mallory %s, while no key was configured, and is believed to be %q", f.Name, claims.Subject)
		}
	}
}

// Kinds: one-difference, claim-places
func TestVerifyTakesKeysFromUsAlone(t *testing.T) {
	bookapitest.Exercise(t, "3.2", func(check *bookapitest.Check) {
		refuses(check, forge.Keys)
		keyless(check, forge.Keys(honest(check, ada)))
	})
}

// Kinds: one-difference
func TestVerifyUsesNoWeakKey(t *testing.T) {
	bookapitest.Exercise(t, "3.2", func(check *bookapitest.Check) {
		adaVerifies(check)
		ours, err := forge.Parse(issue(check, ada))
		require.NoError(check, err)
		for _, weak := range []token.Key{
			{ID: "empty"}, {ID: "empty", Secret: []byte{}}, {ID: "", Secret: nil}, {ID: "short",
				Secret: []byte("secret")},
			{ID: "short", Secret: []byte("thirty-one bytes, one too few!!")},
		} {
			for _, keys := range [][]token.Key{{weak}, {weak, keyA}, {keyA, weak}} {
				by := protect.Verifier{Keys: keys, Now: atNoon}
				for _, t := range []forge.Token{ours.WithHeader("kid", weak.ID), ours.WithoutHeader("kid")} {
					if claims, err := by.Verify(t.WithClaim("sub", grace).Signed(weak.Secret)); err == nil {
						check.Attack("the key %q was left with a secret of %d bytes (%q), mallory guessed it, and is "+
							"believed to be %q",
							weak.ID, len(weak.Secret), weak.Secret, claims.Subject)
					}
				}
				if len(keys) > 1 {
					_, err := by.Verify(issue(check, ada))
					require.NoError(check.Promise("the key %q, which is too short, is passed over, and the others "+
						"are used", weak.ID), err)
				}
			}
		}
		shortest := issuer
		shortest.Key = token.Key{ID: "shortest", Secret: keyA.Secret[:token.MinSecret]}
		if raw, err := shortest.Issue(bookapi.User{Username: ada, Role: bookapi.RoleReader}); err == nil {
			_, err := protect.Verifier{Keys: []token.Key{shortest.Key}, Now: atNoon}.Verify(raw)
			require.NoError(check.Promise("a key of %d bytes, with which Issue signs, is not too short",
				token.MinSecret), err)
		}
	})
}

// Kinds: claim-places
func TestVerifyReadsNoFileForAKey(t *testing.T) {
	bookapitest.Exercise(t, "3.2", func(check *bookapitest.Check) {
		public, err := os.ReadFile("go.mod") // that everybody can read
		require.NoError(check, err)
		files := make(map[string][]byte)
		for _, path := range []string{"go.mod", "./go.mod", "../go.mod", "../../go.mod", "../../../go.mod",
			"file:go.mod", "go"} {
			files[path] = public
		}
		refuses(check, forge.Keys, func(h *forge.Honest) { h.Files = files })
	})
}

// Kinds: claim-places
func TestVerifyFetchesNoKey(t *testing.T) {
	bookapitest.Exercise(t, "3.2", func(check *bookapitest.Check) {
		var asked atomic.Pointer[string]
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Store(&r.URL.Path)
			if strings.HasSuffix(r.URL.Path, ".json") {
				k := base64.RawURLEncoding.EncodeToString([]byte(forge.MallorysKey))
				_, _ = fmt.Fprintf(w, `{"keys":[{"kty":"oct","alg":"HS256","kid":"m","k":%q}]}`, k)
				return
			}
			_, _ = io.WriteString(w, forge.MallorysKey)
		}))
		defer server.Close()
		h := honest(check, ada)
		h.Fetch = []string{server.URL + "/key", server.URL + "/keys.json"}
		for f := range forge.Keys(h) {
			claims, err := verifier.Verify(f.Raw)
			if path := asked.Load(); path != nil {
				check.Attack("mallory %s, and our server asked it for %s: so it goes wherever she wants, behind our "+
					"firewall too", f.Name, *path)
			}
			if err == nil {
				check.Attack("mallory %s, and is believed to be %q", f.Name, claims.Subject)
			}
		}
		adaVerifies(check)
	})
}

// Kinds: first-line
func TestVerifySurvivesAnyToken(t *testing.T) {
	bookapitest.Exercise(t, "3.2", func(check *bookapitest.Check) {
		refuses(check, forge.Shapes)
		for f := range forge.Oddities(honest(check, ada)) {
			var claims token.Claims
			var err error
			check.With("a token of somebody who "+f.Name, func() { claims, err = verifier.Verify(f.Raw) })
			if err == nil && !f.OwnKey && claims.Subject != ada {
				check.Attack("mallory %s, and is believed to be %q", f.Name, claims.Subject)
			}
			if err == nil && claims.Subject == "" {
				check.Broken("Verify believes no token that names nobody: somebody who %s", f.Name)
			}
		}
	})
}

// Kinds: outlets
func TestVerifyReturnsNoClaimsWithAnError(t *testing.T) {
	bookapitest.Exercise(t, "3.2", func(check *bookapitest.Check) {
		adaVerifies(check)
		h := honest(check, ada)
		for _, forgeries := range []iter.Seq[forge.Forgery]{forge.Signatures(h), forge.Claims(h), forge.Algorithms(h)} {
			for f := range forgeries {
				claims, err := verifier.Verify(f.Raw)
				require.Error(check.Needs("3.2").Promise("Verify refuses a token of somebody who %s", f.Name), err)
				require.Zero(check.Promise("with an error Verify returns token.Claims{}, since a caller will use "+
					"what is there: somebody who %s", f.Name), claims)
			}
		}
	})
}

// A verification is a world for bookapitest.Orders: one caller's token, and
// whichever keys and time the verifier has by then.
type verification struct {
	check  *bookapitest.Check
	raw    string
	keys   []token.Key
	clock  time.Time
	caller string
}

func (w *verification) verify(raw string) (token.Claims, error) {
	return protect.Verifier{Keys: w.keys, Now: func() time.Time { return w.clock }}.Verify(raw)
}

// Kinds: store-answers
func TestVerifyRemembersNothing(t *testing.T) {
	bookapitest.Exercise(t, "3.2", func(check *bookapitest.Check) {
		adaVerifies(check)
		world := func(caller string) *verification {
			return &verification{check, issue(check, caller), verifier.Keys, noon, caller}
		}
		parsed := func(w *verification) forge.Token {
			t, err := forge.Parse(w.raw)
			require.NoError(check, err)
			return t
		}
		type step = bookapitest.Step[*verification]
		event := func(name string, raw func(*verification) string) step {
			return step{Name: name, Do: func(w *verification) { _, _ = w.verify(raw(w)) }}
		}
		steps := []step{
			event("the good token", func(w *verification) string { return w.raw }),
			event("a token of grace's", func(*verification) string { return issue(check, grace) }),
			event("the same token without its signature", func(w *verification) string { return parsed(w).Unsigned() }),
			event("a token with another name above that signature", func(w *verification) string {
				return parsed(w).WithClaim("sub", grace).Tampered()
			}),
			event("a token that has ended", func(w *verification) string {
				return parsed(w).WithClaim("exp", noon.Unix()-3600).Signed(keyA.Secret)
			}),
			event("a token of an unknown key", func(w *verification) string {
				return parsed(w).WithHeader("kid", "x").Signed(nil)
			}),
			{Name: "the same token met another key of that name", Do: func(w *verification) {
				other := *w
				other.keys = []token.Key{{ID: keyA.ID, Secret: keyB.Secret}}
				_, _ = other.verify(w.raw)
			}},
			{Name: "the same token came an hour after its end", Do: func(w *verification) {
				other := *w
				other.clock = noon.Add(lifetime + time.Hour)
				_, _ = other.verify(w.raw)
			}},
			{Name: "the key that signed was taken away", Changes: true, Do: func(w *verification) {
				w.keys = []token.Key{keyB}
			}},
			{Name: "that key got another secret", Changes: true, Do: func(w *verification) {
				w.keys = []token.Key{{ID: keyA.ID, Secret: keyB.Secret}}
			}},
			{Name: "all keys came back", Changes: true, Do: func(w *verification) { w.keys = verifier.Keys }},
			{Name: "the token ended", Changes: true, Do: func(w *verification) { w.clock = noon.Add(time.Hour) }},
			{Name: "the clock was put right", Changes: true, Do: func(w *verification) { w.clock = noon }},
		}
		for what, raw := range bookapitest.Sorted(map[string]func(*verification) string{
			"a good token": func(w *verification) string { return w.raw },
			"a good token with another one's name": func(w *verification) string {
				return parsed(w).WithClaim("sub", grace).Tampered()
			},
			"a token with a signature of zeros": func(w *verification) string {
				return parsed(w).WithSignature(make([]byte, 32))
			},
		}) {
			err := bookapitest.Orders(world, func(w *verification) string {
				claims, err := w.verify(raw(w))
				if err != nil {
					return "refused"
				}
				return "believed to be " + claims.Subject
			}, steps...)
			if err != nil {
				check.Attack("Verify keeps something from one token for the next, and mallory waits for it: %s, %v",
					what, err)
			}
		}
	})
}

// Kinds: several-callers
func TestVerifyKeepsRequestsApart(t *testing.T) {
	bookapitest.Exercise(t, "3.2", func(check *bookapitest.Check) {
		adaVerifies(check)
		tokens := map[string]string{ada: issue(check, ada), grace: issue(check, grace)}
		as := func(v protect.Verifier, who string) func() error {
			return func() error {
				claims, err := v.Verify(tokens[who])
				if err != nil || claims.Subject != who {
					return fmt.Errorf("%s's token was verified for %q, %v", who, claims.Subject, err)
				}
				return nil
			}
		}
		points, err := bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
			v := protect.Verifier{Keys: verifier.Keys, Now: func() time.Time { pause(); return noon }}
			return as(v, ada), as(v, grace)
		})
		if err != nil {
			check.Attack("two tokens were verified at the same time, and one caller became another: %v", err)
		}
		require.NotZero(check.Promise("Verify asks the clock Now"), points)
		forged := tampered(check)
		err = bookapitest.Hammer(4, 100, func(caller int) error {
			if _, err := verifier.Verify(forged); err == nil {
				return errors.New("a forged token was believed beside honest ones")
			}
			return as(verifier, []string{ada, grace}[caller%2])()
		})
		if err != nil {
			check.Attack("several tokens were verified at the same time, and one caller became another: %v", err)
		}
	})
}

// Kinds: outlets
func TestVerifyTellsNoSecret(t *testing.T) {
	bookapitest.Exercise(t, "3.2", func(check *bookapitest.Check) {
		adaVerifies(check)
		h := honest(check, ada)
		ours, err := forge.Parse(h.Raw)
		require.NoError(check, err)
		secrets := []bookapitest.Secret{
			bookapitest.SigningKey("the signing key", keyA.Secret), bookapitest.SigningKey("another key of ours",
				keyB.Secret),
			bookapitest.SignedToken("ada's token",
				h.Raw), bookapitest.SignedToken("a token of ada's that has ended on our clock", expired(check)),
			bookapitest.SignedToken("the right signature for a token of mallory's",
				ours.WithClaim("sub", grace).Signed(keyA.Secret)),
		}
		raws := []string{h.Raw, expired(check), h.Raw + ".", tampered(check),
			ours.WithClaim("sub", "").Signed(keyA.Secret)}
		for f := range forge.Keys(h) {
			raws = append(raws, f.Raw)
		}
		short := token.Key{ID: "short", Secret: []byte("31 bytes, which is one too few!")}
		secrets = append(secrets, bookapitest.SigningKey("a key of ours that is too short", short.Secret))
		raws = append(raws, ours.WithHeader("kid", short.ID).Signed(short.Secret), ours.WithHeader("kid",
			short.ID).Signed([]byte(forge.MallorysKey)))
		out := bookapitest.Capture(func(out *bookapitest.Outlets) {
			for _, raw := range raws {
				for _, keys := range [][]token.Key{verifier.Keys, {short, keyA, keyB}, {short}} {
					_, err := protect.Verifier{Keys: keys, Now: atNoon}.Verify(raw)
					out.Error(err)
					if err == nil {
						continue
					}
					if quoted := bookapitest.Quoted(err.Error(), raw, 16); quoted != "" {
						check.Attack("mallory writes into the log with a token that is refused: the error quotes %q "+
							"of it", bookapitest.Shorten(quoted))
					}
				}
			}
		})
		if err := out.Find(secrets...); err != nil {
			check.Attack("mallory reads %v", err)
		}
	})
}

// Kinds: cost
func TestVerifyKeepsNothingOfAStranger(t *testing.T) {
	bookapitest.Exercise(t, "3.2", func(check *bookapitest.Check) {
		adaVerifies(check)
		ours, err := forge.Parse(issue(check, ada))
		require.NoError(check, err)
		for what, forged := range bookapitest.Sorted(map[string]func(n int) string{
			"forged tokens": func(n int) string {
				return ours.WithClaim("n", n).Signed([]byte(forge.MallorysKey))
			},
			"tokens with unknown kids": func(n int) string {
				return ours.WithHeader("kid", fmt.Sprint("kid-", n)).Signed(nil)
			},
			"texts that are not a token": func(n int) string { return fmt.Sprint("rubbish ", n) },
		}) {
			if err := bookapitest.Grows(300, func(n int) { _, _ = verifier.Verify(forged(n)) }); err != nil {
				check.Attack("mallory sends %s until the memory is full: %v", what, err)
			}
		}
		adaVerifies(check) // after some thousand refusals, too
	})
}

// Kind routes: does not apply, since Verify serves no route.
// Kind randomness: does not apply, since Verify draws nothing.
// Kind one-answer: does not apply, since Verify answers nobody; RequireUser does.
