package gotest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/gotest"
)

func TestMuchOutputOfAPassingTest(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	coursetest.Solve(t, root)
	coursetest.Replace(t, root, alphaTest, "func TestGreet(t *testing.T) {", "func TestGreet(t *testing.T) {\n\tfor i := range 100_000 {\n\t\tt.Log(\"line\", i)\n\t}")
	assert.Equal(t, "1.1 green, 1.2 green, 2.1 green", states(report(t, root, "")))
}

func TestMuchOutputOfAFailingTest(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	coursetest.Replace(t, root, alphaTest, "func TestGreet(t *testing.T) {", "func TestGreet(t *testing.T) {\n\tfor i := range 100_000 {\n\t\tprintln(\"line\", i)\n\t}")
	coursetest.Replace(t, root, alphaTest, "func TestGreet(t *testing.T) {", "func TestGreet(t *testing.T) {\n\tt.Log(\"the first words\")")
	coursetest.Replace(t, root, alphaTest, "Greet said", "Promise broken (1.2): Greet said")
	r := report(t, root, "")
	assert.Equal(t, "1.1 todo, 1.2 todo, 2.1 todo", states(r))
	failure := firstFailure(r.Exercises[1])
	assert.Equal(t, `Promise broken (1.2): Greet said ""`, failure.Failure, "it stands behind all that was printed")
	assert.Less(t, len(failure.Output), 200_000)
}

// What prints without end is stopped, and hides nothing of the other steps.
func TestOutputWithoutEnd(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	coursetest.Solve(t, root)
	coursetest.Replace(t, root, alphaTest, "func TestGreet(t *testing.T) {", "func TestGreet(t *testing.T) {\n\tfor {\n\t\tprintln(\"again\")\n\t}")
	c, err := course.Load(root)
	require.NoError(t, err)
	r, err := gotest.Runner{MostOutput: 1 << 20}.Run(t.Context(), c, c.All())
	require.NoError(t, err)

	assert.Equal(t, "1.1 green, 1.2 red, 2.1 green", states(r))
	assert.Equal(t, "TestGreet", r.Next.Test)
	assert.Equal(t, "printed more than 1048 kB and was stopped: look for an endless loop that prints", r.Next.Failure)
	assert.Contains(t, r.Next.Output, "\nagain\n")
	assert.Less(t, len(r.Next.Output), 1000)
}

// Whatever many tests print, little of it is kept in memory.
func TestWhatIsKeptOfAllTestsIsBounded(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	collected := gotest.NewCollected()
	var line bytes.Buffer
	text := strings.Repeat("x", 1000) + "\n"
	for test := range 12_000 {
		for i := range 100 {
			line.Reset()
			require.NoError(t, json.NewEncoder(&line).Encode(gotest.Event{
				Action: "output", Package: fmt.Sprintf("p%d", test%20), Test: fmt.Sprintf("Test%d", test), Output: text,
			}))
			_, _ = collected.Write(line.Bytes())
			if i > 4 && test > 300 {
				break
			}
		}
	}
	assert.Less(t, int64(heap())-int64(before), int64(100<<20))
	runtime.KeepAlive(collected)
}
