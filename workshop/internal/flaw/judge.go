package flaw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/overlay"
)

// Verdict is what the tests made of a patch.
type Verdict struct {
	Patch *Patch
	OK    bool // the flaw is caught, or the alternative is accepted
	// Test is the one that decided: it caught the flaw, or rejects the
	// alternative. It is zero if there is none.
	Test    Test
	Failure gotest.Test // what Test said
	Why     string      // the patch is not OK: a sentence
	Skipped string      // it could not be judged here, and is neither: a sentence
	Took    time.Duration
}

// timeout is for the tests of one step over the solutions as they are. They take
// seconds; but the machine may have more to do.
const timeout = 5 * time.Minute

// A patch has at least the time patience, and as many times that of the solution as
// leeway: a hang costs seconds, and the tests of another patch beside it slow down
// a patch by half. An alternative has the leeway of slower ones: a hash that takes
// several times as long is sound, and who hangs is seldom among them.
const (
	patience = 20 * time.Second
	leeway   = 5
	slower   = 4 * leeway
)

// worthwhile is for how many patches one build is made. Fewer are quicker in builds
// of their own: the tests of the solutions as they are need not run again then, as
// the go command keeps their results.
const worthwhile = 4

// hasty has the compiler optimize nothing in the steps, whose tests run once: that
// is a third of the work. What the steps import, bcrypt above all, is as ever.
const hasty = "-gcflags=-N -l -dwarf=false"

// Judge runs the lessons' tests over patched solutions. To compile and link the
// tests of a step takes longer by far than to run one of them; so all patches
// that can be are in one build (see the package variants), and the tests are run
// with one of them awake. What is judged well there is judged; all else is
// judged again in a build of its own.
//
// Green tests of those may be of an earlier run, which is a verdict of the very
// same inputs: the go command keeps a result by the test binary, which it knows by
// the content of every source (of an overlay, that of the file put in its place),
// by the flags, and by the variables and files that the tests look at. It misses
// what other programs read, and the lessons' tests start none.
type Judge struct {
	solved *course.Course                      // the course, with the solutions as the code under test
	took   map[string]map[string]time.Duration // by step: how long each test takes
	all    map[string]time.Duration            // and all of them
	// What go vet said of each patch that it was shown.
	complaints map[*Patch][]gotest.BuildError
	mixed      mix
}

