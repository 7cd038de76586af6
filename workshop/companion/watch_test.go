//go:build unix

package main_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/termtest"
	"example.com/bookapi/workshop/internal/watch/watchtest"
)

const (
	alphaFile = "step1-alpha/alpha.go"
	arrowDown = "\x1b[B"
	escape    = "\x1b"
	controlC  = "\x03"
)

func TestWatch(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)

	t.Run("save, red, save, green, next", func(t *testing.T) {
		t.Parallel()
		root := coursetest.RepoWithReference(t)
		screen := watchtest.Start(t, string(program), root, 80, 24)
		screen.UntilHas("Welcome!", "? help", "q quit")
		screen.UntilHas("0 of 3 green", "1 [·]·  2 ·", "1.1  Double a number  · todo", "exercise 1.1 is not written yet", "Waiting for you to save.")

		coursetest.Replace(t, root, alphaFile, `return 0, errTODO("1.1")`, "return n, nil")
		screen.UntilHas("1.1  Double a number  · todo", "from before you saved")
		screen.UntilHas("1 [✗]·  2 ·", "1.1  Double a number  ✗ red  0 of 2 promises kept", "Double(1) is 1", "The promises:", "✗ fail  TestDouble/2")
		coursetest.Replace(t, root, alphaFile, "return n, nil", "return n + n, nil")
		screen.UntilHas("1 of 3 green", "1 [✓]·  2 ·", "1.1 is green: well done!", "What just happened: step1-alpha/README.md:10", "Press Enter to go on with 1.2  Greet somebody.")
		screen.UntilHas(alphaFile + " is tested.")
		screen.Type("\r")
		screen.UntilHas("1 ✓[·]  2 ·", "1.2  Greet somebody  · todo", `Greet said ""`)

		coursetest.Solve(t, root)
		screen.UntilHas("All 3 exercises of the course are green: well done!")
		screen.Type("q")
		assert.Zero(t, screen.Exit())
	})

	t.Run("what was written comes to the front", func(t *testing.T) {
		t.Parallel()
		root := coursetest.Repo(t)
		screen := watchtest.Start(t, string(program), root, 80, 24)
		watchtest.Idle(screen)
		coursetest.Replace(t, root, "step2-beta/beta.go", `return 0, errTODO("2.1")`, "return n, nil")
		screen.UntilHas("1 ··  2 [✗]", "2.1  Double twice  ✗ red", "ATTACK SUCCEEDED: mallory got 1, <nil>", "The exercise at hand is 1.1")
		screen.Type("p")
		screen.UntilHas("1 ·[·]  2 ✗", "1.2  Greet somebody")
		screen.Type("p")
		screen.UntilHas("1 [·]·  2 ✗", "1.1  Double a number")
		screen.Type("nn")
		screen.UntilHas("1 ··  2 [✗]")
		screen.Type("\r")
		screen.UntilHas("1 [·]·  2 ✗")
	})

	t.Run("hints, one by one", func(t *testing.T) {
		t.Parallel()
		screen := watchtest.Start(t, string(program), coursetest.Repo(t), 80, 24)
		watchtest.Idle(screen)
		screen.Type("h")
		v := screen.UntilHas("hint 1 of 3: a question", "What is twice as much?", "The next hint is where to read: press h again.")
		assert.False(t, v.Has("arithmetic"))
		screen.Type("q") // closes the page, and remembers how far it was opened
		screen.UntilHas("Waiting for you to save.", "q quit")
		screen.Type("h")
		v = screen.UntilHas("hint 1 of 3: a question")
		assert.False(t, v.Has("hint 2 of 3"))
		screen.Type("h")
		v = screen.UntilHas("hint 2 of 3: where to read", "Read about arithmetic operators.")
		assert.False(t, v.Has("n + n"))
		screen.Type("h")
		screen.UntilHas("hint 3 of 3: nearly the code", "n + n", "That was the last one.")
		screen.Type("n")
		screen.UntilHas("1.2  Greet somebody")
		screen.Type("h")
		assert.False(t, screen.UntilHas("hint 1 of 4", "for the red TestGreet", "Which word is missing?").Has("hint 2"))
	})

	t.Run("diff asks first", func(t *testing.T) {
		t.Parallel()
		root := coursetest.RepoWithReference(t)
		screen := watchtest.Start(t, string(program), root, 80, 24)
		watchtest.Idle(screen)
		screen.Type("d")
		v := screen.UntilHas("1.1 is not green yet, and the reference gives it away. Show it all the same?", "y show it")
		assert.False(t, v.Has("twice(n)"))
		screen.Type("n")
		v = screen.UntilHas("1.1  Double a number  · todo")
		assert.False(t, v.Has("twice(n)"))
		screen.Type("d")
		screen.UntilHas("Show it all the same?")
		screen.Type("y")
		screen.UntilHas("You have not written this one yet.", "+     return twice(n), nil", "The reference's own helper")
		screen.Type(escape)
		screen.UntilHas("1.1  Double a number  · todo")
		coursetest.Replace(t, root, alphaFile, `return 0, errTODO("1.1")`, "return n + n, nil")
		screen.UntilHas("1.1 is green: well done!")
		screen.Type("d")
		v = screen.UntilHas("-     return n + n, nil", "+     return twice(n), nil")
		assert.False(t, v.Has("Show it all the same?"), "it gives nothing away any more")
		coursetest.Replace(t, root, alphaFile, "return n + n, nil", "return n, nil")
		screen.UntilHas("1.1  Double a number  ✗ red", "Double(1) is 1") // whoever saves wants to see this
	})

	t.Run("output, map and help, to scroll in", func(t *testing.T) {
		t.Parallel()
		screen := watchtest.Start(t, string(program), coursetest.Repo(t), 80, 12)
		watchtest.Idle(screen)
		screen.Type("o")
		screen.UntilHas("go test ./step1-alpha -run TestDouble", "more")
		screen.Type("G")
		screen.UntilHas("✗ fail  TestDouble/2", "↑ the end")
		screen.Type("g")
		screen.UntilHas("go test ./step1-alpha -run TestDouble")
		screen.Type(arrowDown)
		screen.Until("one line further down", func(v termtest.View) bool { return !v.Has("1.1  Double a number") && v.Has("go test") })
		screen.Type("m")
		screen.UntilHas("Step 1  Alpha  step1-alpha", "Step 2  Beta")
		screen.Type("?")
		screen.UntilHas("a hint for what is red")
		screen.Type("G")
		screen.UntilHas("progress is what the tests say.")
	})

	t.Run("run again", func(t *testing.T) {
		t.Parallel()
		screen := watchtest.Start(t, string(program), coursetest.Repo(t), 80, 24)
		watchtest.Idle(screen)
		screen.Type("r")
		screen.UntilHas("from before you saved")
		watchtest.Idle(screen)
	})

	t.Run("any size", func(t *testing.T) {
		t.Parallel()
		screen := watchtest.Start(t, string(program), coursetest.Repo(t), 80, 24)
		watchtest.Idle(screen)
		screen.Resize(40, 10)
		v := screen.Until("all of it in 40 columns", func(v termtest.View) bool {
			return v.Has("0 of 3 green", "1.1  Double a number", "? help", "q quit") && !v.Has("run again")
		})
		assert.Len(t, v.Lines, 10)
		screen.Resize(200, 50)
		v = screen.UntilHas("0 of 3 green", "1 [·]·  2 ·", "1.1  Double a number", "run again")
		assert.Len(t, v.Lines, 50)
		assert.True(t, strings.HasSuffix(v.Lines[49], "q quit"), "the keys stay below")
		assert.True(t, v.Has("Step 2  Beta"), "there is room for the map")
		screen.Resize(3, 2)
		screen.Resize(80, 24)
		screen.UntilHas("0 of 3 green", "run again")
		screen.Type("q")
		assert.Zero(t, screen.Exit())
	})

	t.Run("what tests print does nothing to the terminal", func(t *testing.T) {
		t.Parallel()
		root := coursetest.Repo(t)
		screen := watchtest.Start(t, string(program), root, 80, 24)
		watchtest.Idle(screen)
		coursetest.Replace(t, root, "step1-alpha/alpha_test.go", "func TestGreet(t *testing.T) {",
			"func TestGreet(t *testing.T) {\n\tt.Error(\"one\\x1b[2J\\x1b[H\\x1b[?1049l\\x1b]0;gone\\a\\u009b2Jtwo\\x1b[31mthree\\rfour\")")
		screen.Type("n")
		v := screen.UntilHas("two", "three", "four")
		assert.True(t, v.Alt)
		assert.True(t, v.Has("0 of 3 green", "1.2  Greet somebody", "q quit"), "all is in its place:\n%s", v.Text)
		screen.Type("o")
		assert.True(t, screen.UntilHas("go test ./step1-alpha -run TestGreet", "four").Alt)
	})
}

