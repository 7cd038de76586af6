package hardening_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	"example.com/bookapi/memory"
	token "example.com/bookapi/step2-token"
	protect "example.com/bookapi/step3-protect"
	hardening "example.com/bookapi/step5-hardening"
)

// A desk is where sessions begin and end: a store with Ada, Grace and Mallory in
// it, which wraps its errors, and a clock that only the test moves.
type desk struct {
	*bookapitest.Store
	sessions hardening.Sessions
	now      time.Time
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{Store: newUsers(t), now: noon}
	d.sessions = hardening.Sessions{Store: d.Store, Users: d.Store, Now: d.clock}
	return d
}

func (d *desk) clock() time.Time { return d.now }

// later is long enough that a second use of a token is no accident: two tabs of
// one browser use it within seconds of each other.
const later = time.Minute

// start logs somebody in.
func (d *desk) start(check *bookapitest.Check, name string) string {
	check.Helper()
	user, err := d.User(check.Context(), name)
	require.NoError(check, err)
	raw, err := d.sessions.Start(check.Context(), user)
	needs := check.Needs("5.3")
	require.NoError(needs.Promise("Start begins a session for a user who has just logged in"), err)
	require.NotEmpty(needs.Promise("Start returns the first refresh token"), raw)
	return raw
}

// refresh trades a good token for the next one.
func (d *desk) refresh(check *bookapitest.Check, name, raw string) string {
	check.Helper()
	user, next, err := d.sessions.Refresh(check.Context(), raw)
	needs := check.Needs("5.3")
	require.NoError(needs.Promise("Refresh takes a refresh token that is good"), err)
	require.Equal(needs.Promise("Refresh returns the user whose session it is"), name, user.Username)
	require.NotEmpty(needs.Promise("Refresh returns the next refresh token"), next)
	return next
}

// refuses demands that a token is not good: what mallory did with it is done.
func (d *desk) refuses(check *bookapitest.Check, raw, attack string, args ...any) {
	check.Helper()
	user, next, err := d.sessions.Refresh(check.Context(), raw)
	if err == nil || next != "" || user.Username != "" {
		check.Attack(attack+"; Refresh answers with user %q, the next token %q and the error %v",
			append(args, user.Username, next, err)...)
	}
	require.ErrorIs(check.Promise("a refresh token that is not good (%.60q) is ErrRefresh", raw), err,
		hardening.ErrRefresh)
}

func TestSessionsGoOnWithoutThePassword(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		d := newDesk(check)
		raw := d.start(check, bookapitest.Ada)
		for range 5 {
			d.now = d.now.Add(time.Hour)
			next := d.refresh(check, bookapitest.Ada, raw)
			require.NotEqual(check.Promise("each refresh answers with a new refresh token (RFC 9700 §4.14.2)"), raw,
				next)
			raw = next
		}
	})
}

func TestSessionsOfOneUserAreManifold(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		d := newDesk(check)
		laptop, phone := d.start(check, bookapitest.Ada), d.start(check, bookapitest.Ada)
		stored, err := d.Session(check.Context(), hardening.SessionID(laptop))
		require.NoError(check.Promise("the session is in the store, under the ID that is in its token"), err)
		require.WithinDuration(check.Promise("the store knows when a session has started: of more than MaxSessions "+
			"the oldest goes"), d.now, stored.Started, time.Second)
		laptop = d.refresh(check, bookapitest.Ada, laptop)
		d.refresh(check, bookapitest.Ada, phone)
		d.refresh(check, bookapitest.Ada, laptop)
	})
}

func TestSessionsEndAtLogout(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		d := newDesk(check)
		laptop, phone := d.start(check, bookapitest.Ada), d.start(check, bookapitest.Ada)
		require.NoError(check.Promise("End ends the session of a good token"), d.sessions.End(check.Context(), laptop))
		d.refuses(check, laptop, "ada logged out, and mallory, who sits at her laptop now, goes on as ada")
		d.refresh(check, bookapitest.Ada, phone)
		require.NoError(check.Promise("to log out twice is no error (RFC 7009 §2.2)"),
			d.sessions.End(check.Context(), laptop))
	})
}

// Kinds: one-difference
func TestSessionsEndAtLogoutForAThiefToo(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		d := newDesk(check)
		adas := d.start(check, bookapitest.Ada)
		mallorys := d.refresh(check, bookapitest.Ada, adas)
		d.now = d.now.Add(later)
		require.NoError(check.Promise("End ends the session of a token that was good"),
			d.sessions.End(check.Context(), adas))
		d.refuses(check, mallorys, "mallory had used ada's refresh token before ada logged out with it, and goes on "+
			"as ada")
	})
}

