package derive

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"example.com/bookapi/workshop/internal/exercise"
)

// A stub is a function that an exercise asks for.
type stub struct {
	exercise string // "1.2"
	fn       *ast.FuncDecl
	lead     *ast.CommentGroup // the exercise itself, which stays
}

// stubsOf returns the exercises of a file in their order. An exercise comment
// anywhere but at the start of a function's body is an error: nothing would be
// blanked for it.
func stubsOf(fset *token.FileSet, file *ast.File) ([]*stub, error) {
	owner := make(map[*ast.CommentGroup]*ast.FuncDecl)
	for _, decl := range file.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil {
			if lead := leadingComment(file, fn.Body); lead != nil {
				owner[lead] = fn
			}
		}
	}
	var stubs []*stub
	for _, group := range file.Comments {
		rest, ok := strings.CutPrefix(strings.TrimSpace(group.Text()), "Exercise ")
		if !ok || rest == "" || rest[0] < '0' || rest[0] > '9' {
			continue
		}
		id, _, colon := strings.Cut(rest, ":")
		if !colon || exercise.Mark(group.List[0].Text) != id {
			return nil, fmt.Errorf("%s: an exercise comment begins with its number and a colon: write \"// Exercise 1.2: ...\"", at(fset, group.Pos()))
		}
		fn := owner[group]
		if fn == nil {
			return nil, fmt.Errorf("%s: exercise %s is not the first thing in the body of a function: move the comment there", at(fset, group.Pos()), id)
		}
		if fn.Type.Results == nil {
			return nil, fmt.Errorf("%s: %s, exercise %s, has no result by which its stub could say that it is not written: give it an error or an http.Handler", at(fset, fn.Pos()), exercise.Name(fn), id)
		}
		stubs = append(stubs, &stub{exercise: id, fn: fn, lead: group})
	}
	return stubs, nil
}

// leadingComment returns the first comment of a body if no statement is before
// it.
func leadingComment(file *ast.File, body *ast.BlockStmt) *ast.CommentGroup {
	end := body.Rbrace
	if len(body.List) > 0 {
		end = body.List[0].Pos()
	}
	for _, group := range file.Comments {
		if group.Pos() > body.Lbrace && group.End() <= end {
			return group
		}
	}
	return nil
}

// numbers returns 1 and 2 for exercise "1.2".
func numbers(id string) (major, minor int, ok bool) {
	before, after, ok := strings.Cut(id, ".")
	major, err1 := strconv.Atoi(before)
	minor, err2 := strconv.Atoi(after)
	return major, minor, ok && err1 == nil && err2 == nil
}

// compareIDs orders exercises by number, so that 1.10 comes after 1.9.
func compareIDs(a, b string) int {
	aMajor, aMinor, _ := numbers(a)
	bMajor, bMinor, _ := numbers(b)
	return cmp.Or(cmp.Compare(aMajor, bMajor), cmp.Compare(aMinor, bMinor))
}

