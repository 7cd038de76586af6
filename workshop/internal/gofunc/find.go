// Package gofunc takes one function out of Go source and puts another in its
// place. Every other byte of the file stays as it is, imports apart: those that
// nothing uses any more would break the build.
package gofunc

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// A Func is a function as it stands in a source, doc comment included.
type Func struct {
	Name       string // "VerifyPassword", for a method "Issuer.Issue"
	Start, End int    // bytes, from the doc comment to the last brace
	Line       int    // of "func", counted from 1
}

// A Wanted function is known by its name and, should somebody have changed
// that, by the comment of its exercise.
type Wanted struct {
	Name     string
	Exercise string   // "1.2"
	Others   []string // names that mean another function, whatever its comment says
}

// Find looks for a function. Where the source is no Go, it goes by what gofmt
// makes of a function: it begins, and its last brace stands, in column one.
func Find(src []byte, want Wanted) (Func, bool) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return findByLines(src, want)
	}
	if f := find(file, want); f != nil {
		return at(set, src, f), true
	}
	return Func{}, false
}

func find(file *ast.File, want Wanted) *ast.FuncDecl {
	var marked *ast.FuncDecl
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		switch name := Name(f); {
		case name == want.Name:
			return f
		case marked == nil && !slices.Contains(want.Others, name) && isMarked(file, f, want.Exercise):
			marked = f
		}
	}
	return marked
}

// isMarked reports whether the comment of an exercise stands in a function.
func isMarked(file *ast.File, f *ast.FuncDecl, exercise string) bool {
	mark := markOf(exercise)
	return slices.ContainsFunc(file.Comments, func(group *ast.CommentGroup) bool {
		return group.Pos() > f.Body.Lbrace && group.Pos() < f.Body.Rbrace && mark.MatchString(group.List[0].Text)
	})
}

func markOf(exercise string) *regexp.Regexp {
	return regexp.MustCompile(`^\s*//\s*Exercise ` + regexp.QuoteMeta(exercise) + `:`)
}

// Name is what lesson.toml calls a function: "Issuer.Issue" for a method.
func Name(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	t := f.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name + "." + f.Name.Name
		default:
			return f.Name.Name
		}
	}
}

func at(set *token.FileSet, src []byte, f *ast.FuncDecl) Func {
	start := f.Pos()
	if f.Doc != nil {
		start = f.Doc.Pos()
	}
	offset := set.File(f.Pos()).Offset
	return Func{Name: Name(f), Start: offset(start), End: withRemark(src, offset(f.End())), Line: set.Position(f.Pos()).Line}
}

// withRemark moves an end behind a comment that follows on the same line.
func withRemark(src []byte, end int) int {
	rest, _, _ := strings.Cut(string(src[end:]), "\n")
	if strings.HasPrefix(strings.TrimLeft(rest, " \t"), "//") {
		return end + len(strings.TrimRight(rest, " \t\r"))
	}
	return end
}

var (
	topLevel   = regexp.MustCompile(`^(func|type|var|const|import|package)\b`)
	methodName = regexp.MustCompile(`^func \([^)]*?\*?(\w+)(?:\[[^\]]*\])?\) *(\w+)`)
	funcName   = regexp.MustCompile(`^func +(\w+)`)
)

func findByLines(src []byte, want Wanted) (Func, bool) {
	lines := strings.SplitAfter(string(src), "\n")
	first := slices.IndexFunc(lines, func(line string) bool { return nameByLine(line) == want.Name })
	if first < 0 {
		marked := slices.IndexFunc(lines, markOf(want.Exercise).MatchString)
		for first = marked; first >= 0 && !strings.HasPrefix(lines[first], "func "); first-- {
		}
		if first < 0 || slices.Contains(want.Others, nameByLine(lines[first])) {
			return Func{}, false
		}
	}
	f := Func{Name: nameByLine(lines[first]), Line: first + 1}
	start, end := withDoc(lines, first), endByLines(lines, first)
	f.Start = len(strings.Join(lines[:start], ""))
	f.End = f.Start + len(strings.TrimRight(strings.Join(lines[start:end], ""), " \t\r\n"))
	return f, true
}

// withDoc moves a line up to the beginning of the comment above it.
func withDoc(lines []string, i int) int {
	for i > 0 && strings.HasPrefix(lines[i-1], "//") {
		i--
	}
	return i
}

// endByLines returns the line behind a function that begins in line first.
func endByLines(lines []string, first int) int {
	if strings.HasSuffix(strings.TrimRight(lines[first], " \t\r\n"), "}") {
		return first + 1 // all on one line
	}
	for i := first + 1; i < len(lines); i++ {
		switch {
		case strings.HasPrefix(lines[i], "}"):
			return i + 1
		case topLevel.MatchString(lines[i]): // the brace is what is missing
			return withDoc(lines, i)
		}
	}
	return len(lines)
}

func nameByLine(line string) string {
	if m := methodName.FindStringSubmatch(line); m != nil {
		return m[1] + "." + m[2]
	}
	if m := funcName.FindStringSubmatch(line); m != nil {
		return m[1]
	}
	return ""
}

// Marked names the functions of a source in which the comment of an exercise
// stands.
func Marked(src []byte, exercise string) []string {
	file, err := parser.ParseFile(token.NewFileSet(), "", src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	var names []string
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil && isMarked(file, f, exercise) {
			names = append(names, Name(f))
		}
	}
	return names
}
