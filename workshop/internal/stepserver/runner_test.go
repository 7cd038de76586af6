package stepserver_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/stepserver"
)

func TestMain(m *testing.M) {
	_ = os.Unsetenv("GOWORK") // the tiny workshop has its own
	m.Run()
}

// begin returns a runner for a tiny workshop whose step 2 has this server.
func begin(t *testing.T, server string) (*stepserver.Runner, course.Step, chan stepserver.Status) {
	t.Helper()
	root := coursetest.RepoWithReference(t)
	coursetest.Write(t, root, "step2-beta/cmd/bookapi/main.go", server)
	c, err := course.Load(root)
	require.NoError(t, err)
	told := make(chan stepserver.Status, 10_000)
	runner := stepserver.NewRunner(root, func(s stepserver.Status) { told <- s })
	t.Cleanup(runner.Close)
	return runner, c.Steps[1], told
}

func until(t *testing.T, told chan stepserver.Status, phase string) stepserver.Status {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case s := <-told:
			if s.Phase == phase {
				return s
			}
		case <-deadline:
			t.Fatalf("a minute went by, and it was not %s", phase)
		}
	}
}

func TestAServerServesUntilItIsStopped(t *testing.T) {
	t.Parallel()
	runner, step, told := begin(t, coursetest.Server)
	require.NoError(t, runner.Start(step))
	until(t, told, stepserver.Starting)
	serving := until(t, told, stepserver.Serving)
	assert.Equal(t, 2, serving.Step)
	assert.Contains(t, serving.Output, "serving the tiny API on "+serving.Address)
	assert.Contains(t, serving.Output, "with a key of 52 letters")
	assert.NotContains(t, serving.Output, "\x1b")

	answer, err := http.Get(serving.Address)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())

	require.NoError(t, runner.Start(step), "which stops the first one")
	until(t, told, stepserver.Starting)
	again := until(t, told, stepserver.Serving)
	assert.NotEqual(t, serving.Address, again.Address)
	_, err = http.Get(serving.Address)
	require.Error(t, err)

	runner.Stop()
	assert.Equal(t, stepserver.Stopped, runner.Status().Phase)
	assert.Empty(t, runner.Status().Address)
	_, err = http.Get(again.Address)
	require.Error(t, err, "nothing of it is left")

	runner.Close()
	require.Error(t, runner.Start(step), "the companion is about to end")
}

func TestAServerThatDoesNotStart(t *testing.T) {
	t.Parallel()
	runner, step, told := begin(t, "package main\n\nfunc main() { broken }\n")
	require.NoError(t, runner.Start(step))
	ended := until(t, told, stepserver.Ended)
	assert.Contains(t, ended.Output, "undefined: broken")
	assert.Empty(t, ended.Address)
}

func TestOnlyTheEndOfALongOutputIsKept(t *testing.T) {
	t.Parallel()
	runner, step, told := begin(t, `package main

import "fmt"

func main() {
	for i := range 10_000 {
		fmt.Println("line", i, "https://mallory.example:80 http://127.0.0.1.mallory.example:80")
	}
}
`)
	require.NoError(t, runner.Start(step))
	ended := until(t, told, stepserver.Ended)
	assert.LessOrEqual(t, len(ended.Output), 32<<10)
	assert.True(t, strings.HasPrefix(ended.Output, "line "), "whole lines")
	assert.Contains(t, ended.Output, "line 9999 ")
	for len(told) > 0 {
		assert.Empty(t, (<-told).Address, "that is not this machine")
	}
}
