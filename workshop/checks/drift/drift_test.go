package drift_test

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/starter"
	"example.com/bookapi/workshop/internal/starter/derive"
)

// The committed steps and their archives are what the derivation gives, and say
// nothing of the solution.
func TestNoDrift(t *testing.T) {
	t.Parallel()
	root := repository.Root(t)
	stale, err := derive.Course(t.Context(), root)
	require.NoError(t, err)
	for _, f := range stale {
		if f.Gone {
			t.Errorf("%s is there, but the solutions do not give it", f.Path)
		} else {
			t.Errorf("%s is missing, or is not what the solutions give", f.Path)
		}
	}
	if len(stale) > 0 {
		t.Error("change solutions/, never the steps, and then run: go generate ./workshop")
	}

	steps, err := derive.Steps(root)
	require.NoError(t, err)
	require.NotEmpty(t, steps)
	for _, step := range steps {
		committed, err := starter.Read(filepath.Join(root, step))
		require.NoError(t, err)
		archived, err := starter.Of(step)
		require.NoError(t, err)
		assert.Equal(t, slices.Sorted(maps.Keys(committed)), slices.Sorted(maps.Keys(archived)))
		solution, err := starter.Read(filepath.Join(root, "solutions", step))
		require.NoError(t, err)
		for _, leak := range derive.Leaks(solution, committed) {
			assert.Fail(t, "the starter gives its solution away", "%s/%s", step, leak)
		}
	}
}

// A change of a step, of a solution or of an archive is noticed.
func TestDriftIsNoticed(t *testing.T) {
	t.Parallel()
	root := coursetest.RepoWithReference(t)
	stale := func() []string {
		t.Helper()
		files, err := derive.Course(t.Context(), root)
		require.NoError(t, err)
		var names []string
		for _, f := range files {
			names = append(names, f.Path)
			if !f.Gone {
				coursetest.Write(t, root, f.Path, string(f.Content))
			}
		}
		return names
	}
	stale()
	require.Empty(t, stale(), "once written, all is as it should be")
	coursetest.Replace(t, root, "step1-alpha/alpha.go", "Double returns", "Double gives")
	assert.Equal(t, []string{"step1-alpha/alpha.go"}, stale())
	coursetest.Replace(t, root, "solutions/step1-alpha/alpha.go", "Greet says", "Greet writes")
	assert.Equal(t, []string{"step1-alpha/alpha.go", starter.ArchiveName("step1-alpha")}, stale())
	coursetest.Write(t, root, starter.ArchiveName("step2-beta"), "-- beta.go --\n")
	coursetest.Write(t, root, starter.ArchiveName("step9-old"), "-- old.go --\n")
	assert.Equal(t, []string{starter.ArchiveName("step2-beta"), starter.ArchiveName("step9-old")}, stale())
}
