package flaw

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

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

// Judge runs the lessons' tests over patched solutions.
type Judge struct {
	solved *course.Course                      // the course, with the solutions as the code under test
	took   map[string]map[string]time.Duration // by step: how long each test takes
}

// NewJudge makes a judge for the patches. To begin with, it runs the tests that
// will judge them over the solutions as they are: a test that is red already
// proves nothing. That also builds what all patches share.
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
		for _, step := range j.judging(p) {
			needed[step.Name] = true
		}
	}
	return j, j.baseline(ctx, needed)
}

// judging returns the steps whose tests judge a patch: for a flaw its own and
// the one that catches it, for an alternative its own and all that build on it.
func (j *Judge) judging(p *Patch) []course.Step {
	var steps []course.Step
	for _, s := range j.solved.Steps {
		if s.Name == p.Step || !p.Alternative && s.Name == p.CaughtBy.Step || p.Alternative && s.Number > stepNumber(p.Step) {
			steps = append(steps, s)
		}
	}
	return steps
}

// baseline runs the tests of the steps over the untouched solutions.
func (j *Judge) baseline(ctx context.Context, needed map[string]bool) error {
	byImport := make(map[string]string)
	args := []string{fmt.Sprintf("-timeout=%s", timeout), "-vet=all"}
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

// All judges patches, as many side by side as there are processors, and tells
// each of its verdicts as it comes, one after the other. The result is in the
// order of patches.
func (j *Judge) All(ctx context.Context, patches []*Patch, tell func(Verdict)) ([]Verdict, error) {
	verdicts := make([]Verdict, len(patches))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	var telling sync.Mutex
	for _, i := range longestFirst(patches) {
		group.Go(func() error {
			v, err := j.Judge(ctx, patches[i])
			if err != nil {
				return err
			}
			verdicts[i] = v
			telling.Lock()
			defer telling.Unlock()
			tell(v)
			return nil
		})
	}
	return verdicts, group.Wait()
}

// longestFirst returns the indexes of patches so that no long run is left for
// the end: alternatives of early steps run the tests of many.
func longestFirst(patches []*Patch) []int {
	var order []int
	for i := range patches {
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(length(patches[a]), length(patches[b])) })
	return order
}

func length(p *Patch) int {
	if p.Alternative {
		return stepNumber(p.Step)
	}
	return 1000
}

// Judge judges one patch. The error is that of ctx, which has ended; whatever
// else keeps the tests from judging is the patch's fault.
func (j *Judge) Judge(ctx context.Context, p *Patch) (Verdict, error) {
	start := time.Now()
	v, err := j.judge(ctx, p)
	if ctx.Err() != nil {
		return Verdict{}, ctx.Err()
	}
	if err != nil {
		v = Verdict{Why: err.Error()}
	}
	v.Patch, v.Took = p, time.Since(start)
	return v, nil
}

func (j *Judge) judge(ctx context.Context, p *Patch) (Verdict, error) {
	if err := p.Fits(j.solved); err != nil {
		return Verdict{}, err
	}
	files, err := p.Apply(j.solved.Root)
	if err != nil {
		return Verdict{}, err
	}
	dir, err := os.MkdirTemp("", "flaw")
	if err != nil {
		return Verdict{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // the system clears up what is left
	list, err := overlay.Write(dir, files)
	if err != nil {
		return Verdict{}, err
	}

	if p.Alternative {
		report, err := j.run(ctx, p, list)
		if err != nil {
			return Verdict{}, err
		}
		return accepted(report), nil
	}
	if p.CaughtBy.Name != "" && p.Exercise != "" {
		report, err := j.run(ctx, p, list, "-run="+j.fewest(p))
		if err != nil {
			return Verdict{}, err
		}
		if v := caught(p, report); v.OK || len(report.Build) > 0 {
			return v, nil
		}
		// The slow tests may have seen what the quick ones have not.
	}
	report, err := j.run(ctx, p, list)
	if err != nil {
		return Verdict{}, err
	}
	return caught(p, report), nil
}

// run runs tests of the steps that judge p, with the overlay of a list. Other
// packages that p changes are built and vetted.
func (j *Judge) run(ctx context.Context, p *Patch, list string, flags ...string) (*gotest.Report, error) {
	selection := course.Selection{Steps: j.judging(p)}
	for _, file := range p.Paths() {
		dir := path.Dir(file)
		if path.Ext(file) != ".go" || slices.ContainsFunc(selection.Steps, func(s course.Step) bool { return s.Dir == dir }) {
			continue
		}
		name, below, _ := strings.Cut(dir, "/")
		step, _ := stepNamed(j.solved, name) // Fits has seen to it
		selection.Steps = append(selection.Steps, course.Step{
			Name: dir, Number: step.Number, Dir: dir, ImportPath: path.Join(step.ImportPath, below),
		})
	}
	flags = append(flags, "-vet=all", "-overlay="+list)
	report, err := gotest.Runner{Timeout: timeout, Flags: flags}.Run(ctx, j.solved, selection)
	if err != nil {
		return nil, err
	}
	return report, j.nameOriginals(report.Build, list)
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
