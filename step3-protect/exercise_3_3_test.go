package protect_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	"example.com/bookapi/bookapitest/attack"
	"example.com/bookapi/bookapitest/forge"
	"example.com/bookapi/memory"
	protect "example.com/bookapi/step3-protect"
)

// A recorder is a handler behind the guard: it remembers who was let in.
type recorder struct{ seen []bookapi.User }

func (h *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, _ := bookapi.UserFrom(r.Context())
	attack.Note(r.Context(), "the next handler runs, as %q", user.Username)
	h.seen = append(h.seen, user)
	w.WriteHeader(http.StatusNoContent)
}

// A guarded is a guard with a recorder behind it.
type guarded struct {
	http.Handler
	behind *recorder
}

func guard(check *bookapitest.Check, users bookapi.UserStore) guarded {
	check.Helper()
	return guardBy(check, verifier, users)
}

func guardBy(check *bookapitest.Check, by protect.Verifier, users bookapi.UserStore) guarded {
	check.Helper()
	h := new(recorder)
	handler := protect.RequireUser(by, users)(h)
	require.NotNil(check.Needs("3.3").Promise("the middleware of RequireUser returns a handler"), handler)
	return guarded{handler, h}
}

// send gives a request to the guard, and returns the answer and who got in.
func (g guarded) send(check *bookapitest.Check, r *http.Request) (bookapitest.Answer, []bookapi.User) {
	check.Helper()
	g.behind.seen = nil
	return bookapitest.Send(check, g, r), g.behind.seen
}

// treat says in words what came of a request: "" for a refusal.
func (g guarded) treat(check *bookapitest.Check, r *http.Request) string {
	check.Helper()
	answer, seen := g.send(check, r)
	switch {
	case len(seen) == 0 && answer.Status/100 == 4:
		return ""
	case len(seen) == 0:
		return fmt.Sprintf("the answer is %d", answer.Status)
	}
	return fmt.Sprintf("the handler runs as %q, with the role %q", seen[0].Username, seen[0].Role)
}

// adaPasses makes sure that the honest caller passes.
func adaPasses(check *bookapitest.Check, g guarded) bookapi.User {
	check.Helper()
	needs := check.Needs("3.3")
	answer, seen := g.send(check, withAuthorization("Bearer "+issue(check, ada)))
	answer.Is(needs, http.StatusNoContent, "ada's token lets her pass")
	require.Len(needs.Promise("the handler behind the guard runs once"), seen, 1)
	require.Equal(needs.Promise("the handler finds ada with bookapi.UserFrom"), ada, seen[0].Username)
	return seen[0]
}

// refused demands of a request that it gets one 401, with a challenge, and that
// nothing comes after it. It returns the challenge.
func (g guarded) refused(check *bookapitest.Check, who string, r *http.Request) string {
	check.Helper()
	if answer, seen := g.send(check, attack.Clone(r)); len(seen) > 0 {
		check.Attack("%s reached the handler behind the guard as %q; the answer was %v", who, seen[0].Username, answer)
	}
	answer := check.AnswersOnce(g, r)
	answer.Is(check, http.StatusUnauthorized, "%s is refused", who)
	challenge := strings.ToLower(answer.Header.Get("WWW-Authenticate"))
	require.True(check.Promise("a 401 has the challenge WWW-Authenticate: Bearer (RFC 6750 §3), not %q", challenge),
		strings.HasPrefix(challenge, "bearer"))
	return challenge
}

func TestRequireUserTellsTheHandlerWhoCalls(t *testing.T) {
	bookapitest.Exercise(t, "3.3", func(check *bookapitest.Check) {
		g := guard(check, newStore(check))
		adaPasses(check, g)
		answer, seen := g.send(check, withAuthorization("Bearer "+issue(check, grace)))
		answer.Is(check, http.StatusNoContent, "grace's token lets her pass")
		require.Len(check.Promise("the handler behind the guard runs once"), seen, 1)
		require.Equal(check.Promise("the handler finds grace with bookapi.UserFrom"), grace, seen[0].Username)
	})
}

