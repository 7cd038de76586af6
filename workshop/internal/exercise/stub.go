package exercise

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// The helpers that stubs call stand in a file of their own, which the learner
// deletes in the end.
const (
	TodoFile    = "todo.go"
	TodoError   = "errTODO"     // an error that names the exercise
	TodoHandler = "todoHandler" // a handler that answers 501
)

// isStub reports whether a function is as the derivation leaves it: one return
// of zero values and of the helpers that say "not written yet".
func isStub(f *ast.FuncDecl) bool {
	return f.Body != nil && returnsOnly(f.Body, isZero)
}

func returnsOnly(body *ast.BlockStmt, blank func(ast.Expr) bool) bool {
	if len(body.List) != 1 {
		return false
	}
	ret, ok := body.List[0].(*ast.ReturnStmt)
	return ok && !slices.ContainsFunc(ret.Results, func(e ast.Expr) bool { return !blank(e) })
}

func isZero(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "nil" || e.Name == "false"
	case *ast.BasicLit:
		return isZeroLiteral(e)
	case *ast.CompositeLit:
		return len(e.Elts) == 0
	case *ast.SelectorExpr: // todoHandler("1.1").ServeHTTP
		return e.Sel.Name == "ServeHTTP" && calls(e.X, TodoHandler)
	case *ast.StarExpr: // *new(T)
		return calls(e.X, "new")
	case *ast.CallExpr:
		return calls(e, TodoError) || calls(e, TodoHandler)
	case *ast.FuncLit:
		return returnsOnly(e.Body, func(e ast.Expr) bool { return calls(e, TodoHandler) })
	}
	return false
}

func isZeroLiteral(lit *ast.BasicLit) bool {
	switch lit.Kind {
	case token.STRING:
		text, err := strconv.Unquote(lit.Value)
		return err == nil && text == ""
	case token.INT, token.FLOAT:
		return strings.Trim(lit.Value, "0.") == ""
	}
	return false
}

func calls(e ast.Expr, name string) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := call.Fun.(*ast.Ident)
	return ok && f.Name == name
}

// HelperDirective ends the doc comment of a declaration that only the solution
// of an exercise needs: //exercise:helper 1.2.
const HelperDirective = "//exercise:helper"