// at is a position as people and editors read it.
func at(fset *token.FileSet, pos token.Pos) string {
	p := fset.PositionFor(pos, false)
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

// A body is what a stub has in place of a solution.
type body struct {
	text    string // one return statement
	errs    bool   // it calls errTODO
	handles bool   // it calls todoHandler
}

// bodyOf writes the return statement of a stub.
func (p *solvedPackage) bodyOf(f *solvedFile, st *stub) (*body, error) {
	b := new(body)
	results := st.fn.Type.Results.List
	fails := false
	for _, field := range results {
		fails = fails || isError(p.info.TypeOf(field.Type))
	}
	var values []string
	for _, field := range results {
		value, err := p.valueOf(f, st, field.Type, fails, b)
		if err != nil {
			return nil, err
		}
		for range max(1, len(field.Names)) {
			values = append(values, value)
		}
	}
	b.text = "return " + strings.Join(values, ", ")
	if !b.errs && !b.handles {
		b.text += " // TODO: exercise " + st.exercise
	}
	return b, nil
}

// valueOf writes what a stub returns for a result of type expr: an answer that
// names the exercise where the type allows for one, and else the zero value.
// fails says that an error among the results tells the caller anyway.
func (p *solvedPackage) valueOf(f *solvedFile, st *stub, expr ast.Expr, fails bool, b *body) (string, error) {
	t := p.info.TypeOf(expr)
	id := strconv.Quote(st.exercise)
	switch {
	case isError(t):
		b.errs = true
		return exercise.TodoError + "(" + id + ")", nil
	case isHandler(t):
		b.handles = true
		return exercise.TodoHandler + "(" + id + ")", nil
	case isHandlerFunc(t):
		b.handles = true
		return exercise.TodoHandler + "(" + id + ").ServeHTTP", nil
	case isMiddleware(t):
		handler, err := p.spellHandler(f, st)
		b.handles = true
		return "func(" + handler + ") " + handler + " { return " + exercise.TodoHandler + "(" + id + ") }", err
	}
	if _, ok := types.Unalias(t).(*types.TypeParam); ok {
		return "*new(" + p.textOf(f, expr) + ")", p.visible(st, expr)
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		switch {
		case u.Info()&types.IsString != 0:
			return `""`, nil
		case u.Info()&types.IsBoolean != 0:
			return "false", nil
		case u.Info()&types.IsNumeric != 0:
			return "0", nil
		}
	case *types.Struct, *types.Array:
		return p.textOf(f, expr) + "{}", p.visible(st, expr)
	}
	if serves, _, _ := types.LookupFieldOrMethod(t, false, p.types, "ServeHTTP"); serves != nil && !fails {
		return "", fmt.Errorf("%s: exercise %s returns %s, and a nil one would panic when it is served: return http.Handler, whose stub can answer 501",
			p.at(expr.Pos()), st.exercise, p.textOf(f, expr))
	}
	return "nil", nil
}

// visible refuses a result type that the body cannot spell, because a
// parameter has taken the name.
func (p *solvedPackage) visible(st *stub, expr ast.Expr) error {
	params := p.info.Scopes[st.fn.Type]
	var err error
	var visit func(ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			ast.Inspect(n.X, visit)
			return false
		case *ast.Ident:
			if hides := params.Lookup(n.Name); hides != nil && hides != p.info.Uses[n] {
				err = fmt.Errorf("%s: %s is the name of a parameter and of what the result type of exercise %s needs: rename the parameter", p.at(hides.Pos()), n.Name, st.exercise)
			}
		}
		return true
	}
	ast.Inspect(expr, visit)
	return err
}

// spellHandler writes http.Handler as the file has to.
func (p *solvedPackage) spellHandler(f *solvedFile, st *stub) (string, error) {
	for _, spec := range f.syntax.Imports {
		name := p.pkgName(spec)
		if name == nil || name.Imported().Path() != "net/http" || name.Name() == "_" {
			continue
		}
		if name.Name() == "." {
			return "Handler", nil
		}
		return name.Name() + ".Handler", nil
	}
	return "", fmt.Errorf("%s: the stub of exercise %s has to name http.Handler: import net/http here", p.at(st.fn.Pos()), st.exercise)
}

func isError(t types.Type) bool {
	return types.Identical(t, types.Universe.Lookup("error").Type())
}

// isHTTP reports whether t is the named type of net/http.
func isHTTP(t types.Type, name string) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Name() == name && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "net/http"
}

func isHandler(t types.Type) bool { return isHTTP(t, "Handler") }

// isHandlerFunc reports whether t is http.HandlerFunc, or its like by another
// name or by none: a handler's ServeHTTP can be assigned to each.
func isHandlerFunc(t types.Type) bool {
	sig, ok := t.Underlying().(*types.Signature)
	if !ok || sig.Params().Len() != 2 || sig.Results().Len() != 0 {
		return false
	}
	request, ok := types.Unalias(sig.Params().At(1).Type()).(*types.Pointer)
	return ok && isHTTP(sig.Params().At(0).Type(), "ResponseWriter") && isHTTP(request.Elem(), "Request")
}

// isMiddleware reports whether t is a func(http.Handler) http.Handler, by
// whatever name.
func isMiddleware(t types.Type) bool {
	sig, ok := t.Underlying().(*types.Signature)
	return ok && !sig.Variadic() && sig.Params().Len() == 1 && sig.Results().Len() == 1 &&
		isHandler(sig.Params().At(0).Type()) && isHandler(sig.Results().At(0).Type())
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