// Kinds: store-answers
func TestSessionsAnswerWithTheUserAsStoredNow(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		d := newDesk(check)
		raw := d.refresh(check, bookapitest.Grace, d.start(check, bookapitest.Grace))
		require.NoError(check, d.SetRole(check.Context(), bookapitest.Grace, bookapi.RoleAdmin))
		user, raw, err := d.sessions.Refresh(check.Context(), raw)
		require.NoError(check.Promise("Refresh takes grace's refresh token, which is good"), err)
		require.Equal(check.Promise("the role is that of the row now, not that of the login"), bookapi.RoleAdmin,
			user.Role)
		require.NoError(check, d.SetRole(check.Context(), bookapitest.Grace, bookapi.RoleReader))
		user, _, err = d.sessions.Refresh(check.Context(), raw)
		require.NoError(check.Promise("Refresh takes grace's refresh token, which is good"), err)
		if user.Role != bookapi.RoleReader {
			check.Attack("grace is no administrator any more, and a refresh makes her one: the role is %q", user.Role)
		}
	})
}

// Kinds: one-difference
func TestSessionsEndWhenATokenIsUsedTwice(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		check.Run("mallory comes second", func(check *bookapitest.Check) {
			d := newDesk(check)
			stolen := d.start(check, bookapitest.Ada)
			adas := d.refresh(check, bookapitest.Ada, stolen)
			d.now = d.now.Add(later)
			d.refuses(check, stolen, "mallory copied ada's refresh token, and used it after her")
			d.refuses(check, adas, "a token was used twice, one of the two callers is a thief, and the session goes on")
		})
		check.Run("mallory comes first", func(check *bookapitest.Check) {
			d := newDesk(check)
			stolen := d.start(check, bookapitest.Ada)
			mallorys := d.refresh(check, bookapitest.Ada, stolen)
			d.now = d.now.Add(later)
			d.refuses(check, stolen, "ada's refresh token was used by mallory before her, and now by her: it was "+
				"taken twice")
			d.refuses(check, mallorys,
				"mallory used ada's token first, ada noticed by being refused, and mallory's next token still works")
		})
		check.Run("long after", func(check *bookapitest.Check) {
			d := newDesk(check)
			stolen := d.start(check, bookapitest.Ada)
			raw := stolen
			for range 4 {
				d.now = d.now.Add(5 * 24 * time.Hour)
				raw = d.refresh(check, bookapitest.Ada, raw)
			}
			d.refuses(check, stolen, "mallory used a refresh token that ada has traded in long ago")
			d.refuses(check, raw, "an old token came back from a thief, and the session goes on")
		})
		check.Run("and no other session does", func(check *bookapitest.Check) {
			d := newDesk(check)
			stolen, phone := d.start(check, bookapitest.Ada), d.start(check, bookapitest.Ada)
			graces := d.start(check, bookapitest.Grace)
			d.refresh(check, bookapitest.Ada, stolen)
			d.now = d.now.Add(later)
			d.refuses(check, stolen, "mallory copied ada's refresh token, and used it after her")
			d.refresh(check, bookapitest.Ada, phone)
			d.refresh(check, bookapitest.Grace, graces)
		})
	})
}

// A leeway of seconds spares the session of honest clients with two tabs. The second
// of them is refused, since it may be mallory.
func TestSessionsHandOutOneTokenForOne(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		d := newDesk(check)
		raw := d.start(check, bookapitest.Ada)
		next := d.refresh(check, bookapitest.Ada, raw)
		for range 3 {
			_, another, err := d.sessions.Refresh(check.Context(), raw)
			if another != "" || err == nil {
				check.Attack("mallory used ada's refresh token at once after her, and has a token, too: %q, where ada "+
					"has %q (error: %v)", another, next, err)
			}
		}
	})
}

