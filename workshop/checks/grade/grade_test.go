package grade_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/grade"
)

// What students hand in, honest and hostile, gets the right rows, flags and
// feedback, and the machine is as it was before.
func TestSubmissionsAreGraded(t *testing.T) {
	if testing.Short() {
		t.Skip("some submissions take as long as they may")
	}
	t.Setenv("BOOKAPI_TEST_SECRET", "of the instructor") // which no submission may see
	flags := confinement(t)
	hall := newHall(t)
	before := look(t, hall)
	out := t.TempDir()
	args := append([]string{"grade", "--out", out, "--class"}, flags...)
	args = append(args, hall.handIns(t)...)
	printed := hall.companion(t, args...)
	look(t, hall).is(t, before)

	rows := readRows(t, out)
	for name, want := range map[string]row{
		"two-steps": {
			states: map[string]string{"1": grade.Green, "2": grade.Green, "3": grade.Todo, "4": grade.Todo, "5": grade.Todo},
			flags:  []string{"equal to the reference: step1-hashing/password.go"},
		},
		"all-but-one": {
			states: map[string]string{"1": grade.Green, "2": grade.Green, "3": grade.Green, "3.4": grade.Todo, "4": grade.Green, "5": grade.Green},
			flags:  []string{"test changed: step3-protect/exercise_3_4_test.go", "TestMain: step3-protect/exercise_3_4_test.go"},
		},
		"windows": {states: map[string]string{"1": grade.Green, "2": grade.Todo, "3": grade.Todo, "4": grade.Green, "5": grade.Todo}},
		"build-error": {
			states: map[string]string{"1": grade.Todo, "2": grade.Todo, "3": grade.Green, "3.3": grade.NoBuild, "4": grade.Green, "5": grade.Todo},
		},
		"mistake": {
			states: map[string]string{"1": grade.Red, "1.2": grade.Green, "2": grade.Todo, "3": grade.Todo, "4": grade.Todo, "5": grade.Todo},
		},
		"init": {
			states: map[string]string{"1": grade.Red, "2": grade.Todo, "3": grade.Todo, "4": grade.Todo, "5": grade.Todo},
			flags:  []string{"init: step1-hashing/password.go", "step1-hashing claims results that the tests do not confirm", "imports what reaches further: os"},
		},
		"fork-bomb": {
			states: map[string]string{"1": "", "2": grade.Todo, "3": grade.Todo, "4": grade.Todo, "5": grade.Todo},
			flags:  []string{"imports what reaches further: os, os/exec, syscall"},
		},
		"loop": {
			states: map[string]string{"1": grade.Green, "1.3": grade.TimedOut, "2": grade.Todo, "3": grade.Todo, "4": grade.Todo, "5": grade.Todo},
		},
		"output": {
			states: map[string]string{"1": grade.Green, "1.3": grade.Red, "2": grade.Todo, "3": grade.Todo, "4": grade.Todo, "5": grade.Todo},
		},
		"link": {
			states: map[string]string{"1": grade.Green, "1.4": grade.NoBuild, "2": grade.Todo, "3": grade.Todo, "4": grade.Todo, "5": grade.Todo},
			flags:  []string{"refused: step1-hashing/signup.go is a link", "file missing: step1-hashing/signup.go"},
		},
		"zip-bomb": {
			states: map[string]string{"1": grade.NoBuild, "1.4": grade.Green, "2": grade.Todo, "3": grade.Todo, "4": grade.Todo, "5": grade.Todo},
			flags:  []string{"refused: step1-hashing/password.go is larger than 256 kB"},
		},
		"nothing": {
			states: map[string]string{"1": grade.Todo, "2": grade.Todo, "3": grade.Todo, "4": grade.Todo, "5": grade.Todo},
			flags:  []string{"cannot be graded: it holds no folder of a step, such as step1-hashing"},
		},
		"probe": {
			states: map[string]string{"1": grade.Green, "2": grade.Todo, "3": grade.Todo, "4": grade.Todo, "5": grade.Todo},
		},
	} {
		got, there := rows[name]
		if !assert.True(t, there, "%s has a row", name) {
			continue
		}
		if name == "probe" && len(flags) > 0 {
			continue // it looks for what a sandbox keeps away
		}
		got.is(t, name, want)
	}
	if name := "fork-bomb"; assert.Contains(t, rows, name) {
		assert.NotEqual(t, grade.Green, rows[name].states["1.1"])
	}
	assert.Contains(t, feedback(t, out, "build-error"), "step3-protect/guard.go:")
	assert.Contains(t, feedback(t, out, "mistake"), "ATTACK SUCCEEDED: a guess is cheap for mallory")
	assert.NotContains(t, feedback(t, out, "link"), "root:")
	for name := range rows {
		assert.LessOrEqual(t, strings.Count(feedback(t, out, name), "\n"), 60, "%s: a page", name)
	}
	assert.Regexp(t, `1× 1\.1 TestHashPassword\w+`, printed)
	assert.Contains(t, printed, "→ go run ./workshop flaws show step1-hashing/bcrypt-minimum-cost")
	for name := range rows {
		assert.NotRegexp(t, `(?m)\b`+name+`\b.*(×|green|red)`, printed, "the sum names nobody")
	}

	t.Run("again, it takes what is there", func(t *testing.T) {
		table := read(t, filepath.Join(out, grade.GradesFile))
		hall.companion(t, args...)
		assert.Equal(t, table, read(t, filepath.Join(out, grade.GradesFile)))
	})
}

