package derive

import (
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

	"example.com/bookapi/workshop/internal/edit"
	"example.com/bookapi/workshop/internal/exercise"
	"example.com/bookapi/workshop/internal/starter"
)

// A solvedPackage is one package of a solution that has an exercise.
type solvedPackage struct {
	solution  *Solution
	dir       string // within the step, "." for the step itself
	fset      *token.FileSet
	types     *types.Package
	info      *types.Info
	files     []*solvedFile
	exercises []string // of the files
}

// A solvedFile is one Go file of a solvedPackage.
type solvedFile struct {
	name    string // within the step
	src     []byte
	syntax  *ast.File
	stubs   []*stub
	helpers []helper
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
		var err error
		if f.stubs, err = stubsOf(p.fset, file); err != nil {
			return err
		}
		for _, st := range f.stubs {
			p.exercises = append(p.exercises, st.exercise)
		}
		p.files = append(p.files, f)
	}
	for _, f := range p.files {
		var err error
		if f.helpers, err = p.helpersOf(f); err != nil {
			return err
		}
	}
	for name, src := range p.solution.files {
		if path.Dir(name) != p.dir || !exercise.IsCode(name) || built[name] {
			continue
		}
		for _, f := range exercise.Parse(src).Funcs {
			if len(f.Marks) > 0 {
				return fmt.Errorf("%s:%d: exercise %s is not built on this platform: put it into a file that every platform builds", p.solution.inSolutions(name), f.Line, f.Marks[0])
			}
		}
	}
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
func (p *solvedPackage) derive(solved []string) (starter.Files, error) {
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
	derived := make(starter.Files)
	for _, f := range p.files {
		var err error
		if derived[f.name], err = p.cut(f, bodies, solved); err != nil {
			return nil, err
		}
	}
	if todo := todoSource(p.types.Name(), bodies); todo != nil {
		derived[path.Join(p.dir, exercise.TodoFile)] = todo
	}
	return derived, p.check(derived, bodies)
}

// cut takes out of a file what has to go.
func (p *solvedPackage) cut(f *solvedFile, bodies map[*ast.FuncDecl]*body, solved []string) ([]byte, error) {
	var edits []edit.Edit
	for _, st := range f.stubs {
		if b := bodies[st.fn]; b != nil {
			edits = append(edits, edit.Edit{Start: p.offset(st.lead.End()), End: p.offset(st.fn.Body.Rbrace), Text: "\n" + b.text + "\n"})
		}
	}
	for _, h := range f.helpers {
		if !slices.ContainsFunc(h.exercises, func(id string) bool { return slices.Contains(solved, id) }) {
			edits = append(edits, p.drop(f, h.decl))
		}
	}
	if len(edits) == 0 {
		return f.src, nil
	}
	src, err := exercise.FixImports(edit.Apply(f.src, edits), nil)
	if err == nil {
		src, err = format.Source(src)
	}
	if err != nil {
		return nil, fmt.Errorf("derive: blank the exercises of %s: %w", p.solution.inSolutions(f.name), err)
	}
	return src, nil
}

// drop deletes a declaration with its comments, a remark behind it included.
func (p *solvedPackage) drop(f *solvedFile, decl ast.Decl) edit.Edit {
	start, end := docOf(decl).Pos(), decl.End()
	for _, group := range f.syntax.Comments {
		if group.Pos() >= end && p.fset.Position(group.Pos()).Line == p.fset.Position(end).Line {
			end = group.End()
		}
	}
	return edit.Lines(f.src, p.offset(start), p.offset(end))
}

// check type-checks what was derived, so that no learner begins with a build
// error, or with a piece of the solution.
func (p *solvedPackage) check(derived starter.Files, bodies map[*ast.FuncDecl]*body) error {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range slices.Sorted(maps.Keys(derived)) {
		src := derived[name]
		if path.Base(name) == exercise.TodoFile {
			src = todoOutline(p.types.Name(), bodies)
		}
		file, err := parser.ParseFile(fset, path.Join("solutions", p.solution.step, name), src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return fmt.Errorf("derive: derived %w", err)
		}
		files = append(files, file)
	}
	imports := make(importer)
	for _, imported := range p.types.Imports() {
		imports[imported.Path()] = imported
	}
	conf := types.Config{Importer: imports}
	info := &types.Info{Defs: make(map[*ast.Ident]types.Object), Uses: make(map[*ast.Ident]types.Object)}
	if _, err := conf.Check(p.types.Path(), fset, files, info); err != nil {
		return fmt.Errorf("derive: %s would not build with its exercises blanked; change the solution so that it does: %w", path.Join(p.solution.step, p.dir), err)
	}
	return checkUnused(fset, files, info)
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
