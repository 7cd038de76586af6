package gallery_test

import (
	"bytes"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/gallery"
	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/flaw"
)

// pictures are words of earlier names, which did not say what was wrong.
var pictures = strings.Fields(`alphabet anybody coin complaint door doors drawer dud ever everybody everything ghost
	glass guests guilty hung locked mine moment moved nobody nothing nowhere ours patience quicker quintillions room
	rubbish silence slate somebody somewhere strangers thrown troubles underneath who whoever`)

// Every patch has its place, its whole header and its story, and speaks of
// exercises and tests that exist.
func TestTheGalleryIsInOrder(t *testing.T) {
	t.Parallel()
	c := repository.Course(t)
	names := make(map[string]string)
	for _, p := range gallery.Patches(t) {
		for _, fault := range p.Incomplete() {
			t.Errorf("%s: %s", p.File, fault)
		}
		assert.NoError(t, p.Fits(c))
		if other := names[p.Name]; other != "" {
			t.Errorf("%s and %s have one name", p.File, other)
		}
		for word := range strings.SplitSeq(p.Name, "-") {
			assert.NotContains(t, pictures, word, "%s: name it by what is wrong, in the terms of the field", p.File)
		}
		names[p.Name] = p.File
	}
}

// The gallery is large enough to trust the tests: so many flaws and alternatives
// of each step, and so many of all.
func TestTheGalleryIsLargeEnough(t *testing.T) {
	t.Parallel()
	type count struct{ flaws, alternatives int }
	var all count
	steps := make(map[string]count)
	for _, p := range gallery.Patches(t) {
		n := steps[p.Step]
		if p.Alternative {
			n.alternatives++
			all.alternatives++
		} else {
			n.flaws++
			all.flaws++
		}
		steps[p.Step] = n
	}
	for _, step := range repository.Course(t).Steps {
		assert.GreaterOrEqual(t, steps[step.Name].flaws, 12, "flaws of %s", step.Name)
		assert.GreaterOrEqual(t, steps[step.Name].alternatives, 6, "alternatives of %s", step.Name)
	}
	assert.GreaterOrEqual(t, all.flaws, 80, "flaws")
	assert.GreaterOrEqual(t, all.alternatives, 40, "alternatives")
}

// Every first line that is recorded is one of a flaw that there is.
func TestFirstLinesAreOfFlaws(t *testing.T) {
	t.Parallel()
	there := make(map[string]bool)
	for _, p := range gallery.Patches(t) {
		there[p.ID()] = true
	}
	text, err := os.ReadFile(filepath.Join(repository.Root(t), filepath.FromSlash(flaw.FirstLinesFile)))
	require.NoError(t, err)
	for id := range flaw.ReadFirstLines(string(text)) {
		if !there[id] {
			t.Errorf("%s has a line for %s, and there is no such patch: delete the line", flaw.FirstLinesFile, id)
		}
	}
}

// No two patches make the same program, and none makes the solution: comments
// and layout do not count.
func TestNoTwoPatchesAreTheSame(t *testing.T) {
	t.Parallel()
	solutions := filepath.Join(repository.Root(t), "solutions")
	programs := make(map[string]string)
	for _, p := range gallery.Patches(t) {
		files, err := p.Apply(solutions)
		if !assert.NoError(t, err) {
			continue
		}
		var before, after strings.Builder
		for _, path := range p.Paths() {
			file := filepath.Join(solutions, filepath.FromSlash(path))
			old, err := os.ReadFile(file)
			if !os.IsNotExist(err) {
				require.NoError(t, err)
			}
			before.WriteString(path + "\n" + bare(t, file, old))
			after.WriteString(path + "\n" + bare(t, file, files[file]))
		}
		if before.String() == after.String() {
			t.Errorf("%s changes nothing but comments", p.File)
		}
		if other := programs[after.String()]; other != "" {
			t.Errorf("%s and %s are the same", p.File, other)
		}
		programs[after.String()] = p.File
	}
}

// bare is a Go file without its comments, as gofmt leaves it.
func bare(t *testing.T, name string, source []byte) string {
	t.Helper()
	if filepath.Ext(name) != ".go" || source == nil {
		return string(source)
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, source, parser.SkipObjectResolution)
	if !assert.NoError(t, err) {
		return string(source)
	}
	var out bytes.Buffer
	require.NoError(t, format.Node(&out, set, file))
	return strings.Join(strings.Fields(out.String()), " ")
}

func TestTheIndexOfTheGalleryIsFresh(t *testing.T) {
	t.Parallel()
	want, err := flaw.Index(repository.Course(t), gallery.Patches(t))
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join(repository.Root(t), filepath.FromSlash(flaw.IndexFile)))
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got), "%s does not list what is there. Run: go generate ./workshop", flaw.IndexFile)
}

// The lessons' tests start no program, whose sources go test would not see: so
// what it has cached is a verdict of the same inputs (see flaw.Judge).
func TestLessonTestsStartNoProgram(t *testing.T) {
	t.Parallel()
	for _, name := range repository.Files(t) {
		if !strings.HasPrefix(name, "solutions/step") || !strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(repository.Root(t), name), nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range file.Imports {
			assert.NotEqual(t, `"os/exec"`, spec.Path.Value, "%s: go test would not run it again when the program has changed", name)
		}
	}
}
