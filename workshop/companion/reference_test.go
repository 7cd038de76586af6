package main_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

// Every command that needs a solution which is not there, or is broken, says
// the same sentence, and changes nothing.
func TestOneSentenceForAReferenceThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	program := buildWorkshop(t)
	const alpha = "solutions/step1-alpha/alpha.go"
	remove := func(name string) func(*testing.T, string) {
		return func(t *testing.T, root string) {
			t.Helper()
			require.NoError(t, os.RemoveAll(filepath.Join(root, filepath.FromSlash(name))))
		}
	}
	for name, test := range map[string]struct {
		spoil func(t *testing.T, root string)
		why   string
	}{
		"all are gone":         {remove("solutions"), "solutions/step1-alpha is not there"},
		"its go.mod is gone":   {remove("solutions/step1-alpha/go.mod"), "solutions/step1-alpha/go.mod is not there"},
		"its function is gone": {remove(alpha), "solutions/step1-alpha has no Double"},
		"it is no Go": {func(t *testing.T, root string) {
			t.Helper()
			coursetest.Write(t, root, alpha, file(t, root, alpha)+"}\n")
		}, "solutions/step1-alpha/alpha.go is no Go in line 22 (expected declaration, found '}')"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := coursetest.RepoWithReference(t)
			test.spoil(t, root)
			for _, typed := range []string{"diff 1.1 --spoil", "catchup 2"} {
				refused(t, program, root, typed, "The reference of step 1 cannot be used: "+test.why+
					". Put it back with \"git checkout -- solutions\", or from a fresh copy of the course.")
			}
		})
	}
}
