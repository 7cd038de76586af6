package bookapitest_test

import (
	"flag"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/bookapitest"
	toy "example.com/bookapi/bookapitest/internal/step0-toy"
)

// failing lets the tests below run whose names end in Fails: they are run by the
// others, in a process of their own.
var failing = flag.Bool("failing", false, "run the tests that fail")

// exercise is bookapitest.Exercise in a test that is to fail.
func exercise(t *testing.T, body func(check *bookapitest.Check)) {
	t.Helper()
	if !*failing {
		t.Skip("run by another test")
	}
	bookapitest.Exercise(t, "0.1", body)
}

// run runs tests that fail, as go test does, and returns what they said and how
// long they took.
func run(t *testing.T, pattern string, flags ...string) (string, time.Duration) {
	t.Helper()
	program, err := os.Executable()
	assert.NoError(t, err)
	start := time.Now()
	cmd := exec.CommandContext(t.Context(), program, append([]string{"-failing", "-test.timeout=2m", "-test.run=^(" + pattern + ")$"}, flags...)...)
	output, err := cmd.CombinedOutput()
	assert.Error(t, err, "the tests fail: %s", output)
	return string(output), time.Since(start)
}

// said is what the tests said, without the lines that go test adds.
func said(output string) []string {
	var lines []string
	for _, m := range regexp.MustCompile(`(?m)^ +(\w+\.go):\d+: (.*)$`).FindAllStringSubmatch(output, -1) {
		lines = append(lines, m[1]+": "+m[2])
	}
	return lines
}

func TestPanicFails(t *testing.T) {
	exercise(t, func(*bookapitest.Check) { toy.Index(nil, 3) })
}

func TestPanicWithAnInputFails(t *testing.T) {
	exercise(t, func(check *bookapitest.Check) { check.With("the index 3", func() { toy.Index(nil, 3) }) })
}

func TestPanicNilFails(t *testing.T) {
	exercise(t, func(*bookapitest.Check) { toy.PanicNil() })
}

func TestPanicAgainFails(t *testing.T) {
	exercise(t, func(*bookapitest.Check) { toy.PanicAgain() })
}

func TestPanicInATestFails(t *testing.T) {
	exercise(t, func(*bookapitest.Check) {
		var h http.Handler
		h.ServeHTTP(nil, nil)
	})
}

func TestPanicInAHandlerFails(t *testing.T) {
	exercise(t, func(check *bookapitest.Check) {
		bookapitest.Send(check, http.HandlerFunc(toy.Panics), bookapitest.Request("GET", "/books"))
	})
}

func TestPanicInAGoroutineFails(t *testing.T) {
	exercise(t, func(check *bookapitest.Check) {
		var group sync.WaitGroup
		group.Go(func() { check.Guard(func() { toy.PanicNil() }) })
		group.Wait()
	})
}

func TestPanicInASubtestFails(t *testing.T) {
	exercise(t, func(check *bookapitest.Check) {
		check.Run("one", func(*bookapitest.Check) { toy.PanicNil() })
		check.Run("two", func(check *bookapitest.Check) {
			check.T.Parallel()
			toy.PanicNil()
		})
		check.Synctest(func(*bookapitest.Check) { toy.PanicNil() })
	})
}

func TestAPanicIsASentence(t *testing.T) {
	const panics = "Promise broken (0.1): the code panics: "
	for test, want := range map[string][]string{
		"TestPanicFails": {panics + "step0-toy/toy.go:16: runtime error: index out of range [3] with length 0"},
		"TestPanicWithAnInputFails": {
			"Promise broken (0.1): the code panics with the index 3: step0-toy/toy.go:16: runtime error: index out of range [3] with length 0",
		},
		"TestPanicNilFails":   {panics + "step0-toy/toy.go:21: panic(nil)"},
		"TestPanicAgainFails": {panics + "step0-toy/toy.go:31: the first"},
		"TestPanicInATestFails": {
			panics + "bookapitest/exercise_test.go:NN: runtime error: invalid memory address or nil pointer dereference",
		},
		"TestPanicInAHandlerFails": {
			"Promise broken (0.1): GET /books made the handler panic: step0-toy/toy.go:51: assignment to entry in nil map",
		},
		"TestPanicInAGoroutineFails": {panics + "step0-toy/toy.go:21: panic(nil)"},
		"TestPanicInASubtestFails":   {panics + "step0-toy/toy.go:21: panic(nil)", panics + "step0-toy/toy.go:21: panic(nil)", panics + "step0-toy/toy.go:21: panic(nil)"},
	} {
		t.Run(test, func(t *testing.T) {
			t.Parallel()
			output, _ := run(t, test)
			for i, line := range said(output) {
				line = regexp.MustCompile(`exercise_test.go:\d+: r`).ReplaceAllString(line, "exercise_test.go:NN: r")
				require.Less(t, i, len(want), output)
				assert.Equal(t, "exercise_test.go: "+want[i], line)
			}
			assert.Len(t, said(output), len(want), output)
			assert.NotContains(t, output, "goroutine ", "no stack")
		})
	}
}

