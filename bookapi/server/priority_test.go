package server_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/server"
)

func TestLowPriorityWorkIsDoneAndPanicsInItsCaller(t *testing.T) {
	done := false
	server.RunLowPriority(func() { done = true })
	assert.True(t, done, "it returns when the work is done")
	assert.PanicsWithValue(t, "broken", func() { server.RunLowPriority(func() { panic("broken") }) })
}
