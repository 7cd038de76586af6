package repository

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"
)

// Modules returns the folders, with slashes from the root, of the modules that
// the go.work of a folder uses.
func Modules(t testing.TB, workspace string) []string {
	t.Helper()
	file := filepath.Join(Root(t), workspace, "go.work")
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	work, err := modfile.ParseWork(file, content, nil)
	require.NoError(t, err)
	var dirs []string
	for _, use := range work.Use {
		dirs = append(dirs, path.Join(workspace, use.Path))
	}
	return dirs
}

// Workspaces returns the folders, with slashes from the root, that have a
// go.work: the learner's, the reference's, and that of what proves the finished
// product.
func Workspaces() []string { return []string{".", "solutions", "solutions/proof"} }

// AllModules returns the folders of the modules of all workspaces.
func AllModules(t testing.TB) []string {
	t.Helper()
	var dirs []string
	for _, workspace := range Workspaces() {
		dirs = append(dirs, Modules(t, workspace)...)
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// Packages returns the patterns for all packages of a module: "..." leaves
// out the programs, which the module ignores to keep the learner's loop short.
func Packages(t testing.TB, module string) []string {
	t.Helper()
	patterns := []string{"./..."}
	programs, err := filepath.Glob(filepath.Join(Root(t), module, "cmd", "*"))
	require.NoError(t, err)
	for _, program := range programs {
		patterns = append(patterns, "./cmd/"+filepath.Base(program))
	}
	return patterns
}

// Below puts the patterns of a module below a folder.
func Below(folder string, patterns []string) []string {
	var all []string
	for _, p := range patterns {
		all = append(all, "./"+folder+"/"+strings.TrimPrefix(p, "./"))
	}
	return all
}
