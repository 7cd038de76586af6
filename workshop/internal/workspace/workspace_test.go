package workspace_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/workspace"
)

// steps are three steps in the folders given, or each in its own.
func steps(dirs ...string) []course.Step {
	all := []course.Step{
		{Number: 1, Name: "step1-one", Dir: "step1-one", ImportPath: "example.com/one"},
		{Number: 2, Name: "step2-two", Dir: "step2-two", ImportPath: "example.com/two"},
		{Number: 3, Name: "step3-three", Dir: "step3-three", ImportPath: "example.com/three"},
	}
	for i, dir := range dirs {
		all[i].Dir = dir
	}
	return all
}

const plain = `go 1.26.0

use (
	./bookapi
	./step1-one
	./step2-two
	./step3-three
)

replace example.com/bookapi v0.0.0 => ./bookapi
`

const caughtUp = `go 1.26.0

use (
	./bookapi
	./solutions/step1-one
	./solutions/step2-two
	./step3-three
)

replace example.com/bookapi v0.0.0 => ./bookapi

replace example.com/one v0.0.0 => ./solutions/step1-one // catchup
replace example.com/two v0.0.0 => ./solutions/step2-two // catchup
`

func catchUp(t *testing.T, work string, steps []course.Step, n int) string {
	t.Helper()
	got, err := workspace.CatchUp([]byte(work), steps, n)
	require.NoError(t, err)
	return string(got)
}

func TestCatchUpAndBack(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n", "\r\n"} {
		work := func(s string) string { return strings.ReplaceAll(s, "\n", end) }
		assert.Equal(t, work(caughtUp), catchUp(t, work(plain), steps(), 3))
		reference := steps("solutions/step1-one", "solutions/step2-two")
		assert.Equal(t, work(caughtUp), catchUp(t, work(caughtUp), reference, 3), "there is nothing left to change")
		assert.Equal(t, work(plain), catchUp(t, work(caughtUp), reference, 1), "all steps are the learner's again")

		one := catchUp(t, work(caughtUp), reference, 2)
		assert.Contains(t, one, work("\t./solutions/step1-one\n\t./step2-two\n"))
		assert.NotContains(t, one, "example.com/two")
		assert.Equal(t, work(caughtUp), catchUp(t, one, steps("solutions/step1-one"), 3))
	}
}

func TestWhatTheLearnerWroteStays(t *testing.T) {
	t.Parallel()
	const work = `// My own.
go 1.26.0

use ./step1-one // my first try
use (

  ./mine  // a module of mine
	"./step2-two"
	./step3-three
	./bookapi // given
)
// The end.
replace example.com/other => ../other`
	assert.Equal(t, `// My own.
go 1.26.0

use ./solutions/step1-one // my first try
use (

  ./mine  // a module of mine
	./solutions/step2-two
	./step3-three
	./bookapi // given
)
// The end.
replace example.com/other => ../other

replace example.com/one v0.0.0 => ./solutions/step1-one // catchup
replace example.com/two v0.0.0 => ./solutions/step2-two // catchup
`, catchUp(t, work, steps(), 3))

	byHand := strings.ReplaceAll(caughtUp, " // catchup", "")
	back := catchUp(t, byHand, steps("solutions/step1-one", "solutions/step2-two"), 1)
	assert.Contains(t, back, "replace example.com/one", "nobody else's lines go")
	assert.NotContains(t, catchUp(t, byHand, steps("solutions/step1-one", "solutions/step2-two"), 3), "// catchup", "what is there need not be added")
}

func TestWhatIsUnclearIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		work  string
		steps []course.Step
		want  string
	}{
		"a third folder": {strings.Replace(plain, "./step1-one", "./attempt/step1-one", 1), steps("attempt/step1-one"), "uses attempt/step1-one for step 1, which is neither yours nor the reference's: make that ./step1-one"},
		"a replacement":  {plain + "replace example.com/two => ./elsewhere\n", steps(), "go.work, line 11, replaces example.com/two by ./elsewhere"},
		"no go.work":     {"use (", steps(), "go.work:1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := workspace.CatchUp([]byte(test.work), test.steps, 3)
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func TestOwners(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]workspace.Owner{"step1-one": workspace.Learner, "solutions/step1-one": workspace.Reference, "x/step1-one": workspace.Nobody} {
		assert.Equal(t, want, workspace.OwnerOf(steps(dir)[0]), dir)
	}
}

func TestTheGoCommandIsAskedFirst(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	module := func(dir, module string) {
		t.Helper()
		dir = filepath.Join(root, filepath.FromSlash(dir))
		require.NoError(t, os.MkdirAll(dir, 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module "+module+"\n\ngo 1.26.0\n"), 0o600))
	}
	module("bookapi", "example.com/bookapi")
	for _, s := range steps() {
		module(s.Name, s.ImportPath)
		module("solutions/"+s.Name, s.ImportPath)
	}
	assert.NoError(t, workspace.Try(t.Context(), root, []byte(caughtUp), steps(), 3))
	assert.ErrorContains(t, workspace.Try(t.Context(), root, []byte(caughtUp), steps(), 2), "keeps step 2 from being yours")
	assert.ErrorContains(t, workspace.Try(t.Context(), root, []byte(plain+"use ./nowhere\n"), steps(), 1), "so nothing is changed. It says:\ngo: ")
	left, err := filepath.Glob(filepath.Join(root, ".go.work*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}
