// Package reset works out what a step's files have to become so that an
// exercise, or the whole step, is not written yet. It writes nothing itself.
package reset

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/gofunc"
	"example.com/bookapi/workshop/internal/keep"
	"example.com/bookapi/workshop/internal/starter"
)

// Step returns the files of root/step that are not as they were handed out.
// Go files that are the learner's own are to go: they may need what the step no
// longer has, or have what it has again.
func Step(ctx context.Context, root, step string) ([]keep.File, error) {
	want, err := starter.Derive(ctx, root, step)
	if err != nil {
		return nil, err
	}
	have, err := starter.Read(filepath.Join(root, step))
	if err != nil {
		return nil, err
	}
	drift, err := starter.Drift(root, step, want)
	if err != nil {
		return nil, err
	}
	var files []keep.File
	for _, d := range drift {
		file := keep.File{Path: path.Join(step, d.Path)}
		switch {
		case d.Kind != starter.Extra:
			file.Content = []byte(gofunc.LikeIn(have[d.Path], string(want[d.Path])))
		case path.Ext(d.Path) == ".go" && !strings.Contains(d.Path, "testdata/"):
			file.Gone = true
		default:
			continue
		}
		files = append(files, file)
	}
	return files, nil
}

// Exercise returns the files of root/step that have to change so that the
// functions of an exercise are stubs again. Of a file only those functions
// change, and its imports where it would not build otherwise.
func Exercise(ctx context.Context, root, step, exercise string) ([]keep.File, error) {
	solution, err := starter.Load(ctx, root, step)
	if err != nil {
		return nil, err
	}
	want, err := solution.Starter()
	if err != nil {
		return nil, err
	}
	have, err := starter.Read(filepath.Join(root, step))
	if err != nil {
		return nil, err
	}
	r := &resetting{step: step, want: want, have: have, changed: make(starter.Files), needs: make(map[string][]gofunc.Import)}
	r.names = packageNames(ctx, filepath.Join(root, step), r.imports())
	for _, e := range solution.Exercises() {
		if e.ID == exercise {
			if err := r.function(e); err != nil {
				return nil, err
			}
		}
	}
	return r.files()
}

// resetting is the state of one reset, in files by path within the step.
type resetting struct {
	step    string
	want    starter.Files // the starter
	have    starter.Files // the learner's
	changed starter.Files
	needs   map[string][]gofunc.Import // of the stubs in a changed file
	names   map[string]string          // of packages, by path
}

// content is a file of the learner's as it is by now, and nil if there is none.
func (r *resetting) content(name string) []byte {
	if src, ok := r.changed[name]; ok {
		return src
	}
	return r.have[name]
}

// function puts back the stub of one function.
func (r *resetting) function(e starter.Exercise) error {
	stubs, err := gofunc.Stubs(r.want[e.File], r.names, e.Func)
	if err != nil || len(stubs) != 1 {
		return fmt.Errorf("the starter of %s/%s has no %s: %w", r.step, e.File, e.Func, err)
	}
	stub := stubs[0]
	name, at, ok := r.find(e)
	if !ok {
		return fmt.Errorf("%s is nowhere in %s, and neither is %s, to put it there. Put all files of the step back with: go run ./workshop reset %[2]s",
			e.Func, r.step, e.File)
	}
	if err := r.put(name, at, stub); err != nil {
		return err
	}
	return r.helpers(path.Dir(e.File), stub)
}

// find looks for the function, first where it was handed out. If it is gone, its
// place is the end of that file.
func (r *resetting) find(e starter.Exercise) (name string, at gofunc.Func, ok bool) {
	wanted := gofunc.Wanted{Name: e.Func, Exercise: e.ID, Others: r.otherFuncs(e)}
	files := r.sources(r.have, path.Dir(e.File))
	if i := slices.Index(files, e.File); i >= 0 {
		files = append([]string{e.File}, slices.Delete(files, i, i+1)...)
	}
	for _, name := range files {
		if at, ok := gofunc.Find(r.content(name), wanted); ok {
			return name, at, true
		}
	}
	return e.File, gofunc.Func{}, r.have[e.File] != nil
}

