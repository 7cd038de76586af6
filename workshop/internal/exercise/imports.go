package exercise

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.com/bookapi/workshop/internal/edit"
)

// An Import is a package as a file names it.
type Import struct {
	Path string
	Name string // "token" for token "example.com/bookapi/step2-token"; empty if the file gives none
}

func importOf(spec *ast.ImportSpec) Import {
	importPath, _ := strconv.Unquote(spec.Path.Value) // the parser has seen to it
	i := Import{Path: importPath}
	if spec.Name != nil {
		i.Name = spec.Name.Name
	}
	return i
}

var version = regexp.MustCompile(`^v[0-9]+$`)

// names returns what code may call a package: the name that the file gives it,
// or else, as only the package itself knows better, the last element of its
// path and the words in that: go-udiff may be udiff. Imports for their effects
// and for all their names have none.
func (i Import) names() []string {
	switch i.Name {
	case "_", ".":
		return nil
	case "":
	default:
		return []string{i.Name}
	}
	last := path.Base(i.Path)
	if parent := path.Dir(i.Path); version.MatchString(last) && parent != "." {
		last = path.Base(parent)
	}
	words := strings.FieldsFunc(last, func(r rune) bool { return r == '-' || r == '.' })
	return append(words, last)
}

func (i Import) usedIn(qualifiers map[string]bool) bool {
	return slices.ContainsFunc(i.names(), func(name string) bool { return qualifiers[name] })
}

// qualifiers returns the names in front of a dot that nothing in the file
// declares: those of packages, and of what other files declare. The file must
// have been parsed with its objects resolved.
func qualifiers(file *ast.File, inside ast.Node) map[string]bool {
	unresolved := make(map[*ast.Ident]bool)
	for _, id := range file.Unresolved { // go/types knows more, and is as large as the rest of the companion
		unresolved[id] = true
	}
	names := make(map[string]bool)
	ast.Inspect(inside, func(n ast.Node) bool {
		if x, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := x.X.(*ast.Ident); ok && unresolved[id] {
				names[id.Name] = true
			}
		}
		return true
	})
	return names
}

// FixImports takes out of a source the imports that nothing in it uses, and
// adds those that are needed and missing.
func FixImports(src []byte, need []Import) ([]byte, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", src, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	used := qualifiers(file, file)
	var gone []*ast.ImportSpec
	for _, spec := range file.Imports {
		if i := importOf(spec); i.names() != nil && !i.usedIn(used) {
			gone = append(gone, spec)
		}
	}
	missing, err := missing(file, need, gone)
	if err != nil {
		return nil, err
	}
	f := importing{src: src, set: set, file: file}
	return f.edit(gone, missing), nil
}

// missing returns what is needed and not imported, or an error if the name is
// taken by another package.
func missing(file *ast.File, need []Import, gone []*ast.ImportSpec) ([]Import, error) {
	var list []Import
	for _, n := range need {
		there := slices.Contains(list, n)
		for _, spec := range file.Imports {
			i := importOf(spec)
			switch {
			case slices.Contains(gone, spec), !slices.ContainsFunc(i.names(), func(name string) bool { return slices.Contains(n.names(), name) }):
			case i.Path != n.Path:
				return nil, fmt.Errorf("it imports %s as %s, and the stub needs that name for %s", spec.Path.Value, i.names()[0], n.Path)
			default:
				there = true
			}
		}
		if !there {
			list = append(list, n)
		}
	}
	return list, nil
}

// importing edits the imports of one file.
type importing struct {
	src  []byte
	set  *token.FileSet
	file *ast.File
}

func (f importing) edit(gone []*ast.ImportSpec, missing []Import) []byte {
	var edits []edit.Edit
	last := f.file.Name.End()
	for _, decl := range f.file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.IMPORT {
			continue
		}
		last = group.End()
		if cut, ok := f.cut(group, gone); ok {
			edits = append(edits, cut)
		}
	}
	if len(missing) > 0 {
		edits = append(edits, f.declare(last, missing))
	}
	return edit.Apply(f.src, edits)
}

// cut takes the specs that are gone out of an import declaration, and the
// whole declaration if none is left.
func (f importing) cut(group *ast.GenDecl, gone []*ast.ImportSpec) (whole edit.Edit, changed bool) {
	var edits []edit.Edit
	for _, spec := range group.Specs {
		if spec := spec.(*ast.ImportSpec); slices.Contains(gone, spec) {
			edits = append(edits, f.lines(spec, spec.Doc))
		}
	}
	if len(edits) == len(group.Specs) && len(edits) > 0 {
		whole = f.lines(group, group.Doc)
		if blankBefore.Match(f.src[:whole.Start]) {
			whole.End += len(blankLine.Find(f.src[whole.End:]))
		}
		return whole, true
	}
	whole = edit.Edit{Start: f.offset(group.Pos()), End: f.offset(group.End())}
	for i := range edits {
		edits[i].Start -= whole.Start
		edits[i].End -= whole.Start
	}
	text := edit.Apply(f.src[whole.Start:whole.End], edits)
	text = afterParen.ReplaceAll(text, []byte("$1"))
	text = beforeParen.ReplaceAll(text, []byte("$1$2"))
	text = twice.ReplaceAll(text, []byte("$1"))
	whole.Text = string(text)
	return whole, len(edits) > 0
}

// Blank lines that are too many once an import is gone.
var (
	blankBefore = regexp.MustCompile(`(^|\n)[ \t]*\r?\n$`)
	blankLine   = regexp.MustCompile(`^[ \t]*\r?\n`)
	afterParen  = regexp.MustCompile(`(\(\r?\n)(?:[ \t]*\r?\n)+`)
	beforeParen = regexp.MustCompile(`(\r?\n)(?:[ \t]*\r?\n)+([ \t]*\))`)
	twice       = regexp.MustCompile(`(\r?\n[ \t]*\r?\n)(?:[ \t]*\r?\n)+`)
)

// lines takes out a node with its comments.
func (f importing) lines(n ast.Node, doc *ast.CommentGroup) edit.Edit {
	start := n.Pos()
	if doc != nil {
		start = doc.Pos()
	}
	return edit.Lines(f.src, f.offset(start), withRemark(f.src, f.offset(n.End())))
}

// declare adds imports behind the line on which the others end.
func (f importing) declare(last token.Pos, missing []Import) edit.Edit {
	var text strings.Builder
	for _, i := range missing {
		text.WriteString("\nimport " + strings.TrimLeft(i.Name+" "+strconv.Quote(i.Path), " ") + "\n")
	}
	at := f.offset(last)
	if end := bytes.IndexByte(f.src[at:], '\n'); end >= 0 {
		at += end + 1
	} else {
		at = len(f.src)
	}
	return edit.Edit{Start: at, End: at, Text: edit.LikeIn(f.src, text.String())}
}

func (f importing) offset(pos token.Pos) int { return f.set.File(pos).Offset(pos) }
