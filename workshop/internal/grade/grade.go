// Package grade grades what students hand in: it takes the exercises out of a
// submission, runs this checkout's tests over them in a sandbox, and says of each
// exercise what became of it, and of each submission what a person should look at.
//
// Tests that run in the process of the code that they test cannot be made proof
// against a cheat. What can be done is done: a result counts only if the test
// itself has reported it, and the test binary has run to its end.
package grade

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gocmd"
)

// A Grader grades submissions. Close it after use.
type Grader struct {
	course  *course.Course
	lessons []*lesson
	numbers map[string]int // of the steps, by name
	sandbox Sandbox
	version Version

	scratch     string   // a folder for all that is passing
	warm        []string // where the build cache of the reference may be
	cache       string   // a copy of it, which is thrown away
	modules     string
	buildTime   time.Duration
	warming     bool                     // it is the reference that is run
	took        map[string]time.Duration // by step: how long the tests of the reference took
	buildLimits []string
	slots       chan int
}

// A Version is what results depend on besides the submission.
type Version struct {
	Course  string `json:"course"` // a checksum of all that is trusted
	Go      string `json:"go"`     // "go1.26.8 linux/amd64"
	Sandbox string `json:"sandbox"`
}

func (v Version) String() string {
	return fmt.Sprintf("Book API workshop, course %s, %s, %s", v.Course, v.Go, v.Sandbox)
}

// A Result is what became of a submission.
type Result struct {
	Version   Version    `json:"version"`
	Digest    string     `json:"digest"` // of what was taken of it
	Name      string     `json:"name"`
	Exercises []Exercise `json:"exercises"`
	Flags     []string   `json:"flags"`
}

// Green counts the exercises that are.
func (r Result) Green() int {
	n := 0
	for _, e := range r.Exercises {
		if e.State == Green {
			n++
		}
	}
	return n
}

// New prepares a grader, which keeps the build cache of the reference in the first
// folder that can be written. It builds and runs nothing yet.
func New(ctx context.Context, c *course.Course, sandbox Sandbox, warm []string) (*Grader, error) {
	g := &Grader{course: c, sandbox: sandbox, numbers: make(map[string]int), warm: warm, buildLimits: sandbox.buildLimits()}
	for _, s := range c.Steps {
		l, err := newLesson(c.Root, s)
		if err != nil {
			return nil, err
		}
		g.lessons = append(g.lessons, l)
		g.numbers[s.Name] = s.Number
	}
	said, err := gocmd.Output(ctx, c.Root, gocmd.WorkspaceOf(c.Root), "env", "GOVERSION", "GOMODCACHE")
	if err != nil {
		return nil, err
	}
	goVersion, modules, _ := strings.Cut(strings.TrimSpace(said), "\n")
	g.modules = strings.TrimSpace(modules)
	trusted, err := checksum(c)
	if err != nil {
		return nil, err
	}
	g.version = Version{Course: trusted, Go: strings.TrimSpace(goVersion) + " " + runtime.GOOS + "/" + runtime.GOARCH, Sandbox: sandbox.Name()}
	side := min(runtime.GOMAXPROCS(0), mostSlots)
	g.slots = make(chan int, side)
	for slot := range side {
		g.slots <- slot
	}
	g.scratch, err = os.MkdirTemp("", "grade")
	if err != nil {
		return nil, err
	}
	g.scratch, err = filepath.EvalSymlinks(g.scratch)                    // the compiler names files by their true path
	if err := errors.Join(err, os.Chmod(g.scratch, 0o711)); err != nil { //nolint:gosec // the code may have another account
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

// Close takes away all that is passing.
func (g *Grader) Close() error { return os.RemoveAll(g.scratch) }

// checksum is that of all that the results depend on in the checkout, and of this
// program.
func checksum(c *course.Course) (string, error) {
	sum := sha256.New()
	add := func(name string) error {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }() // it was only read
		_, err = io.Copy(sum, f)
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return "", err
	}
	if err := add(program); err != nil {
		return "", err
	}
	folders := []string{"bookapi", "solutions"}
	for _, s := range c.Steps {
		folders = append(folders, path.Join(s.Name, "lesson.toml"), path.Join(s.Name, "README.md"))
	}
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(c.Root, filepath.FromSlash(folder)), func(name string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist) && d == nil:
				return nil
			case err != nil:
				return err
			case d.IsDir() && (strings.HasPrefix(d.Name(), ".") || d.Name() == "proof"):
				return fs.SkipDir
			case !d.Type().IsRegular() || strings.HasPrefix(d.Name(), "."):
				return nil
			}
			switch path.Ext(name) {
			case ".db", ".pem", ".test", ".out", ".prof", ".db-shm", ".db-wal":
				return nil
			}
			rel, err := filepath.Rel(c.Root, name)
			if err != nil {
				return err
			}
			fmt.Fprintf(sum, "\n%s\n", filepath.ToSlash(rel))
			return add(name)
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:12], nil
}

// Warm builds the reference and runs its tests as those of a submission are: that
// fills the build cache, and proves that the sandbox lets a right solution pass. It
// tells what it does.
func (g *Grader) Warm(ctx context.Context, tell func(step string)) error {
	warm := filepath.Join(g.scratch, "warm")
	if i := slices.IndexFunc(g.warm, writable); i >= 0 {
		warm = g.warm[i]
	}
	g.cache, g.buildTime, g.took = warm, firstTime, make(map[string]time.Duration)
	g.warming = true
	defer func() { g.warming = false }()
	for _, l := range g.lessons {
		tell(l.Name)
		files := make(map[string][]byte)
		for _, name := range l.exercises {
			files[name] = l.reference[name]
		}
		g.took[l.Name] = mostTime
		exercises, _, err := g.step(ctx, 0, l, taken{mine: files})
		if err != nil {
			return err
		}
		for _, e := range exercises {
			if e.State != Green {
				return fmt.Errorf("the solution of exercise %s is %s here, so its tests cannot judge a submission: %s", e.ID, e.State, e.Failure)
			}
		}
	}
	g.cache, g.buildTime = filepath.Join(g.scratch, "cache"), buildTime
	return link(warm, g.cache)
}

