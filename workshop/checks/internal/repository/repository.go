// Package repository gives the checks the repository that they are about: its
// folder, its modules, its documents, and copies of it to work in.
package repository

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
)

// Root returns the absolute path of the repository. Whoever asks for it has all
// of the repository as an input: go test does not answer "(cached)" once a file
// has changed, and the test fails if one changes while it runs, as its verdict
// would be about neither state.
func Root(t testing.TB) string {
	t.Helper()
	r, err := found()
	require.NoError(t, err)
	if _, known := asked.LoadOrStore(t, true); !known {
		t.Cleanup(func() {
			now, err := look(r.seen)
			require.NoError(t, err)
			if file := r.files.differs(now); file != "" {
				t.Errorf("%s has changed while this test ran: run it again", file)
			}
		})
	}
	return r.root
}

// asked holds the tests whose end is awaited.
var asked sync.Map

// A found repository, as it was when the first test asked for it.
type repository struct {
	root  string
	seen  string // root as the go command takes notice of it
	files files
}

var found = sync.OnceValues(func() (*repository, error) {
	module, err := os.Getwd() // the folder of the package that is tested
	if err != nil {
		return nil, err
	}
	for {
		if _, err := os.Stat(filepath.Join(module, "go.mod")); err == nil {
			break
		}
		if module == filepath.Dir(module) {
			return nil, errors.New("the checks look for the repository in the folders above them, and there is no go.mod")
		}
		module = filepath.Dir(module)
	}
	r := &repository{root: filepath.Dir(module), seen: module + string(filepath.Separator) + ".."}
	if r.files, err = look(r.seen); err != nil {
		return nil, err
	}
	return r, lookUpVariables(r.seen, r.files)
})

// Course returns the course as its learners have it.
func Course(t testing.TB) *course.Course {
	t.Helper()
	return CourseIn(t, Root(t))
}

// CourseIn returns the course in a copy of the repository.
func CourseIn(t testing.TB, tree string) *course.Course {
	t.Helper()
	c, err := course.Load(tree)
	require.NoError(t, err)
	return c
}
