package main_test

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

	"example.com/bookapi/workshop/internal/flaw"
)

// gallery is all flaws and alternatives of the course.
func gallery(t *testing.T) []*flaw.Patch {
	t.Helper()
	patches, err := flaw.Load(filepath.Join(repository(t), "workshop"), "workshop")
	require.NoError(t, err)
	return patches
}

// Every patch has its place, its whole header and its story, and speaks of
// exercises and tests that exist.
func TestTheGalleryIsInOrder(t *testing.T) {
	t.Parallel()
	c := lessons(t)
	names := make(map[string]string)
	for _, p := range gallery(t) {
		for _, fault := range p.Incomplete() {
			t.Errorf("%s: %s", p.File, fault)
		}
		assert.NoError(t, p.Fits(c))
		if other := names[p.Name]; other != "" {
			t.Errorf("%s and %s have one name", p.File, other)
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
	for _, p := range gallery(t) {
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
	for _, step := range lessons(t).Steps {
		assert.GreaterOrEqual(t, steps[step.Name].flaws, 12, "flaws of %s", step.Name)
		assert.GreaterOrEqual(t, steps[step.Name].alternatives, 6, "alternatives of %s", step.Name)
	}
	assert.GreaterOrEqual(t, all.flaws, 80, "flaws")
	assert.GreaterOrEqual(t, all.alternatives, 40, "alternatives")
}

// No two patches make the same program, and none makes the solution: comments
// and layout do not count.
func TestNoTwoPatchesAreTheSame(t *testing.T) {
	t.Parallel()
	solutions := filepath.Join(repository(t), "solutions")
	programs := make(map[string]string)
	for _, p := range gallery(t) {
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
	want, err := flaw.Index(lessons(t), gallery(t))
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join(repository(t), filepath.FromSlash(flaw.IndexFile)))
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got), "%s does not list what is there. Run: go generate ./workshop", flaw.IndexFile)
}

// The lessons' tests catch every flaw and accept every alternative. All of them
// take minutes, so it is one flaw for each exercise and one alternative for
// each step unless BOOKAPI_GALLERY=all asks for more.
func TestTheGallery(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("to judge a flaw takes a second, and an alternative some")
	}
	patches := gallery(t)
	if os.Getenv("BOOKAPI_GALLERY") != "all" {
		patches = sample(patches)
	}
	judge, err := flaw.NewJudge(t.Context(), lessons(t), patches)
	require.NoError(t, err)
	_, err = judge.All(t.Context(), patches, func(v flaw.Verdict) {
		if !v.OK {
			t.Errorf("%s: %s", v.Patch.File, v.Why)
		}
	})
	require.NoError(t, err)
}

// sample returns the first flaw of each exercise and the first alternative of
// each step.
func sample(patches []*flaw.Patch) []*flaw.Patch {
	var some []*flaw.Patch
	seen := make(map[string]bool)
	for _, p := range patches {
		of := p.Exercise
		if p.Alternative {
			of = p.Step
		}
		if !seen[of] {
			seen[of] = true
			some = append(some, p)
		}
	}
	return some
}