func TestHangFails(t *testing.T) {
	exercise(t, func(*bookapitest.Check) { toy.Lock() })
}

func TestHangLaterFails(t *testing.T) {
	exercise(t, func(*bookapitest.Check) { t.Error("ran") })
}

func TestHangSpinFails(t *testing.T) {
	exercise(t, func(*bookapitest.Check) { toy.Spin() })
}

func TestHangInAGoroutineFails(t *testing.T) {
	exercise(t, func(*bookapitest.Check) {
		var group sync.WaitGroup
		group.Go(toy.Lock)
		group.Wait()
	})
}

func TestHangInASubtestFails(t *testing.T) {
	exercise(t, func(check *bookapitest.Check) {
		check.Run("one", func(check *bookapitest.Check) {
			check.T.Parallel()
			toy.Lock()
		})
		check.Run("two", func(*bookapitest.Check) {})
	})
}

func TestHangInACaptureFails(t *testing.T) {
	exercise(t, func(*bookapitest.Check) {
		bookapitest.Capture(func(*bookapitest.Outlets) { toy.Lock() })
	})
}

func TestHangInABubbleFails(t *testing.T) {
	exercise(t, func(check *bookapitest.Check) {
		check.Synctest(func(*bookapitest.Check) { toy.Lock() })
	})
}

func TestHangInTheTestFails(t *testing.T) {
	exercise(t, func(*bookapitest.Check) { <-make(chan int) })
}

func TestAHangIsASentence(t *testing.T) {
	if testing.Short() {
		t.Skip("hangs for ten seconds")
	}
	t.Parallel()
	var group sync.WaitGroup
	const hangs = "exercise_test.go: Promise broken (0.1): the code comes back; after 8 seconds "
	for tests, want := range map[string][]string{
		"TestHangFails|TestHangLaterFails": {
			hangs + "it stands at step0-toy/toy.go:38",
			"exercise_test.go: Promise broken (0.1): the one that TestHangFails tells of; this test waits for that",
		},
		"TestHangSpinFails":         {hangs + "it stands at step0-toy/toy.go:NN"},
		"TestHangInAGoroutineFails": {hangs + "it stands at step0-toy/toy.go:38"},
		"TestHangInASubtestFails":   {hangs + "it stands at step0-toy/toy.go:38"},
		"TestHangInABubbleFails":    {hangs + "it stands at step0-toy/toy.go:38"},
		"TestHangInACaptureFails":   {hangs + "it stands at step0-toy/toy.go:38"},
		"TestHangInTheTestFails":    {hangs + "the test still waits at bookapitest/exercise_test.go:NN"},
	} {
		group.Go(func() { // all at the same time, as each waits
			output, took := run(t, tests)
			var lines []string
			for _, line := range said(output) {
				line = regexp.MustCompile(`toy.go:4\d$`).ReplaceAllString(line, "toy.go:NN")
				lines = append(lines, regexp.MustCompile(`exercise_test.go:\d+$`).ReplaceAllString(line, "exercise_test.go:NN"))
			}
			assert.Subset(t, want, lines, output)
			assert.Subset(t, lines, want, output)
			if !strings.Contains(tests, "Spin") { // which a busy machine draws out
				assert.Less(t, took, 12*time.Second)
			}
			assert.NotContains(t, output, "goroutine ", "no stack")
		})
	}
	group.Wait()
}

func TestNoLimitWithoutADeadlineFails(t *testing.T) {
	exercise(t, func(check *bookapitest.Check) {
		time.Sleep(10 * time.Second)
		check.Error("slept")
	})
}

func TestADebuggerHasNoLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for ten seconds")
	}
	t.Parallel()
	output, _ := run(t, "TestNoLimitWithoutADeadlineFails", "-test.timeout=0")
	assert.Equal(t, []string{"exercise_test.go: slept"}, said(output))
}

