package flaw

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"example.com/bookapi/workshop/internal/edit"
)

// Apply returns what the files of the patch become, by their paths below the
// folder of the solutions; nil stands for a file that goes. Nothing is written.
//
// Every line of context and every line that goes must be there, to the last
// byte. Where they stand may have moved, if there is only one such place.
func (p *Patch) Apply(solutions string) (map[string][]byte, error) {
	result := make(map[string][]byte)
	hunks := p.hunks
	for _, f := range p.files {
		name := target(f)
		path := filepath.Join(solutions, filepath.FromSlash(name))
		old, err := os.ReadFile(path)
		switch {
		case f.IsNew && err == nil:
			return nil, fmt.Errorf("%s:%d: does not apply: %s is there already", p.File, hunks[0], name)
		case errors.Is(err, fs.ErrNotExist) && f.IsNew:
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("%s:%d: does not apply: the solutions have no %s", p.File, hunks[0], name)
		case err != nil:
			return nil, err
		}
		old = edit.Unix(old) // as the patch is read
		moved, err := locate(f, string(old))
		if err != nil {
			at := hunks[len(moved.TextFragments)]
			return nil, fmt.Errorf("%s:%d: does not apply: %s: %w", p.File, at, name, err)
		}
		hunks = hunks[len(f.TextFragments):]
		var patched bytes.Buffer
		if err := gitdiff.Apply(&patched, bytes.NewReader(old), moved); err != nil {
			return nil, fmt.Errorf("%s: does not apply: %s: %w", p.File, name, err)
		}
		result[path] = patched.Bytes()
		if f.IsDelete {
			result[path] = nil
		} else if result[path] == nil {
			result[path] = []byte{}
		}
	}
	return result, nil
}

// locate returns a part of a patch with its hunks moved to where their lines
// stand in text. With an error, it has the hunks before the one at fault.
func locate(f *gitdiff.File, text string) (*gitdiff.File, error) {
	moved := *f
	moved.TextFragments = nil
	lines := slices.Collect(strings.Lines(text))
	free := 0 // the lines before are those of earlier hunks
	for _, hunk := range f.TextFragments {
		h := *hunk
		if !f.IsNew {
			var old []string
			for _, line := range h.Lines {
				if line.Old() {
					old = append(old, line.Line)
				}
			}
			at, err := find(old, lines, free, int(h.OldPosition)-1)
			if err != nil {
				return &moved, err
			}
			h.OldPosition = int64(at) + 1
			free = at + len(old)
		}
		moved.TextFragments = append(moved.TextFragments, &h)
	}
	return &moved, nil
}

// find returns the index at which old stands in lines, from the index free on:
// the one that the patch gives, or else the only one.
func find(old, lines []string, free, given int) (int, error) {
	standsAt := func(i int) bool {
		return i >= free && i+len(old) <= len(lines) && slices.Equal(lines[i:i+len(old)], old)
	}
	if standsAt(given) {
		return given, nil
	}
	var places []int
	for i := range lines {
		if standsAt(i) {
			places = append(places, i)
		}
	}
	switch {
	case len(places) == 1:
		return places[0], nil
	case len(places) > 1:
		return 0, fmt.Errorf("the lines of the hunk stand at lines %d and %d, and not where it says, %d: give it more context", places[0]+1, places[1]+1, given+1)
	}
	for i, want := range old {
		if at := given + i; at >= 0 && at < len(lines) && lines[at] != want {
			return 0, fmt.Errorf("line %d is %q, and the patch has %q there", at+1, strings.TrimSuffix(lines[at], "\n"), strings.TrimSuffix(want, "\n"))
		}
	}
	return 0, fmt.Errorf("the file ends before line %d", given+len(old))
}
