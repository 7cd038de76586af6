package live

import (
	"cmp"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"example.com/bookapi/workshop/internal/course"
)

// files is what was seen at one look: the files that matter, by their names
// from the root with slashes.
type files map[string]stamp

type stamp struct {
	size     int64
	modified time.Time
}

// matters holds the endings of what tests are made of. A server that runs in the
// folder writes others, and an editor writes some of its own.
var matters = map[string]bool{".go": true, ".mod": true, ".sum": true, ".work": true, ".toml": true, ".txt": true, ".json": true, ".sql": true}

// look notes the files that the verdict on the course depends on. What cannot
// be read is not there: go test says what is wrong with it.
func look(c *course.Course) files {
	seen := files{}
	folders := []string{"bookapi"}
	for _, s := range c.Steps {
		folders = append(folders, s.Dir, s.Name)
	}
	for _, folder := range slices.Compact(folders) {
		seen.below(c.Root, folder)
	}
	seen.note("go.work", func() (fs.FileInfo, error) { return os.Lstat(filepath.Join(c.Root, "go.work")) })
	return seen
}

func (f files) below(root, folder string) {
	_ = filepath.WalkDir(filepath.Join(root, filepath.FromSlash(folder)), func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // it has gone since
		case strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
		case !entry.IsDir() && matters[path.Ext(entry.Name())]:
			if rel, err := filepath.Rel(root, name); err == nil {
				f.note(filepath.ToSlash(rel), entry.Info)
			}
		}
		return nil
	})
}

func (f files) note(name string, info func() (fs.FileInfo, error)) {
	if i, err := info(); err == nil {
		f[name] = stamp{i.Size(), i.ModTime()}
	}
}

// changed names what is new, gone or another since, what was written last first.
func (f files) changed(now files) []string {
	var names []string
	for name := range now {
		if f[name] != now[name] {
			names = append(names, name)
		}
	}
	for name := range f {
		if _, ok := now[name]; !ok {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(now[b].modified.Compare(now[a].modified), strings.Compare(a, b))
	})
	return names
}

// with returns these files and those of a later look at other folders. What both
// saw stays as it was: a save between the two is one to notice.
func (f files) with(later files) files {
	all := maps.Clone(later)
	maps.Copy(all, f)
	return all
}

// describes reports whether a file says what the course consists of.
func describes(name string) bool {
	switch path.Base(name) {
	case "go.work", "go.mod", "lesson.toml":
		return true
	}
	return false
}

// below reports whether a file belongs to a step.
func below(s course.Step, name string) bool {
	return strings.HasPrefix(name, s.Dir+"/") || strings.HasPrefix(name, s.Name+"/")
}
