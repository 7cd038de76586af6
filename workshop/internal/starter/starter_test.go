package starter_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/keep"
	"example.com/bookapi/workshop/internal/overlay"
	"example.com/bookapi/workshop/internal/starter"
)

const step = "step1-cases"

var want = starter.Files{
	"go.mod":     []byte("module example.com/bookapi/step1-cases\n"),
	"a.go":       []byte("package a\n\nconst one = 1\n"),
	"cmd/x/x.go": []byte("package main\n"),
}

// lay writes a step that differs in every way, and returns its root.
func lay(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":        "module example.com/bookapi/step1-cases\r\n",
		"a.go":          "package a\r\n\r\nconst one = 2\r\n",
		"old.go":        "package a\n",
		"notes.txt":     "the learner's",
		"README.md":     "by hand",
		"lesson.toml":   "by hand",
		"drawing.svg":   "by hand",
		"bookapi.db":    "a program's",
		".idea/x.go":    "an editor's",
		"testdata/x.go": "data",
	} {
		file := filepath.Join(root, step, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	return root
}

func TestDriftNamesEachDifference(t *testing.T) {
	t.Parallel()
	drift, err := starter.Drift(lay(t), step, want)
	require.NoError(t, err)
	assert.Equal(t, []starter.Difference{
		{Path: "a.go", Kind: starter.Differs, Line: 3},
		{Path: "cmd/x/x.go", Kind: starter.Missing},
		{Path: "notes.txt", Kind: starter.Extra},
		{Path: "old.go", Kind: starter.Extra},
		{Path: "testdata/x.go", Kind: starter.Extra},
	}, drift)
}

func TestChangesTakeOutGoFilesOnly(t *testing.T) {
	t.Parallel()
	files, err := starter.Changes(lay(t), step, want)
	require.NoError(t, err)
	assert.Equal(t, []keep.File{
		{Path: step + "/a.go", Content: []byte("package a\r\n\r\nconst one = 1\r\n")},
		{Path: step + "/cmd/x/x.go", Content: []byte("package main\n")},
		{Path: step + "/old.go", Gone: true},
	}, files, "line ends stay those of the file")

	files, err = starter.Changes(t.TempDir(), step, want)
	require.NoError(t, err)
	assert.Len(t, files, len(want), "a step that is not there is made")
}

func TestAnArchiveGivesBackWhatWasPacked(t *testing.T) {
	t.Parallel()
	text, err := starter.Pack(want)
	require.NoError(t, err)
	assert.Equal(t, "-- a.go --\npackage a\n\nconst one = 1\n-- cmd/x/x.go --\npackage main\n-- go.mod --\nmodule example.com/bookapi/step1-cases\n", string(text))
	assert.Equal(t, want, starter.Unpack([]byte(string(text))))
	for name, content := range map[string]string{
		"no line end at its end": "package a",
		"line ends of Windows":   "package a\r\n",
		"a line like a header":   "package a\n-- b.go --\n",
	} {
		_, err := starter.Pack(starter.Files{"a.go": []byte(content), "b.go": []byte("package a\n")})
		assert.ErrorContains(t, err, "a.go cannot be archived", name)
	}
}

func TestEveryStepOfTheCourseIsKnown(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"step1-hashing", "step2-token", "step3-protect", "step4-authz", "step5-hardening"} {
		files, err := starter.Of(step)
		require.NoError(t, err)
		assert.Contains(t, files, "todo.go")
		assert.Contains(t, files, "go.mod")
	}
	_, err := starter.Of("step9-none")
	assert.ErrorContains(t, err, "of another version of the course")
}

func TestOverlayStandsInForTheWholeStep(t *testing.T) {
	t.Parallel()
	root := lay(t)
	replace, err := starter.Overlay(root, step, want)
	require.NoError(t, err)
	_, err = overlay.Write(t.TempDir(), replace)
	require.NoError(t, err)
	at := func(name string) string { return filepath.Join(root, step, filepath.FromSlash(name)) }
	assert.Equal(t, map[string][]byte{
		at("a.go"): want["a.go"], at("cmd/x/x.go"): want["cmd/x/x.go"], at("go.mod"): want["go.mod"],
		at("old.go"): nil,
	}, replace, "the learner's own Go files are not there, and nothing else is touched")
}
