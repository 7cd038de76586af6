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
// order of patches. With an error, as when ctx ends, it is what is judged so far.
//
// Alternatives that change different files are judged together, as if they were
// one: the tests of the later steps take most of the time, and hardly ever
// object.
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
	for _, group := range j.together(alternatives) {
		tasks = append(tasks, func(ctx context.Context) error { return j.group(ctx, group, done) })
	}
	err := sideBySide(ctx, append(tasks, flaws...))
	var all []Verdict
	for _, p := range patches {
		if v, judged := verdicts[p]; judged {
			all = append(all, v)
		}
	}
	return all, err
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

// together puts patches that have no file in common into one group, and into the
// smallest where there is a choice: the last of those, as the first hold the most
// unusual hashes, with which a decoy of bcrypt does not go together. One that is
// not in the build with the others is alone.
func (j *Judge) together(patches []*Patch) [][]*Patch {
	var groups [][]*Patch
	var alone [][]*Patch
	for _, p := range patches {
		if _, ok := j.mixes([]*Patch{p}); !ok {
			alone = append(alone, []*Patch{p})
			continue
		}
		best := -1
		for i, group := range groups {
			fits := !slices.ContainsFunc(group, func(other *Patch) bool { return collide(p, other) })
			if fits && (best < 0 || len(group) <= len(groups[best])) {
				best = i
			}
		}
		if best < 0 {
			best = len(groups)
			groups = append(groups, nil)
		}
		groups[best] = append(groups[best], p)
	}
	return slices.Concat(alone, groups) // those take longer, so they come first
}

// collide reports whether two patches change the same file.
func collide(a, b *Patch) bool {
	return slices.ContainsFunc(a.Paths(), func(file string) bool { return slices.Contains(b.Paths(), file) })
}

// group judges alternatives together. If they are rejected, it halves the group
// until it is known whose fault it is; two may also just not go together.
func (j *Judge) group(ctx context.Context, group []*Patch, done func(Verdict)) error {
	v, err := j.measure(ctx, nil, func() (Verdict, error) { return j.accept(ctx, group...) })
	if err != nil {
		return err
	}
	if half := len(group) / 2; !v.OK && half > 0 {
		if err := j.group(ctx, group[:half], done); err != nil {
			return err
		}
		return j.group(ctx, group[half:], done)
	}
	v.Took /= time.Duration(len(group))
	for _, p := range group {
		v.Patch = p
		done(v)
	}
	return nil
}
