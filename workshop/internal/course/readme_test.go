package course_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

func TestThePartsOfALessonAreFound(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	c := load(t, root)
	r := c.Readme(c.Steps[0])
	assert.Equal(t, "step1-alpha/README.md:5", r.Exercise("1.1"))
	assert.Equal(t, "step1-alpha/README.md:10", r.Happened("1.1"))
	assert.Equal(t, "step1-alpha/README.md:15", r.Exercise("1.2"))
	assert.Empty(t, r.Happened("1.2"), "it has no such part")
	assert.Equal(t, "step1-alpha/README.md:17", r.Try())

	require.NoError(t, os.Remove(filepath.Join(root, "step1-alpha", "README.md")))
	gone := c.Readme(c.Steps[0])
	assert.Empty(t, gone.Exercise("1.1")+gone.Happened("1.1")+gone.Try())
}