// Kinds: several-callers
func TestSessionsHaveOneWinner(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		d := newDesk(check)
		d.refresh(check, bookapitest.Ada, d.start(check, bookapitest.Ada))
		_, err := bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
			d := newDesk(check)
			raw := d.start(check, bookapitest.Ada)
			d.pauseAt(pause)
			var winners atomic.Int32
			use := func() error {
				if _, _, err := d.sessions.Refresh(context.Background(), raw); err == nil && winners.Add(1) > 1 {
					return errors.New("each got a session out of it")
				}
				return nil
			}
			return use, use
		})
		if err != nil {
			check.Attack("mallory sent one refresh token twice at the same moment: %v", err)
		}

		raw := d.start(check, bookapitest.Ada)
		var mu sync.Mutex
		var next []string
		err = bookapitest.Hammer(16, 1, func(int) error {
			if _, raw, err := d.sessions.Refresh(context.Background(), raw); err == nil {
				mu.Lock()
				defer mu.Unlock()
				next = append(next, raw)
			}
			return nil
		})
		require.NoError(check.Promise("simultaneous calls of Refresh come back"), err)
		if len(next) > 1 {
			check.Attack("mallory sent one refresh token 16 times at the same moment, and got %d sessions out of it",
				len(next))
		}
		require.Len(check.Promise("of simultaneous callers with one good token, one gets an answer"), next, 1)
		d.now = d.now.Add(later)
		d.refuses(check, raw, "mallory sent a token again that 16 callers had used before")
		for _, raw := range next {
			d.refuses(check, raw, "one token was used 16 times at the same moment and once more later, and the "+
				"session goes on")
		}
	})
}

// pauseAt makes the first caller of each method pause, and whoever reads the clock.
func (d *desk) pauseAt(pause func()) {
	for _, method := range []string{"Session", "User", "CreateSession", "RotateSession", "EndSession"} {
		d.After(method, 1, pause)
	}
	now := d.now
	d.sessions.Now = func() time.Time { pause(); return now }
}

// Kinds: one-difference
func TestSessionsHaveAnEnd(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		d := newDesk(check)
		raw, other := d.start(check, bookapitest.Ada), d.start(check, bookapitest.Ada)
		for range 29 {
			d.now = d.now.Add(24 * time.Hour)
			raw = d.refresh(check, bookapitest.Ada, raw)
		}
		d.now = noon.Add(hardening.SessionLifetime - time.Second)
		raw = d.refresh(check, bookapitest.Ada, raw)
		d.now = noon.Add(hardening.SessionLifetime)
		d.refuses(check, raw, "mallory has had ada's session for %v, at which it ends, and refreshes it on and on",
			hardening.SessionLifetime)
		d.refuses(check, other, "mallory has kept ada's first token for %v, and refreshes it now",
			hardening.SessionLifetime)
	})
}

// Kinds: store-answers
func TestSessionsEndWithTheAccount(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		d := newDesk(check)
		raw := d.refresh(check, bookapitest.Mallory, d.start(check, bookapitest.Mallory))
		d.Inject(bookapitest.Fault{}) // honest until here
		for _, fault := range bookapitest.StoreFaults("User") {
			if fault.IsNotFound() {
				d.Inject(fault) // the session is there, and its user is not, or disabled
				d.refuses(check, raw, "mallory's account was shut a minute ago, and the session goes on")
			}
		}
	})
}

// Kinds: store-answers
func TestSessionsEndWithTheOldPassword(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		d := newDesk(check)
		raw := d.start(check, bookapitest.Ada)
		before, err := d.User(check.Context(), bookapitest.Ada)
		require.NoError(check, err)
		require.NoError(check,
			d.ChangePassword(check.Context(), bookapitest.Ada, before.PasswordHash, "another hash", d.clock))

		d.refuses(check, raw, "ada changed her password because mallory had her session, and it goes on")
		late, err := d.sessions.Start(check.Context(), before)
		if err == nil || late != "" {
			check.Attack("mallory's login with the old password was under way when ada changed it, and led to the "+
				"session %q",
				late)
		}
		require.ErrorIs(check.Promise("a login that the password change has overtaken is ErrRefresh"), err,
			hardening.ErrRefresh)
		d.start(check, bookapitest.Ada)
	})
}

// Kinds: one-difference
func TestSessionsTakeNoRubbish(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		d := newDesk(check)
		adas := d.start(check, bookapitest.Ada)
		for _, raw := range []string{
			"", ".", "..", "a.b", "a.b.c", strings.Repeat("x",
				1<<16), "\x00", "é.é", "' OR 1=1 --", "null", "undefined",
		} {
			d.refuses(check, raw, "mallory sent %.20q as a refresh token", raw)
			require.NoError(check.Promise("to log out of a session that is not there is no error: %.20q", raw),
				d.sessions.End(check.Context(), raw))
		}
		d.refresh(check, bookapitest.Ada, adas)
	})
}

