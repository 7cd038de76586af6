// Package bookapitest is what the tests of the lessons share: the people in
// every example, a way to send a request, and a nose for secrets in plain sight.
package bookapitest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The people in every example, and what they type. Ada reads, Grace is the
// administrator, Mallory attacks.
const (
	Ada         = "ada"
	AdaPassword = "blue teapot on the third shelf"

	Grace         = "grace"
	GracePassword = "seven umbrellas under one roof"

	Mallory         = "mallory"
	MalloryPassword = "who left this window open?"
)

// Promise makes testify speak first in the learner's terms: when an assertion
// on it fails, the failure begins with the exercise and the promise that was
// broken, and the evidence follows.
//
//	require.NoError(bookapitest.Promise(t, "1.1", "HashPassword takes a passphrase"), err)
func Promise(t testing.TB, exercise, promise string, args ...any) require.TestingT {
	return broken{t, t, "Promise broken (" + exercise + "): " + fmt.Sprintf(promise, args...)}
}

// broken shows testify no more of a testing.TB than it needs: what else it
// finds, it prints. Helper is embedded, since it acts on its very caller.
type broken struct {
	helper
	t        testing.TB
	sentence string
}

type helper interface{ Helper() }

func (b broken) FailNow() { b.t.FailNow() }
func (b broken) Errorf(format string, args ...any) {
	b.t.Helper()
	evidence := fmt.Sprintf(format, args...)
	if trace := strings.Index(evidence, "\tError Trace:"); trace >= 0 { // says in long what the line number says
		evidence = evidence[:trace] + evidence[max(trace, strings.Index(evidence, "\tError:")):]
	}
	b.t.Errorf("%s%s", b.sentence, evidence)
}

// Answer is what a handler answered.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// String is the answer as the tests quote it.
func (a Answer) String() string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, a.Body))
}

// Send gives the request to the handler and returns its answer. A panic fails
// the test in a sentence: it is not an answer, and one test's panic shall not
// hide the verdict of the others.
func Send(t testing.TB, h http.Handler, r *http.Request) Answer {
	t.Helper()
	w := httptest.NewRecorder()
	if cause := serve(h, w, r); cause != nil {
		t.Fatalf("%s %s made the handler panic: %v", r.Method, r.URL, cause)
	}
	sent := w.Result() // its headers are those that stood when the answer began
	_ = sent.Body.Close()
	answer := Answer{Status: sent.StatusCode, Header: sent.Header, Body: w.Body.String()}
	record(t, h, r, answer)
	return answer
}

func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (cause any) {
	defer func() { cause = recover() }()
	h.ServeHTTP(w, r)
	return nil
}

// Request returns a request without a body.
func Request(method, target string) *http.Request {
	return httptest.NewRequest(method, target, nil)
}

// JSON returns a request whose body is JSON.
func JSON(method, target, body string) *http.Request {
	return withBody(method, target, "application/json", strings.NewReader(body))
}

// Form returns a POST of an HTML form, as login forms and OAuth clients send it.
func Form(target string, fields url.Values) *http.Request {
	return withBody(http.MethodPost, target, "application/x-www-form-urlencoded", strings.NewReader(fields.Encode()))
}

func withBody(method, target, contentType string, body io.Reader) *http.Request {
	r := httptest.NewRequest(method, target, body)
	r.Header.Set("Content-Type", contentType)
	return r
}
