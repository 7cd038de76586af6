package main_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	const alpha = "step1-alpha/alpha.go"
	program := buildWorkshop(t)

	t.Run("a green exercise is compared, in words and by line", func(t *testing.T) {
		t.Parallel()
		root := coursetest.RepoWithReference(t)
		coursetest.Replace(t, root, alpha, `return 0, errTODO("1.1")`, "if n == 0 {\n\t\treturn 0, nil\n\t}\n\treturn n + n, nil")
		stdout, _, code := program.run(t, root, "diff", "1.1")
		assert.Zero(t, code)
		assert.Equal(t, "1.1  Double a number\n     lesson: step1-alpha/README.md:5\n"+`
  In line 6 you have `+"`if n == 0 {`, and the reference `return twice(n), nil`."+`
  The reference calls twice; you do not.

  - yours          step1-alpha/alpha.go:4
  + the reference  solutions/step1-alpha/alpha.go:6

    func Double(n int) (int, error) {
  -     if n == 0 {
  -         return 0, nil
  -     }
  -     return n + n, nil
  +     return twice(n), nil
    }

  The reference's own helper, solutions/step1-alpha/alpha.go:21

  + func twice(n int) int { return n + n }
`, stdout)
	})

	t.Run("the same", func(t *testing.T) {
		t.Parallel()
		root := coursetest.RepoWithReference(t)
		coursetest.Replace(t, root, alpha, "package alpha\n", "package alpha\n\nimport \"strings\"\n")
		coursetest.Replace(t, root, alpha, "return \"\" // TODO: exercise 1.2", `return strings.Join([]string{"hello", name}, " ")`)
		stdout, _, code := program.run(t, root, "diff", "1.2")
		assert.Zero(t, code)
		assert.Contains(t, stdout, "\n  Your code is the reference's, to the letter.\n")
		assert.NotContains(t, stdout, "func")
	})

	t.Run("before green nothing is given away unasked", func(t *testing.T) {
		t.Parallel()
		root := coursetest.RepoWithReference(t)
		const want = "1.1 is not green yet, and the reference gives it away. A hint may be enough: go run ./workshop hint 1.1 " +
			"To see the reference all the same: go run ./workshop diff 1.1 --spoil"
		for _, args := range [][]string{{"diff"}, {"diff", "1.1"}} {
			stdout, stderr, code := program.run(t, root, args...)
			assert.Equal(t, 1, code)
			assert.Empty(t, stdout)
			_, said, _ := strings.Cut(stderr, "tests …\n")
			assert.Contains(t, strings.Join(strings.Fields(said), " "), want)
		}
		stdout, _, code := program.run(t, root, "diff", "1.1", "--spoil")
		assert.Zero(t, code)
		assert.Contains(t, stdout, "\n  You have not written this one yet.\n")
		assert.Contains(t, stdout, "\n  +     return twice(n), nil\n")

		program.run(t, root, "catchup", "2")
		_, _, code = program.run(t, root, "diff", "1.1")
		assert.Equal(t, 1, code, "what is green is the reference, not the learner's")
	})

	t.Run("a function that is gone, and one that was renamed", func(t *testing.T) {
		t.Parallel()
		root := coursetest.RepoWithReference(t)
		coursetest.Write(t, root, alpha, "package alpha\n\nfunc Twice(n int) (int, error) {\n\t// Exercise 1.1: mine.\n\treturn 2 * n, nil\n}\n")
		stdout, _, _ := program.run(t, root, "diff", "1.1", "--spoil")
		assert.Contains(t, stdout, "\n  -     return 2 * n, nil\n")
		stdout, _, _ = program.run(t, root, "diff", "1.2", "--spoil")
		assert.Contains(t, stdout, "You do not have this function.")
		assert.Contains(t, stdout, "  - yours          nowhere in step1-alpha\n")
	})

	t.Run("mistakes", func(t *testing.T) {
		t.Parallel()
		root := coursetest.RepoWithReference(t)
		mistake(t, program, root, "diff 1", `"1" is a step, and this is for one exercise: 1.1 or 1.2.`)
		mistake(t, program, root, "diff 1.3", `There is no exercise "1.3". Did you mean "1.2"?`)
	})
}
