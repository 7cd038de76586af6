package flaw

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"example.com/bookapi/workshop/internal/course"
)

// uses is what the packages and tests of the solutions use of one another: by
// folder, the exported names.
type uses map[string]map[string]bool

// findUses reads all sources of the solutions.
func findUses(c *course.Course) (uses, error) {
	u := make(uses)
	err := filepath.WalkDir(c.Root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".go" {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			return err
		}
		folders := make(map[string]string) // by the name of the import
		for _, spec := range file.Imports {
			importPath, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			for _, s := range c.Steps {
				below, ok := strings.CutPrefix(importPath+"/", s.ImportPath+"/")
				if !ok {
					continue
				}
				alias := importPath[strings.LastIndexByte(importPath, '/')+1:]
				if spec.Name != nil {
					alias = spec.Name.Name
				}
				folders[alias] = filepath.Join(c.Root, s.Dir, filepath.FromSlash(below))
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if id, ok := sel.X.(*ast.Ident); ok && folders[id.Name] != "" {
					folder := folders[id.Name]
					if u[folder] == nil {
						u[folder] = make(map[string]bool)
					}
					u[folder][sel.Sel.Name] = true
				}
			}
			return true
		})
		return nil
	})
	return u, err
}

func (u uses) others(folder, name string) bool { return u[folder][name] }
