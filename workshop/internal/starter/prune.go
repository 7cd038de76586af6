package starter

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
)

// A unit is the smallest piece of a package that is kept or goes as a whole: a
// function, or one spec of a const, type or var declaration.
type unit struct {
	node    ast.Node // *ast.FuncDecl, *ast.ValueSpec or *ast.TypeSpec
	objects []types.Object
	uses    []types.Object // outside of a body that is blanked
	blanked []types.Object // used inside of one
	methods []*unit        // of a type
	given   bool           // stays whoever uses it
	joined  bool           // of a method: stays as long as its type does
	blank   bool           // declares nothing but _
}

func (u *unit) method() bool {
	fn, ok := u.node.(*ast.FuncDecl)
	return ok && fn.Recv != nil
}

// helpers returns the declarations that only the blanked bodies use, directly
// or through one another, and that are therefore part of the solution. They are
// unexported and stand in files with an exercise; all else is given code.
func (p *solvedPackage) helpers(bodies map[*ast.FuncDecl]*body) (map[ast.Node]bool, error) {
	units := p.units(bodies)
	declaring := make(map[types.Object]*unit)
	for _, u := range units {
		for _, obj := range u.objects {
			declaring[obj] = u
		}
	}

	solving := make(map[*unit]bool) // reached from what is blanked
	for _, u := range units {
		reach(solving, declaring, u.blanked)
	}
	kept := make(map[*unit]bool) // reached from what stays
	for _, u := range units {
		u.joined = u.joined || !solving[u] // a method that nobody calls is there as long as its type
	}
	for _, u := range units {
		if u.given || !solving[u] && !u.blank && !u.method() {
			reachUnit(kept, declaring, u)
		}
	}

	gone := make(map[ast.Node]bool)
	objects := make(map[types.Object]bool)
	remove := func(u *unit) {
		gone[u.node] = true
		for _, obj := range u.objects {
			objects[obj] = true
		}
	}
	for _, u := range units {
		if solving[u] && !kept[u] {
			remove(u)
			for _, m := range u.methods {
				remove(m)
			}
		}
	}
	for _, u := range units { // such as: var _ http.Handler = helper{}
		if u.blank && !u.given && slices.ContainsFunc(u.uses, func(obj types.Object) bool { return objects[obj] }) {
			remove(u)
		}
	}
	if err := p.checkGroups(gone); err != nil {
		return nil, err
	}
	return gone, p.checkOthers(objects)
}

// reach adds to seen what declares the objects, and what that uses in turn.
func reach(seen map[*unit]bool, declaring map[types.Object]*unit, objects []types.Object) {
	for _, obj := range objects {
		if u := declaring[obj]; u != nil {
			reachUnit(seen, declaring, u)
		}
	}
}

func reachUnit(seen map[*unit]bool, declaring map[types.Object]*unit, u *unit) {
	if seen[u] {
		return
	}
	seen[u] = true
	reach(seen, declaring, u.uses)
	for _, m := range u.methods {
		if m.joined {
			reachUnit(seen, declaring, m)
		}
	}
}

// units takes the package apart.
func (p *solvedPackage) units(bodies map[*ast.FuncDecl]*body) []*unit {
	var units []*unit
	for _, f := range p.files {
		exercise := make(map[*ast.FuncDecl]bool)
		for _, st := range f.stubs {
			exercise[st.fn] = true
		}
		add := func(u *unit, given bool) {
			u.given = given || len(f.stubs) == 0
			units = append(units, u)
		}
		for _, decl := range f.syntax.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				name := decl.Name.Name
				add(p.unit(decl, bodies, decl.Name),
					exercise[decl] || decl.Recv == nil && (name == "init" || name == "main" || ast.IsExported(name)))
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					switch spec := spec.(type) {
					case *ast.ValueSpec:
						add(p.unit(spec, bodies, spec.Names...), slices.ContainsFunc(spec.Names, (*ast.Ident).IsExported))
					case *ast.TypeSpec:
						add(p.unit(spec, bodies, spec.Name), spec.Name.IsExported())
					}
				}
			}
		}
	}
	p.joinMethods(units)
	return units
}

func (p *solvedPackage) unit(node ast.Node, bodies map[*ast.FuncDecl]*body, names ...*ast.Ident) *unit {
	u := &unit{node: node, blank: true}
	for _, name := range names {
		if name.Name == "_" {
			continue
		}
		u.blank = false
		if obj := p.info.Defs[name]; obj != nil { // nil for init
			u.objects = append(u.objects, obj)
		}
	}
	fn, _ := node.(*ast.FuncDecl)
	ast.Inspect(node, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		obj := p.info.Uses[id]
		if method, ok := obj.(*types.Func); ok {
			obj = method.Origin() // of a generic type
		}
		switch {
		case obj == nil || obj.Pkg() != p.types:
		case fn != nil && bodies[fn] != nil && id.Pos() > fn.Body.Lbrace:
			u.blanked = append(u.blanked, obj)
		default:
			u.uses = append(u.uses, obj)
		}
		return true
	})
	return u
}