// writable makes a folder, and reports whether something can be put there.
func writable(dir string) bool {
	if os.MkdirAll(dir, 0o755) != nil {
		return false
	}
	f, err := os.CreateTemp(dir, "try")
	if err != nil {
		return false
	}
	return errors.Join(f.Close(), os.Remove(f.Name())) == nil
}

// link copies a folder by linking its files, or by their content where that cannot
// be.
func link(from, to string) error {
	return filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the go command has cleared it away
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		there := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			return os.MkdirAll(there, 0o755)
		case os.Link(name, there) == nil:
			return nil
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(there, content, 0o644)
	})
}

// A Submission is one that is to be graded.
type Submission struct {
	Name string // for results, unlike that of any other
	Path string
}

// read takes from a submission what is graded.
func (g *Grader) read(ctx context.Context, s Submission) (*HandIn, error) {
	scratch, err := os.MkdirTemp(g.scratch, "read")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	var steps []string
	for _, l := range g.lessons {
		steps = append(steps, l.Name)
	}
	return Read(ctx, s.Path, steps, scratch)
}

// digest is the checksum of what was taken from a submission.
func (h *HandIn) digest() string {
	sum := sha256.New()
	for _, step := range slices.Sorted(maps.Keys(h.Files)) {
		for _, name := range slices.Sorted(maps.Keys(h.Files[step])) {
			fmt.Fprintf(sum, "%q %q %d\n", step, name, len(h.Files[step][name]))
			_, _ = sum.Write(h.Files[step][name]) // it never fails
		}
	}
	fmt.Fprintf(sum, "%q", h.Refused)
	return hex.EncodeToString(sum.Sum(nil))
}

// grade grades one submission. What is wrong with it is in the result; the error
// is that of ctx, or the machine's.
func (g *Grader) grade(ctx context.Context, s Submission) (Result, error) {
	h, err := g.read(ctx, s)
	if err != nil {
		return Result{}, err
	}
	slot := <-g.slots
	defer func() { g.slots <- slot }()
	result := Result{Version: g.version, Digest: h.digest(), Name: s.Name, Flags: []string{}}
	refused := h.Refused
	if more := len(refused) - mostPlaces; more > 0 {
		refused = append(slices.Clone(refused[:mostPlaces]), fmt.Sprintf("%d more", more))
	}
	for _, what := range refused {
		result.Flags = append(result.Flags, "refused: "+what)
	}
	for _, l := range g.lessons {
		t, flags := l.take(h)
		result.Flags = append(result.Flags, flags...)
		exercises, flags, err := g.step(ctx, slot, l, t)
		if ctx.Err() != nil {
			return Result{}, ctx.Err()
		}
		if err != nil {
			return Result{}, err
		}
		result.Exercises = append(result.Exercises, exercises...)
		result.Flags = append(result.Flags, flags...)
	}
	return result, nil
}

// unread is the result of a submission that cannot be read, or graded.
func (g *Grader) unread(s Submission, why error) Result {
	result := Result{Version: g.version, Name: s.Name, Flags: []string{"cannot be graded: " + oneLine(why.Error())}}
	for _, l := range g.lessons {
		for _, e := range l.Exercises {
			result.Exercises = append(result.Exercises, Exercise{ID: e.ID, State: Todo})
		}
	}
	return result
}

// All grades submissions, as many side by side as there are processors, into a
// folder, and tells each result as it comes, in whatever order. What is there
// already of the same submission and versions is taken. The results are in the
// order of names. With an error, as when ctx ends, they are what there is so far.
func (g *Grader) All(ctx context.Context, out *Folder, submissions []Submission, warm func(step string), tell func(Result)) ([]Result, error) {
	var mutex sync.Mutex
	var all []Result
	done := func(r Result) error {
		mutex.Lock()
		defer mutex.Unlock()
		all = append(all, r)
		tell(r)
		return out.put(g, r, all)
	}
	var rest []Submission
	for _, s := range submissions {
		h, err := g.read(ctx, s)
		if ctx.Err() != nil {
			return sorted(all), ctx.Err()
		}
		known, ok := out.find(s.Name)
		switch {
		case err != nil:
			known = g.unread(s, err)
		case !ok || known.Version != g.version || known.Digest != h.digest():
			rest = append(rest, s)
			continue
		}
		if err := done(known); err != nil {
			return sorted(all), err
		}
	}
	if len(rest) == 0 {
		return sorted(all), nil
	}
	if err := g.Warm(ctx, warm); err != nil {
		return sorted(all), cmp.Or(ctx.Err(), err)
	}
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(cap(g.slots))
	for _, s := range rest {
		group.Go(func() error {
			r, err := g.grade(limited, s)
			if limited.Err() != nil {
				return limited.Err()
			}
			if err != nil {
				r = g.unread(s, err)
			}
			return done(r)
		})
	}
	err := group.Wait()
	return sorted(all), err
}

func sorted(results []Result) []Result {
	return slices.SortedFunc(slices.Values(results), func(a, b Result) int { return strings.Compare(a.Name, b.Name) })
}
