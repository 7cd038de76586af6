package derive

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/exercise"
)

// A helper is a declaration that only the solution of an exercise needs.
type helper struct {
	decl      ast.Decl
	exercises []string // it comes with the first of them that is solved
}

// helpersOf returns the declarations of a file whose doc comments say that they
// help to solve an exercise. A directive anywhere else is an error: it would
// drop nothing.
func (p *solvedPackage) helpersOf(f *solvedFile) ([]helper, error) {
	owner := make(map[*ast.CommentGroup]ast.Decl)
	for _, decl := range f.syntax.Decls {
		if doc := docOf(decl); doc != nil {
			owner[doc] = decl
		}
	}
	var helpers []helper
	for _, group := range f.syntax.Comments {
		for _, c := range group.List {
			rest, ok := strings.CutPrefix(c.Text, exercise.HelperDirective)
			if !ok {
				continue
			}
			h := helper{decl: owner[group], exercises: strings.Fields(rest)}
			if h.decl == nil || len(h.exercises) == 0 {
				return nil, fmt.Errorf("%s: write \"%s 1.2\", with the exercise that it helps to solve, at the end of the doc comment of a declaration", p.at(c.Pos()), exercise.HelperDirective)
			}
			for _, id := range h.exercises {
				if !slices.Contains(p.exercises, id) {
					return nil, fmt.Errorf("%s: there is no exercise %s here to help with", p.at(c.Pos()), id)
				}
			}
			helpers = append(helpers, h)
		}
	}
	return helpers, nil
}

func docOf(decl ast.Decl) *ast.CommentGroup {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		return decl.Doc
	case *ast.GenDecl:
		return decl.Doc
	}
	return nil
}

// A unit is what is used or not as a whole: a function, or one spec of a
// declaration.
type unit struct {
	name *ast.Ident
	node ast.Node
	root bool // it is there whoever uses it
}

func (u *unit) String() string {
	if fn, ok := u.node.(*ast.FuncDecl); ok {
		return exercise.Name(fn)
	}
	return u.name.Name
}

// checkUnused refuses an unexported declaration beside an exercise that nothing
// given uses: it is a part of the solution, and would be handed out.
func checkUnused(fset *token.FileSet, files []*ast.File, info *types.Info) error {
	declaring := make(map[types.Object]*unit)
	var units []*unit
	inInterface := make(map[string]bool)
	for _, file := range files {
		for _, u := range unitsOf(file) {
			units = append(units, u)
			declaring[info.Defs[u.name]] = u
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if i, ok := n.(*ast.InterfaceType); ok {
				for _, method := range i.Methods.List {
					for _, name := range method.Names {
						inInterface[name.Name] = true
					}
				}
			}
			return true
		})
	}
	used := make(map[*unit]bool)
	var use func(*unit)
	use = func(u *unit) {
		if u == nil || used[u] {
			return
		}
		used[u] = true
		ast.Inspect(u.node, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				obj := info.Uses[id]
				if method, ok := obj.(*types.Func); ok {
					obj = method.Origin() // of a generic type
				}
				if obj != nil {
					use(declaring[obj])
				}
			}
			return true
		})
	}
	for _, u := range units {
		if fn, ok := u.node.(*ast.FuncDecl); u.root || ok && fn.Recv != nil && inInterface[fn.Name.Name] {
			use(u)
		}
	}
	for _, u := range units {
		if !used[u] {
			return fmt.Errorf("%s: only the solution uses %s, and it would be handed out: end its doc comment with \"%s N.M\", the exercise that it helps to solve, or move it to a file without an exercise",
				at(fset, u.name.Pos()), u.String(), exercise.HelperDirective)
		}
	}
	return nil
}

// unitsOf takes a file apart. All of a file without an exercise is given.
func unitsOf(file *ast.File) []*unit {
	given := !slices.ContainsFunc(file.Comments, func(g *ast.CommentGroup) bool { return exercise.Mark(g.List[0].Text) != "" })
	posed := func(fn *ast.FuncDecl) bool {
		lead := fn.Body != nil && leadingComment(file, fn.Body) != nil
		return lead && exercise.Mark(leadingComment(file, fn.Body).List[0].Text) != ""
	}
	var units []*unit
	add := func(name *ast.Ident, node ast.Node, root bool) {
		units = append(units, &unit{name, node, root || given || name.IsExported() || name.Name == "_"})
	}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			name := decl.Name.Name
			add(decl.Name, decl, posed(decl) || decl.Recv == nil && (name == "init" || name == "main"))
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					add(spec.Name, spec, false)
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						add(name, spec, false)
					}
				}
			}
		}
	}
	return units
}