// Kinds: one-difference
func TestSessionsTakeATokenAsItIs(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		d := newDesk(check)
		raw := d.start(check, bookapitest.Ada)
		differences := map[string]func(raw, other string) string{
			"in capital letters":         func(raw, _ string) string { return strings.ToUpper(raw) },
			"in small letters":           func(raw, _ string) string { return strings.ToLower(raw) },
			"without its last character": func(raw, _ string) string { return raw[:len(raw)-1] },
			"without its second half":    func(raw, _ string) string { return raw[:len(raw)/2] },
			"with a character more":      func(raw, _ string) string { return raw + "A" },
			"twice":                      func(raw, _ string) string { return raw + raw },
			"with another's second half": func(raw, other string) string {
				return raw[:len(raw)/2] + other[len(other)/2:]
			},
			"with another's last character": func(raw, other string) string {
				return raw[:len(raw)-1] + other[len(other)-1:]
			},
		}
		for at := range len(raw) {
			differences[fmt.Sprintf("with another character at place %d", at)] = func(raw, _ string) string {
				changed := byte('A')
				if raw[at] == changed {
					changed = 'B'
				}
				return raw[:at] + string(changed) + raw[at+1:]
			}
		}
		for what, difference := range bookapitest.Sorted(differences) {
			d := newDesk(check) // anew, since a wrong token may end the session
			raw, other := d.start(check, bookapitest.Ada), d.start(check, bookapitest.Mallory)
			if forged := difference(raw, other); forged != raw {
				d.refuses(check, forged, "mallory has seen a part of ada's refresh token, and sent it %s", what)
			}
		}
		d.refresh(check, bookapitest.Ada, raw)
	})
}

func TestSessionsAndAccessTokensAreTwoThings(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		d := newDesk(check)
		refresh := d.start(check, bookapitest.Ada)
		key := token.Key{ID: "k", Secret: []byte("thirty-two bytes that nobody has")}
		issuer := token.Issuer{Key: key, Lifetime: token.Lifetime, Now: d.sessions.Now}
		access, err := issuer.Issue(bookapi.User{Username: bookapitest.Ada, Role: bookapi.RoleReader})
		require.NoError(check.Needs("2.1").Promise("Issue signs a token for ada; step 5 builds on it"), err)

		d.refuses(check, access, "mallory found an access token, good for a quarter of an hour, and refreshed it")
		verifier := protect.Verifier{Keys: []token.Key{key}, Now: d.sessions.Now}
		if claims, err := verifier.Verify(refresh); err == nil {
			check.Attack("a refresh token, good for a month, opens the door as an access token of %q", claims.Subject)
		}
		d.refresh(check, bookapitest.Ada, refresh)
	})
}

// Kinds: randomness
func TestSessionsTokensCannotBeGuessed(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		d := newDesk(check)
		chain := []string{d.start(check, bookapitest.Ada)}
		for range 30 {
			chain = append(chain, d.refresh(check, bookapitest.Ada, chain[len(chain)-1]))
		}
		const bits = 120 // of 128, as in thirty draws a character may stay what it was
		if err := bookapitest.Distinct(chain, bits); err != nil {
			check.Attack("mallory knows one refresh token of a session, or stole the database and tries them all "+
				"against the hash: "+
				"of the tokens that follow, %v", err)
		}
		user, err := d.User(check.Context(), bookapitest.Ada)
		require.NoError(check, err)
		tokens := bookapitest.Draw(check.T, 8, func() (string, error) {
			_, next, err := d.sessions.Refresh(context.Background(), must(d.sessions.Start(context.Background(), user)))
			return next, err
		})
		if err := bookapitest.Distinct(tokens, bits); err != nil {
			check.Attack("mallory logs in at the same moment as ada, and reads from her own refresh token what ada's "+
				"is: %v",
				err)
		}
	})
}

// must returns a value, or the empty one if there was an error.
func must(value string, _ error) string { return value }

// To log out it takes a token. Where the name of a session is enough, nobody may
// guess it.
//
// Kinds: randomness
func TestSessionsAreEndedByNobodyElse(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		d := newDesk(check)
		var tokens, names []string
		for n := range 8 {
			calls := d.During(func() {
				tokens = append(tokens,
					d.start(check, []string{bookapitest.Mallory, bookapitest.Ada}[n%2]))
			})
			for _, call := range calls.Of("CreateSession") {
				names = append(names, call.Args[0].(bookapi.Session).ID)
			}
		}
		require.Len(check.Promise("Start stores one session"), names, len(tokens))
		guessed := bookapitest.Distinct(names, 64) // enough where each guess is a request
		if guessed == nil {
			return
		}
		for n := range len(tokens) - 1 {
			d.now = d.now.Add(later)
			adas := d.refresh(check, []string{bookapitest.Mallory, bookapitest.Ada}[(n+1)%2], tokens[n+1])
			forged := strings.Replace(tokens[n], names[n], names[n+1], 1)
			require.NoError(check.Promise("to log out with a token that is not good is no error"),
				d.sessions.End(check.Context(), forged))
			if _, _, err := d.sessions.Refresh(check.Context(), adas); err != nil {
				check.Attack("mallory guessed what ada's session is called, %q, and logged out with that name, and "+
					"ada is out: %v", names[n+1], guessed)
			}
		}
	})
}

