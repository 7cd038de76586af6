package workspace

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gocmd"
)

// Try asks the go command whether it accepts a go.work in root that is not
// there yet, and whether the steps are then whose they should be. The error is
// a sentence.
func Try(ctx context.Context, root string, work []byte, steps []course.Step, n int) error {
	f, err := os.CreateTemp(root, ".go.work.*.work") // paths in it count from its folder
	if err != nil {
		return cannotTry(err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(work)
	if err = errors.Join(err, f.Close()); err != nil {
		return cannotTry(err)
	}

	env := append(gocmd.Offline(), gocmd.Workspace(f.Name())...)
	out, err := gocmd.Output(ctx, root, env, "list", "-m", "-f", "{{.Path}}\t{{.Dir}}")
	if err != nil {
		said := strings.ReplaceAll(err.Error(), filepath.Base(f.Name()), "go.work")
		return fmt.Errorf("the go command does not accept the new go.work, so nothing is changed. It says:\n%s", said)
	}
	folders := map[string]string{}
	for line := range strings.Lines(out) {
		module, dir, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		folders[module] = dir
	}
	for _, s := range steps {
		owner := Learner
		if s.Number < n {
			owner = Reference
		}
		if !sameFolder(folders[s.ImportPath], filepath.Join(root, filepath.FromSlash(folderOf(s, owner)))) {
			return fmt.Errorf("something in go.work keeps step %d from being %s, so nothing is changed: look for %s in it", s.Number, owner, s.ImportPath)
		}
	}
	return nil
}

// cannotTry is the error for a folder that cannot be written. It leaves out the
// name of a file that nobody has heard of.
func cannotTry(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	return fmt.Errorf("nothing is changed, as the workshop's folder cannot be written: %w", err)
}

func sameFolder(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}
