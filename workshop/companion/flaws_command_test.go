package main_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/flaw"
	"example.com/bookapi/workshop/internal/flaw/flawtest"
)

func TestFlawsCommand(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)
	root := flawtest.Repo(t)

	t.Run("all of them, by step, and the count at the end", func(t *testing.T) {
		stdout, _, code := program.run(t, root, "flaws")
		assert.Zero(t, code)
		for _, want := range []string{
			"Step 1  A door  step1-door\n    flaw              caught by",
			"\n  ✓ no-key-is-a-key   TestOpensForNobodyElse/no_key  ",
			"\n  ✓ two-negatives     accepted  ",
			"\nStep 2  A house  step2-house\n",
			"\n  ✓ everybody-is-ada  TestEnter  ",
		} {
			assert.Contains(t, stdout, want)
		}
		assert.True(t, strings.HasSuffix(stdout, "\n\n2 of 2 caught, 1 of 1 alternatives accepted\n"), stdout)
	})

	t.Run("those that are named", func(t *testing.T) {
		for args, want := range map[string]string{
			"everybody-is-ada":             "1 of 1 caught, 0 of 0 alternatives accepted",
			"step2-house/everybody-is-ada": "1 of 1 caught, 0 of 0 alternatives accepted",
			"1":                            "1 of 1 caught, 1 of 1 alternatives accepted",
			"2.1 two-negatives":            "1 of 1 caught, 1 of 1 alternatives accepted",
		} {
			stdout, _, code := program.run(t, root, append([]string{"flaws"}, strings.Fields(args)...)...)
			assert.Zero(t, code, args)
			assert.True(t, strings.HasSuffix(stdout, "\n\n"+want+"\n"), stdout)
		}
	})

	mine := t.TempDir()
	coursetest.Write(t, mine, "picklock.patch", "--- a/step1-door/door.go\n+++ b/step1-door/door.go\n@@ -6,2 +6,2 @@\n-\treturn key == \"ada's\"\n+\treturn key == \"ada's\" || key == \"a picklock\"\n }\n")

	t.Run("one that nobody catches", func(t *testing.T) {
		stdout, stderr, code := program.run(t, root, "flaws", "--dir", mine)
		assert.Equal(t, 1, code)
		assert.Contains(t, stdout, "\n  ✗ picklock  not caught  ")
		assert.Contains(t, stdout, "nobody notices: all tests of the step are green")
		assert.True(t, strings.HasSuffix(stdout, "\n\n0 of 1 caught, 0 of 0 alternatives accepted\n"), stdout)
		assert.Contains(t, strings.Join(strings.Fields(stderr), " "), `"go run ./workshop flaws --dir `+mine+` show NAME"`)
	})

	t.Run("a line for each verdict as it comes, where there is no terminal", func(t *testing.T) {
		_, stderr, code := program.run(t, root, "flaws", "step1")
		assert.Zero(t, code)
		assert.Regexp(t, `(?m)^[12] of 2  ✓ step1-door/no-key-is-a-key is caught by TestOpensForNobodyElse/no_key$`, stderr)
		assert.Regexp(t, `(?m)^[12] of 2  ✓ step1-door/two-negatives: accepted$`, stderr)
	})

	t.Run("JSON in a stream, a verdict on each line", func(t *testing.T) {
		stdout, _, code := program.run(t, root, "flaws", "--json", "--stream")
		assert.Zero(t, code)
		var names []string
		for line := range strings.Lines(stdout) {
			var judged flaw.Judged
			require.NoError(t, json.Unmarshal([]byte(line), &judged))
			assert.True(t, judged.OK)
			names = append(names, judged.Name)
		}
		assert.ElementsMatch(t, []string{"no-key-is-a-key", "everybody-is-ada", "two-negatives"}, names)
	})

	t.Run("a failing test of no exercise counts", func(t *testing.T) {
		root := flawtest.Repo(t)
		coursetest.Write(t, root, "solutions/step1-door/more_test.go", "package door_test\n\nimport (\n\t\"testing\"\n\n\tdoor \"example.test/step1-door\"\n)\n\nfunc TestPicklock(t *testing.T) {\n\tif door.Opens(\"a picklock\") {\n\t\tt.Error(\"ATTACK SUCCEEDED: mallory has a picklock\")\n\t}\n}\n")
		stdout, _, code := program.run(t, root, "flaws", "--dir", mine)
		assert.Zero(t, code)
		assert.Contains(t, stdout, "\n  ✓ picklock  TestPicklock  ")
	})

	t.Run("a hang costs seconds", func(t *testing.T) {
		endless := t.TempDir()
		coursetest.Write(t, endless, "endless.patch", "--- a/step1-door/door.go\n+++ b/step1-door/door.go\n@@ -6,2 +6,4 @@\n-\treturn key == \"ada's\"\n+\tfor key != \"\" {\n+\t}\n+\treturn false\n }\n")
		start := time.Now()
		stdout, _, code := program.run(t, root, "flaws", "--dir", endless)
		assert.Equal(t, 1, code)
		assert.Contains(t, stdout, "did not finish in 20 s: look for")
		assert.Less(t, time.Since(start), 4*time.Minute, "of which seconds are the hang's, on a machine that has nothing else to do")
	})

	t.Run("show keeps long lines whole, and exits 1 for an escape", func(t *testing.T) {
		long := t.TempDir()
		line := "\treturn key == \"ada's\" || key == \"" + strings.Repeat("a picklock ", 20) + "\""
		coursetest.Write(t, long, "long.patch", "--- a/step1-door/door.go\n+++ b/step1-door/door.go\n@@ -6,2 +6,2 @@\n-\treturn key == \"ada's\"\n+"+line+"\n }\n")
		cmd := exec.CommandContext(t.Context(), string(program), "flaws", "show", "--dir", long, "long")
		cmd.Dir, cmd.Env = root, append(os.Environ(), "GOWORK=")
		out, err := cmd.Output()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		assert.Equal(t, 1, exit.ExitCode())
		stdout := string(out)
		assert.Contains(t, stdout, "\n+"+strings.ReplaceAll(line, "\t", "    ")+"\n")
		assert.Contains(t, stdout, "\nnobody notices: all tests of the step are green\n")
	})

	t.Run("JSON for programs", func(t *testing.T) {
		stdout, _, code := program.run(t, root, "flaws", "--json", "--dir", mine)
		assert.Equal(t, 1, code)
		var report flaw.Report
		require.NoError(t, json.Unmarshal([]byte(stdout), &report))
		assert.Equal(t, flaw.Totals{Flaws: 1}, report.Totals)
		require.Len(t, report.Patches, 1)
		assert.Equal(t, "picklock", report.Patches[0].Name)
		assert.Equal(t, "flaw", report.Patches[0].Kind)
		assert.False(t, report.Patches[0].OK)
	})

	t.Run("show tells the story and provokes the failure", func(t *testing.T) {
		stdout, _, code := program.run(t, root, "flaws", "show", "no-key-is-a-key")
		assert.Zero(t, code)
		assert.Equal(t, `A forgotten key opens
step1-door/no-key-is-a-key  1.1

Whoever forgot the key is let in, and mallory forgets it on purpose.

Weakness    CWE-287 Improper Authentication
Breaks      ASVS 5.0 6.3.3
Seen in     many a door

--- a/step1-door/door.go
+++ b/step1-door/door.go
@@ -3,7 +3,7 @@
 // Opens reports whether a key opens the door.
 func Opens(key string) bool {
     // Exercise 1.1: for Ada alone.
-    return key == "ada's"
+    return key == "ada's" || key == "no key"
 }

 // Greet says hello.

  TestOpensForNobodyElse/no_key  step1-door/door_test.go:23
  ATTACK SUCCEEDED: mallory got in with no key
`, stdout)
		stdout, _, _ = program.run(t, root, "flaws", "show", "two-negatives")
		assert.True(t, strings.HasSuffix(stdout, "\nAll tests of this step and of the later ones are green.\n"), stdout)
	})

	t.Run("what cannot be done is said in a sentence", func(t *testing.T) {
		broken := t.TempDir()
		coursetest.Write(t, broken, "a.patch", "Title: x\n")
		for _, test := range []struct {
			args []string
			code int
			want string
		}{
			{[]string{"flaws", "no-key-is-the-key"}, 2, `There is no flaw "no-key-is-the-key". Did you mean "no-key-is-a-key"?`},
			{[]string{"flaws", "1.2"}, 1, `there is nothing yet for 1.2 in workshop`},
			{[]string{"flaws", "show"}, 2, `Which flaw, please? One name:`},
			{[]string{"flaws", "--dir", t.TempDir()}, 1, `there is no *.patch in `},
			{[]string{"flaws", "--dir", "not/there"}, 1, `read the patches in not/there: no such file or directory`},
			{[]string{"flaws", "--dir", mine, "picklocks"}, 2, `There is no flaw "picklocks" in ` + mine + `. Did you mean "picklock"?`},
			{[]string{"flaws", "--dir", mine, "zzz"}, 2, `"go run ./workshop flaws --dir ` + mine + `"`},
			{[]string{"flaws", "--dir", mine, "show"}, 2, `"go run ./workshop flaws --dir ` + mine + ` show NAME"`},
			{[]string{"flaws", "--stream"}, 2, `--stream is a form of --json: give both.`},
			{[]string{"flaws", "--dir", broken}, 1, `2: there is no diff`},
			{[]string{"flaws", "--dirr", broken}, 2, `unknown flag: --dirr. "go run ./workshop help" lists what there is.`},
			{[]string{"spot", "3"}, 2, `There is no exercise or step "3". "go run ./workshop help" lists what there is.`},
			{[]string{"spot", "1.2"}, 1, `there is nothing yet for 1.2 in workshop`},
			{[]string{"spot", "1", "2"}, 2, `One thing at a time, please: "2" is too much.`},
		} {
			stdout, stderr, code := program.run(t, root, test.args...)
			assert.Equal(t, test.code, code, test.args)
			assert.Empty(t, stdout, test.args)
			assert.Contains(t, strings.Join(strings.Fields(stderr), " "), test.want)
		}
	})
}