// sources returns the Go files of a folder that are no tests, sorted.
func (r *resetting) sources(files starter.Files, dir string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(files)), func(name string) bool {
		return path.Dir(name) != dir || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go")
	})
}

// otherFuncs returns the functions that the step was handed out with, but for
// the one of the exercise.
func (r *resetting) otherFuncs(e starter.Exercise) []string {
	var names []string
	for _, name := range r.sources(r.want, path.Dir(e.File)) {
		names = append(names, funcsOf(r.want[name])...)
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == e.Func })
}

// funcsOf names the functions that a source has, as far as it can be read.
func funcsOf(src []byte) []string {
	file, _ := parser.ParseFile(token.NewFileSet(), "", src, parser.SkipObjectResolution)
	if file == nil {
		return nil
	}
	var names []string
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok {
			names = append(names, gofunc.Name(f))
		}
	}
	return names
}

func (r *resetting) put(name string, at gofunc.Func, stub gofunc.Stub) error {
	src := gofunc.Put(r.content(name), at, stub)
	if err := gofunc.CheckSyntax(src); err != nil {
		return fmt.Errorf("%s/%s is no Go elsewhere either (%w). Mend that first, or put the whole step back with: go run ./workshop reset %s",
			r.step, name, err, r.step)
	}
	r.changed[name] = src
	r.needs[name] = append(r.needs[name], stub.Imports...)
	return nil
}

// todoFile holds what stubs call, and the learner may have deleted it.
const todoFile = "todo.go"

// helpers puts back the helpers that a stub calls and that the folder no longer
// has.
func (r *resetting) helpers(dir string, stub gofunc.Stub) error {
	todo := path.Join(dir, todoFile)
	var there []string
	for _, name := range slices.Compact(slices.Sorted(slices.Values(append(r.sources(r.have, dir), todo)))) {
		there = append(there, funcsOf(r.content(name))...)
	}
	for _, helper := range funcsOf(r.want[todo]) {
		if slices.Contains(there, helper) || !strings.Contains(stub.Text, helper+"(") {
			continue
		}
		if r.content(todo) == nil && !slices.ContainsFunc(funcsOf(r.want[todo]), func(f string) bool { return slices.Contains(there, f) }) {
			r.changed[todo] = r.want[todo]
			return nil
		}
		stubs, err := gofunc.Stubs(r.want[todo], r.names, helper)
		if err != nil {
			return err
		}
		if r.content(todo) == nil {
			clause, _, _ := strings.Cut(string(r.want[todo]), "\n")
			r.changed[todo] = []byte(clause + "\n")
		}
		if err := r.put(todo, gofunc.Func{}, stubs[0]); err != nil {
			return err
		}
	}
	return nil
}

// files returns what has changed, with the imports that it needs.
func (r *resetting) files() ([]keep.File, error) {
	var files []keep.File
	for _, name := range slices.Sorted(maps.Keys(r.changed)) {
		src, err := gofunc.FixImports(r.changed[name], r.names, r.needs[name])
		if err != nil {
			return nil, fmt.Errorf("%s/%s: %w. Put the whole step back with: go run ./workshop reset %[1]s", r.step, name, err)
		}
		if !bytes.Equal(src, r.have[name]) {
			files = append(files, keep.File{Path: path.Join(r.step, name), Content: src})
		}
	}
	return files, nil
}

// imports returns what the learner's files and the starter's import without
// giving it a name.
func (r *resetting) imports() []string {
	var paths []string
	for _, files := range []starter.Files{r.have, r.want} {
		for name, src := range files {
			if path.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") {
				paths = append(paths, gofunc.Unnamed(src)...)
			}
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// packageNames asks the go command what packages are called. Of those that it
// does not find, the name stays unknown.
func packageNames(ctx context.Context, dir string, paths []string) map[string]string {
	if len(paths) == 0 {
		return nil
	}
	cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-e", "-find", "-f", "{{.ImportPath}} {{.Name}}", "--"}, paths...)...)
	cmd.Dir = dir
	// The step by itself, as it may not be in the workspace at the moment.
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly", "GOPROXY=off")
	out, _ := cmd.Output() // what it said before it failed is true all the same
	names := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		if words := strings.Fields(line); len(words) == 2 {
			names[words[0]] = words[1]
		}
	}
	return names
}
