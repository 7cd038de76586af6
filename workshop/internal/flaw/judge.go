package flaw

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
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
	Took    time.Duration
}

// timeout is for the tests of one step. They take seconds; but they run beside
// those of other patches, on a machine that may have more to do.
const timeout = 5 * time.Minute

// hasty has the compiler optimize nothing in the steps, whose tests run once: that
// is a third of the work. What the steps import, bcrypt above all, is as ever.
const hasty = "-gcflags=-N -l -dwarf=false"

// Judge runs the lessons' tests over patched solutions.
type Judge struct {
	solved *course.Course                      // the course, with the solutions as the code under test
	took   map[string]map[string]time.Duration // by step: how long each test takes
	// What go vet said of each patch that it was shown.
	complaints map[*Patch][]gotest.BuildError
}

// NewJudge makes a judge for the patches. To begin with, it runs the tests that
// will judge them over the solutions as they are: a test that is red already
// proves nothing. That also builds what all patches share. And go vet looks at
// the patches.
func NewJudge(ctx context.Context, c *course.Course, patches []*Patch) (*Judge, error) {
	solved := *c
	solved.Root = filepath.Join(c.Root, "solutions")
	solved.Steps = slices.Clone(c.Steps)
	for i := range solved.Steps {
		solved.Steps[i].Dir = solved.Steps[i].Name
	}
	j := &Judge{solved: &solved, took: make(map[string]map[string]time.Duration)}
	needed := make(map[string]bool)
	for _, p := range patches {
		if p.Fits(j.solved) != nil {
			continue // Judge says why
		}
		for _, step := range slices.Concat(j.own(p), j.later(p)) {
			needed[step.Name] = true
		}
	}
	if err := j.baseline(ctx, needed); err != nil {
		return nil, err
	}
	return j, j.vet(ctx, patches)
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

// baseline runs the tests of the steps over the untouched solutions.
func (j *Judge) baseline(ctx context.Context, needed map[string]bool) error {
	byImport := make(map[string]string)
	args := []string{fmt.Sprintf("-timeout=%s", timeout), "-vet=all", hasty}
	for _, s := range j.solved.Steps {
		if needed[s.Name] {
			byImport[s.ImportPath] = s.Name
			j.took[s.Name] = make(map[string]time.Duration)
			args = append(args, "./"+s.Dir)
		}
	}
	if len(byImport) == 0 {
		return nil
	}
	green := make(map[string]bool)
	said, err := gotest.Stream(ctx, j.solved.Root, args, func(e gotest.Event) {
		step, ok := byImport[e.Package]
		switch {
		case !ok || e.Action != gotest.Pass:
		case e.Test == "":
			green[step] = true
		case !strings.Contains(e.Test, "/"):
			j.took[step][e.Test] = time.Duration(e.Elapsed * float64(time.Second))
		}
	})
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Values(byImport)) {
		if !green[name] {
			return fmt.Errorf("the solution of %s is not green as it is, so its tests cannot judge a change. Look at it with: go test -C solutions ./%s\n%s", name, name, said)
		}
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
	report, err := j.run(ctx, patches, steps)
	if err != nil {
		return Verdict{}, err
	}
	return accepted(report), nil
}

// catch judges a flaw.
func (j *Judge) catch(ctx context.Context, p *Patch) (Verdict, error) {
	steps := append(j.own(p), j.programs(p)...)
	if p.CaughtBy.Name != "" && p.Exercise != "" {
		report, err := j.run(ctx, []*Patch{p}, steps, "-run="+j.fewest(p))
		if err != nil {
			return Verdict{}, err
		}
		if v := caught(p, report); v.OK || len(report.Build) > 0 {
			return v, nil
		}
		// The slow tests may have seen what the quick ones have not.
	}
	report, err := j.run(ctx, []*Patch{p}, steps)
	if err != nil {
		return Verdict{}, err
	}
	return caught(p, report), nil
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
	report, err := gotest.Runner{Timeout: timeout, Flags: flags}.Run(ctx, j.solved, course.Selection{Steps: steps})
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
			if build[i].File == filepath.ToSlash(copied) {
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
