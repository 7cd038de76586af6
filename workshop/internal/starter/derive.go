package starter

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A solvedPackage is one package of a solution that has an exercise.
type solvedPackage struct {
	solution *Solution
	dir      string // within the step, "." for the step itself
	fset     *token.FileSet
	types    *types.Package
	info     *types.Info
	files    []*solvedFile
	tests    []*solvedFile // those inside the package
	unbuilt  []string      // Go files that this platform does not compile
}

// A solvedFile is one Go file of a solvedPackage.
type solvedFile struct {
	name   string // within the step
	src    []byte
	syntax *ast.File
	stubs  []*stub
}

func (p *solvedPackage) addFiles(syntax []*ast.File) error {
	built := make(map[string]bool)
	for _, file := range syntax {
		tok := p.fset.File(file.FileStart)
		f := &solvedFile{name: path.Join(p.dir, filepath.Base(tok.Name())), syntax: file}
		f.src = p.solution.files[f.name]
		if len(f.src) != tok.Size() {
			return fmt.Errorf("%s changed while it was read: once more, please", p.solution.inSolutions(f.name))
		}
		built[f.name] = true
		if strings.HasSuffix(f.name, "_test.go") {
			p.tests = append(p.tests, f)
			continue
		}
		var err error
		if f.stubs, err = stubsOf(p.fset, file); err != nil {
			return err
		}
		p.files = append(p.files, f)
	}
	for name := range p.solution.files {
		if path.Dir(name) == p.dir && isGo(name) && !built[name] && !strings.HasSuffix(name, "_test.go") {
			p.unbuilt = append(p.unbuilt, name)
		}
	}
	slices.Sort(p.unbuilt)
	return nil
}

// at is a position of the solution as people and editors read it.
func (p *solvedPackage) at(pos token.Pos) string {
	where := p.fset.PositionFor(pos, false)
	return fmt.Sprintf("%s:%d", p.solution.inSolutions(path.Join(p.dir, filepath.Base(where.Filename))), where.Line)
}

func (p *solvedPackage) offset(pos token.Pos) int { return p.fset.File(pos).Offset(pos) }

func (p *solvedPackage) textOf(f *solvedFile, n ast.Node) string {
	return string(f.src[p.offset(n.Pos()):p.offset(n.End())])
}

// derive returns the files of the package that differ from the solution's when
// only the given exercises are solved.
func (p *solvedPackage) derive(solved []string) (Files, error) {
	bodies := make(map[*ast.FuncDecl]*body)
	for _, f := range p.files {
		for _, st := range f.stubs {
			if slices.Contains(solved, st.exercise) {
				continue
			}
			b, err := p.bodyOf(f, st)
			if err != nil {
				return nil, err
			}
			bodies[st.fn] = b
		}
	}
	gone, err := p.helpers(bodies)
	if err != nil {
		return nil, err
	}
	derived := make(Files)
	for _, f := range p.files {
		if derived[f.name], err = p.cut(f, bodies, gone); err != nil {
			return nil, err
		}
	}
	if todo := todoSource(p.types.Name(), bodies); todo != nil {
		derived[path.Join(p.dir, todoFile)] = todo
	}
	return derived, p.check(derived, bodies)
}

// An edit puts text in the place of src[start:end].
type edit struct {
	start, end int
	text       string
}

// cut takes out of a file what has to go.
func (p *solvedPackage) cut(f *solvedFile, bodies map[*ast.FuncDecl]*body, gone map[ast.Node]bool) ([]byte, error) {
	var edits []edit
	drop := func(doc *ast.CommentGroup, n ast.Node) {
		start, end := n.Pos(), n.End()
		if doc != nil {
			start = doc.Pos()
		}
		for _, group := range f.syntax.Comments { // a remark behind it, on the same line
			if group.Pos() >= end && p.fset.Position(group.Pos()).Line == p.fset.Position(end).Line {
				end = group.End()
			}
		}
		edits = append(edits, lines(f.src, p.offset(start), p.offset(end)))
	}
	for _, st := range f.stubs {
		if b := bodies[st.fn]; b != nil {
			edits = append(edits, edit{p.offset(st.lead.End()), p.offset(st.fn.Body.Rbrace), "\n" + b.text + "\n"})
		}
	}
	unused := p.unusedImports(f, bodies, gone)
	for _, decl := range f.syntax.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if gone[decl] {
				drop(decl.Doc, decl)
			}
		case *ast.GenDecl:
			out := func(spec ast.Spec) bool { return gone[spec] || unused[spec] }
			if len(decl.Specs) > 0 && !slices.ContainsFunc(decl.Specs, func(s ast.Spec) bool { return !out(s) }) {
				drop(decl.Doc, decl)
				continue
			}
			for _, spec := range decl.Specs {
				if out(spec) {
					drop(docOf(spec), spec)
				}
			}
		}
	}
	if len(edits) == 0 {
		return f.src, nil
	}
	src, err := format.Source(splice(f.src, edits))
	if err != nil {
		return nil, fmt.Errorf("starter: blank the exercises of %s: %w", p.solution.inSolutions(f.name), err)
	}
	return src, nil
}

func docOf(spec ast.Spec) *ast.CommentGroup {
	switch spec := spec.(type) {
	case *ast.ImportSpec:
		return spec.Doc
	case *ast.ValueSpec:
		return spec.Doc
	case *ast.TypeSpec:
		return spec.Doc
	}
	return nil
}

// lines deletes src[start:end], and the rest of its lines if that is blank.
func lines(src []byte, start, end int) edit {
	for start > 0 && (src[start-1] == ' ' || src[start-1] == '\t') {
		start--
	}
	for end < len(src) && (src[end] == ' ' || src[end] == '\t') {
		end++
	}
	if end < len(src) && src[end] == '\n' && (start == 0 || src[start-1] == '\n') {
		end++
	}
	return edit{start: start, end: end}
}

func splice(src []byte, edits []edit) []byte {
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var out bytes.Buffer
	last := 0
	for _, e := range edits {
		out.Write(src[last:e.start])
		out.WriteString(e.text)
		last = e.end
	}
	out.Write(src[last:])
	return out.Bytes()
}

// check type-checks what was derived, so that no learner begins with a build
// error.
func (p *solvedPackage) check(derived Files, bodies map[*ast.FuncDecl]*body) error {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range slices.Sorted(maps.Keys(derived)) {
		src := derived[name]
		if path.Base(name) == todoFile {
			src = todoOutline(p.types.Name(), bodies)
		}
		file, err := parser.ParseFile(fset, path.Join(p.solution.step, name), src, parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("starter: derived %w", err)
		}
		files = append(files, file)
	}
	imports := make(importer)
	for _, imported := range p.types.Imports() {
		imports[imported.Path()] = imported
	}
	conf := types.Config{Importer: imports}
	if _, err := conf.Check(p.types.Path(), fset, files, nil); err != nil {
		return fmt.Errorf("starter: %s would not build with its exercises blanked; change the solution so that it does: %w", path.Join(p.solution.step, p.dir), err)
	}
	return nil
}

// An importer finds the packages that the solution imports.
type importer map[string]*types.Package

func (i importer) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if p := i[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("the solution does not import %q", path)
}