// Kinds: outlets
func TestSessionsCannotBeReadFromAStolenDatabase(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		// burgle returns a desk at which Ada has a session, all texts that were
		// stored for it, and the tokens that Ada was given.
		burgle := func() (d *desk, stored, tokens []string) {
			d = newDesk(check)
			first := d.start(check, bookapitest.Ada)
			tokens = []string{first, d.refresh(check, bookapitest.Ada, first)}
			for _, call := range d.Calls() {
				switch call.Method {
				case "CreateSession":
					session := call.Args[0].(bookapi.Session)
					stored = append(stored, session.ID, session.TokenHash)
				case "RotateSession":
					stored = append(stored, call.Args[2].(string))
				}
			}
			return d, slices.Compact(stored), tokens
		}
		_, stored, tokens := burgle()
		for _, raw := range tokens {
			if form := bookapitest.OpaqueToken("", raw).In(strings.Join(stored, "\n")); form != "" {
				check.Attack("mallory copied the database, and ada's refresh token stands in it, %s", form)
			}
		}
		for _, hash := range stored[1:] {
			const least = 20 // characters of 128 bits in base64, but for one or two
			if len(hash) < least {
				check.Attack("mallory copied the database, in which %q stands for ada's refresh token: "+
					"that is no 128 bits, and she looks for a text with the same hash", hash)
			}
		}
		for i := range stored {
			for j := range stored {
				for _, between := range []string{"", ".", ":"} {
					d, stored, _ := burgle() // anew, since a wrong guess may end the session
					guess := stored[i] + between + stored[j]
					if i == j {
						guess = stored[i]
					}
					d.refuses(check, guess,
						"mallory copied the database and put a refresh token together from what stands in it, %q",
						guess)
				}
			}
		}
	})
}

// Kinds: outlets
func TestSessionsWriteNoTokenDown(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		d := newDesk(check)
		d.start(check, bookapitest.Ada)
		var tokens []string
		out := bookapitest.Capture(func(out *bookapitest.Outlets) {
			user, err := d.User(check.Context(), bookapitest.Ada)
			require.NoError(check, err)
			keep := func(raw string, err error) string {
				if raw != "" {
					tokens = append(tokens, raw)
				}
				out.Error(err)
				return raw
			}
			refresh := func(raw string) string {
				user, next, err := d.sessions.Refresh(check.Context(), raw)
				out.Value("the user, printed", user)
				return keep(next, err)
			}
			tried := make(map[string]bool)
			for name, fault := range bookapitest.StoreFaults("CreateSession", "Session", "User", "RotateSession",
				"EndSession") {
				kind := fmt.Sprint(fault.Method, fault.IsNotFound())
				if fault.Panics || tried[kind] {
					continue
				}
				tried[kind] = true
				out.Value("the test", name)
				first := keep(d.sessions.Start(check.Context(), user))
				d.Inject(fault)
				keep(d.sessions.Start(check.Context(), user))
				refresh(first)
				refresh(first)
				out.Error(d.sessions.End(check.Context(), first))
				d.Inject(bookapitest.Fault{})
				refresh(first)
				d.now = d.now.Add(later)
				refresh(first)
				out.Error(d.sessions.End(check.Context(), first))
			}
		})
		secrets := []bookapitest.Secret{bookapitest.Password("ada's password hash", "hash of "+bookapitest.Ada)}
		for _, raw := range tokens {
			secrets = append(secrets, bookapitest.OpaqueToken("a refresh token", raw))
		}
		if err := out.Find(secrets...); err != nil {
			check.Attack("mallory reads %v", err)
		}
	})
}

// losesAnswer rotates a session and cannot say so, the first time.
type losesAnswer struct {
	bookapi.SessionStore
	lost bool
}

