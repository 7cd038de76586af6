package flaw

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Load reads all patches below a folder, in the order in which they are shown:
// by step, flaws before alternatives, by exercise and name. The error tells
// all that could not be read. Patch.File begins with prefix.
func Load(dir, prefix string) ([]*Patch, error) {
	var patches []*Patch
	var faults []error
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "testdata":
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".patch":
			return nil
		}
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		p, err := Parse(path.Join(prefix, name), text)
		if err != nil {
			faults = append(faults, err)
			return nil
		}
		patches = append(patches, p)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the patches in %s: %w", prefix, cause(err))
	}
	slices.SortStableFunc(patches, func(a, b *Patch) int {
		return cmp.Or(slices.Compare(a.rank(), b.rank()), strings.Compare(a.Name, b.Name))
	})
	return patches, errors.Join(faults...)
}

// cause is an error without the path "." that it has from inside a folder.
func cause(err error) error {
	if inside, ok := errors.AsType[*fs.PathError](err); ok {
		return inside.Err
	}
	return err
}

// rank is what patches are sorted by: the numbers of step and exercise, with
// the alternatives of a step behind its flaws.
func (p *Patch) rank() []int {
	kind := 0
	if p.Alternative {
		kind = 1
	}
	_, minor, _ := strings.Cut(p.Exercise, ".")
	exercise, _ := strconv.Atoi(minor) // 0 if it names none
	return []int{stepNumber(p.Step), kind, exercise}
}

// stepNumber is the number in the name of a step's folder.
func stepNumber(step string) int {
	m := stepFolder.FindStringSubmatch(step)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1]) // digits
	return n
}
