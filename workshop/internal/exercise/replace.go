package exercise

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"

	"example.com/bookapi/workshop/internal/edit"
)

// A Declaration is one of the top level, to put in another's place.
type Declaration struct {
	Names   []string // what it declares: "VerifyPassword", "Issuer.Issue"
	Text    string   // with its comments
	Imports []Import // that the text uses

	start, end int
}

// Declarations takes a source that is Go apart. Imports are not among them.
func Declarations(src []byte) ([]Declaration, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", src, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var all []Declaration
	for _, decl := range file.Decls {
		d := Declaration{Names: declared(decl)}
		start := decl.Pos()
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Doc != nil {
				start = decl.Doc.Pos()
			}
		case *ast.GenDecl:
			if decl.Tok == token.IMPORT {
				continue
			}
			if decl.Doc != nil {
				start = decl.Doc.Pos()
			}
		}
		offset := set.File(start).Offset
		d.start, d.end = offset(start), withRemark(src, offset(decl.End()))
		d.Text = string(src[d.start:d.end])
		used := qualifiers(file, decl)
		for _, spec := range file.Imports {
			if i := importOf(spec); i.usedIn(used) {
				d.Imports = append(d.Imports, i)
			}
		}
		all = append(all, d)
	}
	return all, nil
}

// declared names what a declaration declares.
func declared(decl ast.Decl) []string {
	var names []string
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		names = append(names, Name(decl))
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, spec.Name.Name)
			case *ast.ValueSpec:
				for _, id := range spec.Names {
					names = append(names, id.Name)
				}
			}
		}
	}
	return names
}

// Declared names what a source declares at the top level, as far as it can be
// read.
func Declared(src []byte) []string {
	file, _ := parser.ParseFile(token.NewFileSet(), "", src, parser.SkipObjectResolution)
	if file == nil {
		return nil
	}
	var names []string
	for _, decl := range file.Decls {
		names = append(names, declared(decl)...)
	}
	return names
}

// Without takes declarations out of a source that is Go, with the imports that
// only they used.
func Without(src []byte, out func(Declaration) bool) ([]byte, error) {
	all, err := Declarations(src)
	if err != nil {
		return nil, err
	}
	var edits []edit.Edit
	for _, d := range all {
		if out(d) {
			edits = append(edits, cut(src, d.start, d.end))
		}
	}
	if len(edits) == 0 {
		return src, nil
	}
	return FixImports(edit.Apply(src, edits), nil)
}

// cut takes a declaration out, with the blank line behind it.
func cut(src []byte, start, end int) edit.Edit {
	e := edit.Lines(src, start, end)
	e.End += len(blankLine.Find(src[e.End:]))
	if e.End == len(src) {
		e.Start = len(bytes.TrimRight(src[:e.Start], " \t\r\n"))
		e.Text = edit.LikeIn(src, "\n")
	}
	return e
}

// put puts a declaration in the place of a function that may stand there more
// than once, or behind everything if it stands nowhere. Line ends are those of
// the source.
func put(src []byte, at []Func, d Declaration) []byte {
	if len(at) == 0 {
		end := len(bytes.TrimRight(src, " \t\r\n"))
		return slices.Concat(src[:end], []byte(edit.LikeIn(src, "\n\n"+d.Text+"\n")))
	}
	edits := []edit.Edit{{Start: at[0].Start, End: at[0].End, Text: edit.LikeIn(src, d.Text)}}
	for _, again := range at[1:] {
		edits = append(edits, cut(src, again.Start, again.End))
	}
	return edit.Apply(src, edits)
}

// checkSyntax says where a source is no Go.
func checkSyntax(src []byte) error {
	_, err := parser.ParseFile(token.NewFileSet(), "", src, parser.SkipObjectResolution)
	if fault := faultOf(err, 0); fault != nil {
		return fmt.Errorf("line %d: %s", fault.Line, fault.Message)
	}
	return err
}
