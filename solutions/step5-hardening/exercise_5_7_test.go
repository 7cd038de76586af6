package hardening_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/bookapitest"
	"example.com/bookapi/bookapitest/attack"
	token "example.com/bookapi/step2-token"
	hardening "example.com/bookapi/step5-hardening"
)

const mallorysAddress = "198.51.100.66"

// storedHash is what an authenticator returns with the user.
const storedHash = "$2a$12$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"

// A journal is a log that the test reads.
type journal struct {
	hardening.Audit
	mu      sync.Mutex
	text    bytes.Buffer
	handler http.Handler // of Requests, for all requests of a test
	status  int          // which the handler behind it answers
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// newJournal returns the journal of an API where a login ends as verdict says.
func newJournal(verdict error) *journal {
	j := new(journal)
	handler := slog.NewJSONHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug})
	j.Audit = hardening.Audit{Log: slog.New(hardening.NewLogHandler(handler)), Next: ending(verdict)}
	return j
}

// ending is an authenticator that always says the same.
func ending(verdict error) token.Authenticator {
	return func(_ context.Context, username, _ string) (bookapi.User, error) {
		if verdict != nil {
			return bookapi.User{}, verdict
		}
		return bookapi.User{Username: username, PasswordHash: storedHash}, nil
	}
}

// A logLine is one line of a log: its fields, those of groups as "group.field".
type logLine map[string]string

func (l logLine) has(value string) bool {
	return slices.Contains(slices.Collect(maps.Values(l)), value)
}

// mentions reports whether a value has a word in it: "401" in "401 Unauthorized".
func (l logLine) mentions(word string) bool {
	for name, value := range l {
		if name != "time" && slices.Contains(strings.FieldsFunc(value,
			func(r rune) bool { return strings.ContainsRune(" ,:=()", r) }), word) {
			return true
		}
	}
	return false
}

func (l logLine) read(prefix string, fields map[string]any) {
	for name, value := range fields {
		if group, ok := value.(map[string]any); ok {
			l.read(prefix+name+".", group)
			continue
		}
		l[prefix+name] = fmt.Sprint(value)
	}
}

// lines are the lines of the journal so far.
func (j *journal) lines() (lines []logLine) {
	for text := range strings.Lines(j.String()) {
		fields, line := make(map[string]any), make(logLine)
		if json.Unmarshal([]byte(text), &fields) == nil {
			line.read("", fields)
		}
		lines = append(lines, line)
	}
	return lines
}

// onlyLine demands that what has happened left one line.
func (j *journal) onlyLine(check *bookapitest.Check, happened string) logLine {
	check.Helper()
	lines := j.lines()
	if len(lines) != 1 {
		check.Broken("%s leaves one line in the log; expected 1, got %d:\n%.600s", happened, len(lines), j)
	}
	return lines[0]
}

// An outcome is how a login ends.
type outcome struct {
	what    string
	verdict error
}

var outcomes = []outcome{
	{"a login that succeeds", nil},
	{"a login that fails", token.ErrCredentials},
	{"a login that is throttled",
		&hardening.ThrottledError{Until: time.Date(2031, time.March, 14, 9, 15, 0, 0, time.UTC)}},
	{"a login that cannot be done", errors.New("dial tcp 10.0.0.7:5432: connection refused")},
}

// logsIn logs in with the journal, and demands that the verdict is passed on.
func (j *journal) logsIn(check *bookapitest.Check, ctx context.Context, username, password string, verdict error) {
	check.Helper()
	user, err := j.Authenticate(ctx, username, password)
	require.Equal(check.Promise("Authenticate passes on the verdict of Next as it is"), verdict, err)
	want, _ := ending(verdict)(ctx, username, password)
	require.Equal(check.Promise("Authenticate passes on the user of Next as it is"), want, user)
}

