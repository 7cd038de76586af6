package main_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/starter"
)

// The committed steps are what the derivation gives, and say nothing of the
// solution.
func TestNoDrift(t *testing.T) {
	t.Parallel()
	root := repository(t)
	steps, err := starter.Steps(root)
	require.NoError(t, err)
	require.NotEmpty(t, steps)
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			derived, err := starter.Derive(t.Context(), root, step)
			require.NoError(t, err)
			drift, err := starter.Drift(root, step, derived)
			require.NoError(t, err)
			for _, d := range drift {
				switch d.Kind {
				case starter.Differs:
					t.Errorf("%s/%s is not what solutions/%[1]s gives, from line %[3]d on", step, d.Path, d.Line)
				case starter.Missing:
					t.Errorf("%s/%s is missing; solutions/%[1]s gives it", step, d.Path)
				case starter.Extra:
					t.Errorf("%s/%s is there, but solutions/%[1]s does not give it", step, d.Path)
				}
			}
			if len(drift) > 0 {
				t.Errorf("change solutions/%s, never %[1]s, and then run: go generate ./workshop", step)
			}

			committed, err := starter.Read(filepath.Join(root, step))
			require.NoError(t, err)
			solution, err := starter.Read(filepath.Join(root, "solutions", step))
			require.NoError(t, err)
			leaks, err := starter.Leaks(solution, committed)
			require.NoError(t, err)
			for _, leak := range leaks {
				assert.Fail(t, "the starter gives its solution away", "%s/%s", step, leak)
			}
		})
	}
}
