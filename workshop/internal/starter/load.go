package starter

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/tools/go/packages"
)

// A Solution is a solved step, parsed and type-checked.
type Solution struct {
	step  string
	files Files // as the starter has them where no exercise is near
	pkgs  []*solvedPackage
}

// An Exercise is a function that the learner writes.
type Exercise struct {
	ID   string // "1.2"
	File string // path within the step, with slashes
	Line int    // of the func, in the solution
	Func string // "VerifyPassword", or "Issuer.Issue" for a method
}

// Load reads and type-checks root/solutions/step. Packages without an exercise
// are not looked into, so that what they import need not be compiled.
//
// The error names the place and what to do if the solution does not build, or
// if an exercise stands where no stub can be made of it.
func Load(ctx context.Context, root, step string) (*Solution, error) {
	dir, err := filepath.Abs(filepath.Join(root, "solutions", step))
	if err != nil {
		return nil, fmt.Errorf("starter: %w", err)
	}
	files, err := Read(dir)
	if err != nil {
		return nil, err
	}
	mod, ok := files["go.mod"]
	if !ok {
		return nil, fmt.Errorf("starter: solutions/%s has no go.mod: is that the name of a step?", step)
	}
	for name, content := range files {
		if isGo(name) || name == "go.sum" {
			files[name] = unix(content)
		}
	}
	module := modfile.ModulePath(mod)
	s := &Solution{step: step, files: files}
	found, err := s.findExercises()
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		if err := s.load(ctx, dir, module, found); err != nil {
			return nil, err
		}
	}
	files["go.mod"], err = starterGoMod(step, mod)
	return s, err
}

// findExercises returns the folders with an exercise, and for each of them
// whether tests stand inside its package, which are then to be loaded too.
func (s *Solution) findExercises() (dirs map[string]bool, err error) {
	dirs = make(map[string]bool)
	for name, src := range s.files {
		if !isGo(name) || strings.HasSuffix(name, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		syntax, err := parser.ParseFile(fset, s.inSolutions(name), src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("starter: %w", err)
		}
		stubs, err := stubsOf(fset, syntax)
		if err != nil {
			return nil, err
		}
		if len(stubs) == 0 {
			continue
		}
		if own := path.Join(path.Dir(name), todoFile); s.files[own] != nil {
			return nil, fmt.Errorf("%s: the starter's helpers will stand in a file of that name: rename this one", s.inSolutions(own))
		}
		dirs[path.Dir(name)] = false
	}
	for name, src := range s.files {
		if _, ok := dirs[path.Dir(name)]; !ok || !isGo(name) || !strings.HasSuffix(name, "_test.go") {
			continue
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), s.inSolutions(name), src, parser.PackageClauseOnly)
		if err != nil {
			return nil, fmt.Errorf("starter: %w", err)
		}
		if !strings.HasSuffix(syntax.Name.Name, "_test") {
			dirs[path.Dir(name)] = true
		}
	}
	return dirs, nil
}

// load type-checks the packages in dirs from source, and what they import from
// export data, which the go command has in its cache.
func (s *Solution) load(ctx context.Context, dir, module string, dirs map[string]bool) error {
	var patterns []string
	withTests := false
	for d, inside := range dirs {
		patterns = append(patterns, "./"+d)
		withTests = withTests || inside
	}
	slices.Sort(patterns)
	fset := token.NewFileSet()
	loaded, err := packages.Load(&packages.Config{
		Context: ctx,
		Dir:     dir,
		Fset:    fset,
		Tests:   withTests,
		ParseFile: func(fset *token.FileSet, name string, src []byte) (*ast.File, error) {
			// go/ast counts a comment without its carriage returns, and so
			// would tell its end wrong.
			return parser.ParseFile(fset, name, unix(src), parser.AllErrors|parser.ParseComments|parser.SkipObjectResolution)
		},
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedForTest | packages.NeedExportFile | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedSyntax,
	}, patterns...)
	if err != nil {
		return fmt.Errorf("starter: load solutions/%s: %w", s.step, err)
	}
	byDir := make(map[string]*packages.Package)
	for _, p := range loaded {
		for _, e := range p.Errors {
			err = errors.Join(err, e)
		}
		d := strings.TrimPrefix(strings.TrimPrefix(p.PkgPath, module), "/")
		if d == "" {
			d = "."
		}
		if _, wanted := dirs[d]; !wanted || p.ForTest != "" && p.ForTest != p.PkgPath {
			continue
		}
		if byDir[d] == nil || p.ForTest != "" { // with the tests inside it, it is the same and more
			byDir[d] = p
		}
	}
	if err != nil {
		return fmt.Errorf("starter: solutions/%s does not build; mend that first:\n%w", s.step, err)
	}
	for _, d := range slices.Sorted(maps.Keys(dirs)) {
		p := &solvedPackage{solution: s, dir: d, fset: fset, types: byDir[d].Types, info: byDir[d].TypesInfo}
		if err := p.addFiles(byDir[d].Syntax); err != nil {
			return err
		}
		s.pkgs = append(s.pkgs, p)
	}
	return nil
}

// inSolutions is how errors call a file of the solution.
func (s *Solution) inSolutions(name string) string { return path.Join("solutions", s.step, name) }

// Exercises returns the functions to write, by number and then by place. An
// exercise may have more than one.
func (s *Solution) Exercises() []Exercise {
	var list []Exercise
	for _, p := range s.pkgs {
		for _, f := range p.files {
			for _, st := range f.stubs {
				list = append(list, Exercise{
					ID:   st.exercise,
					File: f.name,
					Line: p.fset.PositionFor(st.fn.Pos(), false).Line,
					Func: funcName(st.fn),
				})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Exercise) int { return compareIDs(a.ID, b.ID) })
	return list
}

// Starter returns the step as a learner has it who has solved the exercises
// with the given numbers, and no other.
func (s *Solution) Starter(solved ...string) (Files, error) {
	exercises := s.Exercises()
	for _, id := range solved {
		if !slices.ContainsFunc(exercises, func(e Exercise) bool { return e.ID == id }) {
			return nil, fmt.Errorf("starter: solutions/%s has no exercise %s", s.step, id)
		}
	}
	files := maps.Clone(s.files)
	for _, p := range s.pkgs {
		derived, err := p.derive(solved)
		if err != nil {
			return nil, err
		}
		maps.Copy(files, derived)
	}
	return files, nil
}

// funcName is what lesson.toml calls a function: "Issuer.Issue" for a method.
func funcName(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return fn.Name.Name
	}
	return receiver(fn).Name + "." + fn.Name.Name
}

// receiver is the name of the type that a method belongs to.
func receiver(fn *ast.FuncDecl) *ast.Ident {
	t := fn.Recv.List[0].Type
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
		default: // not Go: the type checker has refused it
			return ast.NewIdent("_")
		}
	}
}