// NewJudge makes a judge for the patches, to be closed after use. To begin with,
// go vet looks at the patches. Then it runs the tests that will judge them over
// the solutions as they are: a test that is red already proves nothing. That also
// builds what all patches share.
func NewJudge(ctx context.Context, c *course.Course, patches []*Patch) (*Judge, error) {
	j := &Judge{solved: solved(c), took: make(map[string]map[string]time.Duration), all: make(map[string]time.Duration)}
	if err := j.prepare(ctx, patches); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

// solved is the course with the solutions as the code under test.
func solved(c *course.Course) *course.Course {
	solved := *c
	solved.Root = filepath.Join(c.Root, "solutions")
	solved.Steps = slices.Clone(c.Steps)
	for i := range solved.Steps {
		solved.Steps[i].Dir = solved.Steps[i].Name
	}
	return &solved
}

// Close takes the judge's files away.
func (j *Judge) Close() error {
	if j.mixed.dir == "" {
		return nil
	}
	return os.RemoveAll(j.mixed.dir)
}

func (j *Judge) prepare(ctx context.Context, patches []*Patch) error {
	needed := make(map[string]bool)
	for _, p := range patches {
		if p.Fits(j.solved) != nil {
			continue // Judge says why
		}
		for _, step := range slices.Concat(j.own(p), j.later(p)) {
			needed[step.Name] = true
		}
	}
	if err := j.vet(ctx, patches); err != nil {
		return err
	}
	var packages []string
	for _, s := range j.solved.Steps {
		if needed[s.Name] {
			packages = append(packages, "./"+s.Dir+"/...")
		}
	}
	var err error
	if j.mixed.dir, err = os.MkdirTemp("", "flaws"); err != nil || packages == nil {
		return err
	}
	if len(patches) >= worthwhile {
		if err := j.mix(ctx, patches, packages); err != nil {
			return err
		}
	}
	return j.baseline(ctx, needed)
}

// own returns the steps whose tests judge a patch first: its own, for a flaw
// that of the test which catches it, and for an alternative those before its
// own that it changes.
func (j *Judge) own(p *Patch) []course.Step {
	var steps []course.Step
	for _, s := range j.solved.Steps {
		changed := slices.ContainsFunc(p.Paths(), func(file string) bool { return strings.HasPrefix(file, s.Dir+"/") })
		if s.Name == p.Step || s.Name == p.CaughtBy.Step || changed && p.Alternative && s.Number < stepNumber(p.Step) {
			steps = append(steps, s)
		}
	}
	return steps
}

// later returns the steps that build on an alternative.
func (j *Judge) later(p *Patch) []course.Step {
	if !p.Alternative {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(j.solved.Steps), func(s course.Step) bool { return s.Number <= stepNumber(p.Step) })
}

// baseline runs the tests of the steps over the solutions, with all patches
// asleep that are in one build with them, and keeps the test binaries.
func (j *Judge) baseline(ctx context.Context, needed map[string]bool) error {
	byImport := make(map[string]string)
	j.mixed.binaries = make(map[string]string)
	args := []string{fmt.Sprintf("-timeout=%s", timeout)}
	if j.mixed.number == nil {
		args = append(args, "-vet=all", hasty) // as the builds of the patches: they share what is the same
	} else {
		args = append(args, "-vet=off", "-overlay="+j.mixed.list, "-o="+j.mixed.dir+string(filepath.Separator))
	}
	for _, s := range j.solved.Steps {
		if needed[s.Name] {
			byImport[s.ImportPath] = s.Name
			args = append(args, "./"+s.Dir)
			binary := filepath.Join(j.mixed.dir, path.Base(s.ImportPath)+".test")
			if runtime.GOOS == "windows" {
				binary += ".exe"
			}
			j.mixed.binaries[s.ImportPath] = binary
		}
	}
	results, err := gotest.Collect(ctx, j.solved.Root, args)
	if err != nil {
		return err
	}
	for _, importPath := range slices.Sorted(maps.Keys(byImport)) {
		name := byImport[importPath]
		took, green := results.Passed(importPath)
		if !green {
			return fmt.Errorf("the solution of %s is not green as it is, so its tests cannot judge a change. Look at it with: go test -C solutions ./%s\n%s", name, name, results.Failed(importPath)+results.Said)
		}
		j.took[name], j.all[name] = results.Durations(importPath), took
	}
	return nil
}

// Judge judges one patch. The error is that of ctx, which has ended; whatever
// else keeps the tests from judging is the patch's fault.
func (j *Judge) Judge(ctx context.Context, p *Patch) (Verdict, error) {
	if p.Alternative {
		return j.measure(ctx, p, func() (Verdict, error) { return j.accept(ctx, p) })
	}
	return j.measure(ctx, p, func() (Verdict, error) { return j.catch(ctx, p) })
}

// measure takes the time of a verdict, and makes one of an error that is not
// ctx's.
func (j *Judge) measure(ctx context.Context, p *Patch, judge func() (Verdict, error)) (Verdict, error) {
	start := time.Now()
	v, err := judge()
	if ctx.Err() != nil {
		return Verdict{}, ctx.Err()
	}
	if err != nil {
		v = Verdict{Why: err.Error()}
	}
	v.Patch, v.Took = p, time.Since(start)
	return v, nil
}

// accept judges alternatives, which change different files, as if they were one.
func (j *Judge) accept(ctx context.Context, patches ...*Patch) (Verdict, error) {
	var steps []course.Step
	for _, p := range patches {
		for _, s := range slices.Concat(j.own(p), j.later(p), j.programs(p)) {
			if !slices.ContainsFunc(steps, func(known course.Step) bool { return known.Dir == s.Dir }) {
				steps = append(steps, s)
			}
		}
	}
	if report, err := j.wake(ctx, patches, steps); report != nil || err != nil {
		if err != nil {
			return Verdict{}, err
		}
		if v := accepted(j.solved, patches[0].Step, report); v.OK || len(patches) > 1 || hung(report) {
			return v, nil
		}
	}
	report, err := j.run(ctx, patches, steps)
	if err != nil {
		return Verdict{}, err
	}
	return accepted(j.solved, patches[0].Step, report), nil
}

// catch judges a flaw. Where it is not caught by the few tests that it needs, it
// may be by the others of its step.
func (j *Judge) catch(ctx context.Context, p *Patch) (Verdict, error) {
	if p.Race {
		return j.race(ctx, p)
	}
	steps := j.own(p)
	var few []string
	if p.CaughtBy.Name != "" && p.Exercise != "" {
		few = append(few, "-run="+j.fewest(p))
	}
	if report, err := j.wake(ctx, []*Patch{p}, steps, few...); report != nil || err != nil {
		if err != nil {
			return Verdict{}, err
		}
		if v := caught(p, report); v.OK || hung(report) {
			return v, nil
		}
	}
	steps = append(steps, j.programs(p)...)
	if few != nil {
		report, err := j.run(ctx, []*Patch{p}, steps, few...)
		if err != nil {
			return Verdict{}, err
		}
		if v := caught(p, report); v.OK || len(report.Build) > 0 || hung(report) {
			return v, nil
		}
	}
	report, err := j.run(ctx, []*Patch{p}, steps)
	if err != nil {
		return Verdict{}, err
	}
	return caught(p, report), nil
}

// patience is how long the tests of one of the steps may take with patches.
func (j *Judge) patience(patches []*Patch, steps []course.Step) time.Duration {
	limit, times := patience, time.Duration(leeway)
	if patches[0].Alternative {
		times = slower
	}
	for _, s := range steps {
		limit = max(limit, times*j.all[s.Name])
	}
	return min(limit, timeout)
}

// watched lets the race detector watch all but bcrypt, which is arithmetic on
// variables of its own, with nothing to race for, and thirteen times slower then.
var watched = []string{"-race", "-gcflags=golang.org/x/crypto/blowfish=-race=false"}

// race judges a flaw that only the race detector sees. It needs cgo, a C compiler
// and a platform that has it.
func (j *Judge) race(ctx context.Context, p *Patch) (Verdict, error) {
	if err := p.Fits(j.solved); err != nil {
		return Verdict{}, err
	}
	step, _ := stepNamed(j.solved, p.CaughtBy.Step) // Fits has seen to it
	results, err := gotest.Collect(ctx, j.solved.Root, append(slices.Clone(watched), "-vet=off", "-run=^$", "./"+step.Dir))
	if err != nil {
		return Verdict{}, err
	}
	if _, works := results.Passed(step.ImportPath); !works {
		return Verdict{Skipped: "skipped, as the race detector does not work here: it needs cgo and a C compiler"}, nil
	}
	var few []string
	if p.CaughtBy.Name != "" && p.Exercise != "" {
		few = append(few, "-run="+j.fewest(p))
	}
	report, err := j.run(ctx, []*Patch{p}, j.own(p), slices.Concat(watched, few)...)
	if err != nil {
		return Verdict{}, err
	}
	if why := broken(report); why != "" {
		return Verdict{Why: why}, nil
	}
	v := byTest(p, report)
	if !v.OK {
		return v, nil
	}
	unwatched, err := j.run(ctx, []*Patch{p}, j.own(p), few...)
	if err != nil {
		return Verdict{}, err
	}
	return letsIn(p, unwatched, v), nil
}

// wake runs the tests of the steps with patches awake in the one build of all.
// Without a report and an error, one of them is not in it.
func (j *Judge) wake(ctx context.Context, patches []*Patch, steps []course.Step, flags ...string) (*gotest.Report, error) {
	env, ok := j.mixes(patches)
	if !ok {
		return nil, nil
	}
	steps = slices.DeleteFunc(slices.Clone(steps), func(s course.Step) bool { return j.mixed.binaries[s.ImportPath] == "" })
	runner := gotest.Runner{Timeout: j.patience(patches, steps), Flags: flags, Compiled: j.mixed.binaries, Env: env}
	return runner.Run(ctx, j.solved, course.Selection{Steps: steps})
}

// programs returns the packages besides those of p's own steps that p changes,
// to be built and vetted: the programs below cmd, as a rule.
func (j *Judge) programs(p *Patch) []course.Step {
	var steps []course.Step
	for _, file := range p.Paths() {
		dir := path.Dir(file)
		if path.Ext(file) != ".go" || slices.ContainsFunc(slices.Concat(j.own(p), steps), func(s course.Step) bool { return s.Dir == dir }) {
			continue
		}
		name, below, _ := strings.Cut(dir, "/")
		step, _ := stepNamed(j.solved, name) // Fits has seen to it
		steps = append(steps, course.Step{Name: dir, Number: step.Number, Dir: dir, ImportPath: path.Join(step.ImportPath, below)})
	}
	return steps
}

// run runs the tests of the steps over the solutions with patches laid over
// them, which change different files.
func (j *Judge) run(ctx context.Context, patches []*Patch, steps []course.Step, flags ...string) (*gotest.Report, error) {
	files := make(map[string][]byte)
	for _, p := range patches {
		if err := p.Fits(j.solved); err != nil {
			return nil, err
		}
		changed, err := p.Apply(j.solved.Root)
		if err != nil {
			return nil, err
		}
		maps.Copy(files, changed)
	}
	dir, err := os.MkdirTemp("", "flaw")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // the system clears up what is left
	list, err := overlay.Write(dir, files)
	if err != nil {
		return nil, err
	}
	flags = append([]string{j.vetting(patches), hasty, "-overlay=" + list}, flags...)
	limit := j.patience(patches, steps)
	if slices.Contains(flags, watched[0]) {
		limit = timeout // which slows down some code tenfold
	}
	report, err := gotest.Runner{Timeout: limit, Flags: flags}.Run(ctx, j.solved, course.Selection{Steps: steps})
	if err != nil {
		return nil, err
	}
	err = j.nameOriginals(report.Build, list)
	for _, p := range patches {
		report.Build = append(report.Build, j.complaints[p]...)
	}
	return report, err
}

// vetting is the flag that turns go vet off for patches that it was shown.
func (j *Judge) vetting(patches []*Patch) string {
	for _, p := range patches {
		if _, ok := j.complaints[p]; !ok {
			return "-vet=all"
		}
	}
	return "-vet=off"
}

// nameOriginals puts the names of the solutions' files into what the compiler
// says: it names the copies that the overlay has put in their place.
func (j *Judge) nameOriginals(build []gotest.BuildError, list string) error {
	if len(build) == 0 {
		return nil
	}
	text, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	var overlay struct{ Replace map[string]string } // see "go help build"
	if err := json.Unmarshal(text, &overlay); err != nil {
		return err
	}
	for original, copied := range overlay.Replace {
		name, err := filepath.Rel(j.solved.Root, original)
		if err != nil {
			return err
		}
		for i := range build {
			file := filepath.FromSlash(build[i].File)
			if !filepath.IsAbs(file) { // where that is shorter
				file = filepath.Join(j.solved.Root, file)
			}
			if file == filepath.Clean(copied) {
				build[i].File = filepath.ToSlash(name)
			}
		}
	}
	return nil
}

// fewest is the pattern for the tests that a flaw needs: the one that catches
// it, and the quickest other of its exercise, to see that the honest caller
// gets in.
func (j *Judge) fewest(p *Patch) string {
	names := []string{p.CaughtBy.Top()}
	step, _ := stepNamed(j.solved, p.Step) // Fits has seen to it
	took := j.took[step.Name]
	quickest := ""
	for _, name := range slices.Sorted(maps.Keys(took)) {
		owner, _ := step.Owner(name)
		if owner.ID == p.Exercise && name != names[0] && (quickest == "" || took[name] < took[quickest]) {
			quickest = name
		}
	}
	if quickest != "" {
		names = append(names, quickest)
	}
	return "^(" + strings.Join(names, "|") + ")$"
}
