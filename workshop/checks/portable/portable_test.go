package portable_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/analysis/suite/vet"
	"golang.org/x/tools/go/packages"

	"example.com/bookapi/workshop/checks/internal/repository"
)

// Every package of the repository, tests included, type-checks for other
// systems and is clean to the analyzers of go vet there. GOOS=... go vet would
// say the same, after it has compiled the SQL driver for each of them, which
// takes minutes; so the packages are read from source, and of the libraries
// only what they declare.
func TestPortable(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("three systems take a quarter of a minute")
	}
	for _, target := range []struct{ os, arch string }{{"windows", "amd64"}, {"darwin", "arm64"}, {"linux", "386"}} {
		// One after the other: each holds half a gigabyte of syntax.
		t.Run(target.os+"/"+target.arch, func(t *testing.T) {
			env := append(os.Environ(), "GOOS="+target.os, "GOARCH="+target.arch, "CGO_ENABLED=0", "GOWORK=")
			for _, workspace := range repository.Workspaces() {
				vetFromSource(t, env, workspace)
			}
		})
	}
}

// vetFromSource vets the modules of a workspace that lie in its own folder.
func vetFromSource(t *testing.T, env []string, workspace string) {
	t.Helper()
	root := repository.Root(t)
	inside := filepath.Join(root, workspace) + string(filepath.Separator)
	var patterns []string
	for _, module := range repository.Modules(t, workspace) {
		if rel, err := filepath.Rel(workspace, module); err == nil && filepath.IsLocal(rel) {
			patterns = append(patterns, repository.Below(filepath.ToSlash(rel), repository.Packages(t, module))...)
		}
	}
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.LoadAllSyntax, Context: t.Context(), Dir: inside, Env: env, Tests: true,
		ParseFile: func(fset *token.FileSet, name string, src []byte) (*ast.File, error) {
			if strings.HasPrefix(name, root) {
				return parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
			}
			return declarations(fset, name, src)
		},
	}, patterns...)
	require.NoError(t, err)
	require.NotEmpty(t, loaded)

	packages.Visit(loaded, nil, func(p *packages.Package) {
		for _, e := range p.Errors {
			if e.Kind != packages.TypeError || isOurs(p, root) {
				t.Errorf("%s: %s", p.ID, e)
			}
		}
		// Without the bodies, a library's imports look unused; that is no
		// reason to leave ours unvetted.
		p.IllTyped = p.IllTyped && isOurs(p, root) && len(p.Errors) > 0
	})
	if t.Failed() {
		return // the analyzers would only repeat it for each package that imports these
	}
	loaded = slices.DeleteFunc(loaded, func(p *packages.Package) bool { return !isOurs(p, root) }) // the main of a test
	graph, err := checker.Analyze(vet.Suite, loaded, nil)
	require.NoError(t, err)
	for action := range graph.All() {
		if action.IsRoot {
			assert.NoError(t, action.Err, "%s", action)
			report(t, root, action)
		}
	}
}

func report(t *testing.T, root string, action *checker.Action) {
	t.Helper()
	for _, d := range action.Diagnostics {
		at := action.Package.Fset.Position(d.Pos)
		t.Errorf("%s:%d: %s", strings.TrimPrefix(at.Filename, root+string(filepath.Separator)), at.Line, d.Message)
	}
}

// isOurs reports whether a package stands in the repository.
func isOurs(p *packages.Package, root string) bool {
	return len(p.GoFiles) > 0 && strings.HasPrefix(p.GoFiles[0], root+string(filepath.Separator))
}

// declarations parses a file and empties its functions.
func declarations(fset *token.FileSet, name string, src []byte) (*ast.File, error) {
	file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if file == nil {
		return nil, err
	}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok {
			f.Body = nil
		}
	}
	return file, err
}
