package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/doctor"
)

func TestDoctor(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)
	root := coursetest.RepoWithReference(t)
	broken := coursetest.RepoWithReference(t)
	coursetest.Write(t, broken, "go.work", "use (\n")

	t.Run("a machine that will do", func(t *testing.T) {
		before := contents(t, root)
		stdout, stderr, code := program.run(t, filepath.Join(root, "step1-alpha"), "doctor")
		assert.Zero(t, code)
		assert.Empty(t, stderr)
		assert.True(t, strings.HasPrefix(stdout, "✓ go "), stdout)
		assert.Contains(t, stdout, "The course can be taken.\n")
		assert.True(t, strings.HasSuffix(stdout, "  go run ./workshop doctor --report\n"), stdout)
		assert.Equal(t, before, contents(t, root))
	})

	t.Run("one that will not", func(t *testing.T) {
		stdout, stderr, code := program.run(t, filepath.Join(broken, "solutions"), "doctor")
		assert.Equal(t, 1, code)
		assert.Contains(t, stdout, "✗ workspace")
		assert.NotContains(t, stdout, "can be taken")
		assert.Equal(t, "The course cannot be taken yet: mend what is marked with ✗.\n", stderr)
	})

	t.Run("JSON for programs, and a report to paste", func(t *testing.T) {
		for dir, want := range map[string]int{root: 0, broken: 1} {
			stdout, _, code := program.run(t, dir, "doctor", "--json")
			assert.Equal(t, want, code)
			var answer struct {
				Takeable bool
				Findings []doctor.Finding
			}
			require.NoError(t, json.Unmarshal([]byte(stdout), &answer))
			assert.Equal(t, want == 0, answer.Takeable)
			assert.Len(t, answer.Findings, 11)

			stdout, _, code = program.run(t, dir, "doctor", "--report")
			assert.Equal(t, want, code)
			assert.Equal(t, 12, strings.Count(stdout, "\n"))
			assert.NotContains(t, stdout, dir)
		}
	})

	t.Run("mistakes", func(t *testing.T) {
		mistake(t, program, root, "doctor 1.1", `One thing at a time, please: "1.1" is too much.`)
		mistake(t, program, root, "doctor --json --report", "Either --json or --report, please: one is for programs, the other for people.")
		_, stderr, code := program.run(t, os.TempDir(), "doctor")
		assert.Equal(t, 1, code)
		assert.Contains(t, stderr, "not a folder of the workshop")
	})
}
