package keep

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A tree is what a folder holds: text by path, and the mode in front of it.
type tree map[string]string

func snapshot(t *testing.T, root string) tree {
	t.Helper()
	files := tree{}
	require.NoError(t, fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		switch {
		case name == ".workshop":
			return fs.SkipDir
		case entry.IsDir():
			files[name+"/"] = ""
			return nil
		case !entry.Type().IsRegular():
			files[name] = entry.Type().String()
			return nil
		}
		info, err := entry.Info()
		require.NoError(t, err)
		data, err := os.ReadFile(filepath.Join(root, name))
		files[name] = info.Mode().String() + " " + string(data)
		return err
	}))
	return files
}

// learners is a folder with the files of a learner in it.
func learners(t *testing.T) (string, Keeper) {
	t.Helper()
	root := t.TempDir()
	for name, mode := range map[string]fs.FileMode{"go.work": 0o644, "step1/password.go": 0o600, "step1/mine.go": 0o755} {
		file := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte("the learner's "+name+"\r\n"), mode))
		require.NoError(t, os.Chmod(file, mode))
	}
	return root, Keeper{Root: root, Now: clock()}
}

// clock ticks once a second.
func clock() func() time.Time {
	now := time.Date(2026, 11, 23, 9, 10, 56, 0, time.UTC)
	return func() time.Time {
		now = now.Add(time.Second)
		return now
	}
}

// reset is a change of all kinds: a file replaced, one made in a folder that is
// not there, one taken away, one that is as it should be.
func reset() []File {
	return []File{
		{Path: "step1/password.go", Content: []byte("the stub")},
		{Path: "step1/cmd/crack/main.go", Content: []byte("new")},
		{Path: "step1/mine.go", Gone: true},
		{Path: "go.work", Content: []byte("the learner's go.work\r\n")},
		{Path: "step1/todo.go", Gone: true},
	}
}

func TestWhatIsChangedIsKept(t *testing.T) {
	t.Parallel()
	root, k := learners(t)
	before := snapshot(t, root)

	kept, err := k.Change("reset", "step1", reset())
	require.NoError(t, err)
	assert.Equal(t, ".workshop/kept/2026-11-23T091057-reset-step1", kept)
	for _, name := range []string{"step1/password.go", "step1/mine.go"} {
		copied, err := os.ReadFile(filepath.Join(root, kept, name))
		require.NoError(t, err)
		assert.Equal(t, "the learner's "+name+"\r\n", string(copied))
	}
	after := maps.Clone(before)
	after["step1/password.go"] = strings.Fields(before["step1/password.go"])[0] + " the stub"
	after["step1/cmd/"], after["step1/cmd/crack/"] = "", ""
	after["step1/cmd/crack/main.go"] = modeOf(0o644) + " new"
	delete(after, "step1/mine.go")
	assert.Equal(t, after, snapshot(t, root), "the mode stays")

	kept, err = k.Change("reset", "step1", reset())
	require.NoError(t, err)
	assert.Empty(t, kept, "there is nothing left to change")

	undone, err := k.Undo("reset", "")
	require.NoError(t, err)
	assert.Equal(t, "step1", undone.What)
	assert.Empty(t, undone.Kept, "what nobody has edited need not be kept")
	assert.Equal(t, before, snapshot(t, root))
	_, err = k.Undo("reset", "")
	assert.ErrorIs(t, err, ErrNothing)
}

func modeOf(mode fs.FileMode) string {
	if runtime.GOOS == "windows" {
		mode = 0o666
	}
	return mode.String()
}

