package derive

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/edit"
	"example.com/bookapi/workshop/internal/keep"
	"example.com/bookapi/workshop/internal/starter"
)

// Course returns what has to become of the repository's files so that each step
// is what its solution gives, and is archived for the companion: nothing, if no
// solution has changed.
func Course(ctx context.Context, root string) ([]keep.File, error) {
	steps, err := Steps(root)
	if err != nil {
		return nil, err
	}
	var files []keep.File
	archives := make(map[string][]byte)
	for _, step := range steps {
		solution, err := Load(ctx, root, step)
		if err != nil {
			return nil, err
		}
		derived, err := solution.Starter()
		if err != nil {
			return nil, err
		}
		changed, err := starter.Changes(root, step, derived)
		if err != nil {
			return nil, err
		}
		files = append(files, changed...)
		if archives[path.Base(starter.ArchiveName(step))], err = starter.Pack(derived); err != nil {
			return nil, fmt.Errorf("%s: %w", step, err)
		}
	}
	stale, err := staleArchives(root, archives)
	return append(files, stale...), err
}

// staleArchives compares the archives that are there with those that should be.
func staleArchives(root string, want map[string][]byte) ([]keep.File, error) {
	have, err := starter.Read(filepath.Join(root, filepath.FromSlash(starter.ArchiveDir)))
	if err != nil {
		return nil, err
	}
	var files []keep.File
	for name, text := range want {
		if !bytes.Equal(edit.Unix(have[name]), text) {
			files = append(files, keep.File{Path: path.Join(starter.ArchiveDir, name), Content: []byte(edit.LikeIn(have[name], string(text)))})
		}
	}
	for name := range have {
		if want[name] == nil {
			files = append(files, keep.File{Path: path.Join(starter.ArchiveDir, name), Gone: true})
		}
	}
	slices.SortFunc(files, func(a, b keep.File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}
