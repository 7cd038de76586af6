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
// The tests of an alternative's own step judge it alone. Those of the later
// steps take most of the time and hardly ever object, so they see several
// alternatives together, which change different files; only if they object to
// a group do they judge each of it alone.
func (j *Judge) All(ctx context.Context, patches []*Patch, tell func(Verdict)) ([]Verdict, error) {
	var mutex sync.Mutex
	verdicts := make(map[*Patch]Verdict)
	done := func(v Verdict) {
		mutex.Lock()
		defer mutex.Unlock()
		verdicts[v.Patch] = v
		tell(v)
	}

	half := make([]Verdict, len(patches)) // of the alternatives whose own step is content
	var alone, rest []task
	for i, p := range patches {
		if !p.Alternative {
			continue
		}
		alone = append(alone, func(ctx context.Context) error {
			v, err := j.measure(ctx, p, func() (Verdict, error) { return j.accept(ctx, []*Patch{p}, append(j.own(p), j.programs(p)...)) })
			switch {
			case err != nil:
				return err
			case v.OK && len(j.later(p)) > 0:
				half[i] = v
			default:
				done(v)
			}
			return nil
		})
	}
	if err := sideBySide(ctx, alone); err != nil {
		return nil, err
	}
	half = slices.DeleteFunc(half, func(v Verdict) bool { return v.Patch == nil })
	for _, group := range together(half) {
		rest = append(rest, func(ctx context.Context) error { return j.group(ctx, group, done) })
	}
	for _, p := range patches { // a flaw takes a second: good to fill the end with
		if !p.Alternative {
			rest = append(rest, func(ctx context.Context) error {
				v, err := j.Judge(ctx, p)
				if err == nil {
					done(v)
				}
				return err
			})
		}
	}
	if err := sideBySide(ctx, rest); err != nil {
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

// together puts alternatives of the same step that have no file in common into
// one group.
func together(verdicts []Verdict) [][]Verdict {
	var groups [][]Verdict
	for _, v := range verdicts {
		i := slices.IndexFunc(groups, func(group []Verdict) bool {
			return !slices.ContainsFunc(group, func(other Verdict) bool { return apart(v.Patch, other.Patch) })
		})
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], v)
	}
	return groups
}

// apart reports whether two alternatives must not be in one group.
func apart(a, b *Patch) bool {
	return a.Step != b.Step || slices.ContainsFunc(a.Paths(), func(file string) bool { return slices.Contains(b.Paths(), file) })
}

// vetted is the flag for steps whose own code is untouched.
const vetted = "-vet=off"

// group lets the later steps judge alternatives that their own step accepts.
func (j *Judge) group(ctx context.Context, group []Verdict, done func(Verdict)) error {
	var patches []*Patch
	for _, v := range group {
		patches = append(patches, v.Patch)
	}
	together, err := j.measure(ctx, nil, func() (Verdict, error) { return j.accept(ctx, patches, j.later(patches[0]), vetted) })
	if err != nil {
		return err
	}
	for _, own := range group {
		v := together
		v.Patch, v.Took = own.Patch, own.Took+together.Took/time.Duration(len(group))
		if !together.OK && len(group) > 1 {
			alone, err := j.measure(ctx, own.Patch, func() (Verdict, error) { return j.accept(ctx, []*Patch{own.Patch}, j.later(own.Patch), vetted) })
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
