package gotest_test

import (
	"context"
	"encoding/json"
	"flag"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/gotest"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	alpha     = "step1-alpha/alpha.go"
	alphaTest = "step1-alpha/alpha_test.go"
	beta      = "step2-beta/beta.go"
)

func TestMain(m *testing.M) {
	// The tiny workshop has a go.work, also when these tests run without theirs.
	_ = os.Unsetenv("GOWORK")
	m.Run()
}

// report runs the tests of the workshop in root, or of the part that query names.
func report(t *testing.T, root, query string) *gotest.Report {
	t.Helper()
	c, err := course.Load(root)
	require.NoError(t, err)
	selection := c.All()
	if query != "" {
		var ok bool
		selection, ok = c.Find(query)
		require.True(t, ok)
	}
	r, err := gotest.Runner{}.Run(t.Context(), c, selection)
	require.NoError(t, err)
	return r
}

// states is the state of each exercise, in order.
func states(r *gotest.Report) string {
	var all []string
	for _, e := range r.Exercises {
		all = append(all, e.ID+" "+e.State)
	}
	return strings.Join(all, ", ")
}

func TestNothingWrittenYet(t *testing.T) {
	t.Parallel()
	r := report(t, coursetest.Repo(t), "")

	assert.Equal(t, "1.1 todo, 1.2 todo, 2.1 todo", states(r))
	assert.Equal(t, gotest.Progress{Todo: 3, Total: 3}, r.Progress)
	assert.Equal(t, "1.1", r.Next.Exercise)
	assert.Equal(t, "go test ./step1-alpha -run TestDouble", r.Next.Command)
	assert.Equal(t, "Promise broken (1.1): Double doubles 1", firstFailure(r.Exercises[0]).Failure)
	assert.Equal(t, "step1-alpha/alpha_test.go:15", r.Next.Where)
	assert.Equal(t, r.Next.Failure+"\nReceived unexpected error: exercise 1.1 is not written yet", r.Next.Output)
}

func firstFailure(e gotest.Exercise) gotest.Test {
	for _, test := range e.Tests {
		if test.Result == gotest.Fail {
			return test
		}
	}
	return gotest.Test{}
}

func TestAllGreen(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	coursetest.Solve(t, root)
	r := report(t, root, "")

	assert.Equal(t, "1.1 green, 1.2 green, 2.1 green", states(r))
	assert.Nil(t, r.Next)
	assert.Len(t, r.Exercises[0].Tests, 2, "the leaves, without their parent")
}

func TestSomethingWrittenIsRed(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	coursetest.Replace(t, root, alpha, `return 0, errTODO("1.1")`, "if n == 2 {\n\t\treturn 5, nil\n\t}\n\treturn 2 * n, nil")
	r := report(t, root, "")

	assert.Equal(t, "1.1 red, 1.2 todo, 2.1 todo", states(r))
	assert.Equal(t, "TestDouble/2", r.Next.Test)
	assert.Equal(t, "Double(2) is 5", r.Next.Failure)
	assert.Equal(t, 4, r.Next.Line)
}

func TestSelectionRunsOnlyItsTests(t *testing.T) {
	t.Parallel()
	r := report(t, coursetest.Repo(t), "1.2")

	assert.Equal(t, "1.2 todo", states(r))
	assert.Equal(t, `Greet said ""`, r.Next.Failure)
	assert.Equal(t, "2.1 todo", states(report(t, coursetest.Repo(t), "beta")))
}

func TestBuildErrorHidesOnlyWhatCannotBeBuilt(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	coursetest.Solve(t, root)
	coursetest.Replace(t, root, alpha, `"hello " + name`, "helo")
	r := report(t, root, "")

	assert.Equal(t, []gotest.BuildError{{Step: "step1-alpha", File: alpha, Line: 14, Column: 9, Message: "undefined: helo"}}, r.Build)
	assert.Equal(t, "does not build", r.Steps[0].Why)
	assert.Equal(t, "waits for step 1 to build", r.Steps[1].Why)
	assert.Equal(t, "1.2", r.Next.Exercise, "the exercise in which the error stands")
	assert.Equal(t, 14, r.Next.Line)
	assert.True(t, r.Next.Build)

	root = coursetest.Repo(t)
	coursetest.Solve(t, root)
	coursetest.Replace(t, root, beta, "return alpha.Double(twice)", "return alpha.Dubble(twice)")
	r = report(t, root, "")

	assert.Equal(t, "1.1 green, 1.2 green, 2.1 red", states(r))
	assert.Equal(t, "step2-beta", r.Build[0].Step)
}

