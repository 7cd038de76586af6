package codediff

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/exercise"
)

// A Helper is a declaration of the reference's that the learner's package does
// not have.
type Helper struct {
	Name string
	File string // within the reference's folder
	Line int
	Text string // with its doc comment
}

// Helpers returns what functions of the reference use, directly or through one
// another, and the learner's package does not declare. A folder that cannot be
// read has nothing.
func Helpers(functions []string, referenceDir, ownDir string) []Helper {
	ref, own := declared(referenceDir), declared(ownDir)
	seen := map[string]bool{}
	for _, function := range functions {
		if f := parse(token.NewFileSet(), function); f != nil {
			seen[f.Name.Name] = true
		}
	}
	var helpers []Helper
	var visit func(text string)
	visit = func(text string) {
		for _, name := range namesIn(text) {
			if h, ok := ref[name]; ok && !seen[name] && own[name].Name == "" {
				seen[name] = true
				helpers = append(helpers, h)
				visit(h.Text)
			}
		}
	}
	for _, function := range functions {
		visit(function)
	}
	return helpers
}

// directive is what a doc comment of the reference says to the derivation.
var directive = regexp.MustCompile(`(?m)(^//\r?\n)?^` + exercise.HelperDirective + `.*\n`)

// declared returns the top-level declarations of the package in a folder that
// are no methods, by name.
func declared(dir string) map[string]Helper {
	all := map[string]Helper{}
	files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil || strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, _ := parser.ParseFile(set, "", src, parser.ParseComments|parser.SkipObjectResolution)
		if file == nil {
			continue
		}
		add := func(id *ast.Ident, keyword string, n ast.Node, doc *ast.CommentGroup) {
			start := n.Pos()
			text := keyword + string(src[set.Position(start).Offset:set.Position(n.End()).Offset])
			if doc != nil {
				text = string(src[set.Position(doc.Pos()).Offset:set.Position(doc.End()).Offset]) + "\n" + text
			}
			all[id.Name] = Helper{Name: id.Name, File: filepath.Base(name), Line: set.Position(start).Line, Text: directive.ReplaceAllString(text, "")}
		}
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Recv == nil {
					add(decl.Name, "", decl, decl.Doc)
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					keyword := decl.Tok.String() + " "
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						add(spec.Name, keyword, spec, cmp.Or(spec.Doc, decl.Doc))
					case *ast.ValueSpec:
						for _, id := range spec.Names {
							add(id, keyword, spec, cmp.Or(spec.Doc, decl.Doc))
						}
					}
				}
			}
		}
	}
	return all
}

// namesIn returns the identifiers of a declaration that may be the package's
// own, sorted.
func namesIn(text string) []string {
	file, _ := parser.ParseFile(token.NewFileSet(), "", clause+text, parser.SkipObjectResolution)
	if file == nil {
		return nil
	}
	names := map[string]bool{}
	var visit func(ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			ast.Inspect(n.X, visit)
			return false
		case *ast.Ident:
			names[n.Name] = true
		}
		return true
	}
	ast.Inspect(file, visit)
	delete(names, "p")
	return slices.Sorted(maps.Keys(names))
}
