// Package course is the model of the workshop: its steps in order, and in each
// step the exercises, hints and quiz that its lesson.toml tells of.
package course

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"golang.org/x/mod/modfile"

	"example.com/bookapi/workshop/internal/exercise"
)

// ErrOutside means that a folder is not inside the workshop's repository.
var ErrOutside = errors.New("not a folder of the workshop: change into the repository that you cloned")

// Course is the whole workshop.
type Course struct {
	Root  string // absolute path of the folder with the workshop's go.work
	Steps []Step // in the order in which they are taken

	parser *exercise.Parser // remembers what it has parsed of the steps
}

// Step is one lesson: a folder stepN-name.
type Step struct {
	Number     int    // counted from 1
	Name       string // the lesson's folder, "step1-hashing"
	Dir        string // the code under test, from the root with slashes: Name, or after a catch-up "solutions/" + Name
	ImportPath string // of the package in Dir
	Title      string
	Exercises  []Exercise
	Quiz       []Question
}

// Exercise is one function for the learner to write.
type Exercise struct {
	ID      string   // "1.2": step and exercise
	Title   string   // "Verify a password"
	File    string   // where the function is, inside the step's folder
	Func    string   // "VerifyPassword", for a method "Issuer.Issue"
	Tests   string   // the beginning of the names of its tests
	Minutes int      // how long it takes
	Hints   []string // three: a question, where to read, nearly the code

	TestHints []TestHints `toml:"hint"` // for some of its tests, in place of Hints
}

// TestHints are the hints for a test that is red.
type TestHints struct {
	Tests string   // a pattern over the names of tests, as -run takes it
	Steps []string // as Exercise.Hints
}

// Question is one question of a step's quick check.
type Question struct {
	Question string
	Choices  []string
	Answer   int      // the right choice, counted from 1
	Why      []string // for each choice, why it is right or wrong
}

var stepName = regexp.MustCompile(`^step([0-9]+)-[a-z0-9]+$`)

// Load reads the course that dir is a folder of. Outside of the repository the
// error is ErrOutside; any other error names the file that is at fault.
func Load(dir string) (*Course, error) {
	root, uses, err := findRoot(dir)
	if err != nil {
		return nil, err
	}
	c := &Course{Root: root, parser: new(exercise.Parser)}
	for _, use := range uses {
		name := path.Base(use)
		if !stepName.MatchString(name) {
			continue
		}
		step, err := loadStep(root, name, use)
		if err != nil {
			return nil, err
		}
		c.Steps = append(c.Steps, step)
	}
	if len(c.Steps) == 0 {
		return nil, errors.New("go.work uses no step: it needs a line like \"use ./step1-hashing\"")
	}
	slices.SortFunc(c.Steps, func(a, b Step) int { return cmp.Compare(a.Number, b.Number) })
	for i := 1; i < len(c.Steps); i++ {
		if a, b := c.Steps[i-1], c.Steps[i]; a.Number == b.Number {
			return nil, fmt.Errorf("go.work uses step %d twice: %s and %s", a.Number, a.Dir, b.Dir)
		}
	}
	return c, nil
}

// findRoot goes up from dir to the folder whose go.work uses ./workshop. That
// passes by solutions/, which has a go.work as well.
func findRoot(dir string) (root string, uses []string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", nil, err
	}
	for ; ; dir = filepath.Dir(dir) {
		uses, err := readWork(filepath.Join(dir, "go.work"))
		switch {
		case err == nil && slices.Contains(uses, "workshop"):
			return dir, uses, nil
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return "", nil, err
		case dir == filepath.Dir(dir):
			return "", nil, ErrOutside
		}
	}
}

// readWork returns the folders that a go.work uses, with slashes and without "./".
func readWork(file string) ([]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	work, err := modfile.ParseWork(file, data, nil)
	if err != nil {
		return nil, err
	}
	var uses []string
	for _, use := range work.Use {
		uses = append(uses, path.Clean(filepath.ToSlash(use.Path)))
	}
	return uses, nil
}

func loadStep(root, name, dir string) (Step, error) {
	number, err := strconv.Atoi(stepName.FindStringSubmatch(name)[1])
	if err != nil {
		return Step{}, fmt.Errorf("%s: the step's number: %w", name, err)
	}
	step := Step{Number: number, Name: name, Dir: dir}

	mod := path.Join(dir, "go.mod")
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(mod)))
	switch {
	case errors.Is(err, fs.ErrNotExist) && dir == path.Join("solutions", name):
		return Step{}, ReferenceError{number, mod + " is not there"}
	case err != nil:
		return Step{}, fmt.Errorf("%s cannot be read, and go.work uses it: %w", mod, cause(err))
	}
	if step.ImportPath = modfile.ModulePath(data); step.ImportPath == "" {
		return Step{}, fmt.Errorf("%s names no module", mod)
	}

	lesson := path.Join(name, "lesson.toml")
	data, err = os.ReadFile(filepath.Join(root, filepath.FromSlash(lesson)))
	if err != nil {
		return Step{}, fmt.Errorf("%s cannot be read, and every step needs one: %w", lesson, cause(err))
	}
	if err := step.readLesson(string(data)); err != nil {
		return Step{}, fmt.Errorf("%s: %w", lesson, err)
	}
	return step, nil
}

// cause is the error without its path, which would be the absolute one.
func cause(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}
