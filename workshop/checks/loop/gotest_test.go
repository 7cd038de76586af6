package loop_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/overlay"
)

// BenchmarkLoop measures how long a learner waits after changing a line: the
// wall time of "go test ./stepN-..." over the solved step (ms/loop), and the
// part of it in which its tests run (tests-ms). An overlay makes the change, so
// that no file is touched.
//
//	go test ./workshop/checks/loop -run xxx -bench Loop -benchtime 3x
func BenchmarkLoop(b *testing.B) {
	c := repository.Course(b)
	solutions := filepath.Join(c.Root, "solutions")
	for _, step := range c.Steps {
		file := filepath.Join(solutions, step.Name, step.Exercises[0].File)
		source, err := os.ReadFile(file)
		require.NoError(b, err)
		// A name that no earlier run has used, or nothing would be compiled.
		unique := time.Now().UnixNano()

		b.Run(step.Name, func(b *testing.B) {
			loop := func() time.Duration {
				unique++
				changed := fmt.Appendf(nil, "%s\nfunc loop%d() {}\n", source, unique)
				list, err := overlay.Write(b.TempDir(), map[string][]byte{file: changed})
				require.NoError(b, err)
				// -count=1, as the linker drops the change and the tests would count as run.
				return testsTime(b, step.ImportPath, solutions, "-count=1", "-overlay="+list, "./"+step.Name)
			}
			loop() // what the step imports is built once
			var tests time.Duration
			for b.Loop() {
				tests += loop()
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/loop")
			b.ReportMetric(float64(tests.Milliseconds())/float64(b.N), "tests-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// testsTime runs go test and returns how long the test binary of a package ran.
func testsTime(b *testing.B, importPath, dir string, args ...string) time.Duration {
	b.Helper()
	results, err := gotest.Collect(b.Context(), dir, args)
	require.NoError(b, err)
	took, passed := results.Passed(importPath)
	require.True(b, passed, "the solved step is not green: %s", results.Said)
	return took
}
