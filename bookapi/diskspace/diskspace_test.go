package diskspace_test

import (
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/diskspace"
)

func TestADiskHasASize(t *testing.T) {
	t.Parallel()
	free, total, known := diskspace.Of(t.TempDir())
	assert.Equal(t, slices.Contains([]string{"darwin", "linux", "windows"}, runtime.GOOS), known)
	assert.LessOrEqual(t, free, total)
	assert.Equal(t, known, total > 0)
	_, _, known = diskspace.Of(t.TempDir() + "/nowhere")
	assert.False(t, known)
}
