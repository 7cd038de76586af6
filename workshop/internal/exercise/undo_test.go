package exercise_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/exercise"
	"example.com/bookapi/workshop/internal/keep"
	"example.com/bookapi/workshop/internal/starter"
)

// tree returns the files below root, by path, but for what is kept.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		if name == ".workshop" {
			return fs.SkipDir
		}
		if err == nil && !entry.IsDir() {
			files[name] = read(t, root, name)
		}
		return err
	}))
	return files
}

// garble changes a text somewhere, as somebody in the midst of writing does.
func garble(random *rand.Rand, text string) string {
	at := random.IntN(len(text) + 1)
	switch random.IntN(6) {
	case 0:
		return text[:at] + "}\n" + text[at:]
	case 1:
		return text[:at] + "\nfunc helper() {\n}\n" + text[at:]
	case 2:
		return text[:at]
	case 3:
		return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
	case 4:
		return strings.Replace(text, "package alpha", "package alpha\n\nimport \"errors\"", 1)
	}
	return text[:at] + string(rune(32+random.IntN(90))) + text[at:]
}

// Whatever the files are like, be it Go or not: a reset either refuses and
// changes nothing, or its undo brings every byte of the tree back.
func TestUndoBringsBackAnyTree(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 3))
			root := coursetest.RepoWithReference(t)
			coursetest.Write(t, root, alpha, mine)
			now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
			k := keep.Keeper{Root: root, Now: func() time.Time { now = now.Add(time.Second); return now }}
			var history []done
			for range 8 {
				file := []string{alpha, alpha, todo, step + "/mine.go"}[random.IntN(4)]
				text := "package alpha\n"
				if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(file))); err == nil {
					text = read(t, root, file)
				}
				coursetest.Write(t, root, file, garble(random, text))

				was := tree(t, root)
				var files []keep.File
				var changed exercise.Files
				var err error
				what := []string{"1.1", "1.2", step}[random.IntN(3)]
				if what == step {
					files, err = starter.Changes(root, step, handedOut(t))
				} else {
					changed, err = reset(t, root, what)
				}
				if err != nil {
					assert.Contains(t, err.Error(), "go run ./workshop reset "+step, "what is refused can be done in another way")
					continue
				}
				for name, content := range changed {
					files = append(files, keep.File{Path: step + "/" + name, Content: content})
				}
				kept, err := k.Change("reset", what, files)
				require.NoError(t, err)
				if kept == "" {
					assert.Equal(t, was, tree(t, root))
					continue
				}
				history = append(history, done{was, files})
				if random.IntN(3) == 0 {
					history = undo(t, k, root, history)
				}
			}
			for len(history) > 0 {
				history = undo(t, k, root, history)
			}
		})
	}
}

// A done is a change, and the tree before it.
type done struct {
	was   map[string]string
	files []keep.File
}

// undo takes the last change back. Its files become what they were, and no
// other changes.
func undo(t *testing.T, k keep.Keeper, root string, history []done) []done {
	t.Helper()
	last := history[len(history)-1]
	want := tree(t, root)
	for _, f := range last.files {
		if text, ok := last.was[f.Path]; ok {
			want[f.Path] = text
		} else {
			delete(want, f.Path)
		}
	}
	_, err := k.Undo("reset", "")
	require.NoError(t, err)
	assert.Equal(t, want, tree(t, root))
	return history[:len(history)-1]
}
