package gofunc

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"slices"
	"strings"
)

// A Stub is a function to put in another's place.
type Stub struct {
	Name    string
	Text    string   // doc comment and function
	Imports []Import // that the text uses
}

// Stubs takes functions out of a source that is known to build. The names of
// packages tell, by path, what each is called.
func Stubs(src []byte, names map[string]string, funcs ...string) ([]Stub, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var stubs []Stub
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || !slices.Contains(funcs, Name(f)) {
			continue
		}
		place := at(set, src, f)
		stub := Stub{Name: place.Name, Text: string(src[place.Start:place.End])}
		for _, spec := range file.Imports {
			if qualifies(f, localName(spec, names)) {
				stub.Imports = append(stub.Imports, importOf(spec))
			}
		}
		stubs = append(stubs, stub)
	}
	return stubs, nil
}

// qualifies reports whether a name stands in front of a dot in a function.
func qualifies(f *ast.FuncDecl, name string) bool {
	found := false
	ast.Inspect(f, func(n ast.Node) bool {
		if x, ok := n.(*ast.SelectorExpr); ok {
			id, ok := x.X.(*ast.Ident)
			found = found || ok && id.Name == name
		}
		return !found
	})
	return found
}

// Put puts a stub in the place of a function, or behind everything if at is
// the zero Func. Line ends are those of the source.
func Put(src []byte, at Func, stub Stub) []byte {
	text := stub.Text
	if at == (Func{}) {
		at.Start = len(bytes.TrimRight(src, " \t\r\n"))
		at.End = len(src)
		text = "\n\n" + text + "\n"
	}
	return slices.Concat(src[:at.Start], []byte(LikeIn(src, text)), src[at.End:])
}

// LikeIn gives text the line ends that a source has.
func LikeIn(src []byte, text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if crlf := bytes.Count(src, []byte("\r\n")); 2*crlf > bytes.Count(src, []byte("\n")) {
		return strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}

// CheckSyntax says where a source is no Go: "line 12: expected ...".
func CheckSyntax(src []byte) error {
	_, err := parser.ParseFile(token.NewFileSet(), "", src, parser.SkipObjectResolution)
	if list, ok := errors.AsType[scanner.ErrorList](err); ok && len(list) > 0 {
		return fmt.Errorf("line %d: %s", list[0].Pos.Line, list[0].Msg)
	}
	return err
}
