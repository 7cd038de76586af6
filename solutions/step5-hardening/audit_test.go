package hardening_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
	token "example.com/bookapi/step2-token"
	hardening "example.com/bookapi/step5-hardening"
)

// A journal is a log that the test reads.
type journal struct {
	hardening.Audit
	text bytes.Buffer
}

// newJournal returns the journal of an API where a login ends as verdict says.
func newJournal(verdict error) *journal {
	j := new(journal)
	j.Log = slog.New(hardening.NewLogHandler(slog.NewJSONHandler(&j.text, &slog.HandlerOptions{Level: slog.LevelDebug})))
	j.Next = func(_ context.Context, username, _ string) (bookapi.User, error) {
		if verdict != nil {
			return bookapi.User{}, verdict
		}
		return bookapi.User{Username: username, PasswordHash: "$2a$12$the-hash-is-not-for-the-log"}, nil
	}
	return j
}

// lines are the lines of the journal so far.
func (j *journal) lines(t *testing.T) (lines []map[string]any) {
	t.Helper()
	for line := range strings.Lines(j.text.String()) {
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields), line)
		lines = append(lines, fields)
	}
	return lines
}

// onlyLine demands that what has happened left one line.
func (j *journal) onlyLine(t *testing.T, happened string) map[string]any {
	t.Helper()
	lines := j.lines(t)
	require.Len(Promise(t, "5.7", "%s leaves one line in the log, not %d:\n%s", happened, len(lines), cmp.Or(j.text.String(), "(the log is empty)")), lines, 1)
	return lines[0]
}

const mallorysAddress = "198.51.100.66"

var verdicts = map[string]error{
	"a login that succeeds":       nil,
	"a login that fails":          token.ErrCredentials,
	"a login that is throttled":   &hardening.ThrottledError{Until: time.Date(2031, time.March, 14, 9, 15, 0, 0, time.UTC)},
	"a login that cannot be done": errors.New("dial tcp 10.0.0.7:5432: connection refused"),
}

func TestAuditTellsWhoLoggedInAndFromWhere(t *testing.T) {
	for what, verdict := range verdicts {
		t.Run(what, func(t *testing.T) {
			j := newJournal(verdict)
			user, err := j.Authenticate(from(t, mallorysAddress), Ada, AdaPassword)
			require.Equal(Promise(t, "5.7", "the verdict of Next is passed on as it is"), verdict, err)
			if verdict == nil {
				require.Equal(Promise(t, "5.7", "so is the user"), Ada, user.Username)
			}
			line := j.onlyLine(t, what)
			assert.Contains(Promise(t, "5.7", "the line says whose account it was"), j.text.String(), `"`+Ada+`"`)
			assert.Equal(Promise(t, "5.7", "the line says from where: log with the request's context"), mallorysAddress, line["address"])
		})
	}
}

func TestAuditTellsOneOutcomeFromAnother(t *testing.T) {
	for how, wrap := range Sorted(map[string]func(error) error{
		"as it is":         func(err error) error { return err },
		"in another error": func(err error) error { return fmt.Errorf("log in ada: %w", err) },
	}) {
		t.Run(how, func(t *testing.T) {
			seen := make(map[string]string)
			for what, verdict := range verdicts {
				if verdict != nil {
					verdict = wrap(verdict)
				}
				j := newJournal(verdict)
				_, err := j.Authenticate(from(t, mallorysAddress), Ada, AdaPassword)
				require.Equal(Promise(t, "5.7", "the verdict of Next is passed on as it is"), verdict, err)
				line := j.onlyLine(t, what)
				for _, same := range []string{"time", "user", "address", "error"} {
					delete(line, same)
				}
				says, err := json.Marshal(line)
				require.NoError(t, err)
				if other, taken := seen[string(says)]; taken {
					t.Errorf("ATTACK SUCCEEDED: %s and %s look the same in the log, %s: nobody sees mallory among the others", other, what, says)
				}
				seen[string(says)] = what
			}
		})
	}
}

// In production the log begins at the level Info, as slog does.
func TestAuditIsHeardInProduction(t *testing.T) {
	for what, verdict := range verdicts {
		t.Run(what, func(t *testing.T) {
			j := newJournal(verdict)
			j.Log = slog.New(hardening.NewLogHandler(slog.NewJSONHandler(&j.text, nil)))
			_, err := j.Authenticate(from(t, mallorysAddress), Ada, AdaPassword)
			require.Equal(Promise(t, "5.7", "the verdict of Next is passed on as it is"), verdict, err)
			if j.text.Len() == 0 {
				t.Fatalf("ATTACK SUCCEEDED: of %s there is not a line in the log of production, which begins at Info: nobody sees that mallory was here", what)
			}
		})
	}
}