func TestRequireUserPassesTheRequestOn(t *testing.T) {
	bookapitest.Exercise(t, "3.3", func(check *bookapitest.Check) {
		store := newStore(check)
		adaPasses(check, guard(check, store))
		var got *http.Request
		var body string
		handler := protect.RequireUser(verifier, store)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			got, body = r, string(text)
		}))
		r := bearer(bookapitest.JSON("PUT", "/books/1?page=2", `{"title":"Kindred"}`), issue(check, ada))
		ctx, hangUp := context.WithCancel(bookapitest.Trace(check.Context()))
		defer hangUp()
		r = r.WithContext(ctx)
		asSent := attack.Clone(r)
		calls := store.During(func() { bookapitest.Send(check, handler, r) })
		require.NotNil(check.Promise("the handler behind the guard runs"), got)
		check.PassesHeadersOn(protect.RequireUser(verifier, store), asSent)
		require.Equal(check.Promise("the handler gets the request as it came"),
			"PUT /books/1?page=2 "+`{"title":"Kindred"}`,
			got.Method+" "+got.URL.String()+" "+body)
		through := bookapitest.Calls{{Method: "the handler", Ctx: got.Context()}}
		require.Empty(check.Promise("the context that the handler gets is made from the request's"),
			through.Outside(r.Context()))
		check.EndsWithTheClient(protect.RequireUser(verifier, store), attack.Clone(r))

		failed := attack.Record(protect.RequireUser(verifier,
			store)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			panic("the handler panics, because the test wants it to")
		})), r)
		require.True(check.Promise("a panic of the handler does not end as a success: %v", failed.Answer),
			failed.Panic != nil || failed.Answer.Status >= 500)

		hangUp()
		require.Empty(check.Promise("the store is asked in the request's context, which ends when the client goes "+
			"away"), calls.Outside(ctx))
	})
}

// Kinds: one-answer, first-line
func TestRequireUserRefusesStrangers(t *testing.T) {
	bookapitest.Exercise(t, "3.3", func(check *bookapitest.Check) {
		g := guard(check, newStore(check))
		adaPasses(check, g)
		challenge := g.refused(check, "a request without a token", withAuthorization())
		assert.NotContains(check.Promise("without a token the challenge has no error code (RFC 6750 §3.1)"), challenge,
			"error=")
		g.refused(check, "a request with the token behind another scheme",
			withAuthorization("Token "+issue(check, ada)))
		answer, _ := g.send(check, withAuthorization("Bearer "+issue(check, ada)))
		kept := withAuthorization()
		for _, cookie := range (&http.Response{Header: answer.Header}).Cookies() {
			kept.AddCookie(cookie)
		}
		g.refused(check, "a request without a token, but with the cookies of the answer to ada,", kept)
		guard(check, new(bookapitest.Store)).refused(check,
			"a request without a token, while nobody has an account yet,", withAuthorization())
	})
}

// Kinds: one-difference, one-answer
func TestRequireUserRefusesForgers(t *testing.T) {
	bookapitest.Exercise(t, "3.3", func(check *bookapitest.Check) {
		g := guard(check, newStore(check))
		adaPasses(check, g)
		for _, c := range []struct{ who, raw string }{
			{"mallory, who wrote grace's name into ada's token,", tampered(check)},
			{"ada, whose token ended an hour ago,", expired(check)},
			{"mallory, who sent no token but a word,", "mallory"},
		} {
			challenge := g.refused(check, c.who, withAuthorization("Bearer "+c.raw))
			require.Contains(check.Promise("a token that is not good is an invalid_token (RFC 6750 §3.1)"), challenge,
				"invalid_token")
		}
	})
}