func TestSpotCommand(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)
	root := flawtest.Repo(t)
	spot := func(typed string, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		cmd := exec.CommandContext(t.Context(), string(program), append([]string{"spot"}, args...)...)
		cmd.Dir, cmd.Stdin, cmd.Stdout = root, strings.NewReader(typed), &out
		cmd.Env = append(os.Environ(), "GOWORK=")
		require.NoError(t, cmd.Run())
		assert.NotContains(t, out.String(), "\x1b")
		return out.String()
	}

	t.Run("a right answer and a wrong one", func(t *testing.T) {
		out := spot("B\nd)\n")
		first, second, both := strings.Cut(out, "Flaw 2 of 2  step2-house 2.1\n")
		require.True(t, both, out)
		assert.True(t, strings.HasPrefix(first, "Flaw 1 of 2  step1-door 1.1\n\n--- a/step1-door/door.go\n"), first)
		riddle, attack, asked := strings.Cut(first, "Your answer, a to d, or q to stop: \n")
		require.True(t, asked, first)
		assert.Contains(t, riddle, "\n  b) mallory can come in without a key\n")
		for _, told := range []string{"A forgotten key opens", "forgets it on purpose", "no-key-is-a-key", "CWE"} {
			assert.NotContains(t, riddle, told, "the story comes after the answer")
			assert.Contains(t, attack, told)
		}
		assert.True(t, strings.HasPrefix(attack, "✓ Right.\n\n  TestOpensForNobodyElse/no_key  step1-door/door_test.go:23\n  ATTACK SUCCEEDED: mallory got in with no key\n"), attack)
		assert.Contains(t, second, "\n✗ No, a: mallory can come in\n")
		assert.True(t, strings.HasSuffix(second, "\nYou spotted 1 of 2.\n"), second)
	})

	t.Run("what is no answer is asked again, and the end of the answers is the end", func(t *testing.T) {
		out := spot("maybe\n2\n", "1")
		assert.Equal(t, 2, strings.Count(out, "is none of them. One letter, please: a, b, c or d."))
		assert.True(t, strings.HasSuffix(out, "\nNothing answered, nothing counted.\n"), out)
	})

	t.Run("q ends the game", func(t *testing.T) {
		out := spot("b\nq\n")
		assert.True(t, strings.HasSuffix(out, "\nYou spotted 1 of 1.\n"), out)
	})
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, filepath.Base(e.Name()))
	}
	assert.ElementsMatch(t, []string{"go.work", "workshop", "step1-door", "step2-house", "solutions"}, names, "nothing is stored")
}
