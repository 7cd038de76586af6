// Package document runs the console blocks of the repository's documents.
package document

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/console"
	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/markdown"
)

// tools are the programs that the sessions use beside Go. Whoever reads
// a lesson on Linux or macOS has them, and on Windows in Git Bash.
var tools = []string{"curl", "grep", "cut", "base64"}

// RunEach runs the documents as tests, one after the other in folders of the same
// names, so that what one has compiled is compiled for the next.
func RunEach(t *testing.T, names []string) {
	t.Helper()
	if testing.Short() {
		t.Skip("the console sessions take minutes")
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			coursetest.Lacks(t, tool+", which the documents' sessions use")
		}
	}
	scratch := t.TempDir()
	for _, name := range names {
		t.Run(name, func(t *testing.T) { Run(t, name, Blocks(t, name), scratch, "DATABASE_URL=") })
	}
}

// Blocks returns the console blocks of a document.
func Blocks(t *testing.T, name string) []console.Block {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(repository.Root(t), name))
	require.NoError(t, err)
	blocks, err := console.Blocks(markdown.Parse(content))
	require.NoError(t, err, "%s", name)
	return blocks
}

// Run runs blocks of a document as one session, with the variables, in copies of the
// repository below scratch: with the steps up to the document's own solved, or as
// shipped if a block says "console starter"; in the root folder's documents the other
// way round, with "console solved". "console python" is that, where FastAPI is installed.
func Run(t *testing.T, name string, blocks []console.Block, scratch string, variables ...string) {
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
