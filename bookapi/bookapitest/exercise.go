package bookapitest

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"example.com/bookapi/bookapitest/internal/where"
)

// A Check is one test of one exercise. It is a testing.TB, and what fails on it
// begins with the exercise and, in the learner's terms, with what is wrong.
type Check struct {
	testing.TB
	T *testing.T // the same test, for what only a *testing.T has: Parallel, Deadline

	exercise string
	once     bool // see Needs
	watch    *watch
}

// Exercise runs a test of an exercise. A panic in the learner's code fails it
// with one sentence that names the line, and so does code that does not come
// back within ten seconds. (There is no limit where go test has none: with
// -timeout 0, as debuggers set it.)
//
//	func TestBearerTokenReadsTheHeader(t *testing.T) {
//		bookapitest.Exercise(t, "3.1", func(check *bookapitest.Check) {
//			raw, err := protect.BearerToken(withAuthorization("Bearer aa.bb.cc"))
//			require.NoError(check.Promise("BearerToken reads a well-formed header"), err)
//			require.Equal(check.Promise("BearerToken returns the token"), "aa.bb.cc", raw)
//		})
//	}
func Exercise(t *testing.T, exercise string, body func(check *Check)) {
	t.Helper()
	beLenient()
	check := &Check{TB: t, T: t, exercise: exercise}
	check.run(body)
}

// beLenient sets the variables of the environment that programs take for a reason to
// leave a check out, so that a test sees the code that does so. What code must know of
// its environment, it is given by its caller.
var beLenient = sync.OnceFunc(func() {
	for name, value := range map[string]string{
		"BOOKAPI_ENV": "development", "APP_ENV": "development", "GO_ENV": "test", "ENV": "dev", "ENVIRONMENT": "local",
		"GIN_MODE": "debug", "DEBUG": "true", "DEV": "1", "INSECURE": "true", "TESTING": "true",
		"DISABLE_AUTH": "true", "AUTH_DISABLED": "true", "SKIP_AUTH": "1", "NO_AUTH": "1",
	} {
		if _, set := os.LookupEnv(name); !set {
			_ = os.Setenv(name, value)
		}
	}
})

// Run runs a subtest, watched like the test.
func (c *Check) Run(name string, body func(check *Check)) bool {
	c.Helper()
	c.watch.pause(1)
	defer c.watch.pause(-1)
	return c.T.Run(name, func(t *testing.T) {
		t.Helper()
		check := &Check{TB: t, T: t, exercise: c.exercise, once: c.once}
		check.run(body)
	})
}

// Synctest runs the body in a bubble of testing/synctest: with a clock of its
// own, which goes on when all in it wait.
func (c *Check) Synctest(body func(check *Check)) {
	c.Helper()
	var end *panicked
	synctest.Test(c.T, func(t *testing.T) {
		check := &Check{TB: t, T: t, exercise: c.exercise, once: c.once, watch: c.watch}
		end = check.guard(func() { body(check) })
	})
	c.sayPanic(end)
}

// Alive says that the test goes on: for between calls that each take long, such as
// of a password hash, so that all of them together do not count as a hang.
func (c *Check) Alive() { c.watch.alive() }

// Needs returns the check on what another exercise owes to this test, or on
// what several tests of this one share. Of a promise that is broken on it the
// first test tells all, and each other one only says that it waits for that.
//
//	raw, err := issuer.Issue(user)
//	require.NoError(check.Needs("2.1").Promise("Issue signs a token for %s", user.Username), err)
func (c *Check) Needs(exercise string) *Check {
	needs := *c
	needs.exercise, needs.once = exercise, true
	return &needs
}

// Promise returns what testify's assertions take in place of a *testing.T: if
// one fails, the promise is what the learner reads first. A test that promises
// does not hang.
//
//	require.NoError(check.Promise("HashPassword takes a passphrase"), err)
func (c *Check) Promise(promise string, args ...any) require.TestingT {
	c.watch.alive()
	return &promised{c, c, promise, fmt.Sprintf(promise, args...)}
}