func TestAuditHoldsNoPassword(t *testing.T) {
	for what, verdict := range verdicts {
		t.Run(what, func(t *testing.T) {
			j := newJournal(verdict)
			_, err := j.Authenticate(from(t, mallorysAddress), Ada, AdaPassword)
			require.Equal(Promise(t, "5.7", "the verdict of Next is passed on as it is"), verdict, err)
			for what, secret := range Sorted(map[string]string{"password": AdaPassword, "password's hash": "the-hash-is-not-for-the-log"}) {
				if form := Leak(j.text.String(), secret); form != "" {
					t.Errorf("ATTACK SUCCEEDED: whoever may read the log reads ada's %s in it, %s: %s", what, form, &j.text)
				}
			}
			j.onlyLine(t, what)
		})
	}
}

func TestAuditHoldsNoPasswordInTheWrongField(t *testing.T) {
	j := newJournal(token.ErrCredentials)
	_, err := j.Authenticate(from(t, mallorysAddress), AdaPassword, "")
	require.ErrorIs(Promise(t, "5.7", "the verdict of Next is passed on as it is"), err, token.ErrCredentials)
	if form := Leak(j.text.String(), AdaPassword); form != "" {
		t.Errorf("ATTACK SUCCEEDED: ada typed her password into the field for the name, and it stands in the log, %s: %s", form, &j.text)
	}
	j.onlyLine(t, "a login that fails")
}

func TestAuditHasNoForgedLines(t *testing.T) {
	for what, name := range Sorted(map[string]string{
		"a line break":     "mallory\n{\"msg\":\"login succeeded\",\"user\":\"grace\"}",
		"a quotation mark": `mallory","user":"grace`,
		"a long name":      strings.Repeat("mallory ", 4096),
	}) {
		t.Run(what, func(t *testing.T) {
			j := newJournal(token.ErrCredentials)
			_, err := j.Authenticate(from(t, mallorysAddress), name, "letmein")
			require.ErrorIs(Promise(t, "5.7", "the verdict of Next is passed on as it is"), err, token.ErrCredentials)
			line := j.onlyLine(t, "a login that fails")
			if line["user"] == Grace || j.text.Len() > 2048 {
				t.Errorf("ATTACK SUCCEEDED: mallory logged in under a name with %s in it, and wrote this into the log: %.200s", what, &j.text)
			}
		})
	}
}

// pass sends a request through the journal to a handler that answers with status.
func (j *journal) pass(t *testing.T, status int, r *http.Request) Answer {
	t.Helper()
	r.RemoteAddr = mallorysAddress + ":4711"
	handler := j.Requests(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Room", "103")
		if status != 0 {
			w.WriteHeader(status)
		}
		_, _ = w.Write([]byte("here you are"))
	}))
	require.NotNil(Promise(t, "5.7", "Requests returns a handler"), handler)
	answer := Send(t, located(t, nil, handler.ServeHTTP), r)
	if status == 0 {
		status = http.StatusOK
	}
	require.Equal(Promise(t, "5.7", "what the handler answers goes through as it is, not: %v", answer), status, answer.Status)
	require.Equal(Promise(t, "5.7", "so does the body"), "here you are", answer.Body)
	require.Equal(Promise(t, "5.7", "so do the headers"), "103", answer.Header.Get("X-Room"))
	return answer
}

func TestAuditTellsWhoWasTurnedAway(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusTooManyRequests} {
		j := newJournal(nil)
		j.pass(t, status, Request(http.MethodDelete, "/books/7"))
		line := j.onlyLine(t, http.StatusText(status))
		assert.Contains(Promise(t, "5.7", "the line says with which status, in a field of its own: %v", line), slices.Collect(maps.Values(line)), float64(status))
		assert.Contains(Promise(t, "5.7", "the line says what was tried"), j.text.String(), "/books/7")
		assert.Contains(Promise(t, "5.7", "the line says how"), j.text.String(), http.MethodDelete)
		assert.Equal(Promise(t, "5.7", "the line says from where: log with the request's context"), mallorysAddress, line["address"])
	}
}

func TestAuditIsSilentAboutHonestRequests(t *testing.T) {
	for _, status := range []int{0, http.StatusOK, http.StatusCreated, http.StatusNotFound, http.StatusUnprocessableEntity} {
		j := newJournal(nil)
		answer := j.pass(t, status, Request(http.MethodGet, "/books"))
		assert.Empty(Promise(t, "5.7", "a request that is answered %d turned nobody away, and leaves no line in the log", answer.Status), j.text.String())
	}
}

func TestAuditHoldsNoToken(t *testing.T) {
	const raw = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlIG9mIGFkYXM"
	j := newJournal(nil)
	r := Request(http.MethodGet, "/me?access_token="+raw)
	r.Header.Set("Authorization", "Bearer "+raw)
	r.Header.Set("Cookie", "session="+raw)
	r.Header.Set("Referer", "https://bookapi.example/me?access_token="+raw)
	j.pass(t, http.StatusUnauthorized, r)
	if form := Leak(j.text.String(), raw); form != "" {
		t.Errorf("ATTACK SUCCEEDED: ada sent her token in the wrong place, and whoever may read the log has it, %s: %s", form, &j.text)
	}
	j.onlyLine(t, "a request that is turned away")
}
