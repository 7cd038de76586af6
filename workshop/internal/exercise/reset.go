package exercise

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/edit"
)

// Reset returns the files of a step that have to change so that the functions
// of an exercise are stubs again: from want, as the step was handed out, into
// have, as it is. Of a file that is there only those functions change, and its
// imports where it would not build otherwise. What was handed out and is gone
// comes back, without what the learner has moved elsewhere.
func Reset(step string, want, have Files, id string) (Files, error) {
	r := &resetting{step: step, want: want, posed: make(Source), have: have, changed: make(Files), needs: make(map[string][]Import)}
	for name, src := range want {
		if IsCode(name) {
			r.posed[name] = Parse(src)
		}
	}
	found := false
	for _, name := range slices.Sorted(maps.Keys(r.posed)) {
		for _, f := range r.posed[name].Funcs {
			if slices.Contains(f.Marks, id) {
				found = true
				if err := r.function(Wanted{ID: id, Name: f.Name, File: name}); err != nil {
					return nil, err
				}
			}
		}
	}
	if !found {
		return nil, fmt.Errorf("exercise %s is not among what was handed out in %s", id, step)
	}
	if err := r.given(); err != nil {
		return nil, err
	}
	if err := r.helpers(); err != nil {
		return nil, err
	}
	return r.files()
}

// resetting is the state of one reset, in files by path within the step.
type resetting struct {
	step    string
	want    Files  // as handed out
	posed   Source // its code, of all its packages
	have    Files  // the learner's
	changed Files
	needs   map[string][]Import // of what was put into a changed file
}

// now returns the files as they are by now.
func (r *resetting) now() Files {
	files := maps.Clone(r.have)
	maps.Copy(files, r.changed)
	return files
}

// function puts back the stub of one function.
func (r *resetting) function(want Wanted) error {
	dir := path.Dir(want.File)
	for name, outline := range r.posed {
		for _, f := range outline.Funcs {
			if path.Dir(name) == dir && f.Name != want.Name {
				want.Others = append(want.Others, f.Name)
			}
		}
	}
	stub, err := r.declaration(want.File, want.Name)
	if err != nil {
		return err
	}
	now := r.now()
	places := now.Source(dir).Find(want)
	if len(places) == 0 {
		if now[want.File] == nil {
			return r.file(want.File)
		}
		r.put(want.File, nil, stub)
		return nil
	}
	in := make(map[string][]Func)
	for _, p := range places {
		in[p.File] = append(in[p.File], p.Func)
	}
	first := places[0].File
	for name, again := range in { // elsewhere it stands there once more
		if name != first {
			var edits []edit.Edit
			for _, f := range again {
				edits = append(edits, cut(now[name], f.Start, f.End))
			}
			r.changed[name] = edit.Apply(now[name], edits)
		}
	}
	r.put(first, in[first], stub)
	return nil
}

// declaration returns what a file declared when it was handed out.
func (r *resetting) declaration(file, name string) (Declaration, error) {
	all, err := Declarations(r.want[file])
	if err != nil {
		return Declaration{}, fmt.Errorf("%s/%s as handed out: %w", r.step, file, err)
	}
	i := slices.IndexFunc(all, func(d Declaration) bool { return slices.Contains(d.Names, name) })
	return all[i], nil // its outline has it
}

func (r *resetting) put(name string, at []Func, d Declaration) {
	r.needs[name] = append(r.needs[name], d.Imports...)
	src := put(r.now()[name], at, d)
	want, has := packageClause.Find(r.want[name]), packageClause.FindIndex(src)
	if want != nil && has != nil { // a file of another package builds no more than one that is no Go
		src = edit.Apply(src, []edit.Edit{{Start: has[0], End: has[1], Text: string(want)}})
	}
	r.changed[name] = src
}

var packageClause = regexp.MustCompile(`(?m)^package \w+`)

// file puts back a file that is gone, without what its package declares
// elsewhere by now.
func (r *resetting) file(name string) error {
	src := r.want[name]
	if IsCode(name) {
		there := r.declared(path.Dir(name))
		var err error
		if src, err = Without(src, func(d Declaration) bool {
			return slices.ContainsFunc(d.Names, func(n string) bool { return n != "_" && there[n] })
		}); err != nil {
			return fmt.Errorf("%s/%s as handed out: %w", r.step, name, err)
		}
	}
	r.changed[name] = src
	return nil
}

// declared names what the package in a folder declares by now.
func (r *resetting) declared(dir string) map[string]bool {
	names := make(map[string]bool)
	for name, src := range r.now() {
		if path.Dir(name) == dir && IsCode(name) {
			for _, n := range Declared(src) {
				names[n] = true
			}
		}
	}
	return names
}

// given puts back the given files that are gone: those that pose no exercise,
// as one that does may be empty by now and elsewhere.
func (r *resetting) given() error {
	for _, name := range slices.Sorted(maps.Keys(r.want)) {
		_, there := r.now()[name]
		poses := slices.ContainsFunc(r.posed[name].Funcs, func(f Func) bool { return len(f.Marks) > 0 })
		if there || poses || path.Base(name) == TodoFile {
			continue
		}
		if err := r.file(name); err != nil {
			return err
		}
	}
	return nil
}

// helpers puts back the helpers that a stub calls and that its folder no longer
// has.
func (r *resetting) helpers() error {
	for _, name := range slices.Sorted(maps.Keys(r.changed)) {
		todo := path.Join(path.Dir(name), TodoFile)
		for _, helper := range Declared(r.want[todo]) {
			if !strings.Contains(string(r.changed[name]), helper+"(") || r.declared(path.Dir(name))[helper] {
				continue
			}
			if r.now()[todo] == nil {
				if err := r.file(todo); err != nil {
					return err
				}
				continue
			}
			d, err := r.declaration(todo, helper)
			if err != nil {
				return err
			}
			r.put(todo, nil, d)
		}
	}
	return nil
}

// files returns what has changed, with the imports that it needs. A file that
// would be no Go all the same is refused.
func (r *resetting) files() (Files, error) {
	files := make(Files)
	for _, name := range slices.Sorted(maps.Keys(r.changed)) {
		src := r.changed[name]
		if IsCode(name) {
			err := checkSyntax(src)
			if err != nil {
				return nil, fmt.Errorf("%s/%s is no Go elsewhere either (%w). Mend that first, or put the whole step back with: go run ./workshop reset %s",
					r.step, name, err, r.step)
			}
			if src, err = FixImports(src, r.needs[name]); err != nil {
				return nil, fmt.Errorf("%s/%s: %w. Put the whole step back with: go run ./workshop reset %[1]s", r.step, name, err)
			}
		}
		if have, ok := r.have[name]; !ok || !bytes.Equal(src, have) {
			files[name] = src
		}
	}
	return files, nil
}