type helper interface{ Helper() }

// promised shows testify no more of a Check than it needs: what else it finds,
// it prints. Helper is embedded, since it acts on its very caller.
type promised struct {
	helper
	check             *Check
	promise, sentence string
}

func (p *promised) FailNow() { p.check.FailNow() }

// Errorf is called by testify, with its table of evidence.
func (p *promised) Errorf(format string, args ...any) {
	p.check.Helper()
	p.check.broken(p.promise, p.sentence, withoutTrace(fmt.Sprintf(format, args...)))
}

// Broken ends the test with a promise that is broken, where no assertion of
// testify's says it well. Put what was expected and what came at the end.
func (c *Check) Broken(promise string, args ...any) {
	c.Helper()
	c.broken(promise, fmt.Sprintf(promise, args...), "")
	c.FailNow()
}

// Attack ends the test with what an attacker got: "mallory ..., and ...".
func (c *Check) Attack(format string, args ...any) {
	c.Helper()
	c.watch.alive()
	c.Errorf("%s", Shorten("ATTACK SUCCEEDED: "+fmt.Sprintf(format, args...)))
	c.FailNow()
}

// broken writes down a broken promise, or that it was written down already, perhaps
// with another input.
func (c *Check) broken(promise, sentence, evidence string) {
	c.Helper()
	c.watch.alive()
	if c.once {
		if teller := needs.firstTold(c.exercise+" "+promise, c.Name()); teller != c.Name() {
			c.WaitsFor(c.exercise, teller)
		}
	}
	c.Errorf("%s", Shorten("Promise broken ("+c.exercise+"): "+sentence+evidence))
}

// WaitsFor ends the test with no more than the name of another, which has told all of a
// promise that is broken in an exercise.
func (c *Check) WaitsFor(exercise, teller string) {
	c.Helper()
	c.Fatalf("Promise broken (%s): the one that %s tells of; this test waits for that", exercise, teller)
}

// needs are the promises that one test has told of for all. They are the test
// binary's, as its tests are.
var needs told

type told struct {
	mu    sync.Mutex
	tests map[string]string
}

// firstTold returns the first test that told of something, this one included.
func (f *told) firstTold(what, test string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if first, ok := f.tests[what]; ok {
		return first
	}
	if f.tests == nil {
		f.tests = make(map[string]string)
	}
	f.tests[what] = test
	return test
}

// is returns the first test that told of something, if one did.
func (f *told) is(what string) (test string, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	test, ok = f.tests[what]
	return test, ok
}

// withoutTrace drops testify's trace, which says in long what the line number
// in front of a failure says.
func withoutTrace(evidence string) string {
	if trace := strings.Index(evidence, "\tError Trace:"); trace >= 0 {
		return evidence[:trace] + evidence[max(trace, strings.Index(evidence, "\tError:")):]
	}
	return evidence
}

// A panicked says that code panicked, with what and where.
type panicked struct {
	cause any
	stack []where.Frame
}

// guard runs f and returns its panic, if it ends with one.
func (c *Check) guard(f func()) (p *panicked) {
	defer func() {
		if cause := recover(); cause != nil {
			p = &panicked{cause, where.Here()}
		}
	}()
	f()
	return nil
}

// Guard runs f, and fails the test if it panics: for goroutines of a test,
// whose panic would end all tests.
//
//	group.Go(func() { check.Guard(func() { answer = bookapitest.Send(check, api, r) }) })
func (c *Check) Guard(f func()) {
	c.Helper()
	c.sayPanic(c.guard(f))
}

// With runs f, and fails the test if it panics, in a sentence that has the input:
// `the header "Bearer"`.
func (c *Check) With(input string, f func()) {
	c.Helper()
	if p := c.guard(f); p != nil {
		c.Broken("the code panics with %s: %s", input, where.Sentence(p.cause, p.stack))
	}
}

func (c *Check) sayPanic(p *panicked) {
	c.Helper()
	if p != nil {
		c.Broken("the code panics: %s", where.Sentence(p.cause, p.stack))
	}
}
