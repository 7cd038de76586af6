package derive_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/overlay"
	"example.com/bookapi/workshop/internal/starter"
	"example.com/bookapi/workshop/internal/starter/derive"
)

const repository = "../../../.."

// Each step of the course, derived anew, has exercises, says nothing of the
// solution and is clean to go vet, in whatever state the learner's files are.
func TestTheCourseCanBeDerived(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(repository)
	require.NoError(t, err)
	steps, err := derive.Steps(root)
	require.NoError(t, err)
	require.NotEmpty(t, steps)

	begun := make(map[string][]byte)
	vet := []string{"vet", "-overlay="}
	for _, step := range steps {
		solution, err := derive.Load(t.Context(), root, step)
		require.NoError(t, err)
		assert.NotEmpty(t, solution.Exercises())
		files, err := solution.Starter()
		require.NoError(t, err)

		solved, err := starter.Read(filepath.Join(root, "solutions", step))
		require.NoError(t, err)
		assert.Empty(t, derive.Leaks(solved, files), step)

		replace, err := starter.Overlay(root, step, files)
		require.NoError(t, err)
		for path, content := range replace {
			begun[path] = content
		}
		vet = append(vet, "./"+step+"/...")
	}
	flag, err := overlay.Write(t.TempDir(), begun)
	require.NoError(t, err)
	vet[1] += flag
	goTool(t, root, vet...)
}
