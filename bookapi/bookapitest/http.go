package bookapitest

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/bookapi/bookapitest/attack"
)

// Answer is what a handler answered.
type Answer = attack.Answer

// Send gives the request to the handler and returns its answer. A panic fails
// the test in a sentence, as does a handler that answers, goes on, and answers
// again: for either, one test's mistake shall not hide the verdict of others.
func Send(t testing.TB, h http.Handler, r *http.Request) Answer {
	t.Helper()
	return send(t, h, r).Answer
}

func send(t testing.TB, h http.Handler, r *http.Request) attack.Exchange {
	t.Helper()
	exchange := attack.Record(h, r)
	if check, ok := t.(*Check); ok {
		check.watch.alive()
	}
	switch {
	case exchange.Panic != nil:
		fatal(t, "%s %s made the handler panic: %v", r.Method, r.URL, exchange.Panic)
	case exchange.Twice != "":
		fatal(t, "%s %s is answered once: %s", r.Method, r.URL, exchange.Twice)
	}
	record(t, h, r, exchange.Answer)
	return exchange
}

// fatal ends the test, of an exercise or of none.
func fatal(t testing.TB, format string, args ...any) {
	t.Helper()
	if check, ok := t.(*Check); ok {
		check.Broken(format, args...)
		return
	}
	t.Fatalf(format, args...)
}

// AnswersOnce sends a request that is to be refused, and demands of the refusal
// that it is one status and one body, and that all ends with it: nothing is
// written after it, and whatever calls attack.Note, as the next handler and the
// stores of a test do, is left in peace.
func (c *Check) AnswersOnce(h http.Handler, r *http.Request) Answer {
	c.Helper()
	exchange := send(c, h, r)
	if len(exchange.Faults) > 0 {
		c.Broken("%s %s is answered once, and then it ends: %s", r.Method, r.URL, exchange.Faults[0])
	}
	return exchange.Answer
}

// LeavesBody demands that a request, which is to be refused, is refused without a look
// at its body: nobody has said yet how long it may be. See attack.ReadsBody.
func (c *Check) LeavesBody(h http.Handler, who string, r *http.Request) {
	c.Helper()
	if attack.ReadsBody(h, r) {
		c.Attack("%s sends %s %s with a body that does not end, and the server reads it before it refuses her", who, r.Method, r.URL)
	}
}

// SameAnswer demands that an observer learns nothing from the answers about
// which of two requests was sent; what says which secret the difference tells:
// "who has an account". See attack.SameAnswer.
func (c *Check) SameAnswer(h http.Handler, first, second *http.Request, secret string) {
	c.Helper()
	difference, err := attack.SameAnswer(attack.To(h), first, second)
	if err != nil {
		c.Broken("%s %s made the handler panic: %v", first.Method, first.URL, err)
	}
	if difference != "" {
		c.Attack("mallory compares two answers and reads from them %s: %s", secret, difference)
	}
}

// IgnoresClaims demands that a request is treated the same with every claim
// added to it. See attack.Believed for what treat returns.
func (c *Check) IgnoresClaims(bare *http.Request, claims []attack.Claim, treat func(*http.Request) string) {
	c.Helper()
	believed, err := attack.Believed(bare, claims, treat)
	if err != nil {
		c.Broken("%s %s is treated the same each time: %v", bare.Method, bare.URL, err)
	}
	if believed != nil {
		c.Attack("mallory sent %s %s with %v, and was believed: %s; without it: %s",
			bare.Method, bare.URL, believed, believed.Got, orNothing(believed.Without))
	}
}

func orNothing(treated string) string {
	if treated == "" {
		return "refused"
	}
	return treated
}

// HasNoEffect demands that none of the attempts has an effect. See
// attack.FirstEffect for what effect returns; who sends them is said by sender:
// "mallory, without a token,".
func (c *Check) HasNoEffect(sender string, attempts iter.Seq[attack.Attempt], effect func(*http.Request) string) {
	c.Helper()
	watched := func(r *http.Request) string {
		c.watch.alive()
		return effect(r)
	}
	if a, got := attack.FirstEffect(attempts, watched); got != "" {
		c.Attack("%s sent %s, and %s", sender, a.Name, got)
	}
}

