// Package starter derives what a learner begins with, stepN-*, from what is
// solved, solutions/stepN-*.
//
// A function whose body starts with a comment "Exercise N.M: ..." keeps that
// comment, and one return statement takes the place of the rest. What only the
// removed code needed goes with it: imports, and unexported declarations in
// files that have an exercise. Everything else is carried over byte for byte.
package starter

import (
	"bytes"
	"context"
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

// Files holds the contents of a step, by path within it, with slashes.
type Files map[string][]byte

// Steps returns the folders below root/solutions that starters are derived
// from, such as "step1-hashing", in the order of their numbers.
func Steps(root string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(root, "solutions"))
	if err != nil {
		return nil, fmt.Errorf("starter: %w", err)
	}
	var steps []string
	for _, e := range entries {
		if e.IsDir() && number(e.Name()) > 0 {
			steps = append(steps, e.Name())
		}
	}
	slices.SortFunc(steps, func(a, b string) int { return number(a) - number(b) })
	return steps, nil
}

// number is N of the folder "stepN-name", and 0 for any other.
func number(folder string) int {
	digits, _, ok := strings.Cut(strings.TrimPrefix(folder, "step"), "-")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return 0
	}
	return n
}

// Derive returns the starter of a step: every file that belongs into
// root/step. Whoever needs more than one form of a step calls Load.
func Derive(ctx context.Context, root, step string) (Files, error) {
	s, err := Load(ctx, root, step)
	if err != nil {
		return nil, err
	}
	return s.Starter()
}

// byHand names what is written in stepN itself rather than derived. It is
// neither read from a solution nor touched in a step.
var byHand = []string{"README.md", "lesson.toml", "*.svg"}

// passing names what programs and editors leave behind, as .gitignore does.
var passing = []string{".*", "*.db", "*.db-shm", "*.db-wal", "*.pem", "*.swp", "*.test", "*.out", "*.prof"}

// underivable reports whether the derivation has nothing to say about a file
// or folder of a step.
func underivable(name string) bool {
	matches := func(pattern string) bool {
		ok, _ := path.Match(pattern, path.Base(name))
		return ok
	}
	return slices.ContainsFunc(passing, matches) ||
		path.Dir(name) == "." && slices.ContainsFunc(byHand, matches)
}

// Read returns the files of a step or of a solution that the derivation gives
// or would have to give. A folder that is not there has none.
func Read(dir string) (Files, error) {
	files := make(Files)
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			if file == dir && errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		if file == dir {
			return nil
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		switch {
		case underivable(name) && entry.IsDir():
			return fs.SkipDir
		case underivable(name), entry.IsDir():
			return nil
		case !entry.Type().IsRegular():
			return fmt.Errorf("%s is no regular file: put the file itself there", file)
		}
		files[name], err = os.ReadFile(file)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("starter: %w", err)
	}
	return files, nil
}

// isGo reports whether the go command compiles the file.
func isGo(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.Contains("/"+name, "/testdata/")
}

// unix gives text the line ends that every file of the course has, whatever a
// checkout on Windows made of them.
func unix(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }
