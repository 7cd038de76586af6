package grade

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/exercise"
	"example.com/bookapi/workshop/internal/gocmd"
	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/proctree"
)

const (
	buildTime = 90 * time.Second // for one build of a step's tests
	firstTime = 15 * time.Minute // for one that compiles all that the course needs
	rounds    = 6                // builds of one step, before all of it is the reference's
)

// A bench is a folder in which one step of one submission is built and run: a
// workspace with the step as it is graded, on the reference of the steps below.
type bench struct {
	*lesson
	g      *Grader
	dir    string
	secret string
	binary string
	record string
}

func (g *Grader) newBench(l *lesson) (*bench, error) {
	dir, err := os.MkdirTemp(g.scratch, "step")
	if err != nil {
		return nil, err
	}
	b := &bench{
		lesson: l, g: g, dir: dir, secret: newSecret(),
		binary: filepath.Join(dir, "run", "test"), record: filepath.Join(dir, "run", "record"),
	}
	if runtime.GOOS == "windows" {
		b.binary += ".exe"
	}
	err = errors.Join(os.Chmod(dir, 0o755), os.Mkdir(filepath.Join(dir, "run"), 0o755), b.writeWorkspace()) //nolint:gosec // the code may have another account
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *bench) close() error { return os.RemoveAll(b.dir) }

// course is the course with nothing but the step of the bench.
func (b *bench) course() *course.Course {
	return &course.Course{Root: b.dir, Steps: []course.Step{b.Step}}
}

// writeWorkspace writes a go.work in which all but the step is this checkout's.
func (b *bench) writeWorkspace() error {
	solutions := filepath.Join(b.g.course.Root, "solutions")
	trusted, err := os.ReadFile(filepath.Join(solutions, "go.work"))
	if err != nil {
		return err
	}
	old, err := modfile.ParseWork("solutions/go.work", trusted, nil)
	if err != nil {
		return err
	}
	var work modfile.WorkFile
	work.Syntax = new(modfile.FileSyntax)
	if err := work.AddGoStmt(old.Go.Version); err != nil {
		return err
	}
	use := func(dir string) error {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if errors.Is(err, os.ErrNotExist) {
			text, err = b.reference["go.mod"], nil // of the step, which is not written yet
		}
		if err != nil {
			return err
		}
		dir = filepath.ToSlash(dir)
		work.AddNewUse(dir, "")
		return work.AddReplace(modfile.ModulePath(text), "v0.0.0", dir, "")
	}
	for _, u := range old.Use {
		dir := filepath.Join(solutions, filepath.FromSlash(u.Path))
		switch name := path.Base(u.Path); {
		case name == b.Name:
			dir = filepath.Join(b.dir, name)
		case b.g.numbers[name] > b.Number:
			continue
		}
		if err := use(dir); err != nil {
			return err
		}
	}
	work.Cleanup()
	sums, err := os.ReadFile(filepath.Join(solutions, "go.work.sum"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(b.dir, "go.work"), modfile.Format(work.Syntax), 0o644),
		os.WriteFile(filepath.Join(b.dir, "go.work.sum"), sums, 0o644),
	)
}

// write makes the step consist of these files.
func (b *bench) write(files exercise.Files) error {
	dir := filepath.Join(b.dir, b.Name)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for name, src := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, src, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Plain gcflags are for the packages that are named: those of the step, whose code
// runs once. -e has the compiler tell all faults.
const gcflags = "-gcflags=-e -N -l -dwarf=false"

// build builds the tests of the step as it is written, and returns what the
// compiler said. The code is compiled and not run: without cgo, a build runs
// nothing of it.
func (b *bench) build(ctx context.Context) ([]gotest.BuildError, error) {
	limited, stop := context.WithTimeout(ctx, b.g.buildTime)
	defer stop()
	args := append(slices.Clone(b.g.buildLimits), "go", "test", "-c", "-vet=off", gcflags, "-ldflags=-s -w", "-o", b.binary, "./"+b.Name)
	env := append(gocmd.Offline(), gocmd.WorkspaceOf(b.dir)...)
	env = append(env, "GOENV=off", "GOFLAGS=-mod=readonly -buildvcs=false", "GOTOOLCHAIN=local", "CGO_ENABLED=0", "GOCACHE="+b.g.cache, "GOMODCACHE="+b.g.modules,
		"GOTMPDIR="+b.g.scratch) // where nothing outlives the grader
	if err := os.Remove(b.binary); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	cmd := gocmd.Program(limited, b.dir, env, args[0], args[1:]...)
	var said gocmd.Excerpt
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	proctree.Kill(cmd)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case limited.Err() != nil:
		return []gotest.BuildError{{Message: fmt.Sprintf("the compiler does not finish in %.0f s", b.g.buildTime.Seconds())}}, nil
	case err == nil:
		// Code that may not read its own program does not find the secret in it.
		return nil, os.Chmod(b.binary, 0o111) //nolint:gosec // the code may have another account
	}
	complaints := gotest.BuildErrors(said.String(), b.dir)
	if len(complaints) == 0 {
		complaints = []gotest.BuildError{{Message: err.Error()}}
	}
	return complaints, nil
}

// settled is a step that builds.
type settled struct {
	tests  []string                     // all that there are
	broken map[string]gotest.BuildError // by exercise: why it does not build
	flags  []string
}

// settle makes the step of what was taken, and builds it. A file that does not
// build is replaced by the reference's, and a new one is left out, until all of it
// builds.
func (b *bench) settle(ctx context.Context, t taken) (settled, error) {
	mine, why := maps.Clone(t.mine), make(map[string]gotest.BuildError)
	drop := func(file string, fault gotest.BuildError) {
		delete(mine, file)
		if _, known := why[file]; !known {
			why[file] = fault
		}
	}
	for file, fault := range b.unreadable(mine) {
		drop(file, fault)
	}
	for round := 1; ; round++ {
		homes := b.homes(mine)
		for _, e := range b.Exercises {
			if homes[e.ID] == "" {
				drop(e.File, gotest.BuildError{File: path.Join(b.Name, e.File), Message: "there is no " + e.Func})
			}
		}
		files, tests, err := harness(b.files(mine, why, t.todo), b.secret)
		if err != nil {
			return settled{}, err
		}
		if err := b.write(files); err != nil {
			return settled{}, err
		}
		faults, err := b.build(ctx)
		if err != nil {
			return settled{}, err
		}
		if len(faults) == 0 {
			return b.settled(t, tests, why), nil
		}
		if len(mine) == 0 {
			return settled{}, fmt.Errorf("the reference of %s does not build: %s", b.Name, faults[0].Message)
		}
		culprits := b.culprits(mine, faults)
		if len(culprits) == 0 || round == rounds {
			for file := range mine {
				culprits[file] = faults[0]
			}
		}
		for file, fault := range culprits {
			drop(file, fault)
		}
	}
}

// files are those of the step: what is given, the files that are still mine, and
// those of the reference in place of the ones that do not build.
func (b *bench) files(mine exercise.Files, why map[string]gotest.BuildError, todo bool) exercise.Files {
	files := b.given()
	if todo {
		files[exercise.TodoFile] = b.handedOut[exercise.TodoFile]
	}
	for name := range why {
		if slices.Contains(b.exercises, name) {
			files[name] = b.reference[name]
		}
	}
	maps.Copy(files, mine)
	return files
}

// settled says which exercises do not build: those whose function stands, or was
// handed out, in a file that does not.
func (b *bench) settled(t taken, tests []string, why map[string]gotest.BuildError) settled {
	s := settled{tests: tests, broken: make(map[string]gotest.BuildError)}
	homes := b.homes(t.mine)
	for _, e := range b.Exercises {
		file := cmp.Or(homes[e.ID], e.File)
		if fault, broken := why[file]; broken {
			s.broken[e.ID] = fault
		} else if fault, broken := why[e.File]; broken && !slices.Contains(b.exercises, file) {
			s.broken[e.ID] = fault // the reference's stands in its place
		}
	}
	flags := make(flagged)
	for file := range why {
		if _, handedIn := t.mine[file]; !handedIn {
			flags.add("file missing", path.Join(b.Name, file))
		} else if !slices.Contains(b.exercises, file) {
			flags.add("does not build, left out", path.Join(b.Name, file))
		}
	}
	s.flags = flags.list()
	return s
}

// homes are the files in which the functions of the exercises stand, by exercise.
func (b *bench) homes(mine exercise.Files) map[string]string {
	source, homes := mine.Source("."), make(map[string]string)
	for _, e := range b.Exercises {
		if places := source.Find(wanted(b.Step, e)); len(places) > 0 {
			homes[e.ID] = places[0].File
		}
	}
	return homes
}

// wanted is the function of an exercise among those of the step.
func wanted(s course.Step, e course.Exercise) exercise.Wanted {
	want := exercise.Wanted{ID: e.ID, Name: e.Func, File: e.File}
	for _, other := range s.Exercises {
		if other.ID != e.ID {
			want.Others = append(want.Others, other.Func)
		}
	}
	return want
}

// unreadable finds the files that are no Go, or of another package.
func (b *bench) unreadable(mine exercise.Files) map[string]gotest.BuildError {
	faults := make(map[string]gotest.BuildError)
	_, pkg, _ := strings.Cut(b.Name, "-")
	for name, src := range mine {
		fault := gotest.BuildError{File: path.Join(b.Name, name)}
		if o := exercise.Parse(src); o.Fault != nil {
			fault.Line, fault.Message = o.Fault.Line, o.Fault.Message
			faults[name] = fault
		} else if file := parse(src); path.Dir(name) == "." && file != nil && file.Name.Name != pkg {
			fault.Line, fault.Message = 1, fmt.Sprintf("it is of package %s, and the step is package %s", printable(file.Name.Name), pkg)
			faults[name] = fault
		}
	}
	return faults
}

var (
	otherDeclaration = regexp.MustCompile(`(\S+\.go):\d+:\d+: other declaration of`)
	undefined        = regexp.MustCompile(`^undefined: (\w+)$`)
)

// culprits are the files behind build errors. Of two that declare the same the new
// one is at fault; what is wrong for the tests, or for the files beside, is the
// fault of the exercise that they name, and so is a function that is not found
// although it stands there.
func (b *bench) culprits(mine exercise.Files, faults []gotest.BuildError) map[string]gotest.BuildError {
	found := make(map[string]gotest.BuildError)
	blame := func(file string, fault gotest.BuildError) {
		if _, known := found[file]; !known {
			found[file] = fault
		}
	}
	within := func(file string) (string, bool) {
		name := strings.TrimPrefix(path.Clean(file), b.Name+"/")
		_, ok := mine[name]
		return name, ok
	}
	homes := b.homes(mine)
	for _, fault := range faults {
		var files []string
		if name, ok := within(fault.File); ok {
			files = append(files, name)
		}
		if m := otherDeclaration.FindStringSubmatch(fault.Message); m != nil {
			if name, ok := within(filepath.ToSlash(m[1])); ok {
				files = append(files, name)
			}
			if i := slices.IndexFunc(files, func(f string) bool { return !slices.Contains(b.exercises, f) }); i >= 0 {
				files = files[i : i+1]
			}
		}
		if m := undefined.FindStringSubmatch(fault.Message); m != nil {
			for _, e := range b.Exercises {
				if home := homes[e.ID]; e.Func == m[1] && home != "" {
					files = []string{home} // which the go command leaves out
				}
			}
		}
		if len(files) == 0 {
			files = b.named(homes, fault)
		}
		if len(files) == 0 {
			files = relabelled(mine)
		}
		for _, file := range files {
			blame(file, fault)
		}
	}
	return found
}

// relabelled are the files whose build errors are told of another file.
func relabelled(mine exercise.Files) []string {
	var files []string
	for name, src := range mine {
		if bytes.Contains(src, []byte("//line ")) || bytes.Contains(src, []byte("/*line ")) {
			files = append(files, name)
		}
	}
	return files
}

// named are the files of the exercises whose functions a build error names, in
// its message or in the line of the source that it is about.
func (b *bench) named(homes map[string]string, fault gotest.BuildError) []string {
	text := fault.Message + "\n" + b.line(fault)
	var files []string
	for _, e := range b.Exercises {
		name := e.Func[strings.LastIndex(e.Func, ".")+1:]
		if !regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `\b`).MatchString(text) {
			continue
		}
		if file := homes[e.ID]; file != "" && !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	return files
}

// line is the line of a file of the step that a build error is about.
func (b *bench) line(fault gotest.BuildError) string {
	name, ok := strings.CutPrefix(path.Clean(fault.File), b.Name+"/")
	if !ok || !filepath.IsLocal(filepath.FromSlash(name)) {
		return ""
	}
	text, err := os.ReadFile(filepath.Join(b.dir, b.Name, filepath.FromSlash(name)))
	if err != nil {
		return ""
	}
	lines := strings.Split(string(text), "\n")
	if fault.Line < 1 || fault.Line > len(lines) {
		return ""
	}
	return lines[fault.Line-1]
}