// Kinds: routes
func TestRequireUserAsksForEveryMethod(t *testing.T) {
	bookapitest.Exercise(t, "3.3", func(check *bookapitest.Check) {
		g := guard(check, newStore(check))
		adaPasses(check, g)
		strangers := map[string]*http.Request{
			"a %s %s without a token":     withAuthorization(),
			"a %s %s with a forged token": withAuthorization("Bearer " + tampered(check)),
		}
		passes := func(method, path string) {
			for who, r := range bookapitest.Sorted(strangers) {
				answer, seen := g.send(check, attack.WithMethod(attack.WithTarget(r, path), method))
				if len(seen) > 0 {
					check.Attack(who+" reached the handler behind the guard as %q; the answer was %v", method, path,
						seen[0].Username, answer)
				}
			}
		}
		for _, path := range append(attack.Strays(), "/token", "/docs/docs.js", "/static/x.css", "/books/../token",
			"/public/books") {
			passes("GET", path)
			passes("POST", path)
		}
		for _, method := range attack.Methods() {
			passes(method, "/books")
			passes(method, "/books/1")
			answer, seen := g.send(check, attack.WithMethod(withAuthorization("Bearer "+issue(check, ada)), method))
			require.Len(check.Promise("ada's token lets her pass with the method %s too, not: %v", method, answer),
				seen, 1)
		}
	})
}

// Kinds: store-answers
func TestRequireUserRefusesTheDeleted(t *testing.T) {
	bookapitest.Exercise(t, "3.3", func(check *bookapitest.Check) {
		store := newStore(check)
		g := guard(check, store)
		adaPasses(check, g)
		request := withAuthorization("Bearer " + issue(check, grace))
		answer, _ := g.send(check, attack.Clone(request))
		answer.Is(check, http.StatusNoContent, "grace's token lets her pass")

		require.NoError(check, store.SetDisabled(check.Context(), grace, true, atNoon))
		if answer, _ := g.send(check, attack.Clone(request)); answer.Status == http.StatusNotFound ||
			answer.Status >= 500 {
			check.Broken("grace, whose account was disabled a minute ago, is refused: expected 401, got %v. The "+
				"store's error wraps bookapi.ErrNotFound: errors.Is finds it, and == does not", answer)
		}
		g.refused(check, "grace, whose account was disabled a minute ago,", attack.Clone(request))
		require.NoError(check, store.DeleteUser(check.Context(), grace))
		challenge := g.refused(check, "grace, whose account was deleted a minute ago,", request)
		assert.Contains(check.Promise("the token of a user who is gone is an invalid_token (RFC 6750 §3.1)"), challenge,
			"invalid_token")
		for _, name := range []string{"admin", "root", "system", "service", "guest", "anonymous", "test", "health",
			"bookapi"} {
			g.refused(check, name+", who has no account,", withAuthorization("Bearer "+issue(check, name)))
		}
	})
}

// Kinds: claim-places
func TestRequireUserLoadsTheRow(t *testing.T) {
	bookapitest.Exercise(t, "3.3", func(check *bookapitest.Check) {
		store := newStore(check)
		g := guard(check, store)
		seen := adaPasses(check, g)
		stored, err := store.User(check.Context(), ada)
		require.NoError(check, err)
		require.Equal(check.Promise("the user in the context is the row in the store, whole"), stored, seen)

		raw := issueBy(check, issuer, bookapi.User{Username: ada, Role: bookapi.RoleAdmin}) // until an hour ago
		answer, all := g.send(check, withAuthorization("Bearer "+raw))
		answer.Is(check, http.StatusNoContent, "a token of ada's from before her role changed lets her pass")
		if all[0].Role != bookapi.RoleReader {
			check.Attack("ada's role was taken from her an hour ago, and her token of before makes her %q still",
				all[0].Role)
		}
	})
}

