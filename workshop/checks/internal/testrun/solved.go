package testrun

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
)

// Solutions runs the tests of the solved steps with more flags, and returns what
// they did, by the import path of the step.
func Solutions(t testing.TB, flags ...string) map[string]*Suite {
	t.Helper()
	steps := repository.Course(t).Steps
	args := append([]string{"-timeout=8m"}, flags...)
	for _, step := range steps {
		args = append(args, "./"+step.Name+"/...")
	}
	suites := Run(t, filepath.Join(repository.Root(t), "solutions"), args...)
	for _, step := range steps {
		s := suites[step.ImportPath]
		require.NotNil(t, s, "go test did not name solutions/%s", step.Name)
		require.NotEmpty(t, s.Tests, "solutions/%s has no test that ran:\n%s", step.Name, s.Output.String())
	}
	return suites
}

// Solved returns what the tests of the solved steps do: those that a starter
// must have as well. It runs them once.
func Solved(t testing.TB) map[string]*Suite {
	t.Helper()
	solvedOnce.Do(func() { solved = Solutions(t) })
	if solved == nil {
		t.Fatal("the tests of the solutions could not be run; another test says why")
	}
	return solved
}

var (
	solvedOnce sync.Once
	solved     map[string]*Suite
)
