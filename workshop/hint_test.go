package main_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

func TestHint(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)
	root := coursetest.Repo(t)

	t.Run("one rung at a time, and how to get the next", func(t *testing.T) {
		stdout, stderr, code := program.run(t, root, "hint", "1.2")
		assert.Zero(t, code)
		assert.Empty(t, stderr)
		assert.Equal(t, `1.2  Greet somebody  step1-alpha/alpha.go:13
hint 1 of 3: a question

  What do you say?

The next rung is where to read:
  go run ./workshop hint 1.2 2
`, stdout)
		stdout, _, _ = program.run(t, root, "hint", "1.2", "3")
		assert.Contains(t, stdout, "  \"hello \" + name\n")
		assert.True(t, strings.HasSuffix(stdout, "  go run ./workshop diff 1.2\n"), stdout)
	})

	t.Run("nothing is remembered", func(t *testing.T) {
		first, _, _ := program.run(t, root, "hint", "1.1")
		again, _, _ := program.run(t, root, "hint", "1.1")
		assert.Equal(t, first, again)
	})

	t.Run("without an exercise it is about the one at hand", func(t *testing.T) {
		half := coursetest.Repo(t)
		coursetest.Replace(t, half, "step1-alpha/alpha.go", `return 0, errTODO("1.1")`, "return 2 * n, nil")
		stdout, _, code := program.run(t, half, "hint")
		assert.Zero(t, code)
		assert.Contains(t, stdout, "What do you say?")
	})

	t.Run("mistakes get a sentence", func(t *testing.T) {
		for args, want := range map[string]string{
			"hint 1.9":     `There is no exercise "1.9". Did you mean "1.2"?`,
			"hint 1":       `"1" is a step, and this is for one exercise: 1.1 or 1.2.`,
			"hint 1.1 0":   `There is no rung "0": a hint has the rungs 1, 2 and 3.`,
			"hint 1.1 two": `There is no rung "two": a hint has the rungs 1, 2 and 3.`,
			"hint 1.1 2 3": `One thing at a time, please: "3" is too much.`,
		} {
			mistake(t, program, root, args, want)
		}
	})
}

// mistake demands that what was typed gets one sentence, nothing else, and the
// exit code 2.
func mistake(t *testing.T, program workshop, root, typed, want string) {
	t.Helper()
	stdout, stderr, code := program.run(t, root, strings.Fields(typed)...)
	assert.Equal(t, 2, code, typed)
	assert.Empty(t, stdout, typed)
	assert.Equal(t, want, strings.Join(strings.Fields(stderr), " "), typed)
}