// confinement returns the flags for a machine on which the sandbox does not work.
// It has to work in CI, unless the kernel forbids all namespaces to us there: then
// an account and limits stand in for it.
func confinement(t *testing.T) []string {
	t.Helper()
	_, err := grade.Confined(t.Context())
	switch {
	case err == nil:
		return nil
	case namespacesWork() && os.Getenv("BOOKAPI_TEST_ALL") != "":
		require.NoError(t, err, "CI has the sandbox")
	case runtime.GOOS != "linux" || os.Geteuid() != 0:
		t.Skip("nothing keeps hostile code from this machine: ", err)
	}
	t.Log("an account of its own and limits stand in for the sandbox: ", err)
	return []string{"--unconfined"}
}

// hall is where the hand-ins are, and a folder for what is passing.
type hall struct {
	root, dir, passing, program string
}

// sleep is how long a process sleeps that a submission leaves behind, in this run
// and no other.
func sleep() string { return fmt.Sprintf("4242.%d", os.Getpid()) }

func newHall(t *testing.T) *hall {
	t.Helper()
	h := &hall{root: repository.Root(t), dir: t.TempDir(), passing: coursetest.SharedFolder(t)}
	h.program = filepath.Join(t.TempDir(), "companion")
	if runtime.GOOS == "windows" {
		h.program += ".exe"
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", h.program, "./companion")
	build.Dir = filepath.Join(h.root, "workshop")
	said, err := build.CombinedOutput()
	require.NoError(t, err, "%s", said)
	return h
}

// companion runs a command, and returns what it prints.
func (h *hall) companion(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), h.program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = h.root, &out, &errs
	cmd.Env = append(os.Environ(), "GOWORK=", "TMPDIR="+h.passing, "GOTMPDIR="+h.passing)
	err := cmd.Run()
	require.NoError(t, err, "%s%s", out.String(), errs.String())
	t.Log(errs.String())
	return out.String()
}

// A row is what grades.csv says of a submission. A state that is wanted of a step
// is one of all its exercises that are not named.
type row struct {
	states map[string]string
	flags  []string
	all    string
}

func (got row) is(t *testing.T, name string, want row) {
	t.Helper()
	for id, state := range got.states {
		step, _, _ := strings.Cut(id, ".")
		wanted, named := want.states[id]
		if !named {
			wanted = want.states[step]
		}
		if wanted != "" {
			assert.Equal(t, wanted, state, "%s: %s", name, id)
		}
	}
	for _, flag := range want.flags {
		assert.Contains(t, got.all, flag, name)
	}
}

func readRows(t *testing.T, out string) map[string]row {
	t.Helper()
	text := read(t, filepath.Join(out, grade.GradesFile))
	assert.Regexp(t, `^# Book API workshop, course [0-9a-f]{12}, go1\.\S+ \w+/\w+, \w+\n`, text)
	table := csv.NewReader(strings.NewReader(text))
	table.Comment = '#'
	records, err := table.ReadAll()
	require.NoError(t, err)
	rows := make(map[string]row)
	for _, record := range records[1:] {
		r := row{states: make(map[string]string), all: record[len(record)-1]}
		for i, id := range records[0] {
			if strings.Contains(id, ".") {
				r.states[id] = record[i]
			}
		}
		rows[record[0]] = r
	}
	return rows
}

func feedback(t *testing.T, out, name string) string {
	t.Helper()
	return read(t, filepath.Join(out, name, grade.FeedbackFile))
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if !errors.Is(err, os.ErrNotExist) {
		require.NoError(t, err)
	}
	return string(text)
}
