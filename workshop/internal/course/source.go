package course

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Place is where the function of an exercise stands in the learner's code.
type Place struct {
	File string // from the root, with slashes
	Line int    // the line of "func", or 1 if it could not be found
	End  int    // the line of the closing brace, or 0
	Stub bool   // the function is as it was handed out: nothing written yet
}

// Locate finds an exercise's function: by its comment "// Exercise 1.2:", or
// else by its name, in the exercise's file or else in another of the folder.
// It copes with files that do not parse.
func (c *Course) Locate(s Step, e Exercise) Place {
	dir := filepath.Join(c.Root, filepath.FromSlash(s.Dir))
	files := goFiles(dir, func(name string) bool { return !strings.HasSuffix(name, "_test.go") })
	files = slices.DeleteFunc(files, func(name string) bool { return name == e.File })
	files = append([]string{e.File}, files...)

	for _, find := range []func(*source, Exercise) *ast.FuncDecl{byComment, byName} {
		for _, name := range files {
			src := parse(filepath.Join(dir, name))
			if f := find(src, e); f != nil {
				return Place{
					File: path.Join(s.Dir, name),
					Line: src.set.Position(f.Pos()).Line,
					End:  src.set.Position(f.End()).Line,
					Stub: isStub(f),
				}
			}
		}
	}
	return Place{File: path.Join(s.Dir, e.File), Line: 1}
}

// TestNames returns the top-level tests that the step's folder holds, whether
// it builds or not.
func (c *Course) TestNames(s Step) []string {
	dir := filepath.Join(c.Root, filepath.FromSlash(s.Dir))
	var names []string
	for _, name := range goFiles(dir, func(name string) bool { return strings.HasSuffix(name, "_test.go") }) {
		for f := range parse(filepath.Join(dir, name)).funcs() {
			if n := f.Name.Name; f.Recv == nil && strings.HasPrefix(n, "Test") && n != "TestMain" {
				names = append(names, n)
			}
		}
	}
	return names
}

// Owner returns the exercise that a test of the step belongs to: the one whose
// prefix is the longest part of the test's name.
func (s Step) Owner(test string) (Exercise, bool) {
	var owner Exercise
	for _, e := range s.Exercises {
		if strings.HasPrefix(test, e.Tests) && len(e.Tests) > len(owner.Tests) {
			owner = e
		}
	}
	return owner, owner.ID != ""
}

// source is one parsed file; with syntax errors in it, what could be made out.
type source struct {
	set  *token.FileSet
	file *ast.File
}

func parse(name string) *source {
	src := &source{set: token.NewFileSet()}
	// The error is the compiler's to tell; half a tree is better than none.
	src.file, _ = parser.ParseFile(src.set, name, nil, parser.ParseComments|parser.SkipObjectResolution)
	return src
}

// funcs yields the functions that have a body.
func (s *source) funcs() func(func(*ast.FuncDecl) bool) {
	return func(yield func(*ast.FuncDecl) bool) {
		if s.file == nil {
			return
		}
		for _, decl := range s.file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil && !yield(f) {
				return
			}
		}
	}
}

func byComment(src *source, e Exercise) *ast.FuncDecl {
	mark := regexp.MustCompile(`^//\s*Exercise ` + regexp.QuoteMeta(e.ID) + `:`)
	for f := range src.funcs() {
		for _, group := range src.file.Comments {
			if group.Pos() > f.Body.Lbrace && group.End() <= f.Body.End() && mark.MatchString(group.List[0].Text) {
				return f
			}
		}
	}
	return nil
}

func byName(src *source, e Exercise) *ast.FuncDecl {
	for f := range src.funcs() {
		if qualifiedName(f) == e.Func {
			return f
		}
	}
	return nil
}

// qualifiedName is "Issue" for a function, "Issuer.Issue" for a method.
func qualifiedName(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	receiver := f.Recv.List[0].Type
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	if name, ok := receiver.(*ast.Ident); ok {
		return name.Name + "." + f.Name.Name
	}
	return f.Name.Name
}

// isStub reports whether a function is as the derivation leaves it: one return
// of zero values and of the helpers that say "not written yet".
func isStub(f *ast.FuncDecl) bool {
	return returnsOnly(f.Body, isBlank)
}

func returnsOnly(body *ast.BlockStmt, blank func(ast.Expr) bool) bool {
	if len(body.List) != 1 {
		return false
	}
	ret, ok := body.List[0].(*ast.ReturnStmt)
	return ok && !slices.ContainsFunc(ret.Results, func(e ast.Expr) bool { return !blank(e) })
}

func isBlank(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "nil" || e.Name == "false"
	case *ast.BasicLit:
		return isZero(e)
	case *ast.CompositeLit:
		return len(e.Elts) == 0
	case *ast.CallExpr:
		return calls(e, "errTODO") || calls(e, "todoHandler")
	case *ast.FuncLit:
		return returnsOnly(e.Body, func(e ast.Expr) bool { return calls(e, "todoHandler") })
	}
	return false
}

func isZero(lit *ast.BasicLit) bool {
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

// goFiles names the Go files of a folder that keep wants, sorted.
func goFiles(dir string, keep func(name string) bool) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // nothing to find there; the go command says what is wrong
	}
	var names []string
	for _, entry := range entries {
		if name := entry.Name(); !entry.IsDir() && strings.HasSuffix(name, ".go") && keep(name) {
			names = append(names, name)
		}
	}
	return names
}
