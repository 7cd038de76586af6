package main_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/bookapi/sqlstore/pgtest"
	"example.com/bookapi/workshop/internal/console"
	"example.com/bookapi/workshop/internal/markdown"
)

// sessionTools are the programs that the sessions use beside Go. Whoever reads
// a lesson on Linux or macOS has them, and on Windows in Git Bash.
var sessionTools = []string{"curl", "grep", "cut", "base64"}

// Every console block of a document runs and prints what it says, in the order
// of the document: in a step's README with the steps up to this one solved, or
// as shipped if it says "console starter"; elsewhere the other way round, with
// "console solved". Each document has two scratch copies of the repository to
// itself, so that a database or a go.work which it leaves behind is nobody
// else's.
func TestEveryConsoleBlockPrintsWhatItSays(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the console sessions of the lessons take most of a minute")
	}
	for _, tool := range sessionTools {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" && runtime.GOOS != "windows" {
				t.Fatalf("%s is not installed, and the lessons' sessions need it: %v", tool, err)
			}
			t.Skipf("the lessons' sessions use %s, which is not installed here", tool)
		}
	}
	// One after the other in folders of the same names, so that what one
	// document has compiled is compiled for the next.
	scratch := t.TempDir()
	for _, name := range documents(t) {
		t.Run(name, func(t *testing.T) { runSession(t, name, scratch) })
	}
}

// The tour of the finished API is the same story over PostgreSQL.
func TestTheTourPassesOnPostgreSQL(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the tour takes most of a minute")
	}
	const lesson = "step5-hardening/README.md"
	blocks := slices.DeleteFunc(consoleBlocks(t, lesson), func(b console.Block) bool {
		commands := b.Commands()
		return len(commands) > 0 && strings.HasPrefix(commands[0], "go test") // the database makes no difference to them
	})
	runBlocks(t, lesson, blocks, t.TempDir(), "DATABASE_URL="+pgtest.Open(t))
}

func runSession(t *testing.T, name, scratch string) {
	t.Helper()
	runBlocks(t, name, consoleBlocks(t, name), scratch, "DATABASE_URL=")
}

func consoleBlocks(t *testing.T, name string) []console.Block {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(repository(t), name))
	require.NoError(t, err)
	blocks, err := console.Blocks(markdown.Parse(content))
	require.NoError(t, err, "%s", name)
	return blocks
}

// runBlocks runs blocks of a document as one session.
func runBlocks(t *testing.T, name string, blocks []console.Block, scratch string, variables ...string) {
	t.Helper()
	trees := make(map[string]string) // by what is solved
	session, err := console.NewSession(variables...)
	require.NoError(t, err)
	defer func() {
		if err := session.Close(); err != nil && !t.Failed() {
			t.Errorf("%s, %v", name, err)
		}
	}()
	for _, block := range blocks {
		mode := block.Mode
		if mode == "" {
			mode = "starter"
			if path.Dir(name) != "." {
				mode = "solved"
			}
		}
		dir, ok := trees[mode]
		if !ok {
			dir = filepath.Join(scratch, mode)
			trees[mode] = dir
			require.NoError(t, os.RemoveAll(dir))
			copyTree(t, dir)
			switch mode {
			case "starter":
			case "solved":
				solve(t, dir, path.Dir(name))
			default:
				t.Fatalf("%s, line %d: a block is \"console\", \"console starter\" or \"console solved\", not %q", name, block.Line, mode)
			}
		}
		if err := session.Run(t.Context(), dir, block); err != nil {
			t.Fatalf("%s, %v", name, err)
		}
	}
}

// copyTree copies the repository, without what is no part of the course.
func copyTree(t testing.TB, to string) {
	t.Helper()
	from := repository(t)
	err := filepath.WalkDir(from, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, file)
		switch {
		case err != nil:
			return err
		case passing(entry.Name()) && entry.IsDir():
			return fs.SkipDir
		case passing(entry.Name()) || !entry.IsDir() && !entry.Type().IsRegular():
			return nil
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), content, 0o600)
	})
	require.NoError(t, err)
}

// solve puts the solutions of the steps up to last into a copy of the
// repository, or of all steps if last is none. The steps keep their go.mod.
func solve(t testing.TB, tree, last string) {
	t.Helper()
	for _, step := range lessons(t).Steps {
		dir, solution := filepath.Join(tree, step.Name), filepath.Join(tree, "solutions", step.Name)
		require.NoError(t, os.Remove(filepath.Join(dir, "todo.go")))
		entries, err := os.ReadDir(solution)
		require.NoError(t, err)
		for _, entry := range entries {
			if strings.HasSuffix(entry.Name(), ".go") {
				content, err := os.ReadFile(filepath.Join(solution, entry.Name()))
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(filepath.Join(dir, entry.Name()), content, 0o600))
			}
		}
		if step.Name == last {
			return
		}
	}
}

// documents returns the Markdown files of the repository, by path from its
// root, with slashes.
func documents(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(trackedFiles(t), func(name string) bool { return path.Ext(name) != ".md" })
}

// trackedFiles returns the files of the course, by path from the root of the
// repository, with slashes. What only tests read is none of them.
func trackedFiles(t *testing.T) []string {
	t.Helper()
	root := repository(t)
	var files []string
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (passing(entry.Name()) || entry.Name() == "testdata"):
			return fs.SkipDir
		case !entry.IsDir() && !passing(entry.Name()):
			files = append(files, name)
		}
		return nil
	})
	require.NoError(t, err)
	return files
}
