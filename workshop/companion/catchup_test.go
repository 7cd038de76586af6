package main_test

import (
	"fmt"
	"math/rand/v2"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

func TestCatchup(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)

	t.Run("a step builds on the reference, and then on the learner's again", func(t *testing.T) {
		t.Parallel()
		root := coursetest.RepoWithReference(t)
		coursetest.Replace(t, root, "step2-beta/beta.go", `return 0, errTODO("2.1")`, "twice, _ := alpha.Double(n)\n\treturn alpha.Double(twice)")
		before := contents(t, root)
		_, err := coursetest.TryGo(t, root, nil, "test", "./step2-beta")
		assert.Error(t, err, "step 1 is not written yet")

		stdout, stderr, code := program.run(t, root, "catchup", "2")
		assert.Zero(t, code)
		assert.Empty(t, stderr)
		assert.True(t, strings.HasPrefix(stdout, `Step 2 builds on the reference. Your own attempt stays where it is.

  Step 1 is the reference's: solutions/step1-alpha
  Step 2 is yours: step2-beta

What go.work was before is kept in .workshop/kept/`), stdout)
		assert.Equal(t, before["go.work"], file(t, root, path.Join(keptIn(t, stdout), "go.work")))
		coursetest.Go(t, root, "test", "./step2-beta")
		coursetest.Go(t, root, "work", "sync")

		status, _, _ := program.run(t, root)
		assert.Contains(t, status, "Step 1  Alpha  solutions/step1-alpha (the reference)\n  ✓ 1.1")
		assert.Contains(t, status, "  1 of 3 green, 2 by the reference\n")

		again, _, code := program.run(t, root, "catchup", "beta")
		assert.Zero(t, code)
		assert.True(t, strings.HasPrefix(again, "go.work says so already. There is nothing to change.\n"), again)

		stdout, _, code = program.run(t, filepath.Join(root, "solutions"), "catchup", "--undo")
		assert.Zero(t, code)
		assert.Equal(t, "go.work is as it was before.\n\n  Step 1 is yours: step1-alpha\n  Step 2 is yours: step2-beta\n", stdout)
		assert.Equal(t, before, contents(t, root))
	})

	t.Run("reset and hint are about the learner's own all the while", func(t *testing.T) {
		t.Parallel()
		root := coursetest.RepoWithReference(t)
		coursetest.Replace(t, root, "step1-alpha/alpha.go", `return 0, errTODO("1.1")`, "return n + n, nil")
		program.run(t, root, "catchup", "2")
		reference := file(t, root, "solutions/step1-alpha/alpha.go")
		stdout, _, code := program.run(t, root, "reset", "1.1")
		assert.Zero(t, code)
		assert.Contains(t, stdout, "Step 1 is the reference's at the moment")
		assert.Equal(t, reference, file(t, root, "solutions/step1-alpha/alpha.go"))
		assert.Contains(t, file(t, root, "step1-alpha/alpha.go"), `errTODO("1.1")`)
		stdout, _, _ = program.run(t, root, "hint", "1.1")
		assert.Contains(t, stdout, "  step1-alpha/alpha.go:4\n")
	})

	t.Run("mistakes", func(t *testing.T) {
		t.Parallel()
		root := coursetest.RepoWithReference(t)
		before := contents(t, root)
		mistake(t, program, root, "catchup", `Say which step you want to go on with, as in "catchup 3".`)
		mistake(t, program, root, "catchup 7", `There is no step "7": "go run ./workshop" shows the map of all.`)
		mistake(t, program, root, "catchup 2 --undo", `"catchup --undo" takes the last one back, whichever it was: leave "2" out.`)
		refused(t, program, root, "catchup --undo", "There is no catch-up to take back.")
		coursetest.Write(t, root, "go.work", before["go.work"]+"replace example.test/step1-alpha => ./elsewhere\n")
		refused(t, program, root, "catchup 2", "go.work, line 11, replaces example.test/step1-alpha by ./elsewhere, which is not the reference: take that line out, and try again")
		coursetest.Write(t, root, "go.work", before["go.work"])
		assert.Equal(t, before, contents(t, root))
	})
}

// Whatever the learner writes into go.work in between, their lines stay, and
// each undo brings back what was there.
func TestCatchupAndUndoOverRandomEdits(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)
	for seed := range uint64(3) {
		random := rand.New(rand.NewPCG(seed, 7))
		root := coursetest.RepoWithReference(t)
		var before []string
		for i := range 10 {
			text := file(t, root, "go.work")
			switch action := random.IntN(5); {
			case action == 0: // a comment or a module of the learner's
				mine := fmt.Sprintf("// note %d\n", i)
				if random.IntN(2) == 0 {
					coursetest.Write(t, root, fmt.Sprintf("mine%d/go.mod", i), fmt.Sprintf("module example.test/mine%d\n\ngo 1.26.0\n", i))
					mine = fmt.Sprintf("use ./mine%d // mine\n", i)
				}
				coursetest.Write(t, root, "go.work", text+mine)
			case action == 1: // another editor
				coursetest.Write(t, root, "go.work", strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n"))
			case action == 2 && len(before) > 0:
				_, stderr, code := program.run(t, root, "catchup", "--undo")
				assert.Zero(t, code, stderr)
				assert.Equal(t, before[len(before)-1], file(t, root, "go.work"))
				before = before[:len(before)-1]
			default:
				_, stderr, code := program.run(t, root, "catchup", []string{"1", "2"}[random.IntN(2)])
				assert.Zero(t, code, stderr)
				now := file(t, root, "go.work")
				if now != text {
					before = append(before, text)
				}
				for line := range strings.Lines(text) {
					if strings.Contains(line, "note") || strings.Contains(line, "mine") {
						assert.Contains(t, now, line)
					}
				}
			}
		}
	}
}