// meets sends the request of a user whom the guard cannot look up.
func meets(check *bookapitest.Check, store *bookapitest.Store, g guarded, who, says string, fault bookapitest.Fault) {
	check.Helper()
	g.behind.seen = nil
	r := withAuthorization("Bearer " + issue(check, who))
	r = r.WithContext(fault.Context(bookapitest.Trace(r.Context())))
	var exchange attack.Exchange
	calls := store.During(func() {
		bookapitest.Capture(func(*bookapitest.Outlets) { // the log of faults is not for the learner
			exchange = attack.Record(g, r)
		})
	})
	if outside := calls.Outside(r.Context()); len(outside) > 0 {
		check.Broken("if the store's %s, it is asked in the request's context all the same, which ends when the "+
			"client goes away; it was asked for %v in another", says, outside[0])
	}
	answer := exchange.Answer
	if len(g.behind.seen) > 0 {
		check.Attack("the store's %s, so the guard cannot know who is left, and %q reached the handler; the answer "+
			"was %v",
			says, g.behind.seen[0].Username, answer)
	}
	if strings.Contains(fmt.Sprint(answer.Header, answer.Body), bookapitest.DatabaseAddress) {
		check.Attack("mallory reads in the answer how our database is reached: %v", answer)
	}
	if len(exchange.Faults) > 0 {
		check.Broken("if the store's %s, there is one answer, and then it ends: %s", says, exchange.Faults[0])
	}
	switch {
	case fault.IsNotFound():
		answer.Is(check, http.StatusUnauthorized, "if the store's %s, the user is gone", says)
	case errors.Is(fault.Err, context.Canceled):
		require.GreaterOrEqual(check.Promise("if the store's %s, that is no success: %v", says, answer), answer.Status,
			400)
	case !fault.Panics:
		answer.IsClass(check, 5, "if the store's %s, that is the server's fault", says)
	}
	if errors.Is(fault.Err, bookapi.ErrUnavailable) {
		answer.Is(check, http.StatusServiceUnavailable, "if the store's %s, the answer is rest.WriteError's for that "+
			"error, which is found in it with errors.Is", says)
	}
}

// Kinds: store-answers, one-answer, outlets
func TestRequireUserStaysShutWhenTheStoreFails(t *testing.T) {
	bookapitest.Exercise(t, "3.3", func(check *bookapitest.Check) {
		store := newStore(check)
		g := guard(check, store)
		calls := store.During(func() { adaPasses(check, g) })
		for says, fault := range bookapitest.StoreFaults(calls.Methods()...) {
			store.Inject(fault)
			meets(check, store, g, ada, says, fault)
			meets(check, store, g, grace, says, fault)
		}
		store.Inject(bookapitest.Fault{})
		adaPasses(check, g)
	})
}

// Kinds: store-answers, cost
func TestRequireUserAsksNobodyAboutForgers(t *testing.T) {
	bookapitest.Exercise(t, "3.3", func(check *bookapitest.Check) {
		store := newStore(check)
		g := guard(check, store)
		adaPasses(check, g)
		for who, raw := range bookapitest.Sorted(map[string]string{"a stranger's request": "",
			"a forged token": tampered(check), "a token that has ended": expired(check)}) {
			r := withAuthorization("Bearer " + raw)
			if raw == "" {
				r = withAuthorization()
			}
			calls := store.During(func() { g.send(check, r) })
			require.Empty(check.Promise("for %s the store is not asked: nothing in it counts before its signature does",
				who), calls)
		}
	})
}

// Kinds: one-answer
func TestRequireUserDoesNotTellWhatWasWrong(t *testing.T) {
	bookapitest.Exercise(t, "3.3", func(check *bookapitest.Check) {
		store := newStore(check)
		g := guard(check, store)
		adaPasses(check, g)
		unknown, err := forge.Parse(issue(check, ada))
		require.NoError(check, err)
		require.NoError(check, store.CreateUser(check.Context(),
			bookapi.User{Username: "edith", PasswordHash: "e", Role: bookapi.RoleReader}))
		require.NoError(check, store.SetDisabled(check.Context(), "edith", true, atNoon))
		forged := withAuthorization("Bearer " + tampered(check))
		for how, raw := range bookapitest.Sorted(map[string]string{
			"was signed and has ended": expired(check),
			"names a key that we have": unknown.WithHeader("kid", "nobody").Signed(nil),
			"was signed and names somebody": adaSigned(check, func(t forge.Token) forge.Token {
				return t.WithClaim("sub", "")
			}),
			"is of an account that is gone":     issue(check, "nobody"),
			"is of an account that is disabled": issue(check, "edith"),
		}) {
			check.SameAnswer(g, forged, withAuthorization("Bearer "+raw), "whether a token "+how)
		}
	})
}

