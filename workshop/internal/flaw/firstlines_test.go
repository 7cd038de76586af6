package flaw_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/workshop/internal/flaw"
	"example.com/bookapi/workshop/internal/gotest"
)

// What is another in each run is no part of a recorded line, and another cause is
// another line.
func TestFirstLines(t *testing.T) {
	t.Parallel()
	caught := func(line string) flaw.Verdict {
		return flaw.Verdict{Patch: &flaw.Patch{Step: "step1-door", Name: "key-logged"}, OK: true, Failure: gotest.Test{Failure: line}}
	}
	const line = `ATTACK SUCCEEDED: mallory reads the key in the log after 12.5ms: time=2026-11-28T18:35:42.717Z eyJhbGciOiJIUzI1NiJ9x0123456789`
	lines := flaw.FirstLines{}
	lines.Take(caught(line))
	assert.Equal(t, flaw.FirstLines{"step1-door/key-logged": "ATTACK SUCCEEDED: mallory reads the key in the log after …: time=… …"}, lines)
	assert.Equal(t, lines, flaw.ReadFirstLines(lines.Text()))
	assert.True(t, lines.Agree(caught(line)))
	assert.True(t, lines.Agree(caught("ATTACK SUCCEEDED: mallory reads the password")), "another input of the same test")
	assert.False(t, lines.Agree(caught("ATTACK SUCCEEDED: ada is refused")))
	assert.False(t, lines.Agree(caught("panic: runtime error: index out of range")))

	missed := caught(line)
	missed.OK = false
	assert.True(t, lines.Agree(missed), "which has no line, and is told of elsewhere")
	lines = flaw.FirstLines{}
	lines.Take(missed)
	assert.Empty(t, lines)
}
