package grade

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/exercise"
)

// The bounds of what is read of one submission. The steps have some 150 files, the
// largest of 50 kB.
const (
	mostBytes   = 256 << 10 // of one file
	mostAll     = 16 << 20  // bytes of all files together
	mostFiles   = 1_000     // in folders that are called like a step
	mostEntries = 200_000   // files and folders of all kinds
	mostDepth   = 8         // folders around those of the steps
	mostPath    = 200       // bytes of a file's path within a step
)

// HandIn is what a submission holds in the folders of the steps.
type HandIn struct {
	Files   map[string]exercise.Files // by step
	Refused []string                  // what was not taken, and why: a few words each
}

// errEntries ends the reading of a submission that has too much of everything.
var errEntries = fmt.Errorf("it has more than %d files and folders", mostEntries)

// An entry is a file of a submission.
type entry struct {
	name string // as the submission has it
	mode fs.FileMode
	open func() (io.ReadCloser, error)
}

// reader reads the entries of a submission. It takes the files below folders that
// are called like a step, and knows only in the end which of them are meant.
type reader struct {
	steps   []string
	entries int
	files   int
	bytes   int64
	roots   map[string]*HandIn // by the folder around those of the steps
	outside []string           // refused, as their names lead outside
}

func newReader(steps []string) *reader { return &reader{steps: steps, roots: make(map[string]*HandIn)} }

// passed are folders in which nobody's work is: git's, the companion's, the
// reference, and what systems and editors leave behind.
func passed(folder string) bool {
	switch folder {
	case "solutions", "node_modules", "testdata", "vendor", "__MACOSX":
		return true
	}
	return strings.HasPrefix(folder, ".") && folder != "."
}

// count counts an entry of any kind.
func (r *reader) count() error {
	if r.entries++; r.entries > mostEntries {
		return errEntries
	}
	return nil
}

// add takes a file, or refuses it with a reason. An error ends the reading.
func (r *reader) add(e entry) error {
	if err := r.count(); err != nil {
		return err
	}
	name := strings.TrimPrefix(path.Clean(strings.ReplaceAll(e.name, `\`, "/")), "./")
	if !fs.ValidPath(name) || !filepath.IsLocal(filepath.FromSlash(name)) || strings.ContainsRune(name, 0) {
		if len(r.outside) < 3 {
			r.outside = append(r.outside, printable(e.name)+" leads outside")
		}
		return nil
	}
	root, step, file := r.split(name)
	if step == "" || len(file) > mostPath {
		return nil
	}
	if r.files++; r.files > mostFiles {
		return fmt.Errorf("its steps have more than %d files", mostFiles)
	}
	h := r.roots[root]
	if h == nil {
		h = &HandIn{Files: make(map[string]exercise.Files)}
		r.roots[root] = h
	}
	refuse := func(why string) {
		h.Refused = append(h.Refused, printable(path.Join(step, file))+" "+why)
	}
	if h.Files[step] == nil {
		h.Files[step] = make(exercise.Files)
	}
	_, twice := h.Files[step][file]
	switch {
	case e.mode&fs.ModeSymlink != 0:
		refuse("is a link")
		return nil
	case !e.mode.IsRegular():
		refuse("is no regular file")
		return nil
	case twice:
		refuse("is there twice")
		return nil
	}
	content, err := r.read(e)
	switch {
	case errors.Is(err, errAll):
		return err
	case err != nil:
		refuse(err.Error())
		return nil
	}
	h.Files[step][file] = content
	return nil
}

// split finds the step that a file belongs to; "" if it belongs to none.
func (r *reader) split(name string) (root, step, file string) {
	parts := strings.Split(name, "/")
	for i, part := range parts[:len(parts)-1] {
		switch {
		case slices.Contains(r.steps, part):
			if slices.ContainsFunc(parts[i+1:len(parts)-1], passed) {
				return "", "", ""
			}
			return path.Join(parts[:i]...), part, path.Join(parts[i+1:]...)
		case passed(part), i == mostDepth:
			return "", "", ""
		}
	}
	return "", "", ""
}

var (
	errLarge = fmt.Errorf("is larger than %d kB", mostBytes>>10)
	errAll   = fmt.Errorf("its steps have more than %d MB", mostAll>>20)
)

// read reads a file, and counts what really comes: what an archive says of its
// sizes need not be true.
func (r *reader) read(e entry) ([]byte, error) {
	f, err := e.open()
	if err != nil {
		return nil, errors.New("cannot be read")
	}
	defer func() { _ = f.Close() }() // it was only read
	content, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	r.bytes += int64(len(content))
	switch {
	case r.bytes > mostAll:
		return nil, errAll
	case len(content) > mostBytes:
		return nil, errLarge
	case err != nil:
		return nil, errors.New("cannot be read")
	}
	return content, nil
}

// handIn is what was found in the outermost folder that holds steps.
func (r *reader) handIn() (*HandIn, error) {
	depth := func(root string) int {
		if root == "" {
			return 0
		}
		return 1 + strings.Count(root, "/")
	}
	var found []string
	for root := range r.roots {
		switch {
		case len(found) == 0 || depth(root) < depth(found[0]):
			found = []string{root}
		case depth(root) == depth(found[0]):
			found = append(found, root)
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("it holds no folder of a step, such as %s", r.steps[0])
	case 1:
		h := r.roots[found[0]]
		h.Refused = append(h.Refused, r.outside...)
		slices.Sort(h.Refused)
		return h, nil
	}
	slices.Sort(found)
	return nil, fmt.Errorf("it holds the course more than once: in %s and in %s", printable(found[0]), printable(found[1]))
}
