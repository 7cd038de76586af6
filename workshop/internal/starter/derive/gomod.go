package derive

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/mod/modfile"

	"example.com/bookapi/workshop/internal/edit"
)

// starterGoMod is the go.mod of a starter: that of the solution, with the local
// replacements pointing from stepN to where they belong. A sibling below
// solutions becomes the learner's own. What is required stays, though the
// stubs need it no longer: the learner will.
func starterGoMod(step string, mod []byte) ([]byte, error) {
	name := path.Join("solutions", step, "go.mod")
	file, err := modfile.Parse(name, mod, nil)
	if err != nil {
		return nil, fmt.Errorf("derive: %w", err)
	}
	for _, r := range file.Replace {
		if r.New.Version != "" {
			continue // another module, not a folder
		}
		if path.IsAbs(r.New.Path) || strings.Contains(r.New.Path, `\`) {
			return nil, fmt.Errorf("%s:%d: a learner's clone is somewhere else: replace %s by a relative path with slashes", name, r.Syntax.Start.Line, r.Old.Path)
		}
		target := path.Join("solutions", step, r.New.Path) // from the root of the repository
		if strings.HasPrefix(target, "../") {
			return nil, fmt.Errorf("%s:%d: %s is outside of the repository", name, r.Syntax.Start.Line, r.New.Path)
		}
		target = strings.TrimPrefix(target, "solutions/")
		if err := file.AddReplace(r.Old.Path, r.Old.Version, "../"+target, ""); err != nil {
			return nil, fmt.Errorf("derive: %s: %w", name, err)
		}
	}
	src, err := file.Format()
	if err != nil {
		return nil, fmt.Errorf("derive: %s: %w", name, err)
	}
	return edit.Unix(src), nil
}
