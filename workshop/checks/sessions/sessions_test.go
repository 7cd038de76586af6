package sessions_test

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/bookapi/sqlstore/pgtest"
	"example.com/bookapi/workshop/checks/internal/console"
	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/markdown"
)

// sessionTools are the programs that the sessions use beside Go. Whoever reads
// a lesson on Linux or macOS has them, and on Windows in Git Bash.
var sessionTools = []string{"curl", "grep", "cut", "base64"}

// Every console block of a document runs and prints what it says, in the order
// of the document: in a step's README with the steps up to this one solved, or
// as shipped if it says "console starter"; elsewhere the other way round, with
// "console solved". "console python" is that, where FastAPI is installed. Each
// document has two scratch copies of the repository to itself, so that a database
// or a go.work which it leaves behind is nobody else's.
func TestEveryConsoleBlockPrintsWhatItSays(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the console sessions of the lessons take most of a minute")
	}
	for _, tool := range sessionTools {
		if _, err := exec.LookPath(tool); err != nil {
			coursetest.Lacks(t, tool+", which the lessons' sessions use")
		}
	}
	// One after the other in folders of the same names, so that what one
	// document has compiled is compiled for the next.
	scratch := t.TempDir()
	for _, name := range repository.Documents(t) {
		t.Run(name, func(t *testing.T) { runSession(t, name, scratch) })
	}
}

// The tours of the finished API are the same stories over PostgreSQL. Each begins
// with its keys, and has a database of its own.
func TestTheToursPassOnPostgreSQL(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the tours take most of a minute")
	}
	const lesson = "step5-hardening/README.md"
	var tours [][]console.Block
	for _, block := range consoleBlocks(t, lesson) {
		commands := block.Commands()
		switch {
		case len(commands) > 0 && strings.HasPrefix(commands[0], "export BOOKAPI_KEYS=$("):
			tours = append(tours, []console.Block{block})
		case len(commands) > 0 && strings.HasPrefix(commands[0], "go test"): // the database makes no difference to them
		case len(tours) > 0:
			tours[len(tours)-1] = append(tours[len(tours)-1], block)
		}
	}
	require.Len(t, tours, 2, "a tour for each evening")
	scratch := t.TempDir()
	for _, tour := range tours {
		runBlocks(t, lesson, tour, scratch, "DATABASE_URL="+pgtest.Open(t))
	}
}

func runSession(t *testing.T, name, scratch string) {
	t.Helper()
	runBlocks(t, name, consoleBlocks(t, name), scratch, "DATABASE_URL=")
}

func consoleBlocks(t *testing.T, name string) []console.Block {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(repository.Root(t), name))
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
		if mode == "python" {
			if !pythonIsHere(t) {
				continue
			}
			mode = "solved"
		}
		dir, ok := trees[mode]
		if !ok {
			dir = filepath.Join(scratch, mode)
			trees[mode] = dir
			require.NoError(t, os.RemoveAll(dir))
			repository.Copy(t, dir)
			switch mode {
			case "starter":
			case "solved":
				repository.Solve(t, dir, path.Dir(name))
			default:
				t.Fatalf("%s, line %d: a block is \"console\", \"console starter\", \"console solved\" or \"console python\", not %q", name, block.Line, mode)
			}
		}
		if err := session.Run(t.Context(), dir, block); err != nil {
			t.Fatalf("%s, %v", name, err)
		}
	}
}

// pythonIsHere reports whether the API in Python can be started.
func pythonIsHere(t *testing.T) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", "import fastapi, jose, passlib, uvicorn, multipart").CombinedOutput()
	if err != nil && os.Getenv("BOOKAPI_TEST_ALL") != "" {
		t.Fatalf("the packages of the API in Python are not installed: %s", out)
	}
	return err == nil
}
