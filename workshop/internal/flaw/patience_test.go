package flaw

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/workshop/internal/course"
)

// A sound hash may take several times as long as the solution's; a hang ends soon.
func TestAnAlternativeHasMoreTimeThanAFlaw(t *testing.T) {
	t.Parallel()
	steps := []course.Step{{Name: "step1-quick"}, {Name: "step2-slow"}}
	j := &Judge{all: map[string]time.Duration{"step1-quick": time.Second, "step2-slow": 10 * time.Second}}
	one, flaw, alternative := steps[:1], []*Patch{{}}, []*Patch{{Alternative: true}}
	assert.Equal(t, patience, j.patience(flaw, one), "the least")
	assert.Equal(t, leeway*10*time.Second, j.patience(flaw, steps), "the slowest step counts")
	assert.Equal(t, 4*leeway*10*time.Second, j.patience(alternative, steps))
	j.all["step2-slow"] = time.Minute
	assert.Equal(t, timeout, j.patience(alternative, steps), "the most")
}
