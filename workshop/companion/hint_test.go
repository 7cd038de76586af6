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

	t.Run("one at a time, and how to get the next", func(t *testing.T) {
		stdout, stderr, code := program.run(t, root, "hint", "1.1")
		assert.Zero(t, code)
		assert.Equal(t, "Building and running the tests …\n", stderr)
		assert.Equal(t, `1.1  Double a number  step1-alpha/alpha.go:4
     lesson: step1-alpha/README.md:5
hint 1 of 3: a question

  What is twice as much?

The next hint is where to read:
  go run ./workshop hint 1.1 2
`, stdout)
		stdout, _, _ = program.run(t, root, "hint", "1.1", "3")
		assert.Contains(t, stdout, "  n + n\n")
		assert.True(t, strings.HasSuffix(stdout, "  go run ./workshop diff 1.1\n"), stdout)
	})

	t.Run("the first ones are for what is red", func(t *testing.T) {
		stdout, _, _ := program.run(t, root, "hint", "1.2")
		assert.Equal(t, `1.2  Greet somebody  step1-alpha/alpha.go:13
     lesson: step1-alpha/README.md:15
hint 1 of 4: a question, for the red TestGreet

  Which word is missing?

The next hint is a question about the whole exercise:
  go run ./workshop hint 1.2 2
`, stdout)
		stdout, _, _ = program.run(t, root, "hint", "1.2", "2")
		assert.Contains(t, stdout, "hint 2 of 4: a question\n\n  What do you say?\n")
	})

	t.Run("what does not build, or is green, has the hints of the exercise", func(t *testing.T) {
		for _, body := range []string{"return nothing", `return "hello " + name`} {
			other := coursetest.Repo(t)
			coursetest.Replace(t, other, "step1-alpha/alpha.go", `return ""`, body)
			stdout, _, code := program.run(t, other, "hint", "1.2")
			assert.Zero(t, code)
			assert.Contains(t, stdout, "hint 1 of 3: a question\n\n  What do you say?\n", body)
			assert.Equal(t, body == "return nothing", strings.HasPrefix(stdout, "Make it build again:\n\n"+
				"  step1-alpha/alpha.go:15:9: undefined: nothing\n\n1.2  Greet somebody"), stdout)
		}
	})

	t.Run("code is never wrapped", func(t *testing.T) {
		other := coursetest.Repo(t)
		code := "    " + strings.Repeat("a long line ", 12) + "// of code"
		coursetest.Replace(t, other, "step1-alpha/lesson.toml", `"n + n"`, "'''\nAs in:\n\n"+code+"'''")
		stdout, _ := program.answer(t, other, "", "hint", "1.1", "3")
		assert.Contains(t, stdout, "\n  As in:\n\n"+code+"\n")
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
		assert.Contains(t, stdout, "hint 1 of 4: a question, for the red TestGreet\n\n  Which word is missing?")
	})

	t.Run("there may be fewer by now", func(t *testing.T) {
		stdout, stderr, code := program.run(t, root, "hint", "1.1", "4")
		assert.Equal(t, 2, code)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, "There is no hint 4 for 1.1 now: the last one is 3.\n")
	})

	t.Run("mistakes get a sentence", func(t *testing.T) {
		for args, want := range map[string]string{
			"hint 1.9":     `There is no exercise "1.9". Did you mean "1.2"?`,
			"hint 1":       `"1" is a step, and this is for one exercise: 1.1 or 1.2.`,
			"hint 1.1 0":   `There is no hint "0": they are numbered from 1.`,
			"hint 1.1 two": `There is no hint "two": they are numbered from 1.`,
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
