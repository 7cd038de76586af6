package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
)

// What programs tell their users to type works in the shells of Windows, too:
// PowerShell 5.1 has no "&&". The stick's texts say for which shell each line is.
func TestAdviceIsForEveryShell(t *testing.T) {
	t.Parallel()
	root, looked := repository.Root(t), 0
	for _, name := range repository.Files(t) {
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "workshop/internal/stick/") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join(root, filepath.FromSlash(name)), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				text, err := strconv.Unquote(literal.Value)
				require.NoError(t, err)
				looked++
				assert.NotRegexp(t, `\b(go|git|cd|curl) [^\n]* && `, text, "%s", set.Position(literal.Pos()))
			}
			return true
		})
	}
	assert.Greater(t, looked, 1000, "there are texts to look at")
}