// logs makes sure that there is a line for a login, of somebody who has never logged
// in before, and for a request that is turned away.
func logs(check *bookapitest.Check) {
	check.Helper()
	check = check.Needs("5.7")
	j := newJournal(token.ErrCredentials)
	j.logsIn(check, check.Context(), strings.ToLower(rand.Text()[:12]), "letmein", token.ErrCredentials)
	require.NotEmpty(check.Promise("a login that fails leaves a line in the log"), j.lines())
	j, w := newJournal(nil), httptest.NewRecorder()
	j.Requests(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
	})).ServeHTTP(w, bookapitest.Request("GET", "/me"))
	require.NotEmpty(check.Promise("GET /me, answered 401, leaves a line in the log"), j.lines())
}

func TestAuditTellsWhoLoggedInAndFromWhere(t *testing.T) {
	bookapitest.Exercise(t, "5.7", func(check *bookapitest.Check) {
		for _, o := range outcomes {
			j := newJournal(o.verdict)
			j.logsIn(check, from(check, mallorysAddress), bookapitest.Ada, bookapitest.AdaPassword, o.verdict)
			line := j.onlyLine(check, o.what)
			if !line.has(bookapitest.Ada) {
				check.Broken("the line on %s says whose account it was, in a field of its own; expected %q in %s",
					o.what,
					bookapitest.Ada, j)
			}
			if !line.has(mallorysAddress) {
				check.Broken("the line on %s says from where: log with the request's context; expected %q in %s",
					o.what,
					mallorysAddress, j)
			}
		}
	})
}

// pass sends a request through the journal to a handler that answers with status.
func (j *journal) pass(check *bookapitest.Check, status int, r *http.Request) {
	check.Helper()
	r.RemoteAddr = mallorysAddress + ":4711"
	j.status = status
	if j.handler == nil {
		j.handler = j.Requests(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Room", "103")
			if j.status != 0 {
				w.WriteHeader(j.status)
			}
			_, _ = w.Write([]byte("here you are"))
		}))
	}
	require.NotNil(check.Promise("Requests returns a handler"), j.handler)
	answer := bookapitest.Send(check, hardening.ClientAddress(nil)(j.handler), r)
	if status == 0 {
		status = http.StatusOK
	}
	answer.Is(check, status, "what the handler answers goes through Requests as it is")
	require.Equal(check.Promise("so does the body"), "here you are", answer.Body)
	require.Equal(check.Promise("so do the headers"), "103", answer.Header.Get("X-Room"))
}

// Kinds: routes
func TestAuditTellsWhoWasTurnedAway(t *testing.T) {
	bookapitest.Exercise(t, "5.7", func(check *bookapitest.Check) {
		for _, status := range []int{http.StatusUnauthorized, http.StatusTooManyRequests} {
			for _, method := range append([]string{http.MethodDelete}, attack.Methods()...) {
				for _, path := range []string{"/books/7", "/", "/token", "/healthz", "/docs", "/nothing/here",
					"/favicon.ico"} {
					j := newJournal(nil)
					j.pass(check, status, bookapitest.Request(method, path))
					line := j.onlyLine(check, fmt.Sprintf("%s %s, answered %d,", method, path, status))
					for what, word := range map[string]string{
						"with which status": fmt.Sprint(status), "what was tried": path, "how it was tried": method,
						"from where it came": mallorysAddress,
					} {
						if !line.mentions(word) {
							check.Broken("the line on %s %s, answered %d, says %s; expected %q in a field of %s",
								method, path, status,
								what, word, j)
						}
					}
				}
			}
		}
		j, router := newJournal(nil), chi.NewRouter()
		router.Use(j.Requests)
		router.Put("/users/{username}/role", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) })
		bookapitest.Send(check, router, bookapitest.Request(http.MethodPut, "/users/ada/role"))
		if line := j.onlyLine(check, "PUT /users/ada/role, answered 401,"); !line.mentions("/users/ada/role") {
			check.Broken("the line on PUT /users/ada/role says what was tried, and not only the pattern of the "+
				"route: %s", j)
		}
		for _, second := range []int{http.StatusOK, http.StatusInternalServerError} { // which the client never sees
			j := newJournal(nil)
			j.Requests(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusUnauthorized)
				w.WriteHeader(second)
			})).ServeHTTP(httptest.NewRecorder(), bookapitest.Request("GET", "/me"))
			if line := j.onlyLine(check, "GET /me, answered 401,"); !line.mentions("401") {
				check.Broken("the line on GET /me says 401, which the client got, and not %d, which the handler wrote "+
					"too late: %s", second, j)
			}
		}
	})
}

