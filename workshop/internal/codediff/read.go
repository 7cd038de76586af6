package codediff

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/exercise"
)

// A version is one of the two, without what poses the exercise.
type version struct {
	lines   []string
	numbers []int    // of the lines, in their file
	code    string   // as gofmt has it, without comments; empty if it is no Go
	calls   []string // by name, in the order of the code
}

const clause = "package p\n"

// read takes a function apart that begins in the given line of its file.
func read(text string, line int) version {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var v version
	if f := parse(token.NewFileSet(), text); f != nil {
		v.code, v.calls = bare(text), calls(f)
	}
	part := inDoc
	for i, l := range strings.Split(text, "\n") {
		comment := strings.HasPrefix(strings.TrimSpace(l), "//")
		switch {
		case part == inDoc && !comment:
			part = inSignature
		case part == inExercise && !comment:
			part = inBody
		}
		if part == inSignature || part == inBody {
			v.lines = append(v.lines, l)
			v.numbers = append(v.numbers, line+i)
		}
		if part == inSignature && opening.MatchString(l) {
			part = inExercise
		}
	}
	return v
}

// The parts of a function's text, of which the comments that pose the exercise
// are not shown. Even a text that cannot be parsed has them.
const (
	inDoc = iota
	inSignature
	inExercise
	inBody
)

// opening is the end of the line with which a body begins.
var opening = regexp.MustCompile(`\{\s*(//.*)?$`)

// parse returns nil if text is no function. Comments are left out.
func parse(set *token.FileSet, text string) *ast.FuncDecl {
	file, err := parser.ParseFile(set, "", clause+text, parser.SkipObjectResolution)
	if err != nil || len(file.Decls) != 1 {
		return nil
	}
	if f, ok := file.Decls[0].(*ast.FuncDecl); ok && f.Body != nil {
		return f
	}
	return nil
}

// bare is the function as gofmt has it, without comments and blank lines.
func bare(text string) string {
	set := token.NewFileSet()
	var code bytes.Buffer
	if f := parse(set, text); f == nil || format.Node(&code, set, f) != nil {
		return ""
	}
	var out strings.Builder
	for line := range strings.Lines(code.String()) {
		if strings.TrimSpace(line) != "" {
			out.WriteString(line)
		}
	}
	return out.String()
}

// calls names what a function calls, each once: "bcrypt.Cost" of a package,
// "CreateUser" of a value, "hashable" of the package itself. Conversions,
// builtins and the stub's helpers do not count.
func calls(f *ast.FuncDecl) []string {
	local := locals(f)
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch fun := ast.Unparen(call.Fun).(type) {
		case *ast.Ident:
			if !predeclared[fun.Name] && !local[fun.Name] && fun.Name != exercise.TodoError && fun.Name != exercise.TodoHandler {
				add(fun.Name)
			}
		case *ast.SelectorExpr:
			if x, ok := fun.X.(*ast.Ident); ok && !local[x.Name] {
				add(x.Name + "." + fun.Sel.Name)
			} else {
				add(fun.Sel.Name)
			}
		}
		return true
	})
	return names
}

// predeclared are the functions and types that Go itself has. To call a type is
// to convert to it.
var predeclared = setOf("append cap clear close complex copy delete imag len make max min new panic print println real recover " +
	"any bool byte complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint uint8 uint16 uint32 uint64 uintptr")

func setOf(words string) map[string]bool {
	set := make(map[string]bool)
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

// locals are the names that a function gives: of its parameters, and of what is
// declared in it.
func locals(f *ast.FuncDecl) map[string]bool {
	names := map[string]bool{}
	add := func(exprs ...ast.Expr) {
		for _, e := range exprs {
			if id, ok := e.(*ast.Ident); ok {
				names[id.Name] = true
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			for _, id := range n.Names {
				add(id)
			}
		case *ast.ValueSpec:
			for _, id := range n.Names {
				add(id)
			}
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				add(n.Lhs...)
			}
		case *ast.RangeStmt:
			add(n.Key, n.Value)
		}
		return true
	})
	return names
}

func without(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}
