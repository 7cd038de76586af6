package live

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Tests of the last save are stopped and the course is read before they start
// anew: whoever saves meanwhile is not overlooked.
func TestASaveBetweenTwoLooksIsNoticed(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	first := files{"step1/a.go": {10, noon}, "go.work": {5, noon}}
	later := files{"step1/a.go": {11, noon.Add(time.Second)}, "step2/b.go": {7, noon}}
	seen := first.with(later)
	assert.Equal(t, files{"step1/a.go": {10, noon}, "go.work": {5, noon}, "step2/b.go": {7, noon}}, seen)
	assert.Equal(t, []string{"step1/a.go", "go.work"}, seen.changed(later), "a change and a file that has gone")
}