// Kinds: routes
func TestAuditIsSilentAboutHonestRequests(t *testing.T) {
	bookapitest.Exercise(t, "5.7", func(check *bookapitest.Check) {
		logs(check)
		// Step 4 has logged a 403 already, so one more is left open.
		for _, status := range []int{0, 200, 201, 400, 404, 405, 413, 422, 500, 503} {
			j := newJournal(nil)
			j.pass(check, status, bookapitest.Request(http.MethodGet, "/books"))
			if text := j.String(); text != "" {
				check.Broken("Requests logs 401 and 429, and leaves no line in the log for a request that is answered "+
					"%d, not: %s", status, text)
			}
		}
	})
}

// wrapped are the ways in which a verdict may come.
var wrapped = []struct {
	how  string
	wrap func(error) error
}{
	{"as it is", func(err error) error { return err }},
	{"in another error", func(err error) error { return fmt.Errorf("log in ada: %w", err) }},
	{"joined with another error", func(err error) error { return errors.Join(errors.New("log in"), err) }},
}

// Kinds: store-answers
func TestAuditTellsOneOutcomeFromAnother(t *testing.T) {
	bookapitest.Exercise(t, "5.7", func(check *bookapitest.Check) {
		logs(check)
		// tells demands that each outcome has words of its own.
		tells := func(ctx context.Context, outcomes []outcome, when string, wrap func(error) error) {
			seen := make(map[string]string)
			for _, o := range outcomes {
				if o.verdict != nil {
					o.verdict = wrap(o.verdict)
				}
				logged := func() logLine {
					j := newJournal(o.verdict)
					j.logsIn(check, ctx, bookapitest.Ada, bookapitest.AdaPassword, o.verdict)
					return j.onlyLine(check, o.what)
				}
				line, again := logged(), logged()
				maps.DeleteFunc(line, func(name, value string) bool {
					return name == "time" || name == "error" || strings.HasSuffix(name, ".error") ||
						value == bookapitest.Ada || value == mallorysAddress ||
						value != again[name] // a duration, an ID
				})
				says := fmt.Sprint(map[string]string(line))
				if other, taken := seen[says]; taken {
					check.Attack("%s and %s look the same in the log, %s, if %s: nobody sees mallory among the others",
						other, o.what, says, when)
				}
				seen[says] = o.what
			}
		}
		for _, w := range wrapped {
			tells(from(check, mallorysAddress), outcomes, "the verdict comes "+w.how, w.wrap)
		}
		gone, hangUp := context.WithCancel(from(check, mallorysAddress))
		hangUp()
		verdicts := outcomes[:3]
		tells(gone, verdicts, "the caller hangs up before she has the verdict", func(err error) error { return err })
	})
}

// In production the log begins at the level Info, as slog does.
func TestAuditIsHeardInProduction(t *testing.T) {
	bookapitest.Exercise(t, "5.7", func(check *bookapitest.Check) {
		logs(check)
		for _, o := range outcomes {
			j := newJournal(o.verdict)
			j.Log = slog.New(hardening.NewLogHandler(slog.NewJSONHandler(j, nil)))
			j.logsIn(check, from(check, mallorysAddress), bookapitest.Ada, bookapitest.AdaPassword, o.verdict)
			if j.String() == "" {
				check.Attack("of %s there is not a line in the log of production, which begins at Info: "+
					"nobody sees that mallory was here", o.what)
			}
		}
		j := newJournal(nil)
		j.Log = slog.New(hardening.NewLogHandler(slog.NewJSONHandler(j, nil)))
		j.pass(check, http.StatusUnauthorized, bookapitest.Request(http.MethodGet, "/me"))
		if j.String() == "" {
			check.Attack("of a request that was turned away there is not a line in the log of production, which " +
				"begins at Info")
		}
	})
}

// captured runs f with a journal whose log is one of the outlets.
func captured(f func(audit hardening.Audit, out *bookapitest.Outlets)) *bookapitest.Outlets {
	return bookapitest.Capture(func(out *bookapitest.Outlets) {
		f(hardening.Audit{Log: slog.New(hardening.NewLogHandler(out.Logger().Handler()))}, out)
	})
}