func TestEveryKindOfBuildErrorIsNamed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file, old, replacement string // replacement of a part, or of the whole file if old is empty
		at                     string // file of the first build error
		want                   string // in its message
		why2                   string // of the second step
	}{
		"syntax error":       {alpha, `return ""`, `return (((`, alpha, "syntax error", "waits for step 1 to build"},
		"empty file":         {alpha, "", "", alpha, "expected 'package'", "waits for step 1 to build"},
		"missing import":     {alpha, `return ""`, `return strings.Repeat(name, 2)`, alpha, "undefined: strings", "waits for step 1 to build"},
		"unknown package":    {alpha, "package alpha", "package alpha\n\nimport _ \"strngs\"", alpha, "strngs is not in std", "waits for step 1 to build"},
		"unknown module":     {alpha, "package alpha", "package alpha\n\nimport _ \"example.test/far/away\"", alpha, "example.test/far/away", "waits for step 1 to build"},
		"import cycle":       {alpha, "package alpha", "package alpha\n\nimport _ \"example.test/step2-beta\"", "", "import cycle", "waits for step 1 to build"},
		"wrong package name": {alpha, "package alpha", "package beta", "", "found packages", "waits for step 1 to build"},
		"function gone":      {alpha, "", "package alpha\n", alphaTest, "undefined: alpha.Double", "waits for step 1 to build"},
		"vet":                {alpha, `return ""`, `println(name); return fmt.Sprintf("%d", name)`, alpha, "wrong type", ""},
		"test file":          {alphaTest, "func TestGreet(", "func (", alphaTest, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := coursetest.Repo(t)
			if test.old == "" {
				coursetest.Write(t, root, test.file, test.replacement)
			} else {
				coursetest.Replace(t, root, test.file, test.old, test.replacement)
			}
			if name == "vet" {
				coursetest.Replace(t, root, alpha, "package alpha", "package alpha\n\nimport \"fmt\"")
			}
			if name == "function gone" {
				coursetest.Write(t, root, beta, "package beta\n\nfunc Quadruple(n int) (int, error) {\n\treturn 0, errTODO(\"2.1\")\n}\n")
				test.why2 = ""
			}

			r := report(t, root, "")

			require.NotEmpty(t, r.Build)
			assert.Equal(t, "step1-alpha", r.Build[0].Step)
			assert.Equal(t, test.at, r.Build[0].File)
			assert.Contains(t, r.Build[0].Message, test.want)
			for _, e := range r.Build {
				assert.NotContains(t, e.Message+e.File, root)
			}
			assert.Equal(t, "does not build", r.Steps[0].Why)
			assert.Equal(t, test.why2, r.Steps[1].Why)
			assert.True(t, r.Next.Build)
		})
	}
}

func TestDeletedFilesAreNamed(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	require.NoError(t, os.Remove(filepath.Join(root, "step1-alpha", "alpha_test.go")))
	r := report(t, root, "")

	assert.Equal(t, "no test was found in step1-alpha", r.Steps[0].Why)
	assert.Equal(t, "1.1 todo, 1.2 todo, 2.1 todo", states(r))
	assert.Equal(t, "no test was found in step1-alpha", r.Next.Failure)

	root = coursetest.Repo(t)
	require.NoError(t, os.Remove(filepath.Join(root, "step1-alpha", "alpha.go")))
	require.NoError(t, os.Remove(filepath.Join(root, "step1-alpha", "todo.go")))
	r = report(t, root, "")

	assert.Contains(t, r.Build[0].Message, "no non-test Go files in step1-alpha")
	assert.Equal(t, "waits for step 1 to build", r.Steps[1].Why)
}

