package course

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"golang.org/x/mod/modfile"

	"example.com/bookapi/workshop/internal/exercise"
)

// A ReferenceError is why the solution of a step cannot be used, with the way
// out. It is one sentence for all commands that need it.
type ReferenceError struct {
	Step int
	Why  string // "solutions/step1-hashing is not there"
}

func (e ReferenceError) Error() string {
	return fmt.Sprintf("The reference of step %d cannot be used: %s. Put it back with \"git checkout -- solutions\", or from a fresh copy of the course.", e.Step, e.Why)
}

// CheckReference returns a ReferenceError if the solution of a step is not
// there, or is no Go.
func (c *Course) CheckReference(s Step) error {
	dir := path.Join("solutions", s.Name)
	broken := func(why string, args ...any) error { return ReferenceError{s.Number, fmt.Sprintf(why, args...)} }
	local := filepath.Join(c.Root, filepath.FromSlash(dir))
	mod, err := os.ReadFile(filepath.Join(local, "go.mod"))
	switch {
	case errors.Is(err, fs.ErrNotExist) && !exists(local):
		return broken("%s is not there", dir)
	case errors.Is(err, fs.ErrNotExist):
		return broken("%s/go.mod is not there", dir)
	case err != nil:
		return broken("%s/go.mod cannot be read (%v)", dir, cause(err))
	case modfile.ModulePath(mod) == "":
		return broken("%s/go.mod names no module", dir)
	}
	source := exercise.ReadSource(local)
	for name, outline := range source {
		if outline.Fault != nil {
			return broken("%s/%s is no Go in line %d (%s)", dir, name, outline.Fault.Line, outline.Fault.Message)
		}
	}
	for _, e := range s.Exercises {
		if len(source.Find(s.wanted(e))) == 0 {
			return broken("%s has no %s", dir, e.Func)
		}
	}
	return nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
