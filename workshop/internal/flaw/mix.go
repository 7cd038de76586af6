package flaw

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/overlay"
	"example.com/bookapi/workshop/internal/variants"
)

// mix is one build of the steps' tests with many patches in it.
type mix struct {
	dir      string            // of its files
	list     string            // the overlay, empty if there are no patches in it
	number   map[*Patch]string // of the patches that are in it
	binaries map[string]string // by import path
}

// mix builds the tests of the steps with all patches that can be in one build:
// those that go vet has nothing against and that change packages which tests
// import. The others are judged in a build of their own.
func (j *Judge) mix(ctx context.Context, patches []*Patch, packages []string) error {
	var able []*Patch
	var changes []map[string][]byte
	for _, p := range patches {
		complaints, seen := j.complaints[p]
		inProgram := slices.ContainsFunc(p.Paths(), func(file string) bool { return strings.Contains(file, "/cmd/") })
		if !seen || len(complaints) > 0 || inProgram {
			continue
		}
		change, err := p.Apply(j.solved.Root)
		if err != nil {
			continue // Judge says why
		}
		able, changes = append(able, p), append(changes, change)
	}
	return j.merge(ctx, able, changes, packages)
}

// merge builds the packages with all changes that can be in one build.
func (j *Judge) merge(ctx context.Context, able []*Patch, changes []map[string][]byte, packages []string) error {
	used, err := findUses(j.solved)
	if err != nil {
		return err
	}
	for {
		merged, err := variants.Merge(changes, used.others, true)
		if err != nil {
			return err
		}
		if j.mixed.list, err = overlay.Write(j.mixed.dir, merged.Files); err != nil {
			return err
		}
		j.mixed.number = make(map[*Patch]string)
		for i, p := range able {
			if merged.Why[i] == nil {
				j.mixed.number[p] = strconv.Itoa(i)
			}
		}
		bad, err := j.culprits(ctx, changes, used, packages)
		if err != nil || len(bad) == 0 {
			return err
		}
		for i := len(able) - 1; i >= 0; i-- {
			if bad[i] {
				able, changes = slices.Delete(able, i, i+1), slices.Delete(changes, i, i+1)
			}
		}
	}
}

// culprits builds the packages, and finds the changes which the compiler objects
// to although go vet did not: those cannot be in one build with others.
func (j *Judge) culprits(ctx context.Context, changes []map[string][]byte, used uses, packages []string) (map[int]bool, error) {
	said, err := gotest.Build(ctx, j.solved.Root, append([]string{"-overlay=" + j.mixed.list}, packages...))
	if err != nil || len(said) == 0 {
		return nil, err
	}
	named, err := variants.Merge(changes, used.others, false)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(j.mixed.dir, "named")
	if err != nil {
		return nil, err
	}
	list, err := overlay.Write(dir, named.Files)
	if err != nil {
		return nil, err
	}
	said, err = gotest.Build(ctx, j.solved.Root, append([]string{"-gcflags=-e", "-overlay=" + list}, packages...))
	if err != nil {
		return nil, err
	}
	bad := make(map[int]bool)
	for _, e := range said {
		_, file, _ := strings.Cut(path.Base(filepath.ToSlash(e.File)), "-") // see overlay.Write
		if number, ok := variants.FromFile(file); ok {
			bad[number] = true
		}
	}
	if len(bad) == 0 && len(said) > 0 {
		return nil, fmt.Errorf("the solutions do not build: %s", said[0].Message)
	}
	return bad, nil
}

// mixes reports whether all patches are in the one build, and returns the
// variable that wakes them.
func (j *Judge) mixes(patches []*Patch) (env []string, ok bool) {
	var numbers []string
	for _, p := range patches {
		number, ok := j.mixed.number[p]
		if !ok {
			return nil, false
		}
		numbers = append(numbers, number)
	}
	return []string{variants.Variable + "=" + strings.Join(numbers, ",")}, true
}
