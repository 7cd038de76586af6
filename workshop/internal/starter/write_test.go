package starter_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"example.com/bookapi/workshop/internal/overlay"
	"example.com/bookapi/workshop/internal/starter"
)

var now = time.Date(2026, 11, 23, 9, 10, 57, 0, time.UTC)

var want = starter.Files{
	"go.mod":     []byte("module example.com/bookapi/step1-cases\n"),
	"a.go":       []byte("package a\n\nconst one = 1\n"),
	"cmd/x/x.go": []byte("package main\n"),
}

func TestDriftNamesEachDifference(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root,
		txtar.File{Name: step + "/go.mod", Data: []byte("module example.com/bookapi/step1-cases\r\n")},
		txtar.File{Name: step + "/a.go", Data: []byte("package a\n\nconst one = 2\n")},
		txtar.File{Name: step + "/old.go", Data: []byte("package a\n")},
		txtar.File{Name: step + "/README.md", Data: []byte("by hand")},
		txtar.File{Name: step + "/lesson.toml", Data: []byte("by hand")},
		txtar.File{Name: step + "/drawing.svg", Data: []byte("by hand")},
		txtar.File{Name: step + "/bookapi.db", Data: []byte("a program's")},
		txtar.File{Name: step + "/.idea/x.go", Data: []byte("an editor's")})
	drift, err := starter.Drift(root, step, want)
	require.NoError(t, err)
	assert.Equal(t, []starter.Difference{
		{Path: "a.go", Kind: starter.Differs, Line: 3},
		{Path: "cmd/x/x.go", Kind: starter.Missing},
		{Path: "old.go", Kind: starter.Extra},
	}, drift)
}

func TestWriteMakesAStepThatIsNotThere(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	changed, kept, err := starter.Write(root, step, want, now)
	require.NoError(t, err)
	assert.Len(t, changed, len(want))
	assert.Empty(t, kept)
	got, err := starter.Read(filepath.Join(root, step))
	require.NoError(t, err)
	same(t, want, got)

	changed, kept, err = starter.Write(root, step, want, now)
	require.NoError(t, err)
	assert.Empty(t, changed, "it is up to date")
	assert.Empty(t, kept)
}

func TestWriteLosesNobodysWork(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	mine := []txtar.File{
		{Name: step + "/a.go", Data: []byte("package a\n\nconst one = 1 + 0 // the learner's\n")},
		{Name: step + "/deep/helper.go", Data: []byte("package deep // the learner's\n")},
	}
	untouched := []txtar.File{
		{Name: step + "/README.md", Data: []byte("by hand")},
		{Name: step + "/notes.txt", Data: []byte("the learner's")},
	}
	write(t, root, append(slices.Clone(mine), untouched...)...)
	_, kept, err := starter.Write(root, step, want, now)
	require.NoError(t, err)
	assert.Equal(t, filepath.Join(root, ".workshop", "kept", "2026-11-23T091057", step), kept)
	assert.NoFileExists(t, filepath.Join(root, step, "deep", "helper.go"))
	for _, f := range mine {
		content, err := os.ReadFile(filepath.Join(filepath.Dir(kept), filepath.FromSlash(f.Name)))
		require.NoError(t, err)
		assert.Equal(t, string(f.Data), string(content))
	}
	for _, f := range untouched {
		content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(f.Name)))
		require.NoError(t, err)
		assert.Equal(t, string(f.Data), string(content))
	}

	// Once more within the same second.
	write(t, root, mine[0])
	_, again, err := starter.Write(root, step, want, now)
	require.NoError(t, err)
	assert.Equal(t, kept+"-2", again)
	assert.FileExists(t, filepath.Join(again, "a.go"))
}

func TestWriteChangesNothingThatItCannotKeep(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	learners := txtar.File{Name: step + "/a.go", Data: []byte("package a // the learner's\n")}
	write(t, root, learners, txtar.File{Name: ".workshop", Data: []byte("a file in the way")})
	_, _, err := starter.Write(root, step, want, now)
	require.ErrorContains(t, err, "nothing is changed")
	content, err := os.ReadFile(filepath.Join(root, step, "a.go"))
	require.NoError(t, err)
	assert.Equal(t, string(learners.Data), string(content))
}

func TestOverlayStandsInForTheWholeStep(t *testing.T) {
	t.Parallel()
	root, _ := cases(t)
	solution, err := starter.Load(t.Context(), root, step)
	require.NoError(t, err)
	files, err := solution.Starter("1.1", "1.2")
	require.NoError(t, err)

	// The learner is in the midst of something.
	_, _, err = starter.Write(root, step, files, now)
	require.NoError(t, err)
	write(t, root,
		txtar.File{Name: step + "/ladder/a.go", Data: []byte("package ladder\n\nfunc A(")},
		txtar.File{Name: step + "/ladder/mine.go", Data: []byte("package ladder\n\nfunc B() {}\n")})
	before, err := starter.Read(filepath.Join(root, step))
	require.NoError(t, err)

	replace, err := starter.Overlay(root, step, files)
	require.NoError(t, err)
	flag, err := overlay.Write(t.TempDir(), replace)
	require.NoError(t, err)
	goTool(t, root, "vet", "-overlay="+flag, "./"+step+"/...")

	after, err := starter.Read(filepath.Join(root, step))
	require.NoError(t, err)
	same(t, before, after)
}
