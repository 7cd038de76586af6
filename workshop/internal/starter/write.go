package starter

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Kind says in what way a file is not what the derivation gives.
type Kind string

// The kinds of difference.
const (
	Differs Kind = "differs" // both have it
	Missing Kind = "missing" // the step has not
	Extra   Kind = "extra"   // only the step has
)

// A Difference is a file of a step that is not what the derivation gives.
type Difference struct {
	Path string // within the step, with slashes
	Kind Kind
	Line int // the first that differs, if Kind is Differs
}

// Drift compares root/step with the files that it should have. Line ends do
// not count: git may have changed them. The answer is in the order of paths.
func Drift(root, step string, want Files) ([]Difference, error) {
	have, err := Read(filepath.Join(root, step))
	if err != nil {
		return nil, err
	}
	var list []Difference
	for name, content := range want {
		switch found, ok := have[name]; {
		case !ok:
			list = append(list, Difference{Path: name, Kind: Missing})
		case !bytes.Equal(unix(found), unix(content)):
			list = append(list, Difference{Path: name, Kind: Differs, Line: firstDifference(unix(found), unix(content))})
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			list = append(list, Difference{Path: name, Kind: Extra})
		}
	}
	slices.SortFunc(list, func(a, b Difference) int { return strings.Compare(a.Path, b.Path) })
	return list, nil
}

func firstDifference(a, b []byte) int {
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	return 1 + bytes.Count(a[:same], []byte("\n"))
}

// Write makes root/step have the given files, and no Go file besides, which
// would break the build. Nobody's work is lost: what it replaces or takes away
// is first copied to a folder below root/.workshop/kept, named after now and the
// step. It returns what was different before, and the folder, "" if nothing was
// kept.
//
// What is written by hand in the step is not touched, nor any other file that
// is no Go file.
func Write(root, step string, files Files, now time.Time) (changed []Difference, kept string, err error) {
	drift, err := Drift(root, step, files)
	if err != nil {
		return nil, "", err
	}
	for _, d := range drift {
		if d.Kind != Extra || isGo(d.Path) {
			changed = append(changed, d)
		}
	}
	if slices.ContainsFunc(changed, func(d Difference) bool { return d.Kind != Missing }) {
		if kept, err = keep(root, step, changed, now); err != nil {
			return nil, "", fmt.Errorf("starter: nothing is changed, for what is there could not be kept: %w", err)
		}
	}
	for _, d := range changed {
		file := filepath.Join(root, step, filepath.FromSlash(d.Path))
		if d.Kind == Extra {
			err = os.Remove(file)
		} else {
			err = writeFile(file, files[d.Path])
		}
		if err != nil {
			return nil, kept, fmt.Errorf("starter: %w", err)
		}
	}
	return changed, kept, nil
}

// keep copies the files that are about to change to a folder of their own.
func keep(root, step string, changed []Difference, now time.Time) (string, error) {
	folder, err := newFolder(filepath.Join(root, ".workshop", "kept", now.Format("2006-01-02T150405")), step)
	if err != nil {
		return "", err
	}
	for _, d := range changed {
		if d.Kind == Missing {
			continue
		}
		content, err := os.ReadFile(filepath.Join(root, step, filepath.FromSlash(d.Path)))
		if err != nil {
			return "", err
		}
		if err := writeFile(filepath.Join(folder, filepath.FromSlash(d.Path)), content); err != nil {
			return "", err
		}
	}
	return folder, nil
}

// newFolder makes a folder that was not there: name, or name-2, name-3, ...
func newFolder(parent, name string) (string, error) {
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", err
	}
	folder := filepath.Join(parent, name)
	for n := 2; ; n++ {
		err := os.Mkdir(folder, 0o755)
		if !errors.Is(err, fs.ErrExist) {
			return folder, err
		}
		folder = filepath.Join(parent, name+"-"+strconv.Itoa(n))
	}
}

func writeFile(file string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o644)
}

// Overlay returns what the go command has to be told, by overlay.Write, to see
// root/step as if it had these files, whatever is on disk.
func Overlay(root, step string, files Files) (map[string][]byte, error) {
	have, err := Read(filepath.Join(root, step))
	if err != nil {
		return nil, err
	}
	replace := make(map[string][]byte)
	for name := range have {
		if isGo(name) {
			replace[filepath.Join(root, step, filepath.FromSlash(name))] = nil
		}
	}
	for name, content := range files {
		replace[filepath.Join(root, step, filepath.FromSlash(name))] = append([]byte{}, content...)
	}
	return replace, nil
}
