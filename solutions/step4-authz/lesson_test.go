package authz_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	"example.com/bookapi/bookapitest/attack"
	token "example.com/bookapi/step2-token"
	protect "example.com/bookapi/step3-protect"
)

// TestMain keeps the server's log, in which deny.go writes who was refused, out
// of the failures. What you print with fmt or log to find a mistake stays.
func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	log.SetOutput(os.Stderr)
	m.Run()
}

// The callers in every example, and one without a token.
const (
	ada      = bookapitest.Ada
	mallory  = bookapitest.Mallory
	grace    = bookapitest.Grace
	stranger = ""
)

// name is a caller in a sentence.
func name(caller string) string { return cmp.Or(caller, "mallory, without a token,") }

// noon is when the tests take place; no test looks at the real clock.
var noon = time.Date(2031, time.March, 14, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

// The key is long enough for any HMAC.
var (
	key = token.Key{ID: "key-a",
		Secret: []byte("sixty-four bytes that only this test knows, and no other program")}
	issuer   = token.Issuer{Key: key, Lifetime: 15 * time.Minute, Now: atNoon}
	verifier = protect.Verifier{Keys: []token.Key{key}, Now: atNoon}
)

// newStore returns a store in which ada and mallory are readers and grace is the
// administrator, with one book for each creator, numbered from 1.
func newStore(check *bookapitest.Check, creators ...string) *bookapitest.Store {
	check.Helper()
	store := new(bookapitest.Store)
	addUser(check, store, ada, bookapi.RoleReader)
	addUser(check, store, mallory, bookapi.RoleReader)
	addUser(check, store, grace, bookapi.RoleAdmin)
	for _, creator := range creators {
		addBook(check, store, creator)
	}
	return store
}

func addUser(check *bookapitest.Check, store bookapi.UserStore, username string, role bookapi.Role) {
	check.Helper()
	row := bookapi.User{Username: username, PasswordHash: hashOf(username), Role: role}
	require.NoError(check, store.CreateUser(check.Context(), row))
}

// hashOf stands where a user's password hash would. Nobody logs in here with a
// password, so it need not be of one.
func hashOf(username string) string {
	return "$2a$12$TheHashThatStandsInTheRowOf" + username + "AndIsNoCallersBusiness"
}

func addBook(check *bookapitest.Check, store bookapi.BookStore, creator string) {
	check.Helper()
	_, err := store.CreateBook(check.Context(), bookapi.Book{
		Title: "Kindred", Author: "Octavia E. Butler", Year: 1979, CreatedBy: creator,
	})
	require.NoError(check, err)
}

// issue returns a caller's token, as the learner's own issuer signed it at noon:
// grace's says that she is an administrator, all others that they are readers.
func issue(check *bookapitest.Check, caller string) string {
	check.Helper()
	user := bookapi.User{Username: caller, Role: bookapi.RoleReader}
	if caller == grace {
		user.Role = bookapi.RoleAdmin
	}
	raw, err := issuer.Issue(user)
	require.NoError(check.Needs("2.1").Promise("Issue signs a token, on which step 4 builds"), err)
	return raw
}

// as adds a caller's token to a request. A stranger has none.
func as(check *bookapitest.Check, caller string, r *http.Request) *http.Request {
	check.Helper()
	if caller != stranger {
		r.Header.Set("Authorization", "Bearer "+issue(check, caller))
	}
	return r
}

// knownAs returns the request as a guard gets it: with the user in the context.
func knownAs(username string, role bookapi.Role, r *http.Request) *http.Request {
	return r.WithContext(bookapi.WithUser(r.Context(), bookapi.User{Username: username, Role: role}))
}

// wrap puts middleware of the learner's in front of a handler.
func wrap(check *bookapitest.Check, exercise, f string, guard func(http.Handler) http.Handler,
	h http.Handler) http.Handler {
	check.Helper()
	needs := check.Needs(exercise)
	require.NotNil(needs.Promise("%s returns middleware, not nil", f), guard)
	handler := guard(h)
	require.NotNil(needs.Promise("the middleware of %s returns a handler, not nil", f), handler)
	return handler
}

// A recorder is a handler behind a guard: it remembers who was let in.
type recorder struct{ seen []bookapi.User }

func (h *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, _ := bookapi.UserFrom(r.Context())
	attack.Note(r.Context(), "the next handler runs, as %q", user.Username)
	h.seen = append(h.seen, user)
	w.WriteHeader(http.StatusNoContent)
}

// A guarded handler is a guard with a recorder behind it.
type guarded struct {
	http.Handler
	behind *recorder
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

// passes demands that a caller gets through the guard, once.
func (g guarded) passes(check *bookapitest.Check, who string, r *http.Request) bookapi.User {
	check.Helper()
	answer, seen := g.send(check, r)
	answer.Is(check, http.StatusNoContent, "%s passes the guard", who)
	require.Len(check.Promise("the handler behind the guard runs once for %s", who), seen, 1)
	return seen[0]
}

// refused demands of a request that it gets one answer, with one of the
// statuses, and that nothing comes after it.
func (g guarded) refused(check *bookapitest.Check, who string, r *http.Request, statuses ...int) bookapitest.Answer {
	check.Helper()
	g.behind.seen = nil
	passed := attack.Record(g, attack.Clone(r)).Answer
	if seen := g.behind.seen; len(seen) > 0 && passed.Status == http.StatusNoContent { // not a return that is missing
		check.Attack("%s got past the guard; the handler ran as %q, and the answer was %v", who, seen[0].Username,
			passed)
	}
	answer := check.AnswersOnce(g, r)
	answer.IsOneOf(check, statuses, "%s is refused", who)
	if answer.Status == http.StatusUnauthorized {
		challenge := answer.Header.Get("WWW-Authenticate")
		require.True(check.Promise("a 401 has the challenge WWW-Authenticate: Bearer (RFC 6750 §3), not %q", challenge),
			strings.HasPrefix(strings.ToLower(challenge), "bearer"))
	}
	return answer
}

// entered says in words who got in with a request, as an answer for Orders.
func (g guarded) entered(check *bookapitest.Check, r *http.Request) string {
	check.Helper()
	answer, seen := g.send(check, r)
	if len(seen) == 0 {
		return fmt.Sprintf("refused with %d", answer.Status)
	}
	return fmt.Sprintf("let in as %s, who has the role %s", seen[0].Username, seen[0].Role)
}

// claims are all that mallory can say to be somebody else, with the password and
// the token of that user where nobody asks for them.
func claims(check *bookapitest.Check, username string) []attack.Claim {
	check.Helper()
	password := map[string]string{ada: bookapitest.AdaPassword, grace: bookapitest.GracePassword}[username]
	return attack.Claims(attack.Identity{Username: username, Password: password, Token: issue(check, username)})
}

// otherRoles are texts in a row that are not the role, and look like it.
func otherRoles(role bookapi.Role) (others []bookapi.Role) {
	word := string(role)
	for _, other := range []string{
		"", " ", "*", "%", "-", "0", "true", "null", "root", "owner", "superuser", "editor",
		word + "istrator", "super" + word, "non-" + word, "no" + word,
		word + "s", word + "2", word[:3], word[:1], word[1:], strings.ToUpper(word),
		strings.ToUpper(word[:1]) + word[1:],
		" " + word, word + " ", "\t" + word, word + "\n", word + "\x00", "\x00" + word, word + "\u200b", "\ufeff" +
			word, word + ".", word + ";", `"` + word + `"`,
		"guest," + word, word + ",guest", "guest " + word, word + "|guest", `["` + word + `"]`, "role:" + word,
		word + ":read",
		strings.Replace(word, "a", "а", 1), strings.Replace(word, "a", "ａ", 1), strings.Repeat(word, 2),
	} {
		others = append(others, bookapi.Role(other))
	}
	return others
}

// A visit is a request, and as whom the handler behind the guard runs for it:
// as nobody, if it is refused.
type visit struct {
	who     string
	request func() *http.Request
	runsAs  string
}

const nobody = "nobody"

// keepsApart lets each visitor overtake each other one at every point, and then
// all come at the same time, some times.
func keepsApart(check *bookapitest.Check, times int, build func(pause func()) http.Handler, visits ...visit) {
	check.Helper()
	come := func(h http.Handler, v visit, pause func()) error {
		answer, err := bookapitest.SendPausing(h, v.request(), pause)
		got := answer.Body
		if answer.Status != http.StatusOK {
			got = nobody
		}
		if err != nil || got != v.runsAs {
			return fmt.Errorf("%s came, and the handler ran as %s, %w", v.who, got,
				cmp.Or[error](err, errInstead(v.runsAs)))
		}
		return nil
	}
	for i, slow := range visits {
		for _, quick := range slices.Delete(slices.Clone(visits), i, i+1) {
			_, err := bookapitest.Overtake(func(pause func()) (func() error, func() error) {
				h := build(pause)
				return func() error { return come(h, slow, pause) }, func() error { return come(h, quick, func() {}) }
			})
			if err != nil {
				check.Attack("while the request of %s is under way, one of %s comes by: %v", slow.who, quick.who, err)
			}
		}
	}
	err := meet(build(func() {}), visits, times)
	if err != nil {
		check.Attack("several requests came at the same time: %v", err)
	}
}

// meet has all visitors come at the same time, often and with little else to do,
// as two have to meet between two lines of the guard.
func meet(h http.Handler, visits []visit, times int) error {
	return bookapitest.Hammer(len(visits), 1, func(caller int) error {
		v := visits[caller]
		r, answer := v.request(), &answer{header: make(http.Header)}
		for range times {
			answer.status, answer.body = http.StatusOK, nil
			h.ServeHTTP(answer, r)
			if inside := answer.status == http.StatusOK; inside != (v.runsAs != nobody) || inside &&
				string(answer.body) != v.runsAs {
				return fmt.Errorf("%s came, and the answer was %d %s, %w", v.who, answer.status,
					strings.TrimSpace(string(answer.body)), errInstead(v.runsAs))
			}
		}
		return nil
	})
}

// An answer is a http.ResponseWriter that costs little.
type answer struct {
	header http.Header
	status int
	body   []byte
}

func (a *answer) Header() http.Header    { return a.header }
func (a *answer) WriteHeader(status int) { a.status = status }

func (a *answer) Write(b []byte) (int, error) {
	a.body = append(a.body, b...)
	return len(b), nil
}

type errInstead string

func (e errInstead) Error() string { return "instead of as " + string(e) }

// echo answers with the name of the user whom the guard let in.
func echo(pause func()) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pause()
		user, _ := bookapi.UserFrom(r.Context())
		_, _ = io.WriteString(w, user.Username)
	})
}

// tellsTheLog demands of refusals that the log tells of each who sent it, forges
// no line, and keeps the secrets of all. send sends them all to path.
func tellsTheLog(check *bookapitest.Check, refusals int, send func(out *bookapitest.Outlets, path string)) {
	check.Helper()
	const forged = "level=INFO msg=harmless"
	out := bookapitest.Capture(func(out *bookapitest.Outlets) {
		send(out, "/users%0A"+strings.ReplaceAll(forged, " ", "%20"))
	})
	told := make(map[bool]int) // Capture writes what slog logs in two formats
	for _, outlet := range []string{"the log", "the standard output", "the standard error output"} {
		for line := range strings.Lines(out.Text(outlet)) {
			if strings.HasPrefix(line, forged) {
				check.Attack("mallory sent a path with a line break, and wrote a line of her own into %s (ASVS "+
					"16.4.1): %q", outlet, line)
			}
			if strings.Contains(line, mallory) {
				told[strings.HasPrefix(line, "{")]++
			}
		}
	}
	if lines := max(told[true], told[false]); lines < refusals {
		check.Attack("mallory was refused %d times, and may go on trying: %d lines in the log say so (ASVS 16.3.2)",
			refusals, lines)
	}
	var secrets []bookapitest.Secret
	for _, caller := range []string{ada, mallory, grace} {
		secrets = append(secrets, bookapitest.SignedToken("the token of "+caller, issue(check, caller)),
			bookapitest.StoredHash("the password hash of "+caller, hashOf(caller)))
	}
	if err := out.Find(secrets...); err != nil {
		check.Attack("a refused request was logged and answered, and somebody reads %v", err)
	}
}

// passesOn demands that the handler behind a guard gets the request as it came.
// serve puts the guard in front of it.
func passesOn(check *bookapitest.Check, store *bookapitest.Store, r *http.Request, body string,
	serve func(http.Handler) http.Handler) {
	check.Helper()
	type got struct {
		line, body string
		ctx        context.Context
	}
	var all []got
	handler := serve(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		line := r.Method + " " + r.URL.String() + " id=" + r.PathValue("id")
		all = append(all, got{line, string(text), r.Context()})
	}))
	ctx, hangUp := context.WithCancel(bookapitest.Trace(r.Context()))
	defer hangUp()
	r = r.WithContext(ctx)
	line := r.Method + " " + r.URL.String()
	calls := store.During(func() { bookapitest.Send(check, handler, r) })
	require.Len(check.Promise("the handler behind the guard runs once"), all, 1)
	require.Contains(check.Promise("the handler gets method and path as they came"), all[0].line, line)
	require.Equal(check.Promise("the handler can read the whole body"), body, all[0].body)
	through := bookapitest.Calls{{Method: "the handler", Ctx: all[0].ctx}}
	require.Empty(check.Promise("the context that the handler gets is made from the request's"),
		through.Outside(r.Context()))
	check.PassesHeadersOn(serve, attack.Clone(r))
	check.EndsWithTheClient(serve, attack.Clone(r))
	hangUp()
	require.Empty(check.Promise("the store is asked in the request's context, which ends when the client goes away"),
		calls.Outside(ctx))
}