// Kinds: outlets
func TestAuditHoldsNoPassword(t *testing.T) {
	bookapitest.Exercise(t, "5.7", func(check *bookapitest.Check) {
		logs(check)
		for _, o := range append(slices.Clone(outcomes), outcome{"a login whose caller hangs up", context.Canceled}) {
			out := captured(func(audit hardening.Audit, out *bookapitest.Outlets) {
				audit.Next = ending(o.verdict)
				_, err := audit.Authenticate(from(check, mallorysAddress), bookapitest.Ada, bookapitest.AdaPassword)
				out.Error(err)
			})
			if err := out.Find(bookapitest.Password("ada's password", bookapitest.AdaPassword),
				bookapitest.StoredHash("the hash of ada's password", storedHash)); err != nil {
				check.Attack("mallory may read the log, and after %s reads %v", o.what, err)
			}
		}
	})
}

// Kinds: outlets
func TestAuditHoldsNoPasswordInTheWrongField(t *testing.T) {
	bookapitest.Exercise(t, "5.7", func(check *bookapitest.Check) {
		logs(check)
		for _, o := range outcomes[1:] {
			for _, typed := range []string{bookapitest.AdaPassword, "T0p-Secret!2031", "ada\t" +
				bookapitest.AdaPassword, "Teapot-Roof2031", " teapot-roof2031", "teapot-roof2031\n"} {
				out := captured(func(audit hardening.Audit, _ *bookapitest.Outlets) {
					audit.Next = ending(o.verdict)
					_, _ = audit.Authenticate(from(check, mallorysAddress), typed, "")
				})
				if err := out.Find(bookapitest.Password("ada's password",
					strings.TrimPrefix(typed, "ada\t"))); err != nil {
					check.Attack("ada typed her password into the field for the name, and mallory, who may read the "+
						"log, reads %v",
						err)
				}
			}
			j := newJournal(o.verdict)
			j.logsIn(check, from(check, mallorysAddress), bookapitest.AdaPassword, "", o.verdict)
			j.onlyLine(check, o.what+", with a password in the field for the name,")
		}
	})
}

// Kinds: outlets, claim-places
func TestAuditHoldsNoToken(t *testing.T) {
	bookapitest.Exercise(t, "5.7", func(check *bookapitest.Check) {
		logs(check)
		// Nobody has verified the token: whose name stands in it is mallory's choice.
		const claimed = "kilgore-trout"
		raw := "eyJhbGciOiJIUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"`+claimed+`"}`)) +
			".c2lnbmF0dXJlIG9mIGFkYXM"
		for _, status := range []int{http.StatusUnauthorized, http.StatusTooManyRequests, http.StatusForbidden,
			http.StatusOK} {
			form := bookapitest.Form("/me?access_token="+raw,
				map[string][]string{"access_token": {raw}, "password": {bookapitest.AdaPassword}})
			r := attack.Stuff(form,
				attack.Claims(attack.Identity{Username: bookapitest.Ada, Password: bookapitest.AdaPassword,
					Token: raw}))
			r.Header.Set("Authorization", "Bearer "+raw)
			r.Header.Set("Referer", "https://bookapi.example/me?access_token="+raw)
			out := captured(func(audit hardening.Audit, _ *bookapitest.Outlets) {
				bookapitest.Send(check, hardening.ClientAddress(nil)(audit.Requests(http.HandlerFunc(
					func(w http.ResponseWriter, r *http.Request) {
						_ = r.ParseForm()
						w.WriteHeader(status)
					}))), r)
			})
			if err := out.Find(bookapitest.SignedToken("ada's token", raw),
				bookapitest.Password("ada's password", bookapitest.AdaPassword)); err != nil {
				check.Attack("ada sent her token in every place there is, was answered %d, and mallory, "+
					"who may read the log, reads %v", status, err)
			}
			forged := bookapitest.Secret{Name: "the name in a token that nobody has verified", Value: claimed}
			if err := out.Find(forged); err != nil {
				check.Attack("mallory sent a token of her own, was answered %d, and others are blamed for it: the "+
					"log has %v", status, err)
			}
			const chosen = "it-was-grace/1.0"
			r = bookapitest.Request(http.MethodGet, "/me?q="+chosen)
			for _, name := range []string{"User-Agent", "Referer", "Origin", "X-Request-Id", "Accept-Language"} {
				r.Header.Set(name, chosen)
			}
			out = captured(func(audit hardening.Audit, _ *bookapitest.Outlets) {
				bookapitest.Send(check, hardening.ClientAddress(nil)(audit.Requests(http.HandlerFunc(
					func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))), r)
			})
			if err := out.Find(bookapitest.Secret{Name: "what she sent in headers and the query",
				Value: chosen}); err != nil {
				check.Attack("mallory was answered %d, and the log has %v: of a request there are only method, path "+
					"and status", status, err)
			}
		}
	})
}

