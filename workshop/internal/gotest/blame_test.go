package gotest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

// What the compiler says of half-typed code, in its own words, leads to the
// exercise that is being written.
func TestABuildErrorLeadsToItsExercise(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil    func(t *testing.T, root string)
		exercise string
		file     string
		line     int
	}{
		"a brace is missing": {func(t *testing.T, root string) {
			coursetest.Replace(t, root, alpha, "errTODO(\"1.1\")\n}", "errTODO(\"1.1\")")
		}, "1.1", alpha, 6},
		"a merge conflict": {func(t *testing.T, root string) {
			coursetest.Replace(t, root, alpha, "\treturn \"\"", "<<<<<<< HEAD\n\treturn \"a\"\n=======\n\treturn \"b\"\n>>>>>>> theirs")
		}, "1.2", alpha, 15},
		"twice there": {func(t *testing.T, root string) {
			coursetest.Write(t, root, "step1-alpha/beside.go", "package alpha\n\nfunc (g *Greeter) Greet(name string) string { return name }\n")
		}, "1.2", "step1-alpha/beside.go", 3},
		"the function is gone": {func(t *testing.T, root string) {
			coursetest.Replace(t, root, alpha, ") Greet(", ") Gre(")
		}, "1.2", alpha, 13},
		"the file is gone": {func(t *testing.T, root string) {
			require.NoError(t, os.Remove(filepath.Join(root, alpha)))
		}, "1.1", alpha, 1},
		"another package": {func(t *testing.T, root string) {
			coursetest.Replace(t, root, "step2-beta/beta.go", "package beta", "\npackage alpha")
		}, "2.1", beta, 2},
		"a fault of no exercise": {func(t *testing.T, root string) {
			coursetest.Write(t, root, "step1-alpha/mine.go", "package alpha\n\nfunc helper( {\n}\n")
		}, "1.1", "step1-alpha/mine.go", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := coursetest.Repo(t)
			if test.exercise == "2.1" {
				coursetest.Solve(t, root)
			}
			test.spoil(t, root)
			r := report(t, root, "")
			require.NotNil(t, r.Next)
			assert.True(t, r.Next.Build)
			assert.Equal(t, test.exercise, r.Next.Exercise, r.Next.Output)
			assert.Equal(t, test.file, r.Next.File, r.Next.Output)
			assert.Equal(t, test.line, r.Next.Line, r.Next.Output)
		})
	}
}
