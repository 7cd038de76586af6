package repository_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/course/coursetest"
)

// example is a check that asks for the repository, and one that changes it.
const example = `package example_test

import (
	"os"
	"path/filepath"
	"testing"

	"example.com/bookapi/workshop/checks/internal/repository"
)

func TestAsk(t *testing.T) { repository.Root(t) }

func TestChange(t *testing.T) {
	if err := os.WriteFile(filepath.Join(repository.Root(t), "README.md"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
}
`

func TestNoCheckAnswersFromAStaleCache(t *testing.T) {
	t.Parallel()
	tree := t.TempDir()
	repository.Copy(t, tree)
	coursetest.Write(t, tree, "workshop/checks/example/example_test.go", example)
	require.NoError(t, filepath.WalkDir(tree, func(file string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		if entry.Type().IsRegular() {
			age(t, file, 2*time.Hour)
		}
		return nil
	}))
	check := func(test string, env ...string) (string, error) {
		t.Helper()
		return coursetest.TryGo(t, tree, env, "test", "-vet=off", "-run="+test, "./workshop/checks/example")
	}
	runs := func(why string, env ...string) {
		t.Helper()
		for _, cached := range []bool{false, true} {
			out, err := check("TestAsk", env...)
			require.NoError(t, err, out)
			assert.Equal(t, cached, strings.Contains(out, "(cached)"), "%s:\n%s", why, out)
		}
	}

	runs("nothing is known yet")
	for what, file := range map[string]string{
		"a solution":  "solutions/step1-hashing/password.go",
		"a starter":   "step1-hashing/password.go",
		"a lesson":    "step1-hashing/lesson.toml",
		"a document":  "step1-hashing/README.md",
		"a patch":     firstPatch(t),
		"a workspace": "go.work",
		"a new file":  "solutions/step2-token/new.go",
	} {
		change(t, filepath.Join(tree, file))
		runs(what + " has changed")
	}
	require.NoError(t, os.Remove(filepath.Join(tree, "solutions/step2-token/new.go")))
	runs("a file has gone")
	runs("a variable of the checks has changed", "BOOKAPI_GALLERY=some")
	runs("a variable of the tests that they run has changed", "BOOKAPI_TEST_POSTGRES=none")

	out, err := check("TestChange")
	assert.Error(t, err)
	assert.Contains(t, out, "README.md has changed while this test ran")
}

func firstPatch(t *testing.T) string {
	t.Helper()
	for _, name := range repository.Files(t) {
		if filepath.Ext(name) == ".patch" {
			return name
		}
	}
	t.Fatal("there is no patch")
	return ""
}

// change adds a line to a file, which is made if need be.
func change(t *testing.T, file string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	require.NoError(t, os.WriteFile(file, append(content, '\n'), 0o600))
	age(t, file, time.Hour)
}

// age makes a file older than go test asks of one that it can rely on.
func age(t *testing.T, file string, by time.Duration) {
	t.Helper()
	then := time.Now().Add(-by)
	require.NoError(t, os.Chtimes(file, then, then))
}

// Root is the one way to the repository, so that no check misses what it does.
func TestChecksAskForTheRepository(t *testing.T) {
	t.Parallel()
	ways := regexp.MustCompile(`\bos\.Getwd\(|\bcourse\.Load\(|Join\("\.\.`)
	for _, name := range repository.Files(t) {
		if !strings.HasPrefix(name, "workshop/checks/") || strings.HasPrefix(name, "workshop/checks/internal/repository/") {
			continue
		}
		source, err := os.ReadFile(filepath.Join(repository.Root(t), name))
		require.NoError(t, err)
		if way := ways.Find(source); way != nil {
			t.Errorf("%s: %s: ask repository.Root for the repository", name, way)
		}
	}
}