func TestPanicIsItsTestsAndHidesNoOtherExercise(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	coursetest.Solve(t, root)
	coursetest.Replace(t, root, alpha, "return n + n, nil", "var none []int\n\treturn none[n], nil")
	coursetest.Replace(t, root, alphaTest, "\t\t\tt.Parallel()\n", "")
	coursetest.Write(t, root, "step1-alpha/zzz_test.go", "package alpha_test\n\nimport \"testing\"\n\nfunc TestDoubleLater(*testing.T) {}\n")
	r := report(t, root, "1")

	assert.Equal(t, "1.1 red, 1.2 green", states(r))
	failed := firstFailure(r.Exercises[0])
	assert.Equal(t, "TestDouble/1", failed.Name)
	assert.Equal(t, "panic: runtime error: index out of range [1] with length 0", failed.Failure)
	assert.Equal(t, alpha+":6", failed.Where)
	assert.Equal(t, gotest.Test{Name: "TestDoubleLater", Result: gotest.NotRun}, r.Exercises[0].Tests[1])
	assert.Equal(t, "did not run: TestDouble/1 panicked", r.Exercises[0].Why)
	assert.Equal(t, "1.1", r.Next.Exercise)
}

func TestPanicAmongParallelTestsIsNamed(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	coursetest.Solve(t, root)
	coursetest.Replace(t, root, alpha, "return n + n, nil", "if n == 2 {\n\t\tgo panic(\"from afar\")\n\t\tselect {}\n\t}\n\treturn n + n, nil")
	r := report(t, root, "1")

	assert.Equal(t, "1.1 red, 1.2 green", states(r))
	assert.Equal(t, "panic: from afar", r.Next.Failure)
}

func TestFatalErrorIsACrash(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	coursetest.Replace(t, root, alpha, "package alpha", "package alpha\n\nimport \"sync\"")
	coursetest.Replace(t, root, alpha, `return ""`, "new(sync.Mutex).Unlock()\n\treturn name")
	r := report(t, root, "1.2")

	assert.Equal(t, "fatal error: sync: unlock of unlocked mutex", r.Next.Failure)
	assert.Equal(t, alpha+":17", r.Next.Where)
}

func TestTwoAtOnceInAMapIsAnAttack(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	coursetest.Replace(t, root, alpha, `return ""`, `m := map[int]int{}
	for range 2 {
		go func() {
			for {
				m[1]++
			}
		}()
	}
	select {}`)
	r := report(t, root, "1.2")

	assert.Regexp(t, `^ATTACK SUCCEEDED: two callers came at the same moment, and the whole server ends: fatal error: concurrent map `, r.Next.Failure)
	assert.Equal(t, alpha+":19", r.Next.Where)
}

func TestExitInsideATestIsNamed(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"0", "1"} {
		root := coursetest.Repo(t)
		coursetest.Replace(t, root, alpha, "package alpha", "package alpha\n\nimport \"os\"")
		coursetest.Replace(t, root, alpha, `return 0, errTODO("1.1")`, "println(\"bye\")\n\tos.Exit("+code+")\n\treturn 0, nil")
		coursetest.Replace(t, root, alphaTest, "\t\t\tt.Parallel()\n", "")
		r := report(t, root, "1")

		assert.Equal(t, "1.1 red, 1.2 todo", states(r))
		assert.Equal(t, "TestDouble/1", r.Next.Test)
		assert.Contains(t, r.Next.Failure, "os.Exit")
		assert.Equal(t, `Greet said ""`, firstFailure(r.Exercises[1]).Failure)
		if code == "1" {
			assert.Contains(t, r.Next.Output, "bye")
		}
	}
}

func TestExitBeforeAnyTestIsNamed(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	coursetest.Replace(t, root, alpha, "package alpha", "package alpha\n\nimport \"log\"\n\nfunc init() { log.Fatal(\"no database\") }")
	r := report(t, root, "")

	assert.Contains(t, r.Steps[0].Why, "no database")
	assert.Equal(t, "1.1 todo, 1.2 todo, 2.1 todo", states(r))
}

