// Package attack has what an attacker tries on a Book API over HTTP: claims
// about the caller in every place of a request, every method and spelling of
// every route, and a close look at how a request is answered. Nothing in it
// needs a test; package bookapitest has what makes tests of it.
package attack

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"example.com/bookapi/bookapitest/internal/where"
)

// Answer is what a server answered.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// String is the answer as the tests quote it.
func (a Answer) String() string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, a.Body))
}

// A Check fails a test with a promise that is broken; see bookapitest.Check.
type Check interface {
	Helper()
	Broken(promise string, args ...any)
	Attack(format string, args ...any)
}

// Is demands a status: answer.Is(check, 204, "grace may DELETE /books/1").
func (a Answer) Is(check Check, status int, promise string, args ...any) {
	check.Helper()
	a.IsOneOf(check, []int{status}, promise, args...)
}

// IsOneOf demands one of several statuses.
func (a Answer) IsOneOf(check Check, statuses []int, promise string, args ...any) {
	check.Helper()
	if !slices.Contains(statuses, a.Status) {
		expected := strings.Trim(strings.ReplaceAll(fmt.Sprint(statuses), " ", " or "), "[]")
		a.isNot(check, expected, promise, args)
	}
}

// IsClass demands a status of a class: 4 for 400 to 499.
func (a Answer) IsClass(check Check, class int, promise string, args ...any) {
	check.Helper()
	if a.Status/100 != class {
		a.isNot(check, fmt.Sprintf("%dxx", class), promise, args)
	}
}

// IsNoServerError demands a status below 500.
func (a Answer) IsNoServerError(check Check, promise string, args ...any) {
	check.Helper()
	if a.Status >= http.StatusInternalServerError {
		a.isNot(check, "a status below 500", promise, args)
	}
}

func (a Answer) isNot(check Check, expected, promise string, args []any) {
	check.Helper()
	check.Broken(promise+": expected %s, got %s", append(slices.Clone(args), expected, cut(a.String(), 120))...)
}

// cut shortens a text to what fits into a sentence, on one line.
func cut(text string, most int) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// A Sender gives a request to a server and returns the answer. The request can
// be sent again.
type Sender func(*http.Request) (Answer, error)

// To returns a Sender to a handler. A panic is an error.
func To(h http.Handler) Sender {
	return func(r *http.Request) (Answer, error) {
		exchange := Record(h, r)
		if exchange.Panic != nil {
			return Answer{}, exchange.Panic
		}
		return exchange.Answer, nil
	}
}

// maxBody is how much of an answer is read.
const maxBody = 1 << 20

// At returns a Sender to a running server. Give it a client that follows no
// redirects, lest it attacks somebody else.
func At(base *url.URL, client *http.Client) Sender {
	return func(r *http.Request) (Answer, error) {
		r = Clone(r)
		r.RequestURI = ""
		r.URL.Scheme, r.URL.Host = base.Scheme, base.Host
		r.URL.Path = strings.TrimSuffix(base.Path, "/") + r.URL.Path
		if r.URL.RawPath != "" {
			r.URL.RawPath = strings.TrimSuffix(base.EscapedPath(), "/") + r.URL.RawPath
		}
		if r.Host == exampleHost { // what httptest.NewRequest fills in
			r.Host = ""
		}
		response, err := client.Do(r)
		if err != nil {
			return Answer{}, fmt.Errorf("attack: %w", err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
		if err != nil {
			return Answer{}, fmt.Errorf("attack: the answer to %s %s: %w", r.Method, r.URL.Path, err)
		}
		return Answer{Status: response.StatusCode, Header: response.Header, Body: string(body)}, nil
	}
}

const exampleHost = "example.com"

// A Panic says that a handler panicked, and in which line of the learner's code.
type Panic struct {
	Cause any
	stack []where.Frame
}

// Error is the panic in one sentence.
func (p *Panic) Error() string {
	return where.Sentence(p.Cause, p.stack)
}
