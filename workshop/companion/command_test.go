package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/overlay"
)

// workshop is the built command.
type workshop string

func buildWorkshop(t testing.TB) workshop {
	t.Helper()
	program, err := built()
	require.NoError(t, err)
	return workshop(program)
}

// built links the command once for all tests, in a folder that TestMain takes
// away. It knows what was handed out in the tiny workshop, too.
var built = sync.OnceValues(func() (program string, err error) {
	program = filepath.Join(scratch, "workshop")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	archives, err := coursetest.Archives()
	if err != nil {
		return "", err
	}
	added := make(map[string][]byte)
	for name, text := range archives {
		added[filepath.Join("..", "..", filepath.FromSlash(name))] = text
	}
	flag, err := overlay.Write(scratch, added)
	if err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-overlay", flag, "-o", program, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return program, nil
})

// scratch is a folder for what the tests share.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "workshop-test-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

// run runs the command in dir, its output in pipes.
func (w workshop) run(t *testing.T, dir string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), string(w), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	cmd.Env = append(os.Environ(), "GOWORK=") // the one of dir, also when these tests run without theirs
	err := cmd.Run()
	if _, exited := errors.AsType[*exec.ExitError](err); !exited {
		require.NoError(t, err)
	}
	assert.False(t, strings.ContainsAny(out.String()+errs.String(), "\x1b\r"), "no escape codes in a pipe")
	if slices.Contains(args, "--json") {
		return out.String(), errs.String(), cmd.ProcessState.ExitCode()
	}
	for line := range strings.Lines(out.String() + errs.String()) {
		assert.LessOrEqual(t, ansi.StringWidth(strings.TrimRight(line, "\n")), 80, line)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestCommand(t *testing.T) {
	program := buildWorkshop(t)
	root := coursetest.Repo(t)
	solved := coursetest.Repo(t)
	coursetest.Solve(t, solved)

	t.Run("the map comes first and the next thing last, from any folder", func(t *testing.T) {
		for _, dir := range []string{".", "step2-beta", "solutions"} {
			stdout, stderr, code := program.run(t, filepath.Join(root, dir))
			assert.Zero(t, code, "red tests are no failure of the command")
			assert.True(t, strings.HasPrefix(stdout, "Step 1  Alpha  step1-alpha\n  · 1.1  Double a number  todo"), stdout)
			assert.True(t, strings.HasSuffix(stdout, "Check it with:\n  go test ./step1-alpha -run TestDouble\n"), stdout)
			assert.Equal(t, "Building and running the tests …\n", stderr)
		}
	})

	t.Run("all green", func(t *testing.T) {
		stdout, _, code := program.run(t, solved)
		assert.Zero(t, code)
		assert.Contains(t, stdout, "All 3 are green: well done!")
	})

	t.Run("a part of the course", func(t *testing.T) {
		for _, args := range [][]string{{"1.2"}, {"status", "1.2"}} {
			stdout, _, code := program.run(t, root, args...)
			assert.Zero(t, code)
			assert.Contains(t, stdout, "Next: 1.2  Greet somebody")
			assert.NotContains(t, stdout, "Double a number")
		}
		stdout, _, _ := program.run(t, root, "status", "step2-beta")
		assert.Contains(t, stdout, "ATTACK SUCCEEDED: mallory got 0")
		assert.NotContains(t, stdout, "Greet somebody")
	})

	t.Run("JSON for programs", func(t *testing.T) {
		for _, args := range [][]string{{"--json"}, {"status", "--json"}} {
			stdout, _, code := program.run(t, root, args...)
			assert.Zero(t, code)
			var report gotest.Report
			require.NoError(t, json.Unmarshal([]byte(stdout), &report))
			assert.Equal(t, gotest.Progress{Todo: 3, Total: 3}, report.Progress)
		}
		stdout, _, _ := program.run(t, solved, "--json")
		assert.Contains(t, stdout, `"next": null`)
		assert.Contains(t, stdout, `"build": []`)
	})

	t.Run("a line for a chat", func(t *testing.T) {
		for dir, want := range map[string]string{root: "1.1 todo 0/3 own\n", solved: "all green 3/3 own\n"} {
			stdout, _, code := program.run(t, dir, "status", "--line")
			assert.Zero(t, code)
			assert.Equal(t, want, stdout)
		}
		broken := coursetest.Repo(t)
		coursetest.Replace(t, broken, "step1-alpha/alpha.go", "return \"\"\n", "return 1\n")
		stdout, _, _ := program.run(t, broken, "status", "--line")
		assert.Equal(t, "1.2 does not build 0/3 own\n", stdout)
		_, stderr, code := program.run(t, root, "status", "--line", "--json")
		assert.Equal(t, 2, code)
		assert.Contains(t, stderr, "Either --json or --line")
	})

	t.Run("what does not exist gets the nearest match and exit code 2", func(t *testing.T) {
		for args, want := range map[string]string{
			"statsu":      `There is no command "statsu". Did you mean "status"?`,
			"1.9":         `There is no exercise or step "1.9". Did you mean "1.2"?`,
			"status 2.9":  `There is no exercise or step "2.9". Did you mean "2.1"?`,
			"status beat": `There is no exercise or step "beat". "go run ./workshop help" lists what there is.`,
			"help statsu": `There is no command "statsu". Did you mean "status"?`,
			"status 1 2":  `One exercise or step at a time, please: "2" is too much.`,
			"--jsno":      `unknown flag: --jsno. "go run ./workshop help" lists what there is.`,
			"status --x":  `unknown flag: --x. "go run ./workshop help" lists what there is.`,
		} {
			stdout, stderr, code := program.run(t, root, strings.Fields(args)...)
			assert.Equal(t, 2, code, args)
			assert.Empty(t, stdout, args)
			assert.Equal(t, want, strings.Join(strings.Fields(stderr), " "), "the same words, wrapped")
		}
	})

	t.Run("outside is one sentence", func(t *testing.T) {
		stdout, stderr, code := program.run(t, t.TempDir())
		assert.Equal(t, 1, code)
		assert.Empty(t, stdout)
		assert.Equal(t, 1, strings.Count(stderr, "\n"))
		assert.Contains(t, stderr, "not a folder of the workshop")
	})

	t.Run("help", func(t *testing.T) {
		for _, args := range [][]string{{"help"}, {"--help"}, {"-h"}} {
			stdout, _, code := program.run(t, os.TempDir(), args...)
			assert.Zero(t, code)
			assert.Contains(t, stdout, "go run ./workshop 2.3")
		}
		stdout, _, code := program.run(t, os.TempDir(), "help", "status")
		assert.Zero(t, code)
		assert.Contains(t, stdout, "--json")
	})
}