// joinMethods gives each type its methods, and marks those that may be called
// although nobody names them: the exported ones, and those of an interface.
func (p *solvedPackage) joinMethods(units []*unit) {
	inInterface := make(map[string]bool)
	ofType := make(map[types.Object]*unit)
	for _, u := range units {
		ast.Inspect(u.node, func(n ast.Node) bool {
			if i, ok := n.(*ast.InterfaceType); ok {
				for _, method := range i.Methods.List {
					for _, name := range method.Names {
						inInterface[name.Name] = true
					}
				}
			}
			return true
		})
		if _, ok := u.node.(*ast.TypeSpec); ok && !u.blank {
			ofType[u.objects[0]] = u
		}
	}
	for _, u := range units {
		fn, ok := u.node.(*ast.FuncDecl)
		if !ok || fn.Recv == nil {
			continue
		}
		u.joined = fn.Name.IsExported() || inInterface[fn.Name.Name]
		if t := ofType[p.info.Uses[receiver(fn)]]; t != nil {
			t.methods = append(t.methods, u)
		}
	}
}

// checkGroups refuses to take a constant out of a group in which the others
// would then have another value.
func (p *solvedPackage) checkGroups(gone map[ast.Node]bool) error {
	iota := types.Universe.Lookup("iota")
	for _, f := range p.files {
		for _, decl := range f.syntax.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			var leaves *ast.ValueSpec
			stays, counted := false, false
			for _, spec := range group.Specs {
				spec := spec.(*ast.ValueSpec)
				if gone[spec] {
					leaves = spec
				} else {
					stays = true
				}
				counted = counted || spec.Values == nil
				ast.Inspect(spec, func(n ast.Node) bool {
					id, ok := n.(*ast.Ident)
					counted = counted || ok && p.info.Uses[id] == iota
					return true
				})
			}
			if leaves != nil && stays && counted {
				return fmt.Errorf("%s: only the solution uses %s, and without it the constants around it would change: give it a declaration of its own, or move the group to a file without an exercise",
					p.at(leaves.Pos()), leaves.Names[0].Name)
			}
		}
	}
	return nil
}

// checkOthers refuses to take away what a test inside the package uses, or a
// file for another platform.
func (p *solvedPackage) checkOthers(gone map[types.Object]bool) error {
	var err error
	for _, f := range p.tests {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok || err != nil {
				return true
			}
			obj := p.info.Uses[id]
			if method, ok := obj.(*types.Func); ok {
				obj = method.Origin()
			}
			if gone[obj] {
				err = fmt.Errorf("%s: the test uses %s, which only the solution has: test what is exported, or move %[2]s to a file without an exercise", p.at(id.Pos()), id.Name)
			}
			return true
		})
	}
	if err != nil {
		return err
	}
	names := make(map[string]bool)
	for obj := range gone {
		names[obj.Name()] = true
	}
	for _, name := range p.unbuilt {
		fset := token.NewFileSet()
		syntax, err := parser.ParseFile(fset, p.solution.inSolutions(name), p.solution.files[name], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("starter: %w", err)
		}
		if stubs, _ := stubsOf(fset, syntax); len(stubs) > 0 {
			return fmt.Errorf("%s: exercise %s is not built on this platform: put it into a file that every platform builds", at(fset, stubs[0].fn.Pos()), stubs[0].exercise)
		}
		ast.Inspect(syntax, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && names[id.Name] && err == nil {
				err = fmt.Errorf("%s: this file, which is not built on this platform, names %s, which only the solution has: move that to a file without an exercise", at(fset, id.Pos()), id.Name)
			}
			return true
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// unusedImports returns the imports of a file that only what goes has used.
// Blank imports are there for what they do, and stay.
func (p *solvedPackage) unusedImports(f *solvedFile, bodies map[*ast.FuncDecl]*body, gone map[ast.Node]bool) map[ast.Spec]bool {
	used := make(map[types.Object]bool)     // imports, by the name they have here
	usedFrom := make(map[*types.Scope]bool) // packages whose names stand here without one
	var visit func(ast.Node) bool
	visit = func(n ast.Node) bool {
		if gone[n] {
			return false
		}
		switch n := n.(type) {
		case *ast.FuncDecl:
			b := bodies[n]
			if b == nil {
				return true
			}
			if b.http != nil {
				used[b.http] = true
			}
			if n.Recv != nil {
				ast.Inspect(n.Recv, visit)
			}
			ast.Inspect(n.Type, visit)
			return false
		case *ast.SelectorExpr:
			ast.Inspect(n.X, visit)
			return false
		case *ast.Ident:
			if obj := p.info.Uses[n]; obj != nil {
				used[obj] = true
				usedFrom[obj.Parent()] = true
			}
		}
		return true
	}
	ast.Inspect(f.syntax, visit)

	unused := make(map[ast.Spec]bool)
	for _, spec := range f.syntax.Imports {
		switch name := p.pkgName(spec); {
		case name == nil, used[name]: // nil for a blank import
		case name.Name() == "." && usedFrom[name.Imported().Scope()]:
		default:
			unused[spec] = true
		}
	}
	return unused
}

// pkgName returns the name under which a file has an import, and nil for a
// blank one.
func (p *solvedPackage) pkgName(spec *ast.ImportSpec) *types.PkgName {
	switch {
	case spec.Name == nil:
		name, _ := p.info.Implicits[spec].(*types.PkgName)
		return name
	case spec.Name.Name == "_":
		return nil
	}
	name, _ := p.info.Defs[spec.Name].(*types.PkgName)
	return name
}