func TestUndoKeepsWhatWasEditedSince(t *testing.T) {
	t.Parallel()
	root, k := learners(t)
	before := snapshot(t, root)
	_, err := k.Change("reset", "1.1", reset())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(root, "step1/password.go"), []byte("a second try"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "step1/mine.go"), []byte("and a helper"), 0o600))

	undone, err := k.Undo("reset", "1.1")
	require.NoError(t, err)
	assert.Equal(t, before, snapshot(t, root))
	for name, want := range map[string]string{"step1/password.go": "a second try", "step1/mine.go": "and a helper"} {
		copied, err := os.ReadFile(filepath.Join(root, undone.Kept, name))
		require.NoError(t, err)
		assert.Equal(t, want, string(copied))
	}
}

func TestChangesAreTakenBackInTheirOrder(t *testing.T) {
	t.Parallel()
	root, k := learners(t)
	change := func(what, name string) {
		t.Helper()
		_, err := k.Change("reset", what, []File{{Path: name, Content: []byte(what)}})
		require.NoError(t, err)
	}
	change("1.1", "step1/password.go")
	change("1.2", "step1/password.go")
	change("2.1", "step1/mine.go")
	between := snapshot(t, root)

	_, err := k.Undo("reset", "1.1")
	assert.ErrorContains(t, err, "reset 1.2 came later and changed step1/password.go, too. Take that back first: go run ./workshop reset 1.2 --undo")
	assert.Equal(t, between, snapshot(t, root))
	_, err = k.Undo("reset", "9.9")
	assert.ErrorIs(t, err, ErrNothing)
	_, err = k.Undo("catchup", "")
	assert.ErrorIs(t, err, ErrNothing)
	for _, what := range []string{"1.2", "1.1", "2.1"} {
		undone, err := k.Undo("reset", map[bool]string{true: what}[what != "2.1"])
		require.NoError(t, err)
		assert.Equal(t, what, undone.What)
	}
}

func TestNothingIsChangedThatCannotBeKeptOrWritten(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(t *testing.T, root string)
		want  string
	}{
		"a read-only file": {func(t *testing.T, root string) {
			require.NoError(t, os.Chmod(filepath.Join(root, "step1/password.go"), 0o444))
		}, "step1/password.go is read-only: make it writable, and try again"},
		"a folder in its place": {func(t *testing.T, root string) {
			require.NoError(t, os.Mkdir(filepath.Join(root, "step1/todo.go"), 0o755))
		}, "step1/todo.go is no regular file"},
		"a link": {func(t *testing.T, root string) {
			if err := os.Symlink("../go.work", filepath.Join(root, "step1/todo.go")); err != nil {
				t.Skip(err)
			}
		}, "step1/todo.go is no regular file"},
		"a link out of the workshop": {func(t *testing.T, root string) {
			require.NoError(t, os.RemoveAll(filepath.Join(root, "step1")))
			if err := os.Symlink(t.TempDir(), filepath.Join(root, "step1")); err != nil {
				t.Skip(err)
			}
		}, "escapes"},
		"no place for copies": {func(t *testing.T, root string) {
			require.NoError(t, os.WriteFile(filepath.Join(root, ".workshop"), nil, 0o600))
		}, "nothing is changed, for what is there could not be kept"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root, k := learners(t)
			test.spoil(t, root)
			before := snapshot(t, root)
			_, err := k.Change("reset", "step1", reset())
			assert.ErrorContains(t, err, test.want)
			assert.NotContains(t, err.Error(), root)
			assert.Equal(t, before, snapshot(t, root))
		})
	}
}

func TestACopyThatWasTamperedWithIsNotPutBack(t *testing.T) {
	t.Parallel()
	root, k := learners(t)
	kept, err := k.Change("reset", "1.1", reset())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(root, kept, "step1/password.go"), []byte("other"), 0o600))
	between := snapshot(t, root)
	_, err = k.Undo("reset", "")
	assert.ErrorContains(t, err, "is not what was put there")
	assert.Equal(t, between, snapshot(t, root))
}

// A fault lets the operation with number from fail, and those after it as
// often as last says.
func fault(from, last int, err error) (hook func(op, name string) error, count *int) {
	count = new(int)
	return func(string, string) error {
		*count++
		if *count >= from && *count <= last {
			return err
		}
		return nil
	}, count
}

