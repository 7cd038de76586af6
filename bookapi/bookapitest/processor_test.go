package bookapitest

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What other processes compute is not ours: a slow machine lets a correct solution
// wait, and must not end it.
func TestProcessorTimeIsNotTheClock(t *testing.T) {
	before, start := processorTime(), time.Now()
	require.NoError(t, exec.Command(os.Args[0], "-test.run=^$").Run())
	used, passed := processorTime()-before, time.Since(start)
	assert.Less(t, used, passed)
}