// InvitesNoOrigin demands that no answer, to any of the requests by any method,
// lets pages of another origin read it or send more (CORS): a browser obeys the
// Access-Control headers.
func (c *Check) InvitesNoOrigin(h http.Handler, requests ...*http.Request) {
	c.Helper()
	for _, r := range requests {
		for _, origin := range origins(r.Host) {
			for _, method := range attack.Methods() {
				answer := Send(c, h, attack.With(r, func(r *http.Request) {
					r.Method = method
					r.Header.Set("Origin", origin)
					r.Header.Set("Access-Control-Request-Method", http.MethodPost)
					r.Header.Set("Access-Control-Request-Headers", "Authorization, Content-Type")
				}))
				for name, values := range Sorted(answer.Header) {
					if strings.HasPrefix(name, "Access-Control-") {
						c.Attack("a page at %s sent %s %s from ada's browser, and the answer invites it: %s: %s",
							origin, method, r.URL, name, strings.Join(values, ", "))
					}
				}
			}
		}
	}
}

// origins are those of pages that are not the host's: of a stranger, of no host, of
// names that begin or end like the host's, and of other programs on the user's machine,
// which developers let in and forget.
func origins(host string) []string {
	return []string{
		"https://mallory.example", "null", "file://", "https://mallory-" + host, "https://" + host + ".mallory.example",
		"http://localhost:3000", "https://localhost", "http://localhost.mallory.example", "http://127.0.0.1:5173", "http://[::1]:8000",
	}
}

// EndsWithTheClient demands of the context that a handler gets behind a guard that it
// ends when the client goes away, and that no time limit of the guard's ends it before.
func (c *Check) EndsWithTheClient(guard func(http.Handler) http.Handler, r *http.Request) {
	c.Helper()
	ctx, leave := context.WithCancel(r.Context())
	defer leave()
	_, limited := ctx.Deadline()
	var broken string
	Send(c, guard(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if deadline, ok := r.Context().Deadline(); ok && !limited {
			broken = fmt.Sprintf("the guard gave its context an end, %v from now, and what takes longer is broken off",
				time.Until(deadline).Round(time.Second))
			return
		}
		leave()
		select {
		case <-r.Context().Done():
		case <-time.After(time.Second):
			broken = "the client has gone away, and its context goes on"
		}
	})), r.WithContext(ctx))
	if broken != "" {
		c.Broken("the handler gets the request as it came: %s", broken)
	}
}

// PassesHeadersOn demands of middleware that the handler behind it gets the headers of
// r as they were sent: no other, and none fewer. Given code reads some of them again.
func (c *Check) PassesHeadersOn(middleware func(http.Handler) http.Handler, r *http.Request) {
	c.Helper()
	sent, broken := r.Header.Clone(), "it does not run"
	Send(c, middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		broken = ""
		for name, values := range r.Header {
			if !slices.Equal(values, sent[name]) {
				broken = fmt.Sprintf("%s: %q, which was sent as %q, is believed also where nothing stands in front of the "+
					"handler, and mallory has written it", name, values, sent[name])
			}
		}
		for name := range sent {
			if _, ok := r.Header[name]; !ok {
				broken = fmt.Sprintf("the %s that was sent is not there, and what stands behind may have to read it", name)
			}
		}
	})), r)
	if broken != "" {
		c.Broken("the handler gets the headers as they came: %s", broken)
	}
}

// HasNoOtherRoute demands that a router has no route that the list lacks.
func (c *Check) HasNoOtherRoute(h http.Handler, listed []attack.Route) {
	c.Helper()
	if more := attack.Unlisted(h, listed); len(more) > 0 {
		c.Broken("the router serves the routes of the lesson and no other: it serves %v as well", more[0])
	}
}