const forever = 1 << 30

func TestAFailureAnywhereChangesNothing(t *testing.T) {
	t.Parallel()
	for from := 1; ; from++ {
		root, k := learners(t)
		before := snapshot(t, root)
		var count *int
		k.fault, count = fault(from, from, syscall.ENOSPC)
		_, err := k.Change("reset", "step1", reset())
		if *count < from {
			require.NoError(t, err)
			assert.Greater(t, from, 8, "there is something to fail")
			return
		}
		require.ErrorIs(t, err, syscall.ENOSPC)
		assert.ErrorContains(t, err, "nothing is changed")
		assert.Equal(t, before, snapshot(t, root), "operation %d", from)
		_, err = k.Undo("reset", "")
		assert.ErrorIs(t, err, ErrNothing, "operation %d", from)
	}
}

func TestAFullDiskChangesNothing(t *testing.T) {
	t.Parallel()
	for from := 1; ; from++ {
		root, k := learners(t)
		before := snapshot(t, root)
		full, count := fault(from, forever, syscall.ENOSPC)
		k.fault = func(op, name string) error { // names can change on a full disk
			if op == "write" || op == "mkdir" {
				return full(op, name)
			}
			return nil
		}
		_, err := k.Change("reset", "step1", reset())
		if *count < from {
			require.NoError(t, err)
			return
		}
		require.ErrorIs(t, err, syscall.ENOSPC)
		assert.Equal(t, before, snapshot(t, root), "operation %d", from)
	}
}

func TestADiskThatFailsForGoodIsPutRightByUndo(t *testing.T) {
	t.Parallel()
	half := 0
	for from := 1; ; from++ {
		root, k := learners(t)
		before := snapshot(t, root)
		var count *int
		k.fault, count = fault(from, forever, syscall.EROFS)
		_, err := k.Change("reset", "step1", reset())
		if *count < from {
			break
		}
		require.ErrorIs(t, err, syscall.EROFS)
		if strings.Contains(err.Error(), "only a part is changed") {
			half++
			k.fault = nil
			_, err = k.Undo("reset", "")
			require.NoError(t, err)
		}
		assert.Equal(t, before, snapshot(t, root), "operation %d", from)
	}
	assert.Positive(t, half)
}

// killed runs do until the operation with number at, in whose midst the program
// is killed. It reports whether it came so far.
func killed(k Keeper, at int, do func(Keeper)) (was bool) {
	kill := errors.New("killed")
	hook, _ := fault(at, at, kill)
	k.fault = func(op, name string) error {
		err := hook(op, name)
		if err != nil && op == "write" {
			_ = os.WriteFile(filepath.Join(k.Root, filepath.FromSlash(name)), []byte("hal"), 0o600)
		}
		if err != nil {
			panic(kill)
		}
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			if r != any(kill) {
				panic(r)
			}
			was = true
		}
	}()
	do(k)
	return false
}

func TestBeingKilledAnywhereLosesNothing(t *testing.T) {
	t.Parallel()
	change := func(k Keeper) { _, _ = k.Change("reset", "step1", reset()) }
	whole := map[string]bool{"": true, "the stub": true, "new": true}
	for name := range snapshot(t, func() string { root, _ := learners(t); return root }()) {
		whole["the learner's "+name+"\r\n"] = true
	}
	for at := 1; ; at++ {
		root, k := learners(t)
		before := snapshot(t, root)
		was := killed(k, at, change)
		for name, text := range snapshot(t, root) {
			_, text, _ = strings.Cut(text, " ")
			if !strings.HasPrefix(path.Base(name), ".") {
				assert.True(t, whole[text], "%s is whole, though killed at %d: %q", name, at, text)
			}
		}
		_, err := k.Undo("reset", "")
		if !errors.Is(err, ErrNothing) {
			require.NoError(t, err)
		}
		assert.Equal(t, before, snapshot(t, root), "killed at %d", at)
		if !was {
			return
		}
	}
}

