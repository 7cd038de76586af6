// Package derive makes what a learner begins with, stepN-*, of what is solved,
// solutions/stepN-*. It is the author's tool: the companion carries the result.
//
// A function whose body starts with a comment "Exercise N.M: ..." keeps that
// comment, and one return statement takes the place of the rest. Imports that
// nothing needs any more go with it, and so does a declaration whose doc comment
// says that it helps to solve the exercise:
//
//	//exercise:helper N.M
//
// Everything else is carried over byte for byte.
package derive

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"

	"example.com/bookapi/workshop/internal/edit"
	"example.com/bookapi/workshop/internal/exercise"
	"example.com/bookapi/workshop/internal/starter"
)

// A Solution is a solved step, parsed and type-checked.
type Solution struct {
	step  string
	files starter.Files // as the starter has them where no exercise is near
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
		return nil, fmt.Errorf("derive: %w", err)
	}
	files, err := starter.Read(dir)
	if err != nil {
		return nil, err
	}
	mod, ok := files["go.mod"]
	if !ok {
		return nil, fmt.Errorf("derive: solutions/%s has no go.mod: is that the name of a step?", step)
	}
	for name, content := range files {
		if starter.IsGo(name) || name == "go.sum" {
			files[name] = edit.Unix(content)
		}
	}
	s := &Solution{step: step, files: files}
	found, err := s.findExercises()
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		if err := s.load(ctx, dir, found); err != nil {
			return nil, err
		}
	}
	files["go.mod"], err = starterGoMod(step, mod)
	return s, err
}

// Steps returns the folders below root/solutions that starters are derived
// from, such as "step1-hashing", in the order of their numbers.
func Steps(root string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(root, "solutions"))
	if err != nil {
		return nil, fmt.Errorf("derive: %w", err)
	}
	var steps []string
	for _, e := range entries {
		if e.IsDir() && number(e.Name()) > 0 {
			steps = append(steps, e.Name())
		}
	}
	slices.SortFunc(steps, func(a, b string) int { return number(a) - number(b) })
	return steps, nil
}

// number is N of the folder "stepN-name", and 0 for any other.
func number(folder string) int {
	digits, _, ok := strings.Cut(strings.TrimPrefix(folder, "step"), "-")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return 0
	}
	return n
}

// findExercises returns the folders with an exercise.
func (s *Solution) findExercises() (dirs []string, err error) {
	for _, name := range slices.Sorted(maps.Keys(s.files)) {
		if !starter.IsGo(name) || !exercise.IsCode(name) {
			continue
		}
		fset := token.NewFileSet()
		syntax, err := parser.ParseFile(fset, s.inSolutions(name), s.files[name], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("derive: %w", err)
		}
		stubs, err := stubsOf(fset, syntax)
		if err != nil {
			return nil, err
		}
		if len(stubs) == 0 {
			continue
		}
		if own := path.Join(path.Dir(name), exercise.TodoFile); s.files[own] != nil {
			return nil, fmt.Errorf("%s: the starter's helpers will stand in a file of that name: rename this one", s.inSolutions(own))
		}
		dirs = append(dirs, path.Dir(name))
	}
	return slices.Compact(slices.Sorted(slices.Values(dirs))), nil
}

// load type-checks the packages in dirs from source, and what they import from
// export data, which the go command has in its cache.
func (s *Solution) load(ctx context.Context, dir string, dirs []string) error {
	var patterns []string
	for _, d := range dirs {
		patterns = append(patterns, "./"+d)
	}
	fset := token.NewFileSet()
	loaded, err := packages.Load(&packages.Config{
		Context: ctx,
		Dir:     dir,
		Fset:    fset,
		ParseFile: func(fset *token.FileSet, name string, src []byte) (*ast.File, error) {
			// go/ast counts a comment without its carriage returns, and so
			// would tell its end wrong.
			return parser.ParseFile(fset, name, edit.Unix(src), parser.AllErrors|parser.ParseComments|parser.SkipObjectResolution)
		},
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedExportFile | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedSyntax,
	}, patterns...)
	if err != nil {
		return fmt.Errorf("derive: load solutions/%s: %w", s.step, err)
	}
	for _, p := range loaded {
		for _, e := range p.Errors {
			err = errors.Join(err, e)
		}
	}
	if err != nil {
		return fmt.Errorf("derive: solutions/%s does not build; mend that first:\n%w", s.step, err)
	}
	for _, l := range loaded {
		inside, err := filepath.Rel(dir, filepath.Dir(l.CompiledGoFiles[0]))
		if err != nil {
			return fmt.Errorf("derive: %w", err)
		}
		p := &solvedPackage{solution: s, dir: filepath.ToSlash(inside), fset: fset, types: l.Types, info: l.TypesInfo}
		if err := p.addFiles(l.Syntax); err != nil {
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
					Func: exercise.Name(st.fn),
				})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Exercise) int { return compareIDs(a.ID, b.ID) })
	return list
}

// Starter returns the step as a learner has it who has solved the exercises
// with the given numbers, and no other.
func (s *Solution) Starter(solved ...string) (starter.Files, error) {
	exercises := s.Exercises()
	for _, id := range solved {
		if !slices.ContainsFunc(exercises, func(e Exercise) bool { return e.ID == id }) {
			return nil, fmt.Errorf("derive: solutions/%s has no exercise %s", s.step, id)
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
