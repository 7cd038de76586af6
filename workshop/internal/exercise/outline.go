// Package exercise finds the functions of exercises in the learner's source, by
// one rule that also holds while they are being written, and puts what was
// handed out in their place. Every other byte stays as it is.
package exercise

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// A Func is a function as it stands in a source, doc comment included.
type Func struct {
	Name       string   // "VerifyPassword", for a method "Issuer.Issue"; empty if its first line is gone
	Marks      []string // the exercises whose comment stands in it: "1.2"
	Start, End int      // bytes, from the doc comment to the last brace
	First      int      // the line of the doc comment, counted from 1
	Line, Last int      // the lines of "func" and of the end
	Stub       bool     // nothing is written in it yet
	Fault      *Fault   // why it is no Go; nil if it is
}

// A Fault is why a source is no Go.
type Fault struct {
	Line    int
	Message string // "expected '}', found 'EOF'"
}

// An Outline is what can be told of a source, be it Go or not.
type Outline struct {
	Funcs []Func
	Loose map[string]int // lines of exercise comments that stand in no function, by exercise
	Fault *Fault         // the first; nil if the source is Go
}

// Parse outlines a source. Where it is no Go, it goes by what gofmt makes of
// one: a declaration begins in column one.
func Parse(src []byte) Outline {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return parseLines(src, faultOf(err, 0))
	}
	o := Outline{Loose: make(map[string]int)}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		start, offset := f.Pos(), set.File(f.Pos()).Offset
		if f.Doc != nil {
			start = f.Doc.Pos()
		}
		o.Funcs = append(o.Funcs, Func{
			Name:  Name(f),
			Start: offset(start), End: withRemark(src, offset(f.End())),
			First: set.Position(start).Line, Line: set.Position(f.Pos()).Line, Last: set.Position(f.End()).Line,
			Stub: isStub(f),
		})
	}
	for _, group := range file.Comments {
		for _, c := range group.List {
			o.mark(c.Text, set.Position(c.Pos()).Line)
		}
	}
	return o
}

// mark notes the exercise of a comment, if it poses one, in the function around
// it.
func (o *Outline) mark(comment string, line int) {
	id := Mark(comment)
	if id == "" {
		return
	}
	for i, f := range o.Funcs {
		if f.Line <= line && line <= f.Last {
			o.Funcs[i].Marks = append(o.Funcs[i].Marks, id)
			return
		}
	}
	if o.Loose[id] == 0 {
		o.Loose[id] = line
	}
}

var mark = regexp.MustCompile(`^\s*//\s*Exercise (\d+\.\d+)\b`)

// Mark returns the exercise that a comment poses, "1.2" for "// Exercise 1.2:
// ...", or "".
func Mark(comment string) string {
	if m := mark.FindStringSubmatch(comment); m != nil {
		return m[1]
	}
	return ""
}

// Name is what lesson.toml calls a function: "Issuer.Issue" for a method.
func Name(f *ast.FuncDecl) string {
	if receiver := Receiver(f); receiver != nil {
		return receiver.Name + "." + f.Name.Name
	}
	return f.Name.Name
}

// Receiver returns the name of the type that a method belongs to, and nil for
// a function.
func Receiver(f *ast.FuncDecl) *ast.Ident {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return nil
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
			return x
		default:
			return nil
		}
	}
}

// withRemark moves an end behind a comment that follows on the same line.
func withRemark(src []byte, end int) int {
	rest, _, _ := strings.Cut(string(src[end:]), "\n")
	if strings.HasPrefix(strings.TrimLeft(rest, " \t"), "//") {
		return end + len(strings.TrimRight(rest, " \t\r"))
	}
	return end
}

// faultOf is the first fault that the parser found, in a text that begins after
// so many lines.
func faultOf(err error, before int) *Fault {
	list, ok := errors.AsType[scanner.ErrorList](err)
	if !ok || len(list) == 0 {
		return nil
	}
	return &Fault{Line: before + list[0].Pos.Line, Message: list[0].Msg}
}

