package flaw_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/flaw"
	"example.com/bookapi/workshop/internal/flaw/flawtest"
	"example.com/bookapi/workshop/internal/gotest"
)

func TestUnclear(t *testing.T) {
	t.Parallel()
	c, err := course.Load(flawtest.Repo(t))
	require.NoError(t, err)
	for line, want := range map[string][]string{
		"ATTACK SUCCEEDED: mallory got in with no key":            nil,
		`Promise broken (1.1): the door stays shut for "a key"`:   nil,
		`Promise broken (1.2): the door stays shut for "a key"`:   {"it names exercise 1.2, and the flaw is one of 1.1"},
		"Promise broken (1.1): another key, Bobs, does not open":  nil,
		"Promise broken (1.1): the door stays shut":               {"it shows nothing of the input"},
		"Promise broken (1.1): \"a key\"":                         {"it names no cause"},
		"panic: runtime error: index out of range [1]":            {"it names no cause"},
		"Not equal: expected 204, got 401":                        {"it names no cause"},
		"ATTACK SUCCEEDED: mallory: " + strings.Repeat("a ", 300): {"it is 627 columns wide, of 400"},
	} {
		v := flaw.Verdict{
			Patch: &flaw.Patch{Step: "step1-door", Exercise: "1.1"}, OK: true,
			Test:    flaw.Test{Step: "step1-door", Name: "TestOpensForAda"},
			Failure: gotest.Test{Failure: line, Plain: line},
		}
		assert.Equal(t, want, flaw.Unclear(c, v), line)
		if want == nil {
			v.Failure.Plain = "Error Trace: door_test.go:7"
			assert.Equal(t, []string{`plain go test begins with something else: "Error Trace: door_test.go:7"`}, flaw.Unclear(c, v))
			v.Test.Name = "TestHouse"
			assert.Len(t, flaw.Unclear(c, v), 2-strings.Count(line, "Promise"), "of no exercise")
		}
	}
}
