package flaw

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// All judges patches, as many side by side as there are processors, and tells
// each of its verdicts as it comes, one after the other. The result is in the
// order of patches.
//
// Alternatives that change different files are judged together, as if they were
// one: the tests of the later steps take most of the time, and hardly ever
// object. Only if they object to a group do they judge each of it alone.
func (j *Judge) All(ctx context.Context, patches []*Patch, tell func(Verdict)) ([]Verdict, error) {
	var mutex sync.Mutex
	verdicts := make(map[*Patch]Verdict)
	done := func(v Verdict) {
		mutex.Lock()
		defer mutex.Unlock()
		verdicts[v.Patch] = v
		tell(v)
	}

	var alternatives []*Patch
	var flaws []task // each takes a second: good to fill the end with
	for _, p := range patches {
		if p.Alternative && p.Fits(j.solved) == nil {
			alternatives = append(alternatives, p)
			continue
		}
		flaws = append(flaws, func(ctx context.Context) error {
			v, err := j.Judge(ctx, p)
			if err == nil {
				done(v)
			}
			return err
		})
	}
	var tasks []task
	for _, group := range together(alternatives) {
		tasks = append(tasks, func(ctx context.Context) error { return j.group(ctx, group, done) })
	}
	if err := sideBySide(ctx, append(tasks, flaws...)); err != nil {
		return nil, err
	}
	var all []Verdict
	for _, p := range patches {
		all = append(all, verdicts[p])
	}
	return all, nil
}

type task func(context.Context) error

// sideBySide runs tasks in their order, as many at a time as there are
// processors.
func sideBySide(ctx context.Context, tasks []task) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, t := range tasks {
		group.Go(func() error { return t(ctx) })
	}
	return group.Wait()
}

// together puts patches that have no file in common into one group.
func together(patches []*Patch) [][]*Patch {
	var groups [][]*Patch
	for _, p := range patches {
		i := slices.IndexFunc(groups, func(group []*Patch) bool {
			return !slices.ContainsFunc(group, func(other *Patch) bool { return collide(p, other) })
		})
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], p)
	}
	return groups
}

// collide reports whether two patches change the same file.
func collide(a, b *Patch) bool {
	return slices.ContainsFunc(a.Paths(), func(file string) bool { return slices.Contains(b.Paths(), file) })
}

// group judges alternatives together or, if not all of them are accepted, each
// of them alone.
func (j *Judge) group(ctx context.Context, group []*Patch, done func(Verdict)) error {
	together, err := j.measure(ctx, nil, func() (Verdict, error) { return j.accept(ctx, group...) })
	if err != nil {
		return err
	}
	for _, p := range group {
		v := together
		v.Patch, v.Took = p, together.Took/time.Duration(len(group))
		if !together.OK && len(group) > 1 {
			alone, err := j.Judge(ctx, p)
			if err != nil {
				return err
			}
			alone.Took += v.Took
			v = alone
		}
		done(v)
	}
	return nil
}
