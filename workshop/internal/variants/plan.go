package variants

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
)

// plan is how a change gets into its package.
type plan struct {
	before, after *pkg
	names         map[string]bool // of the package's level, which get another name
	methods       map[string]bool // unexported ones, which get another name
	existed       map[string]bool // those of names and methods that the package had before
	rewritten     []string        // the keys of functions that others call by the same name
	out           map[string]bool // the keys of what is emitted
	seen          func(name string) bool
}

// compare makes the plan for a change. The error says why there is none.
func compare(before, after *pkg, seen func(name string) bool) (*plan, error) {
	p := &plan{
		before: before, after: after, seen: seen,
		names: make(map[string]bool), methods: make(map[string]bool), existed: make(map[string]bool), out: make(map[string]bool),
	}
	for key, d := range before.decls {
		if _, stays := after.decls[key]; !stays && d.receiver != "" && ast.IsExported(d.names[0].Name) {
			if _, typeStays := after.decls[d.receiver]; typeStays {
				return nil, fmt.Errorf("the method %s goes", key)
			}
		}
		if _, stays := after.decls[key]; !stays && d.key == "init" {
			return nil, fmt.Errorf("init goes")
		}
	}
	// Types first: their methods go with them.
	for _, kinds := range [][]token.Token{{token.TYPE}, {token.VAR, token.CONST, token.FUNC}} {
		for _, key := range after.order {
			d := after.decls[key]
			old, had := before.decls[key]
			if !slices.Contains(kinds, d.kind) || d.names[0].Name == "_" || had && old.text == d.text {
				continue
			}
			if err := p.changed(d, old); err != nil {
				return nil, err
			}
		}
	}
	return p, p.close()
}

// changed notes a declaration that is new, or not as before.
func (p *plan) changed(d, old *decl) error {
	switch {
	case d.receiver != "" && p.names[d.receiver]:
		p.out[d.key] = true // with its type
	case d.kind == token.FUNC && old != nil && old.typ == d.typ:
		return p.rewrite(d)
	case d.key == "init" && old == nil:
		p.out[d.key] = true
	case d.kind == token.FUNC && d.names[0].Name == "init":
		return fmt.Errorf("init changes")
	case d.iota:
		return fmt.Errorf("the constant %s changes, whose value depends on its place", d.key)
	default:
		return p.rename(d, old != nil)
	}
	return nil
}

// rename lets a declaration stand beside under another name.
func (p *plan) rename(d *decl, existed bool) error {
	p.out[d.key] = true
	for _, id := range d.names {
		_, was := p.before.decls[id.Name]
		existed = existed || d.receiver == "" && was
		if ast.IsExported(id.Name) && (d.receiver != "" || existed && p.seen(id.Name)) {
			return fmt.Errorf("%s changes, and others see it", d.key)
		}
		if d.receiver != "" {
			for key, other := range p.after.decls {
				if other.receiver != "" && other.names[0].Name == id.Name && key != d.key {
					return fmt.Errorf("there are several methods %s", id.Name)
				}
			}
			p.methods[id.Name] = true
		} else {
			p.names[id.Name] = true
		}
		if existed {
			p.existed[id.Name] = true
		}
	}
	return nil
}

// rewrite lets a function stand beside under another name, which the one that is
// there calls.
func (p *plan) rewrite(d *decl) error {
	if d.fn.Body == nil || d.names[0].Name == "init" && d.receiver == "" || d.names[0].Name == "main" {
		return fmt.Errorf("%s cannot be called by another", d.key)
	}
	if recovers(d.fn.Body) {
		return fmt.Errorf("%s recovers, which it can only where it is deferred itself", d.key)
	}
	p.out[d.key] = true
	p.rewritten = append(p.rewritten, d.key)
	return nil
}

// recovers reports whether a function calls recover itself.
func recovers(body *ast.BlockStmt) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		if _, inner := n.(*ast.FuncLit); inner {
			return false
		}
		if call, ok := n.(*ast.CallExpr); ok {
			if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "recover" {
				found = true
			}
		}
		return true
	})
	return found
}

// close adds all that refers to a declaration that was there before and has
// another name now.
func (p *plan) close() error {
	for again := true; again; {
		again = false
		for _, key := range p.after.order {
			d := p.after.decls[key]
			if p.out[key] || d.names[0].Name == "_" {
				continue
			}
			refers, inType := p.refers(d)
			if !refers {
				continue
			}
			again = true
			old := p.before.decls[key]
			var err error
			switch {
			case d.receiver != "" && p.names[d.receiver]:
				p.out[key] = true
			case d.kind == token.FUNC && !inType && old != nil:
				err = p.rewrite(d)
			case d.iota:
				err = fmt.Errorf("the constant %s depends on what changes, and on its place", key)
			default:
				err = p.rename(d, true)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// refers reports whether a declaration refers to something that was there before
// and has another name now, and whether it does so in the type of a function.
func (p *plan) refers(d *decl) (refers, inType bool) {
	for _, id := range d.refs {
		if p.names[id.Name] && p.existed[id.Name] {
			refers = true
			if d.fn != nil && (d.fn.Body == nil || id.Pos() < d.fn.Body.Pos()) {
				inType = true
			}
		}
	}
	for _, id := range d.selectors {
		if p.methods[id.Name] && p.existed[id.Name] {
			refers = true
		}
	}
	return refers, inType
}

// emitted returns what stands beside, by file and place.
func (p *plan) emitted() []*decl {
	var all []*decl
	for _, key := range p.after.order {
		if p.out[key] {
			all = append(all, p.after.decls[key])
		}
	}
	return all
}