func (s *losesAnswer) RotateSession(ctx context.Context, id, current, next string) error {
	err := s.SessionStore.RotateSession(ctx, id, current, next)
	if s.lost || err != nil {
		return err
	}
	s.lost = true
	return fmt.Errorf("rotate session: the connection broke: %w", bookapi.ErrUnavailable)
}

// Kinds: store-answers
func TestSessionsOutliveTheDatabase(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		honest := newDesk(check)
		raw := honest.start(check, bookapitest.Ada)
		calls := honest.During(func() { honest.refresh(check, bookapitest.Ada, raw) })
		for name, fault := range bookapitest.StoreFaults(calls.Methods()...) {
			d := newDesk(check)
			raw := d.start(check, bookapitest.Ada)
			before := d.rows(check)
			d.Inject(fault)
			var user bookapi.User
			var next string
			var err error
			panicked := panics(func() { user, next, err = d.sessions.Refresh(fault.Context(check.Context()), raw) })
			if d.Panicked() != panicked {
				check.Broken("Refresh hides no panic of the store: %s", name)
			}
			d.Inject(bookapitest.Fault{})
			if next != "" || user.Username != "" {
				check.Attack("%s, and Refresh answers with the token %q and the user %q all the same", name, next,
					user.Username)
			}
			switch {
			case fault.Panics:
			case fault.IsNotFound():
				require.ErrorIs(check.Promise("%s: the token is not good", name), err, hardening.ErrRefresh)
				continue
			default:
				require.ErrorIs(check.Promise("%s: Refresh returns that error", name), err, fault.Err)
				require.NotErrorIs(check.Promise("%s: that is no verdict on the token, and a refusal would log its "+
					"user out", name),
					err, hardening.ErrRefresh)
			}
			if fault.Method == "RotateSession" && d.rows(check) != before {
				continue // it was written, and the answer was lost
			}
			_, _, err = d.sessions.Refresh(check.Context(), raw)
			require.NoError(check.Promise("%s, and after that the same token is still good", name), err)
		}
		d := newDesk(check)
		raw = d.start(check, bookapitest.Ada)
		d.sessions.Store = &losesAnswer{SessionStore: d.Store}
		_, _, err := d.sessions.Refresh(check.Context(), raw)
		require.NotErrorIs(check.Promise("RotateSession is done, and its answer is lost: that is no verdict on the "+
			"token, and whoever tries again finds another hash, which is no thief's"), err, hardening.ErrRefresh)
		_, err = d.Session(check.Context(), hardening.SessionID(raw))
		require.NoError(check.Promise("RotateSession is done, and its answer is lost: the session goes on"), err)
	})
}

// panics reports whether f panics.
func panics(f func()) (panics bool) {
	defer func() { panics = recover() != nil }()
	f()
	return false
}

// rows are the hashes of the tokens that are good, in words.
func (d *desk) rows(check *bookapitest.Check) (rows string) {
	check.Helper()
	for _, call := range d.Calls().Of("CreateSession") {
		session, err := d.Session(check.Context(), call.Args[0].(bookapi.Session).ID)
		rows += fmt.Sprintf("%s %v\n", session.TokenHash, err)
	}
	return rows
}

// Kinds: store-answers
func TestSessionsSayWhatTheDatabaseCannotDo(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		d := newDesk(check)
		user, err := d.User(check.Context(), bookapitest.Ada)
		require.NoError(check, err)

		for name, fault := range bookapitest.StoreFaults("CreateSession") {
			d.Inject(fault)
			var raw string
			panicked := panics(func() { raw, err = d.sessions.Start(fault.Context(check.Context()), user) })
			require.Equal(check.Promise("Start hides no panic of the store: %s", name), d.Panicked(), panicked)
			require.Empty(check.Promise("%s: a session that is not stored has no token", name), raw)
			if !fault.Panics && !fault.IsNotFound() {
				require.ErrorIs(check.Promise("%s: Start returns that error", name), err, fault.Err)
				require.NotErrorIs(check.Promise("%s: that is no verdict on the login", name), err,
					hardening.ErrRefresh)
			}
		}
		d.Inject(bookapitest.Fault{})
		for name, fault := range bookapitest.StoreFaults("EndSession") {
			if fault.Panics {
				continue
			}
			raw, used := d.start(check, bookapitest.Ada), d.start(check, bookapitest.Ada)
			d.refresh(check, bookapitest.Ada, used)
			d.now = d.now.Add(later)
			d.Inject(fault)
			if d.sessions.End(fault.Context(check.Context()), raw) == nil {
				check.Attack("%s, and ada reads that she is logged out; mallory, who sits at her laptop now, goes on "+
					"as ada", name)
			}
			_, next, err := d.sessions.Refresh(fault.Context(check.Context()), used)
			if err == nil || next != "" {
				check.Attack("%s, and mallory trades a token that was used before for %q", name, next)
			}
			require.ErrorIs(check.Promise("%s, so that the session of a token that was used twice goes on: Refresh "+
				"returns that error", name),
				err, fault.Err)
			d.Inject(bookapitest.Fault{})
		}
	})
}

