package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

// answer runs the command with something to read.
func (w workshop) answer(t *testing.T, dir, typed string, args ...string) (stdout string, code int) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), string(w), args...)
	cmd.Dir, cmd.Stdin, cmd.Stdout = dir, strings.NewReader(typed), &out
	cmd.Env = append(os.Environ(), "GOWORK=")
	_ = cmd.Run() // the code tells
	require.NotNil(t, cmd.ProcessState)
	return out.String(), cmd.ProcessState.ExitCode()
}

func TestQuiz(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)
	root := coursetest.Repo(t)

	t.Run("through a pipe", func(t *testing.T) {
		for args, end := range map[string]string{"quiz 1": "The next lesson:\n  step2-beta/README.md\n", "quiz": ""} {
			stdout, code := program.answer(t, root, "z\n2\n", strings.Fields(args)...)
			assert.Zero(t, code)
			assert.Equal(t, `Step 1  Alpha  type the letter of your answer, or q to stop

1 of 1  What is twice one?

  a) one
  b) two

> z
"z" is none of them: type a letter from a to b, or q to stop.
> 2
✓ b) Yes.

All 1 right: well done!
`+end, stdout)
		}
	})

	t.Run("wrong, and cut short", func(t *testing.T) {
		stdout, code := program.answer(t, root, "a\n", "quiz", "alpha")
		assert.Zero(t, code)
		assert.Contains(t, stdout, "✗ a) That is once.\n✓ b) Yes.\n\n0 of 1 right. The lesson has more: step1-alpha/README.md\n")
		stdout, code = program.answer(t, root, "", "quiz", "1")
		assert.Zero(t, code)
		assert.Contains(t, stdout, "0 of 1 answered, 0 of them right. The rest, whenever you like:\n  go run ./workshop quiz 1\n")
	})

	t.Run("mistakes", func(t *testing.T) {
		mistake(t, program, root, "quiz 3", `There is no step "3": "go run ./workshop" shows the map of all.`)
		mistake(t, program, root, "quiz step1-alhpa", `There is no step "step1-alhpa". Did you mean "step1-alpha"?`)
		refused(t, program, root, "quiz 2", "Step 2 has no quick check.")
	})
}