func TestBeingKilledInUndoLosesNothing(t *testing.T) {
	t.Parallel()
	for at := 1; ; at++ {
		root, k := learners(t)
		before := snapshot(t, root)
		_, err := k.Change("reset", "step1", reset())
		require.NoError(t, err)
		edit := filepath.Join(root, "step1/password.go")
		require.NoError(t, os.WriteFile(edit, []byte("a second try"), 0o600))
		was := killed(k, at, func(k Keeper) { _, _ = k.Undo("reset", "") })
		_, err = k.Undo("reset", "")
		if was {
			require.NoError(t, err)
		}
		assert.Equal(t, before, snapshot(t, root), "killed at %d", at)
		assert.True(t, somewhere(t, root, "a second try"), "killed at %d", at)
		if !was {
			return
		}
	}
}

// somewhere reports whether any file below root has this content.
func somewhere(t *testing.T, root, content string) bool {
	t.Helper()
	found := false
	require.NoError(t, filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			data, err := os.ReadFile(file)
			found = found || string(data) == content
			return err
		}
		return err
	}))
	return found
}

// Whatever a learner and the commands do in turn: each undo brings the tree
// back byte for byte, and what a command has replaced is still there.
func TestRandomEditsAreNeverLost(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			root, k := learners(t)
			names := []string{"go.work", "step1/password.go", "step1/mine.go", "step1/new.go", "step2/deep/down.go"}
			serial := 0
			text := func(whose string) []byte {
				serial++
				return fmt.Appendf(nil, "%s %d\n%s", whose, serial, strings.Repeat("x\r\n", random.IntN(3)))
			}
			edited := func() (all []string) { // what the learner has written and still has
				for _, content := range snapshot(t, root) {
					if _, content, _ = strings.Cut(content, " "); strings.HasPrefix(content, "the learner's") {
						all = append(all, content)
					}
				}
				return all
			}
			type done struct {
				what   string
				before tree
				names  []string
			}
			var history []done
			for range 40 {
				at := edited()
				switch action := random.IntN(10); {
				case action < 5: // the learner
					name := filepath.Join(root, names[random.IntN(len(names))])
					if random.IntN(5) == 0 {
						_ = os.Remove(name)
						continue
					}
					require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
					require.NoError(t, os.WriteFile(name, text("the learner's"), 0o600))
					continue
				case action < 8: // a command
					d := done{what: fmt.Sprint(len(history)), before: snapshot(t, root)}
					var files []File
					for _, i := range random.Perm(len(names))[:1+random.IntN(3)] {
						d.names = append(d.names, names[i])
						files = append(files, File{Path: names[i], Content: text("a stub"), Gone: random.IntN(4) == 0})
					}
					kept, err := k.Change("reset", d.what, files)
					require.NoError(t, err)
					if kept != "" {
						history = append(history, d)
					}
				case len(history) > 0: // its undo
					last := history[len(history)-1]
					history = history[:len(history)-1]
					undone, err := k.Undo("reset", "")
					require.NoError(t, err)
					assert.Equal(t, last.what, undone.What)
					now := snapshot(t, root)
					for _, name := range last.names {
						assert.Equal(t, last.before[name], now[name], name)
					}
				}
				for _, content := range at {
					assert.True(t, somewhere(t, root, content), "%q", content)
				}
			}
			for name := range snapshot(t, root) {
				assert.False(t, strings.HasSuffix(name, ".workshop"), "%s was left behind", name)
			}
			slices.Reverse(history)
			for range history {
				_, err := k.Undo("reset", "")
				require.NoError(t, err)
			}
			_, err := k.Undo("reset", "")
			assert.ErrorIs(t, err, ErrNothing)
		})
	}
}