// Whoever has used a token twice may know what comes next, and hang up: at the
// latest before the session is ended, whatever was asked of the store until then.
//
// Kinds: store-answers
func TestSessionsEndThoughTheCallerHangsUp(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		twice := func(ctx context.Context, before func(d *desk)) (d *desk, mallorys string, calls bookapitest.Calls) {
			d = newDesk(check)
			stolen := d.start(check, bookapitest.Ada)
			mallorys = d.refresh(check, bookapitest.Ada, stolen)
			d.now = d.now.Add(later)
			before(d)
			calls = d.During(func() {
				_, next, err := d.sessions.Refresh(ctx, stolen)
				require.Error(check.Promise("a token that was used before buys nothing"), err)
				require.Empty(check.Promise("a token that was used before buys nothing"), next)
			})
			return d, mallorys, calls
		}
		_, _, calls := twice(check.Context(), func(*desk) {})
		end := slices.Index(calls.Methods(), "EndSession")
		if end < 1 {
			return // another test tells whether the session ends
		}
		last := calls[end-1].Method
		ctx, hangUp := context.WithCancel(check.Context())
		defer hangUp()
		d, mallorys, _ := twice(ctx, func(d *desk) { d.After(last, len(calls[:end].Of(last)), hangUp) })
		d.refuses(check, mallorys, fmt.Sprintf("ada's token came in for the second time, the line broke after %s, "+
			"before the session could be ended, and so it goes on, for mallory", last))
	})
}

// Kinds: store-answers
func TestSessionsEndInTheMiddleOfARefresh(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		honest := newDesk(check)
		raw := honest.start(check, bookapitest.Ada)
		calls := honest.During(func() { honest.refresh(check, bookapitest.Ada, raw) })
		ends := map[string]func(d *desk, raw string) error{
			"ada changed her password": func(d *desk, _ string) error {
				return d.ChangePassword(check.Context(), bookapitest.Ada, "hash of "+bookapitest.Ada, "another hash",
					d.clock)
			},
			"grace disabled the account": func(d *desk, _ string) error {
				return d.SetDisabled(check.Context(), bookapitest.Ada, true, d.clock)
			},
			"the account was deleted": func(d *desk, _ string) error {
				return d.DeleteUser(check.Context(), bookapitest.Ada)
			},
			"ada logged out": func(d *desk, raw string) error { return d.sessions.End(check.Context(), raw) },
			"another caller used the token": func(d *desk, raw string) error {
				_, _, err := d.sessions.Refresh(check.Context(), raw)
				return err
			},
		}
		for what, end := range bookapitest.Sorted(ends) {
			for at, call := range calls {
				d := newDesk(check)
				raw := d.start(check, bookapitest.Ada)
				var failed error
				nth := len(calls[:at+1].Of(call.Method))
				d.After(call.Method, nth, func() { failed = end(d, raw) })
				_, next, err := d.sessions.Refresh(check.Context(), raw)
				rotated := len(calls[:at+1].Of("RotateSession")) > 0
				if !rotated && (err == nil || next != "") {
					check.Attack("mallory used ada's token, %s before it was traded (after %s), and mallory has the "+
						"next one", what,
						call.Method)
				}
				if !rotated {
					require.NoError(check.Promise("%s, in the middle of another's refresh", what), failed)
				}
				if next != "" {
					d.now = d.now.Add(later)
					d.refuses(check, next, "mallory used ada's token, %s in that moment, and the session goes on", what)
				}
			}
		}
	})
}