// Kinds: cost, one-answer
func TestRequireUserRefusesWithoutReadingTheBody(t *testing.T) {
	bookapitest.Exercise(t, "3.3", func(check *bookapitest.Check) {
		store := newStore(check)
		g := guard(check, store)
		adaPasses(check, g)
		put := func(values ...string) *http.Request {
			r := attack.WithTarget(attack.WithMethod(withAuthorization(values...), "PUT"), "/books/1")
			return attack.WithHeader(r, "Content-Type", "application/json")
		}
		check.LeavesBody(g, "mallory, without a token,", put())
		check.LeavesBody(g, "mallory, with a forged token,", put("Bearer "+tampered(check)))
		check.LeavesBody(g, "mallory, with a token that has ended,", put("Bearer "+expired(check)))
		check.LeavesBody(g, "mallory, whose account is gone,", put("Bearer "+issue(check, "nobody")))
	})
}

// Kinds: claim-places
func TestRequireUserBelievesNoOtherClaim(t *testing.T) {
	bookapitest.Exercise(t, "3.3", func(check *bookapitest.Check) {
		store := newStore(check)
		adaPasses(check, guard(check, store))
		claims := attack.Claims(attack.Identity{Username: grace, Password: bookapitest.GracePassword,
			Token: issue(check, grace)})
		treat := func(r *http.Request) string { return guard(check, store).treat(check, r) }
		for _, raw := range []string{"", issue(check, ada), tampered(check)} {
			for _, bare := range []*http.Request{
				withAuthorization(),
				bookapitest.Request("OPTIONS", "/books"),
				bookapitest.Form("/books", url.Values{"title": {"Kindred"}}),
				bookapitest.JSON("POST", "/books", `{"title":"Kindred"}`),
			} {
				if raw != "" {
					bearer(bare, raw)
				}
				check.IgnoresClaims(bare, claims, treat)
			}
		}
		ignoresClaims(check, withAuthorization(), claims, treat)

		// Whatever stands in front has put a user into the context, for reasons of its own.
		inFront := func(r *http.Request) *http.Request {
			row, err := store.User(check.Context(), grace)
			require.NoError(check, err)
			return r.WithContext(bookapi.WithUser(r.Context(), row))
		}
		for what, raw := range bookapitest.Sorted(map[string]string{
			"without a token": "", "with a forged token": tampered(check),
		}) {
			r := withAuthorization()
			if raw != "" {
				bearer(r, raw)
			}
			if got := treat(inFront(r)); got != "" {
				check.Attack("mallory came %s, a cache in front had put grace into the context, and %s", what, got)
			}
		}
	})
}

// An entrance is a world for bookapitest.Orders: a guard, a store and one caller.
type entrance struct {
	guarded
	check  *bookapitest.Check
	store  *bookapitest.Store
	caller string
	token  string
}

func (w *entrance) SetRole(role bookapi.Role) {
	require.NoError(w.check, w.store.SetRole(w.check.Context(), w.caller, role))
}