// Kinds: one-difference
func TestAuditHasNoForgedLines(t *testing.T) {
	bookapitest.Exercise(t, "5.7", func(check *bookapitest.Check) {
		logs(check)
		for what, name := range bookapitest.Sorted(map[string]string{
			"a line break":     "mallory\n{\"msg\":\"login succeeded\",\"user\":\"grace\"}",
			"a quotation mark": `mallory","user":"grace`,
			"an equals sign":   "mallory user=grace",
			"a terminal's own": "mallory\x1b[2Kgrace",
		}) {
			j := newJournal(token.ErrCredentials)
			_, _ = j.Authenticate(from(check, mallorysAddress), name, "letmein")
			line := j.onlyLine(check, "a login that fails, with "+what+" in the name,")
			if line.has(bookapitest.Grace) || strings.Contains(j.String(), bookapitest.Grace) {
				check.Attack("mallory logged in under a name with %s in it, and that stands in the log, where no name "+
					"belongs that cannot be one: %.200s", what, j)
			}
		}
		j := newJournal(nil)
		r := bookapitest.Request(http.MethodGet, "/books")
		r.URL.Path = "/books\n{\"msg\":\"login succeeded\",\"user\":\"grace\"}" // from %0A
		j.pass(check, http.StatusUnauthorized, r)
		if line := j.onlyLine(check, "a path with a line break in it"); line.has(bookapitest.Grace) {
			check.Attack("mallory asked for a path with a line break in it, and wrote this into the log: %.200s", j)
		}
	})
}

// Kinds: cost
func TestAuditLinesHaveALimit(t *testing.T) {
	bookapitest.Exercise(t, "5.7", func(check *bookapitest.Check) {
		logs(check)
		const long, most = 30_000, 2_048
		isShort := func(j *journal, what string) {
			check.Helper()
			if j.onlyLine(check, what); len(j.String()) > most {
				check.Attack("mallory sent %s of %d bytes, and each time a line of %d bytes stands in the log: "+
					"the disk is full before anybody looks; a line has %d bytes at most", what, long,
					len(j.String()), most)
			}
		}
		for _, letter := range []string{"x", "\x01", "é", "x/../", "%"} {
			repeated := strings.Repeat(letter, long/len(letter))
			for _, status := range []int{http.StatusUnauthorized, http.StatusTooManyRequests} {
				j, r := newJournal(nil), bookapitest.Request(http.MethodGet, "/books")
				r.URL.Path = "/books/" + repeated
				j.pass(check, status, r)
				isShort(j, "a path")
			}
			for _, o := range outcomes {
				j := newJournal(o.verdict)
				_, _ = j.Authenticate(from(check, mallorysAddress), repeated, "letmein")
				isShort(j, "a name")
			}
			j := newJournal(fmt.Errorf("no such row: %q", repeated))
			_, _ = j.Authenticate(from(check, mallorysAddress), bookapitest.Mallory, "letmein")
			isShort(j, "something that an error quotes")
		}
		j := newJournal(nil)
		j.pass(check, http.StatusUnauthorized, bookapitest.Request(strings.Repeat("M", long), "/books"))
		isShort(j, "a method")
	})
}