// Kinds: several-callers
func TestSessionsOfTwoUsersHaveNothingInCommon(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		honest := newDesk(check)
		honest.refresh(check, bookapitest.Ada, honest.start(check, bookapitest.Ada))
		_, err := bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
			d := newDesk(check)
			users := make(map[string]bookapi.User)
			tokens := make(map[string]string)
			for _, name := range []string{bookapitest.Ada, bookapitest.Mallory} {
				users[name], _ = d.User(check.Context(), name)
				tokens[name] = d.start(check, name)
			}
			d.pauseAt(pause)
			goOn := func(name string) func() error {
				return func() error {
					for _, begin := range []func() (string, error){
						func() (string, error) { return tokens[name], nil },
						func() (string, error) { return d.sessions.Start(context.Background(), users[name]) },
					} {
						raw, err := begin()
						for range 2 {
							var user bookapi.User
							if err == nil {
								user, raw, err = d.sessions.Refresh(context.Background(), raw)
							}
							if err != nil {
								return fmt.Errorf("%s's session is over: %w", name, err)
							}
							if user.Username != name {
								return fmt.Errorf("%s refreshes, and is %s", name, user.Username)
							}
						}
					}
					return nil
				}
			}
			return goOn(bookapitest.Ada), goOn(bookapitest.Mallory)
		})
		if err != nil {
			check.Attack("mallory refreshes beside ada: %v", err)
		}
		err = bookapitest.Hammer(8, bookapi.MaxSessions/4, func(caller int) error { // three of eight are one user's
			name := []string{bookapitest.Ada, bookapitest.Grace, bookapitest.Mallory}[caller%3]
			user, err := honest.User(context.Background(), name)
			if err != nil {
				return err
			}
			raw, err := honest.sessions.Start(context.Background(), user)
			if err != nil {
				return err
			}
			user, _, err = honest.sessions.Refresh(context.Background(), raw)
			if err == nil && user.Username != name {
				err = fmt.Errorf("%s refreshes, and is %s", name, user.Username)
			}
			return err
		})
		assert.NoError(check.Promise("simultaneous sessions have nothing in common"), err)
	})
}

// Kinds: store-answers
func TestSessionsRememberNothingOfOthers(t *testing.T) {
	bookapitest.Exercise(t, "5.3", func(check *bookapitest.Check) {
		type world struct {
			*desk
			caller string
			raw    string
		}
		step := func(name string, do func(w *world), changes bool) bookapitest.Step[*world] {
			return bookapitest.Step[*world]{Name: name, Do: do, Changes: changes}
		}
		err := bookapitest.Orders(
			func(caller string) *world {
				w := &world{desk: newDesk(check), caller: caller}
				require.NoError(check,
					w.CreateUser(check.Context(), bookapi.User{Username: caller, PasswordHash: "h",
						Role: bookapi.RoleReader}))
				w.raw = w.start(check, caller)
				return w
			},
			func(w *world) string {
				w.now = w.now.Add(later)
				user, next, err := w.sessions.Refresh(check.Context(), w.raw)
				if err != nil {
					return "refused"
				}
				w.raw = next
				return user.Username + " " + string(user.Role)
			},
			step("a refresh of somebody else",
				func(w *world) { w.refresh(check, bookapitest.Grace, w.start(check, bookapitest.Grace)) }, false),
			step("a refused token", func(w *world) { _, _, _ = w.sessions.Refresh(check.Context(), "x.y") }, false),
			step("a logout of another session", func(w *world) {
				user, _ := w.User(check.Context(), w.caller)
				_ = w.sessions.End(check.Context(), must(w.sessions.Start(check.Context(), user)))
			}, false),
			step("another role",
				func(w *world) {
					require.NoError(check, w.SetRole(check.Context(), w.caller, bookapi.RoleAdmin))
				}, true),
			step("a shut account", func(w *world) {
				_ = w.SetDisabled(check.Context(), w.caller, true, w.clock)
			}, true),
			step("another instance over the same store", func(w *world) {
				w.sessions = hardening.Sessions{Store: w.Store, Users: w.Store, Now: w.sessions.Now}
			}, false),
		)
		if err != nil {
			check.Broken("a refresh depends on the store alone, and on no request before it: %v", err)
		}
		d := newDesk(check)
		d.sessions.Store, d.sessions.Users = new(memory.Store), new(memory.Store)
		if err := bookapitest.Grows(300,
			func(n int) { _, _, _ = d.sessions.Refresh(check.Context(), fmt.Sprintf("%d.x", n)) }); err != nil {
			check.Attack("mallory sent refresh tokens that she made up, and the server keeps something of each: %v",
				err)
		}
	})
}

// Kind routes: does not apply, since Sessions serve no route.
// Kind claim-places: does not apply, since Sessions see no request, only a token.
// Kind cost: does not apply, since a refresh computes one fast hash of a text that is as short as the form.
// Kind one-answer: does not apply, since Sessions write no answer.
// Kind first-line: does not apply, since no later exercise builds on Sessions.