// Kinds: store-answers
func TestRequireUserRemembersNothing(t *testing.T) {
	bookapitest.Exercise(t, "3.3", func(check *bookapitest.Check) {
		adaPasses(check, guard(check, newStore(check)))
		type step = bookapitest.Step[*entrance]
		event := func(name string, request func(*entrance) *http.Request) step {
			return step{Name: name, Do: func(w *entrance) { attack.Record(w, request(w)) }}
		}
		fault := func(name string, err error, panics bool) step {
			return step{Name: name, Do: func(w *entrance) {
				for _, f := range bookapitest.StoreFaults("User") {
					if f.Panics == panics && (panics || f.Err == err) {
						w.store.Inject(f)
						bookapitest.Capture(func(*bookapitest.Outlets) {
							attack.Record(w, withAuthorization("Bearer "+w.token))
						})
						w.store.Inject(bookapitest.Fault{})
						return
					}
				}
			}}
		}
		steps := []step{
			event("a request without a token", func(*entrance) *http.Request { return withAuthorization() }),
			event("a forged token", func(*entrance) *http.Request {
				return withAuthorization("Bearer " + tampered(check))
			}),
			event("a request of grace's", func(*entrance) *http.Request {
				return withAuthorization("Bearer " + issue(check, grace))
			}),
			event("a token of a user who is gone", func(*entrance) *http.Request {
				return withAuthorization("Bearer " + issue(check, "nobody"))
			}),
			event("a request of the same caller's", func(w *entrance) *http.Request {
				return withAuthorization("Bearer " + w.token)
			}),
			fault("the store was unavailable", bookapi.ErrUnavailable, false),
			fault("the store panicked", nil, true),
			{Name: "the caller became an administrator", Changes: true, Do: func(w *entrance) {
				w.SetRole(bookapi.RoleAdmin)
			}},
			{Name: "the caller became a reader", Changes: true, Do: func(w *entrance) {
				w.SetRole(bookapi.RoleReader)
			}},
			{Name: "the account was disabled", Changes: true, Do: func(w *entrance) {
				require.NoError(w.check, w.store.SetDisabled(w.check.Context(), w.caller, true, atNoon))
			}},
			{Name: "the account was enabled", Changes: true, Do: func(w *entrance) {
				require.NoError(w.check, w.store.SetDisabled(w.check.Context(), w.caller, false, atNoon))
			}},
		}
		world := func(caller string) *entrance {
			store := newStore(check)
			require.NoError(check, store.CreateUser(check.Context(),
				bookapi.User{Username: caller, PasswordHash: "c", Role: bookapi.RoleReader}))
			return &entrance{guard(check, store), check, store, caller, issue(check, caller)}
		}
		for who, request := range bookapitest.Sorted(map[string]func(*entrance) *http.Request{
			"a caller": func(w *entrance) *http.Request {
				return withAuthorization("Bearer " + w.token)
			},
			"a caller without a token": func(*entrance) *http.Request { return withAuthorization() },
			"a caller with the token tampered": func(w *entrance) *http.Request {
				return withAuthorization("Bearer " + w.token[:len(w.token)-4] + "AAAA")
			},
		}) {
			err := bookapitest.Orders(world, func(w *entrance) string {
				answer, seen := w.send(check, request(w))
				if len(seen) == 0 {
					return fmt.Sprintf("refused with %d", answer.Status)
				}
				return fmt.Sprintf("let in as %s, who has the role %s", seen[0].Username, seen[0].Role)
			}, steps...)
			if err != nil {
				check.Attack("the guard keeps something from one request for the next, and mallory waits for it: "+
					"%s, %v", who, err)
			}
		}
	})
}

// An unlucky store fails for one caller, and pauses when its error is looked at.
type unlucky struct {
	*bookapitest.Store
	pause func()
}

func (s unlucky) User(ctx context.Context, username string) (bookapi.User, error) {
	if username == "unlucky" {
		return bookapi.User{}, bookapitest.PausingError(errors.New("the connection broke"), s.pause)
	}
	return s.Store.User(ctx, username)
}

// firstFails is a store whose first call pauses and then fails, while all others are
// answered honestly.
type firstFails struct {
	bookapi.UserStore
	calls atomic.Int64
	pause func()
	fail  func(context.Context) error
}

func (s *firstFails) User(ctx context.Context, username string) (bookapi.User, error) {
	if s.calls.Add(1) > 1 {
		return s.UserStore.User(ctx, username)
	}
	s.pause()
	return bookapi.User{}, s.fail(ctx)
}

