package gofunc

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// An Import is a package as a file names it.
type Import struct {
	Path string
	Name string // "token" for token "example.com/bookapi/step2-token"; empty if the file gives none
}

func importOf(spec *ast.ImportSpec) Import {
	path, _ := strconv.Unquote(spec.Path.Value) // the parser has seen to it
	i := Import{Path: path}
	if spec.Name != nil {
		i.Name = spec.Name.Name
	}
	return i
}

// Unnamed returns the paths that a source imports without giving a name.
func Unnamed(src []byte) []string {
	file, err := parser.ParseFile(token.NewFileSet(), "", src, parser.ImportsOnly)
	if err != nil {
		return nil
	}
	var paths []string
	for _, spec := range file.Imports {
		if spec.Name == nil {
			paths = append(paths, importOf(spec).Path)
		}
	}
	return paths
}

// FixImports takes out of a source the imports that nothing in it uses, and
// adds those that are needed and missing. The names of packages tell by path
// what each is called; one that is not among them is left alone.
func FixImports(src []byte, names map[string]string, need []Import) ([]byte, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "", src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	gone := unused(set, file, names)
	missing, err := missing(file, names, need, gone)
	if err != nil {
		return nil, err
	}
	f := importing{src: src, set: set, file: file}
	return f.edit(gone, missing), nil
}

// unused returns the imports whose name stands nowhere in front of a dot, or
// only where something nearer has the same name.
func unused(set *token.FileSet, file *ast.File, names map[string]string) []*ast.ImportSpec {
	info := &types.Info{Uses: make(map[*ast.Ident]types.Object)}
	conf := types.Config{
		Importer: nameOnly(names),
		Error:    func(error) {}, // the packages are empty; only names are looked up
	}
	_, _ = conf.Check(file.Name.Name, set, []*ast.File{file}, info)
	used := make(map[string]bool)
	ast.Inspect(file, func(n ast.Node) bool {
		if x, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := x.X.(*ast.Ident); ok {
				_, isPackage := info.Uses[id].(*types.PkgName)
				used[id.Name] = used[id.Name] || isPackage || info.Uses[id] == nil
			}
		}
		return true
	})
	var gone []*ast.ImportSpec
	for _, spec := range file.Imports {
		if name := localName(spec, names); name != "" && !used[name] {
			gone = append(gone, spec)
		}
	}
	return gone
}

// localName is what a file calls an import, and "" if it does not, or if that
// is not known.
func localName(spec *ast.ImportSpec, names map[string]string) string {
	i := importOf(spec)
	switch i.Name {
	case "_", ".":
		return ""
	case "":
		return names[i.Path]
	}
	return i.Name
}

// nameOnly imports packages of which nothing is known but the name.
type nameOnly map[string]string

func (n nameOnly) Import(importPath string) (*types.Package, error) {
	if importPath == "unsafe" {
		return types.Unsafe, nil
	}
	name := n[importPath]
	if name == "" {
		name = path.Base(importPath)
	}
	p := types.NewPackage(importPath, name)
	p.MarkComplete()
	return p, nil
}

// missing returns what is needed and not imported, or an error if the name is
// taken by another package.
func missing(file *ast.File, names map[string]string, need []Import, gone []*ast.ImportSpec) ([]Import, error) {
	var list []Import
	for _, n := range need {
		name := n.Name
		if name == "" {
			name = names[n.Path]
		}
		there := false
		for _, spec := range file.Imports {
			if slices.Contains(gone, spec) || localName(spec, names) != name || name == "" {
				continue
			}
			if importOf(spec).Path != n.Path {
				return nil, fmt.Errorf("it imports %s as %s, and the stub needs that name for %s", spec.Path.Value, name, n.Path)
			}
			there = true
		}
		if !there && !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list, nil
}

// An edit puts text in the place of src[start:end].
type edit struct {
	start, end int
	text       string
}

// importing edits the imports of one file.
type importing struct {
	src  []byte
	set  *token.FileSet
	file *ast.File
}

func (f importing) edit(gone []*ast.ImportSpec, missing []Import) []byte {
	var edits []edit
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
	return apply(f.src, edits)
}

// cut takes the specs that are gone out of an import declaration, and the
// whole declaration if none is left.
func (f importing) cut(group *ast.GenDecl, gone []*ast.ImportSpec) (whole edit, changed bool) {
	var edits []edit
	for _, spec := range group.Specs {
		if spec := spec.(*ast.ImportSpec); slices.Contains(gone, spec) {
			edits = append(edits, f.lines(spec, spec.Doc))
		}
	}
	if len(edits) == len(group.Specs) && len(edits) > 0 {
		whole = f.lines(group, group.Doc)
		if blankBefore.Match(f.src[:whole.start]) {
			whole.end += len(blankLine.Find(f.src[whole.end:]))
		}
		return whole, true
	}
	whole = edit{start: f.offset(group.Pos()), end: f.offset(group.End())}
	for i := range edits {
		edits[i].start -= whole.start
		edits[i].end -= whole.start
	}
	text := apply(f.src[whole.start:whole.end], edits)
	text = afterParen.ReplaceAll(text, []byte("$1"))
	text = beforeParen.ReplaceAll(text, []byte("$1$2"))
	text = twice.ReplaceAll(text, []byte("$1"))
	whole.text = string(text)
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

// lines takes out a node with its comments, and the rest of its lines if that
// is blank.
func (f importing) lines(n ast.Node, doc *ast.CommentGroup) edit {
	e := edit{start: f.offset(n.Pos()), end: withRemark(f.src, f.offset(n.End()))}
	if doc != nil {
		e.start = f.offset(doc.Pos())
	}
	start, end := e.start, e.end
	for start > 0 && (f.src[start-1] == ' ' || f.src[start-1] == '\t') {
		start--
	}
	if rest := blankLine.Find(f.src[end:]); rest != nil && (start == 0 || f.src[start-1] == '\n') {
		return edit{start: start, end: end + len(rest)}
	}
	return e
}

// declare adds imports behind the line on which the others end.
func (f importing) declare(last token.Pos, missing []Import) edit {
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
	return edit{start: at, end: at, text: LikeIn(f.src, text.String())}
}

func (f importing) offset(pos token.Pos) int { return f.set.File(pos).Offset(pos) }

// apply makes edits that are in order and do not overlap.
func apply(src []byte, edits []edit) []byte {
	var out []byte
	done := 0
	for _, e := range edits {
		out = append(append(out, src[done:max(done, e.start)]...), e.text...)
		done = max(done, e.end)
	}
	return append(out, src[done:]...)
}