// Kinds: store-answers
func TestAuditTellsACallerWhoHangsUpFromAFailure(t *testing.T) {
	bookapitest.Exercise(t, "5.7", func(check *bookapitest.Check) {
		logs(check)
		for _, w := range wrapped {
			verdict := w.wrap(context.Canceled)
			j := newJournal(verdict)
			j.logsIn(check, from(check, mallorysAddress), bookapitest.Ada, bookapitest.AdaPassword, verdict)
			j.onlyLine(check, "a login that something of ours gave up")

			j = newJournal(verdict)
			ctx, hangUp := context.WithCancel(from(check, mallorysAddress))
			hangUp()
			j.logsIn(check, ctx, bookapitest.Ada, bookapitest.AdaPassword, verdict)
			line := j.onlyLine(check, "a login whose caller hung up")
			if line["level"] == slog.LevelError.String() {
				check.Attack("mallory logged in and hung up, a thousand times, and each time the log says that "+
					"the server failed "+
					"(the verdict comes %s): nobody finds the real failures among them: %s", w.how, j)
			}
			require.True(check.Promise("the line of a login whose caller hung up has the account: %s", j),
				line.has(bookapitest.Ada))
		}
	})
}

// Kinds: store-answers
func TestAuditPassesOnEveryVerdict(t *testing.T) {
	bookapitest.Exercise(t, "5.7", func(check *bookapitest.Check) {
		logs(check)
		for _, err := range []error{
			bookapi.ErrUnavailable, bookapi.ErrNotFound, bookapi.ErrExists, bookapi.Invalid("username", "is too long"),
			context.DeadlineExceeded, hardening.ErrRefresh, errors.Join(token.ErrCredentials, bookapi.ErrUnavailable),
		} {
			verdict := fmt.Errorf("log in: %w", err)
			j := newJournal(verdict)
			j.logsIn(check, from(check, mallorysAddress), bookapitest.Ada, bookapitest.AdaPassword, verdict)
			line := j.onlyLine(check, fmt.Sprintf("a login that ends with %q", err))
			require.True(check.Promise("the line of a login that ends with %q has the account: %s", err, j),
				line.has(bookapitest.Ada))
		}
		half := bookapi.User{Username: bookapitest.Ada}
		j := newJournal(nil)
		j.Next = func(context.Context, string, string) (bookapi.User, error) { return half, bookapi.ErrUnavailable }
		_, err := j.Authenticate(from(check, mallorysAddress), bookapitest.Ada, bookapitest.AdaPassword)
		require.ErrorIs(check.Promise("an error beside a user is an error"), err, bookapi.ErrUnavailable)
	})
}

// Kinds: store-answers, cost
func TestAuditKeepsNoLineBack(t *testing.T) {
	bookapitest.Exercise(t, "5.7", func(check *bookapitest.Check) {
		logs(check)
		type world struct {
			*journal
			caller string
		}
		step := func(name string, do func(world)) bookapitest.Step[world] {
			return bookapitest.Step[world]{Name: name, Do: do}
		}
		login := func(verdict error) func(world) {
			return func(w world) {
				w.Next = ending(verdict)
				_, _ = w.Authenticate(from(check, mallorysAddress), w.caller, "letmein")
			}
		}
		turnedAway := func(path string) func(world) {
			return func(w world) { w.pass(check, http.StatusUnauthorized, bookapitest.Request("GET", path)) }
		}
		for what, ask := range bookapitest.Sorted(map[string]func(world){
			"a login that fails": login(token.ErrCredentials), "a login that succeeds": login(nil),
			"GET /me, answered 401,": turnedAway("/me"),
		}) {
			err := bookapitest.Orders(func(caller string) world {
				return world{newJournal(nil), caller}
			}, func(w world) string {
				before := len(w.lines())
				ask(w)
				return fmt.Sprint(len(w.lines())-before, " lines")
			},
				step("the same login, failed", login(token.ErrCredentials)), step("the same login, succeeded",
					login(nil)),
				step("the same request, turned away", turnedAway("/me")), step("another one, turned away",
					turnedAway("/books")))
			if err != nil {
				check.Attack("%s leaves a line or none, depending on what came before, and mallory comes after "+
					"that: %v", what, err)
			}
		}
		audit := hardening.Audit{Log: slog.New(slog.DiscardHandler), Next: ending(token.ErrCredentials)}
		ctx, requests := from(check, mallorysAddress), audit.Requests(http.NotFoundHandler())
		err := bookapitest.Grows(300, func(n int) {
			_, _ = audit.Authenticate(ctx, fmt.Sprint("mallory-", n), "letmein")
			bookapitest.Send(check, requests, bookapitest.Request("GET", fmt.Sprint("/books/", n)))
		})
		if err != nil {
			check.Attack("mallory tries one name after the other, and the server keeps something of each: %v", err)
		}
	})
}

