//go:build unix

package loop_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/watch/watchtest"
)

// BenchmarkWatch measures how long the verdict on a save takes to be on the
// screen of watch (ms/save), beside a bare go test of the step after the same
// change (ms/gotest), and what the one is of the other (ratio). All steps are
// solved, in two copies of the repository, so that watch sees nothing of what go
// test is given. What is saved is a constant that a test of the step fails with:
// by it a verdict can be told from the one before.
//
//	go test ./workshop/checks/loop -run xxx -bench Watch -benchtime 5x
func BenchmarkWatch(b *testing.B) {
	trees := [2]string{b.TempDir(), b.TempDir()}
	for _, tree := range trees {
		repository.Copy(b, tree)
		repository.Solve(b, tree, "")
	}
	program := filepath.Join(b.TempDir(), "workshop")
	coursetest.Go(b, repository.Root(b), "build", "-o", program, "./workshop/companion")
	screen := watchtest.Start(b, program, trees[0], 80, 24)
	watchtest.Idle(screen)
	for _, step := range repository.Course(b).Steps {
		b.Run(step.Name, func(b *testing.B) {
			watched, bare := newSaver(b, trees[0], step), newSaver(b, trees[1], step)
			screen.UntilHas(step.Exercises[0].Tests + "Saved")
			failingTest(b, trees[1], step) // what the step imports is built once
			var onScreen, inShell time.Duration
			measure := []func(){
				func() {
					begun := time.Now()
					screen.UntilHas(watched.save(b))
					onScreen += time.Since(begun)
				},
				func() {
					begun := time.Now()
					word := bare.save(b)
					said := failingTest(b, trees[1], step)
					inShell += time.Since(begun)
					require.Contains(b, said, word)
				},
			}
			for b.Loop() {
				for _, one := range measure {
					watchtest.Idle(screen) // the steps that build on it have been tested too
					one()
				}
				slices.Reverse(measure) // what was before the one is then before the other
			}
			b.ReportMetric(float64(onScreen.Milliseconds())/float64(b.N), "ms/save")
			b.ReportMetric(float64(inShell.Milliseconds())/float64(b.N), "ms/gotest")
			b.ReportMetric(float64(onScreen)/float64(inShell), "ratio")
			b.ReportMetric(0, "ns/op")

			watched.remove(b)
			screen.UntilHas("All ", "are green")
			watchtest.Idle(screen)
		})
	}
}

// A saver changes a step again and again.
type saver struct{ pkg, source, test string }

// newSaver adds a test to a step that fails with what was saved last.
func newSaver(b *testing.B, tree string, step course.Step) saver {
	b.Helper()
	dir := filepath.Join(tree, step.Name)
	s := saver{packageName(b, filepath.Join(dir, step.Exercises[0].File)), filepath.Join(dir, "saved.go"), filepath.Join(dir, "saved_test.go")}
	s.save(b)
	require.NoError(b, os.WriteFile(s.test, fmt.Appendf(nil,
		"package %s_test\n\nimport (\n\t\"testing\"\n\n\tsaved %q\n)\n\nfunc %sSaved(t *testing.T) { t.Error(saved.Saved) }\n",
		s.pkg, step.ImportPath, step.Exercises[0].Tests), 0o600))
	return s
}

// save saves a word that was never saved before.
func (s saver) save(b *testing.B) (word string) {
	b.Helper()
	word = fmt.Sprint("saved-", time.Now().UnixNano())
	require.NoError(b, os.WriteFile(s.source, fmt.Appendf(nil, "package %s\n\n// Saved is another each time.\nconst Saved = %q\n", s.pkg, word), 0o600))
	return word
}

func (s saver) remove(b *testing.B) {
	b.Helper()
	require.NoError(b, os.Remove(s.test))
	require.NoError(b, os.Remove(s.source))
}

// failingTest runs the tests of a step, in a session of their own as those of
// watch are: Linux shares a busy machine out by session. It returns what they
// said.
func failingTest(b *testing.B, tree string, step course.Step) string {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), "go", "test", "./"+step.Name)
	cmd.Dir, cmd.Env = tree, append(os.Environ(), "GOWORK=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	out, err := cmd.CombinedOutput()
	require.Error(b, err, "a test fails with what was saved")
	return string(out)
}

func packageName(b *testing.B, file string) string {
	b.Helper()
	source, err := os.ReadFile(file)
	require.NoError(b, err)
	for line := range strings.Lines(string(source)) {
		if name, ok := strings.CutPrefix(line, "package "); ok {
			return strings.TrimSpace(name)
		}
	}
	b.Fatalf("%s has no package clause", file)
	return ""
}