func TestHangIsNamedWithItsPlace(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	coursetest.Solve(t, root)
	coursetest.Replace(t, root, alpha, `return "hello " + name`, "select {}")
	coursetest.Write(t, root, "step1-alpha/aaa_test.go", "package alpha_test\n\nimport (\n\t\"testing\"\n\n\talpha \"example.test/step1-alpha\"\n)\n\nfunc TestGreetFirst(*testing.T) { new(alpha.Greeter).Greet(\"ada\") }\n")
	c, err := course.Load(root)
	require.NoError(t, err)
	r, err := gotest.Runner{Timeout: 3 * time.Second}.Run(t.Context(), c, c.All())
	require.NoError(t, err)

	assert.Equal(t, "1.1 red, 1.2 red, 2.1 green", states(r))
	assert.Equal(t, "did not run: TestGreetFirst did not finish in 3 s", r.Exercises[0].Why)
	assert.Equal(t, "1.2", r.Next.Exercise, "what the hang hid is passed over")
	assert.Equal(t, "did not finish in 3 s: look for an endless loop", r.Next.Failure)
	assert.Equal(t, alpha+":14", r.Next.Where)
}

func TestParentThatFailsByItselfCounts(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	coursetest.Solve(t, root)
	coursetest.Replace(t, root, alphaTest, "func TestGreet(t *testing.T) {", "func TestGreet(t *testing.T) {\n\tt.Run(\"fine\", func(t *testing.T) {})\n\tt.Error(\"the parent\")")
	r := report(t, root, "1.2")

	assert.Equal(t, "1.2 red", states(r))
	assert.Equal(t, "TestGreet", r.Next.Test)
	assert.Equal(t, "the parent", r.Next.Failure)
	assert.Len(t, r.Exercises[0].Tests, 2)
}

func TestSkippedTestsAreNotGreen(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	coursetest.Solve(t, root)
	coursetest.Replace(t, root, alphaTest, "func TestGreet(t *testing.T) {", "func TestGreet(t *testing.T) {\n\tt.Skip()")
	r := report(t, root, "1.2")

	assert.Equal(t, "1.2 red", states(r))
	assert.Equal(t, "its tests were skipped", r.Next.Failure)
}

func TestInterruptStopsEverything(t *testing.T) {
	t.Parallel()
	// The hanging test holds a connection, which ends when its process does.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	root := coursetest.Repo(t)
	coursetest.Replace(t, root, alpha, "package alpha", "package alpha\n\nimport \"net\"")
	coursetest.Replace(t, root, alpha, `return ""`, "net.Dial(\"tcp\", \""+listener.Addr().String()+"\")\n\tselect {}")
	c, err := course.Load(root)
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	alive := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		cancel()
		if err == nil {
			_ = conn.SetReadDeadline(time.Now().Add(gotest.Timeout / 2))
			_, err = conn.Read(make([]byte, 1))
		}
		alive <- err
	}()
	_, err = gotest.Runner{}.Run(ctx, c, c.All())
	listener.Close() // should nobody have come

	assert.ErrorIs(t, err, context.Canceled)
	assert.NotErrorIs(t, <-alive, os.ErrDeadlineExceeded, "the hanging test outlived the command")
}

func TestGoCommandIsMissing(t *testing.T) {
	c, err := course.Load(coursetest.Repo(t))
	require.NoError(t, err)
	t.Setenv("PATH", t.TempDir())
	_, err = gotest.Runner{}.Run(t.Context(), c, c.All())
	assert.ErrorContains(t, err, "install Go")
}

func TestGoCommandIsTooOld(t *testing.T) {
	root := coursetest.Repo(t)
	c, err := course.Load(root)
	require.NoError(t, err)
	t.Setenv("GOTOOLCHAIN", "local")
	coursetest.Replace(t, root, "go.work", "go 1.26.0", "go 9.99.0")
	_, err = gotest.Runner{}.Run(t.Context(), c, c.All())
	assert.ErrorContains(t, err, "needs Go 9.99.0 or newer")
}