func TestNeedsOneFails(t *testing.T)   { exercise(t, hashNeeded) }
func TestNeedsTwoFails(t *testing.T)   { exercise(t, hashNeeded) }
func TestNeedsThreeFails(t *testing.T) { exercise(t, hashNeeded) }

func hashNeeded(check *bookapitest.Check) {
	require.NoError(check.Needs("0.0").Promise("a hash is made"), assert.AnError)
	check.Error("went on")
}

func TestAnotherExercisesMistakeIsToldOnce(t *testing.T) {
	t.Parallel()
	output, _ := run(t, "TestNeeds.*Fails", "-test.count=2")
	const waits = "exercise_test.go: Promise broken (0.0): the one that TestNeedsOneFails tells of; this test waits for that"
	assert.Equal(t, []string{"exercise_test.go: Promise broken (0.0): a hash is made", waits, waits, "exercise_test.go: Promise broken (0.0): a hash is made", waits, waits}, said(output))
	assert.Equal(t, 2, strings.Count(output, assert.AnError.Error()))
	assert.NotContains(t, output, "Error Trace")
}

func TestPlainFailuresFails(t *testing.T) {
	exercise(t, func(check *bookapitest.Check) {
		check.Run("Promise", func(check *bookapitest.Check) {
			require.Equal(check.Promise("one is %s", "two"), 1, 2)
			check.Error("went on")
		})
		check.Run("Broken", func(check *bookapitest.Check) {
			check.Broken("one is %s", "two")
			check.Error("went on")
		})
		check.Run("Attack", func(check *bookapitest.Check) {
			check.Attack("mallory got %s", strings.Repeat("eyJhbGciOiJIUzI1NiJ9.", 3))
			check.Error("went on")
		})
		check.Run("Is", func(check *bookapitest.Check) {
			answer := bookapitest.Answer{Status: 401, Body: "{\n}\n"}
			answer.Is(check, 204, "grace may DELETE %s", "/books/1")
			check.Error("went on")
		})
		check.Run("no return", func(check *bookapitest.Check) {
			bookapitest.Send(check, http.HandlerFunc(toy.NoReturn), bookapitest.Request("GET", "/books"))
		})
		check.Run("no return, and next", func(check *bookapitest.Check) {
			check.AnswersOnce(toy.NoReturnNext(http.HandlerFunc(toy.Next)), bookapitest.Request("GET", "/books"))
		})
		check.Run("skipped", func(check *bookapitest.Check) {
			check.Skip("for a reason")
			check.Error("went on")
		})
	})
}

func TestFailuresBeginWithTheCause(t *testing.T) {
	t.Parallel()
	output, _ := run(t, "TestPlainFailuresFails", "-test.v")
	assert.Equal(t, []string{
		"exercise_test.go: Promise broken (0.1): one is two",
		"exercise_test.go: Promise broken (0.1): one is two",
		"exercise_test.go: ATTACK SUCCEEDED: mallory got eyJhbGciOiJI… (63 characters)",
		"exercise_test.go: Promise broken (0.1): grace may DELETE /books/1: expected 204, got 401 { }",
		"exercise_test.go: Promise broken (0.1): GET /books is answered once: step0-toy/toy.go:57 answered 401, went on, and step0-toy/toy.go:59 answered 200 as well: is a return missing?",
		"exercise_test.go: Promise broken (0.1): GET /books is answered once, and then it ends: step0-toy/toy.go:66 answered 401, and after that the next handler runs: is a return missing?",
		"exercise_test.go: for a reason",
	}, said(output), output)
	assert.Contains(t, output, "--- SKIP: TestPlainFailuresFails/skipped")
}

// What passes, passes: in parallel, in subtests and in a bubble, whose clock
// goes on by more than a test may hang.
func TestExercisePasses(t *testing.T) {
	bookapitest.Exercise(t, "0.2", func(check *bookapitest.Check) {
		check.T.Parallel()
		require.NotEmpty(check.Promise("a test has a name"), check.Name())
		check.Run("parallel", func(check *bookapitest.Check) {
			check.T.Parallel()
			require.NoError(check.Promise("a subtest has a context"), check.Context().Err())
		})
		check.Synctest(func(check *bookapitest.Check) {
			start := time.Now()
			time.Sleep(time.Hour)
			assert.Equal(check.Promise("the clock goes on"), time.Hour, time.Since(start))
		})
	})
	synctest.Test(t, func(t *testing.T) {
		bookapitest.Exercise(t, "0.2", func(*bookapitest.Check) { time.Sleep(time.Hour) })
	})
}