// hanging makes exercise 1.1 hang, and returns the process of its test.
func hanging(t *testing.T, root string, screen *termtest.Terminal) int {
	t.Helper()
	coursetest.Write(t, root, alphaFile, `package alpha

import (
	"os"
	"os/signal"
	"strconv"
)

// Double hangs, and does not end when it is told to.
func Double(n int) (int, error) {
	signal.Ignore(os.Interrupt)
	if err := os.WriteFile("running.new", []byte(strconv.Itoa(os.Getpid())), 0o600); err != nil {
		return 0, err
	}
	if err := os.Rename("running.new", "running.pid"); err != nil {
		return 0, err
	}
	select {}
}

// Greeter greets.
type Greeter struct{}

// Greet says hello.
func (g *Greeter) Greet(name string) string { return errTODO("1.2").Error() }
`)
	screen.UntilHas("step1-alpha  TestDouble/")
	var process int
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(filepath.Join(root, "step1-alpha", "running.pid"))
		if err != nil {
			return false
		}
		process, err = strconv.Atoi(string(text))
		return err == nil
	}, time.Minute, 10*time.Millisecond)
	require.NoError(t, syscall.Kill(process, 0), "it runs")
	return process
}

// gone demands that a process ends.
func gone(t *testing.T, process int) {
	t.Helper()
	assert.Eventually(t, func() bool { return syscall.Kill(process, 0) != nil }, time.Minute, 10*time.Millisecond, "a test goes on running")
}

func TestWatchLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)
	for name, end := range map[string]struct {
		how  func(*termtest.Terminal)
		code int
	}{
		"q":         {func(s *termtest.Terminal) { s.Type("q") }, 0},
		"Ctrl-C":    {func(s *termtest.Terminal) { s.Type(controlC) }, 130},
		"interrupt": {func(s *termtest.Terminal) { s.Signal(os.Interrupt) }, 130},
		"terminate": {func(s *termtest.Terminal) { s.Signal(syscall.SIGTERM) }, 1},
		"hang up":   {func(s *termtest.Terminal) { s.Signal(syscall.SIGHUP) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := coursetest.Repo(t)
			screen := watchtest.Start(t, string(program), root, 80, 24)
			watchtest.Idle(screen)
			process := hanging(t, root, screen)
			end.how(screen)
			assert.Equal(t, end.code, screen.Exit())
			gone(t, process)
		})
	}

	t.Run("Ctrl-C in a page, and before the first verdict", func(t *testing.T) {
		t.Parallel()
		screen := watchtest.Start(t, string(program), coursetest.Repo(t), 80, 24)
		screen.UntilHas("Welcome!")
		screen.Type("?")
		screen.UntilHas("quit at once")
		screen.Type(controlC)
		assert.Equal(t, 130, screen.Exit())
	})
}

func TestWatchWithoutColours(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)
	screen := watchtest.Start(t, string(program), coursetest.Repo(t), 80, 24, "NO_COLOR=1")
	watchtest.Idle(screen)
	assert.NotContains(t, screen.Styled(), "\x1b[", "nothing is coloured, bold or faint")
	coloured := watchtest.Start(t, string(program), coursetest.Repo(t), 80, 24)
	watchtest.Idle(coloured)
	assert.Contains(t, coloured.Styled(), "\x1b[")
}

func TestWatchWithoutATerminal(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)
	root := coursetest.Repo(t)
	const want = "Nothing can be drawn here: watch needs a terminal to draw on, and keys to be pressed. This shows the same once: go run ./workshop"

	stdout, stderr, code := program.run(t, root, "watch")
	assert.Equal(t, 1, code)
	assert.Empty(t, stdout)
	assert.Equal(t, want, strings.Join(strings.Fields(stderr), " "))

	dumb := watchtest.Start(t, string(program), root, 80, 24, "TERM=dumb")
	said := dumb.UntilHas("go run ./workshop")
	assert.Contains(t, strings.Join(strings.Fields(said.Text), " "), want)
	assert.Equal(t, 1, dumb.Exit())

	mistake(t, program, root, "watch 1.1", `One thing at a time, please: "1.1" is too much.`)
	outside := watchtest.Start(t, string(program), t.TempDir(), 80, 24)
	outside.UntilHas("not a folder of the workshop")
	assert.Equal(t, 1, outside.Exit())
}
