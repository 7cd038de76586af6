package main_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

func TestCompletion(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)
	root := coursetest.Repo(t)

	t.Run("a script for every shell", func(t *testing.T) {
		for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
			stdout, code := program.answer(t, t.TempDir(), "", "completion", shell)
			assert.Zero(t, code)
			first, _, _ := strings.Cut(stdout, "\n")
			assert.Contains(t, first, "workshop", shell)
		}
		mistake(t, program, root, "completion", "Say for which shell: bash, zsh, fish or powershell.")
		mistake(t, program, root, "completion fsh", `There is no completion for "fsh". Did you mean "zsh"?`)
	})

	t.Run("exercises, steps and commands", func(t *testing.T) {
		for typed, want := range map[string]string{
			"hint ":        "1.1\tDouble a number|1.2\tGreet somebody|2.1\tDouble twice",
			"hint 1.1 ":    "",
			"diff ":        "1.1\tDouble a number|1.2\tGreet somebody|2.1\tDouble twice",
			"reset ":       "step1-alpha\tAlpha|step2-beta\tBeta|1.1\tDouble a number|1.2\tGreet somebody|2.1\tDouble twice",
			"catchup ":     "step1-alpha\tAlpha|step2-beta\tBeta",
			"quiz ":        "step1-alpha\tAlpha|step2-beta\tBeta",
			"run ":         "step1-alpha\tAlpha|step2-beta\tBeta",
			"diff 1.1 ":    "",
			"completion ":  "bash|zsh|fish|powershell",
			"reset 1.1 --": "--undo\ttake the last reset back",
		} {
			stdout, _ := program.answer(t, root, "", append([]string{"__complete"}, strings.Split(typed, " ")...)...)
			choices, _, _ := strings.Cut(stdout, ":4\n")
			if strings.HasPrefix(want, "--") {
				assert.Contains(t, choices, want, typed)
				continue
			}
			assert.Equal(t, want, strings.TrimSuffix(strings.ReplaceAll(choices, "\n", "|"), "|"), typed)
		}
		stdout, _ := program.answer(t, root, "", "__complete", "help", "")
		assert.Contains(t, stdout, "\ncatchup\n")
		assert.NotContains(t, stdout, "__complete")
		stdout, code := program.answer(t, t.TempDir(), "", "__complete", "hint", "")
		assert.Zero(t, code, "outside of the course nothing is offered, and nothing breaks")
		assert.Equal(t, ":4\n", stdout)
	})
}

func TestEveryCommandIsExplained(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)
	stdout, _, code := program.run(t, t.TempDir(), "help")
	assert.Zero(t, code)
	for _, name := range []string{"catchup", "completion", "diff", "doctor", "help", "hint", "quiz", "reset", "run", "serve", "status", "watch"} {
		assert.Contains(t, stdout, "\n  "+name+" ")
		explained, _, code := program.run(t, t.TempDir(), "help", name)
		assert.Zero(t, code, name)
		assert.Contains(t, explained, "Usage:\n  go run ./workshop "+name, name)
		same, _, code := program.run(t, t.TempDir(), name, "--help")
		assert.Zero(t, code, name)
		assert.Equal(t, explained, same)
	}
}