// Kinds: several-callers, store-answers
func TestRequireUserAsksTheStoreForEachRequest(t *testing.T) {
	bookapitest.Exercise(t, "3.3", func(check *bookapitest.Check) {
		store := newStore(check)
		adaPasses(check, guard(check, store))
		raw := issue(check, ada)
		for what, fail := range bookapitest.Sorted(map[string]func(context.Context) error{
			"the client hangs up":   context.Context.Err,
			"the connection breaks": func(context.Context) error { return errors.New("the connection broke") },
			"the store panics": func(context.Context) error {
				panic("the store panics, because the test wants it to")
			},
		}) {
			var err error
			bookapitest.Capture(func(*bookapitest.Outlets) { // the log of faults is not for the learner
				_, err = bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
					ctx, hangUp := context.WithCancel(context.Background())
					failing := &firstFails{UserStore: store, pause: func() { pause(); hangUp() }, fail: fail}
					h := protect.RequireUser(verifier, failing)(new(recorder))
					first := func() error {
						attack.Record(h, withAuthorization("Bearer "+raw).WithContext(ctx))
						return nil
					}
					second := func() error {
						got := attack.Record(h, withAuthorization("Bearer "+raw))
						if got.Answer.Status != http.StatusNoContent {
							return fmt.Errorf("%v", got.Answer)
						}
						return nil
					}
					return first, second
				})
			})
			if err != nil {
				check.Attack("two requests of ada's come at the same time; of the first %s, and the second, "+
					"which asks the store as well, gets its failure: %v", what, err)
			}
		}
	})
}

// A meeting is a store at which two callers get their rows in the same microsecond.
type meeting struct{ bookapi.UserStore }

type meetingKey struct{}

func (s meeting) User(ctx context.Context, username string) (bookapi.User, error) {
	row, err := s.UserStore.User(ctx, username)
	if meet, ok := ctx.Value(meetingKey{}).(func()); ok {
		meet()
	}
	return row, err
}

// Kinds: several-callers
func TestRequireUserKeepsRequestsApart(t *testing.T) {
	bookapitest.Exercise(t, "3.3", func(check *bookapitest.Check) {
		store := newStore(check)
		adaPasses(check, guard(check, store))
		tokens := map[string]string{ada: issue(check, ada), grace: issue(check, grace), "a stranger": "",
			"mallory": tampered(check), "unlucky": issue(check, "unlucky")}
		for _, pair := range [][2]string{
			{ada, grace}, {grace, ada}, {"a stranger", grace}, {"mallory", grace}, {"unlucky", grace}, {ada,
				"a stranger"}, {ada, "unlucky"},
		} {
			var err error
			bookapitest.Capture(func(*bookapitest.Outlets) { // the log of faults is not for the learner
				_, err = bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
					store := unlucky{newStore(check), pause}
					store.After("User", 1, pause)
					by := protect.Verifier{Keys: verifier.Keys, Now: func() time.Time { pause(); return noon }}
					handler := protect.RequireUser(by,
						store)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						pause()
						user, _ := bookapi.UserFrom(r.Context())
						_, _ = io.WriteString(w, user.Username)
					}))
					send := func(who string, pause func()) func() error {
						return func() error {
							r := withAuthorization("Bearer " + tokens[who])
							want := who
							if tokens[who] == "" {
								r = withAuthorization()
							}
							if who != ada && who != grace {
								want = "nobody"
							}
							answer, err := bookapitest.SendPausing(handler, r, pause)
							got := answer.Body
							if answer.Status != http.StatusOK {
								got = "nobody"
							}
							if err != nil || got != want {
								return fmt.Errorf("%s's request ran as %s, %v", who, got, err)
							}
							return nil
						}
					}
					return send(pair[0], pause), send(pair[1], func() {})
				})
			})
			if err != nil {
				check.Attack("two requests came at the same time, and one caller became another: %v", err)
			}
		}
		guard := protect.RequireUser(verifier, meeting{store})
		g := guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			user, _ := bookapi.UserFrom(r.Context())
			_, _ = io.WriteString(w, user.Username)
		}))
		err := bookapitest.Collide(200, func(caller int, meet func()) error {
			check.Alive()
			who := []string{ada, grace}[caller]
			r := withAuthorization("Bearer " + tokens[who])
			answer := attack.Record(g, r.WithContext(context.WithValue(r.Context(), meetingKey{}, meet))).Answer
			if answer.Body != who {
				return fmt.Errorf("%s's request ran as %v", who, answer)
			}
			return nil
		})
		if err != nil {
			check.Attack("two requests came at the same time, and one caller became another: %v", err)
		}
		err = bookapitest.Hammer(4, 50, func(caller int) error {
			who := []string{ada, grace, "a stranger", "mallory"}[caller]
			answer := attack.Record(g, withAuthorization("Bearer "+tokens[who])).Answer
			if inside := answer.Status == http.StatusOK; inside != (caller < 2) || inside && answer.Body != who {
				return fmt.Errorf("%s got %v", who, answer)
			}
			return nil
		})
		if err != nil {
			check.Attack("several requests came at the same time, and one caller became another: %v", err)
		}
	})
}