func TestGoCommandRefuses(t *testing.T) {
	c, err := course.Load(coursetest.Repo(t))
	require.NoError(t, err)
	t.Setenv("GOFLAGS", "-mod=mod")
	_, err = gotest.Runner{}.Run(t.Context(), c, c.All())
	assert.ErrorContains(t, err, "It says:\ngo: -mod may only be set to readonly or vendor")
}

func TestLearnersFlagsAreLeftAlone(t *testing.T) {
	t.Setenv("GOFLAGS", "-v -x -count=1 -trimpath")
	assert.Equal(t, "1.1 todo, 1.2 todo, 2.1 todo", states(report(t, coursetest.Repo(t), "")))
}

func TestJSONKeepsItsShape(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	coursetest.Replace(t, root, alpha, `return ""`, `return "good day, " + name`)
	coursetest.Replace(t, root, beta, "var _ = alpha.Double", "var _ = alpha.Dubble")
	got, err := json.MarshalIndent(report(t, root, ""), "", "  ")
	require.NoError(t, err)

	golden := filepath.Join("testdata", "report.json")
	if *update {
		require.NoError(t, os.WriteFile(golden, append(got, '\n'), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, strings.ReplaceAll(string(want), "\r\n", "\n"), string(got)+"\n")
}

// What a later run of a part says stands in place of what was known of it.
func TestWithAPartTestedAgain(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	c, err := course.Load(root)
	require.NoError(t, err)
	before := report(t, root, "")
	coursetest.Solve(t, root)
	part := report(t, root, "alpha")
	merged := before.With(c, part)

	assert.Equal(t, "1.1 green, 1.2 green, 2.1 todo", states(merged))
	assert.Equal(t, gotest.Progress{Green: 2, Todo: 1, Total: 3}, merged.Progress)
	assert.Equal(t, "2.1", merged.Next.Exercise)
	assert.Equal(t, []int{2, 0}, []int{merged.Steps[0].Green, merged.Steps[1].Green})
	assert.Equal(t, "1.1 todo, 1.2 todo, 2.1 todo", states(before), "the older one is left as it was")
}

func TestWithAPartThatDoesNotBuild(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	c, err := course.Load(root)
	require.NoError(t, err)
	coursetest.Solve(t, root)
	green := report(t, root, "")
	coursetest.Replace(t, root, alpha, `"hello " + name`, "helo")
	broken := green.With(c, report(t, root, "alpha"))

	assert.Equal(t, "1.1 red, 1.2 red, 2.1 green", states(broken))
	require.Len(t, broken.Build, 1)
	assert.True(t, broken.Next.Build)
	assert.Equal(t, "1.2", broken.Next.Exercise, "the one in whose function it stands")
	waiting := broken.With(c, report(t, root, "beta"))
	assert.Len(t, waiting.Build, 1, "the compiler says it again, and once is enough")
	assert.Equal(t, "waits for step 1 to build", waiting.Steps[1].Why)

	coursetest.Solve(t, root)
	mended := waiting.With(c, report(t, root, "alpha"))
	assert.Empty(t, mended.Build)
}

// A learner's own test is no exercise, and is not passed over in silence.
func TestATestOfNoExerciseThatFails(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	coursetest.Write(t, root, "step1-alpha/mine_test.go", "package alpha\n\nimport \"testing\"\n\nfunc TestMine(t *testing.T) { t.Error(\"not what I meant\") }\n\nfunc TestFine(t *testing.T) {}\n")
	r := report(t, root, "")
	require.Len(t, r.Steps[0].Also, 1)
	assert.Equal(t, "TestMine", r.Steps[0].Also[0].Name)
	assert.Equal(t, "step1-alpha/mine_test.go:5", r.Steps[0].Also[0].Where)
	assert.Equal(t, "not what I meant", r.Steps[0].Also[0].Failure)
	assert.Empty(t, r.Steps[1].Also)
	assert.Equal(t, "1.1", r.Next.Exercise)
}