var (
	declares   = regexp.MustCompile(`^(func|type|var|const|import|package)\b`)
	almostFunc = regexp.MustCompile(`^\pL+ +(\([^()]*\) *)?\pL[\pL\pN_]*(\[[^\]]*\])?\(`) // fun F(
	methodName = regexp.MustCompile(`^\pL+ +\([^()]*?\*?\s*([\pL_][\pL\pN_]*)\s*(?:\[[^\]]*\])?\s*\) *([\pL_][\pL\pN_]*)`)
	funcName   = regexp.MustCompile(`^\pL+ +([\pL_][\pL\pN_]*)`)
	conflict   = regexp.MustCompile(`^(<{7}|={7}|\|{7})( |\r?\n|$)`) // one that begins, or goes on
)

// parseLines outlines a source that is no Go. A function reaches up to the
// comment of the next declaration: what stands before that belongs to it,
// however many braces there are.
func parseLines(src []byte, fault *Fault) Outline {
	o := Outline{Loose: make(map[string]int), Fault: fault}
	lines := strings.SplitAfter(string(src), "\n")
	offsets := []int{0}
	for _, l := range lines {
		offsets = append(offsets, offsets[len(offsets)-1]+len(l))
	}
	var heads []int
	for i, l := range lines {
		if declares.MatchString(l) || almostFunc.MatchString(l) {
			heads = append(heads, i)
		}
	}
	add := func(name string, first, head, next int) {
		f := Func{Name: name, Start: offsets[first], First: first + 1, Line: head + 1, Last: next}
		f.End = f.Start + len(strings.TrimRight(string(src[f.Start:offsets[next]]), " \t\r\n"))
		f.Stub, f.Fault = parseAlone(strings.Join(lines[first:next], ""), first)
		o.Funcs = append(o.Funcs, f)
	}
	for n, head := range heads {
		next := len(lines)
		if n+1 < len(heads) {
			next = withDoc(lines, heads[n+1])
		}
		for next > head+1 && isBlank(lines[next-1]) {
			next--
		}
		rest := headless(lines, head, next)
		if l := lines[head]; strings.HasPrefix(l, "func") || !declares.MatchString(l) {
			add(nameByLine(l), withDoc(lines, head), head, rest)
		}
		if rest < next {
			add("", rest, rest, next)
		}
	}
	for i, l := range lines {
		o.mark(l, i+1)
	}
	return o
}

// headless returns the line in which, behind a declaration and before the next
// one, the rest of a function begins that has lost its first line: it poses an
// exercise, and has a doc comment or stands behind another exercise. It is next
// if there is none.
func headless(lines []string, head, next int) int {
	end := head
	if opens := strings.TrimRight(lines[head], " \t\r\n"); strings.HasSuffix(opens, "{") || strings.HasSuffix(opens, "(") {
		for end++; end < next && !strings.HasPrefix(lines[end], "}") && !strings.HasPrefix(lines[end], ")"); end++ {
		}
	}
	for end++; end < next && strings.TrimSpace(lines[end]) == ""; end++ {
	}
	poses := func(l string) bool { return Mark(l) != "" }
	if end < next && slices.ContainsFunc(lines[end:next], poses) &&
		(strings.HasPrefix(lines[end], "//") || slices.ContainsFunc(lines[head:end], poses)) {
		return end
	}
	return next
}

// withDoc moves a line up to the beginning of the comment above it, and of a
// merge conflict that begins there.
func withDoc(lines []string, i int) int {
	for i > 0 && (strings.HasPrefix(lines[i-1], "//") || conflict.MatchString(lines[i-1])) {
		i--
	}
	return i
}

// isBlank reports whether a line says nothing by which it would belong to the
// function above.
func isBlank(line string) bool {
	return strings.TrimSpace(line) == "" || strings.HasPrefix(line, "//")
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

// parseAlone parses one function that begins after so many lines.
func parseAlone(text string, before int) (stub bool, fault *Fault) {
	text = strings.TrimRight(text, " \t\r\n")
	file, err := parser.ParseFile(token.NewFileSet(), "", "package p;"+text, parser.SkipObjectResolution)
	if err != nil {
		return false, faultOf(err, before)
	}
	if i := slices.IndexFunc(file.Decls, func(d ast.Decl) bool { _, ok := d.(*ast.FuncDecl); return ok }); i >= 0 {
		return isStub(file.Decls[i].(*ast.FuncDecl)), nil
	}
	return false, nil
}