// Kinds: outlets
func TestRequireUserTellsNoSecret(t *testing.T) {
	bookapitest.Exercise(t, "3.3", func(check *bookapitest.Check) {
		store := newStore(check)
		g := guard(check, store)
		adaPasses(check, g)
		good, old, forged, gone := issue(check, ada), expired(check), tampered(check), issue(check, "nobody")
		out := bookapitest.Capture(func(out *bookapitest.Outlets) {
			send := func(r *http.Request) { out.Answer(attack.Record(g, r).Answer) }
			for _, raw := range []string{good, old, forged, gone, good + "x"} {
				send(withAuthorization("Bearer " + raw))
			}
			send(withAuthorization(good))
			send(withAuthorization("Bearer "+good, "Bearer "+good))
			for _, fault := range bookapitest.StoreFaults("User") {
				store.Inject(fault)
				r := withAuthorization("Bearer " + good)
				send(r.WithContext(fault.Context(context.Background())))
			}
			store.Inject(bookapitest.Fault{})
		})
		row, err := store.User(check.Context(), ada)
		require.NoError(check, err)
		err = out.Find(
			bookapitest.SignedToken("ada's token",
				good), bookapitest.SignedToken("a token that has ended here, and may be good elsewhere", old),
			bookapitest.SignedToken("a token that is refused here, and may be good elsewhere", forged),
			bookapitest.SignedToken("the token of a user who is gone", gone),
			bookapitest.StoredHash("ada's password hash", row.PasswordHash), bookapitest.SigningKey("the signing key",
				keyA.Secret))
		if err != nil {
			check.Attack("mallory reads %v", err)
		}
	})
}

// Kinds: cost
func TestRequireUserKeepsNothingOfAStranger(t *testing.T) {
	bookapitest.Exercise(t, "3.3", func(check *bookapitest.Check) {
		adaPasses(check, guard(check, newStore(check)))
		ours, err := forge.Parse(issue(check, ada))
		require.NoError(check, err)
		store := new(memory.Store) // not bookapitest.Store, which keeps all calls
		require.NoError(check, store.CreateUser(check.Context(),
			bookapi.User{Username: ada, PasswordHash: "a", Role: bookapi.RoleReader}))
		g := guard(check, store)
		for what, request := range bookapitest.Sorted(map[string]func(n int) *http.Request{
			"forged tokens": func(n int) *http.Request {
				return withAuthorization("Bearer " + ours.WithClaim("n", n).Signed([]byte(forge.MallorysKey)))
			},
			"requests without a token, from many addresses": func(n int) *http.Request {
				r := withAuthorization()
				r.RemoteAddr = fmt.Sprintf("203.0.%d.%d:%d", n/256, n%256, 1024+n)
				r.Header.Set("User-Agent", fmt.Sprint("agent ", n))
				return r
			},
			"words in place of a token": func(n int) *http.Request {
				return withAuthorization(fmt.Sprint("Bearer word-", n))
			},
		}) {
			if err := bookapitest.Grows(300, func(n int) { attack.Record(g, request(n)) }); err != nil {
				check.Attack("mallory sends %s until the memory is full: %v", what, err)
			}
		}
		adaPasses(check, g) // after some thousand refusals, too
	})
}

// Kind randomness: does not apply, since RequireUser draws nothing.