// Kinds: several-callers
func TestAuditKeepsRequestsApart(t *testing.T) {
	bookapitest.Exercise(t, "5.7", func(check *bookapitest.Check) {
		logs(check)
		alone := func(username string, verdict error) string {
			j := newJournal(verdict)
			j.logsIn(check, from(check, mallorysAddress), username, "letmein", verdict)
			return withoutTime(j.onlyLine(check, "a login"))
		}
		want := map[string]string{bookapitest.Ada: alone(bookapitest.Ada, nil),
			bookapitest.Mallory: alone(bookapitest.Mallory, token.ErrCredentials)}
		verdicts := map[string]error{bookapitest.Ada: nil, bookapitest.Mallory: token.ErrCredentials}
		for _, first := range []string{bookapitest.Ada, bookapitest.Mallory} {
			second := map[string]string{bookapitest.Ada: bookapitest.Mallory,
				bookapitest.Mallory: bookapitest.Ada}[first]
			_, err := bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
				j := newJournal(nil)
				j.Next = func(ctx context.Context, username, password string) (bookapi.User, error) {
					if username == first {
						pause()
					}
					user, err := ending(verdicts[username])(ctx, username, password)
					if username == first && err != nil {
						err = bookapitest.PausingError(err, pause)
					}
					return user, err
				}
				login := func(username string) error {
					_, _ = j.Authenticate(from(check, mallorysAddress), username, "letmein")
					for _, line := range j.lines() {
						if withoutTime(line) == want[username] {
							return nil
						}
					}
					return fmt.Errorf("%s is not in the log, but %s", want[username], j)
				}
				return func() error { return login(first) }, func() error { return login(second) }
			})
			if err != nil {
				check.Attack("ada and mallory logged in at the same time, and the log tells something else: %v", err)
			}
		}

		status := map[string]int{"/books": http.StatusOK, "/me": http.StatusUnauthorized}
		for _, first := range []string{"/books", "/me"} {
			second := map[string]string{"/books": "/me", "/me": "/books"}[first]
			_, err := bookapitest.Overtake(func(pause func()) (slow, quick func() error) {
				j := newJournal(nil)
				handler := j.Requests(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.WriteHeader(status[r.URL.Path])
					_, _ = w.Write([]byte("here you are"))
				}))
				send := func(path string, pause func()) error {
					answer, err := bookapitest.SendPausing(handler, bookapitest.Request("GET", path), pause)
					isLogged := slices.ContainsFunc(j.lines(), func(l logLine) bool { return l.mentions(path) })
					if err == nil && (answer.Status != status[path] ||
						isLogged != (status[path] == http.StatusUnauthorized)) {
						err = fmt.Errorf("GET %s is answered %d, and logged: %v", path, answer.Status, isLogged)
					}
					return err
				}
				return func() error { return send(first, pause) }, func() error { return send(second, func() {}) }
			})
			if err != nil {
				check.Attack("two requests came at the same time, and one hid the other from the log: %v", err)
			}
		}
	})
}

// withoutTime is a line in words, without its time, and without what was measured.
func withoutTime(line logLine) string {
	maps.DeleteFunc(line, func(name, value string) bool {
		_, noNumber := strconv.ParseFloat(value, 64)
		_, noDuration := time.ParseDuration(value)
		return name == "time" || noNumber == nil || noDuration == nil
	})
	return fmt.Sprint(map[string]string(line))
}

// Kind randomness: does not apply, since nothing is drawn.
// Kind one-answer: does not apply, since Requests and Authenticate answer nothing themselves.
// Kind first-line: does not apply, since Send and Exercise tell panics and missing returns of any handler.
