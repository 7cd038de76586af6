package live_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/live"
)

const (
	alpha = "step1-alpha/alpha.go"
	beta  = "step2-beta/beta.go"
)

func TestMain(m *testing.M) {
	_ = os.Unsetenv("GOWORK") // the tiny workshop has its own
	m.Run()
}

// follow follows the workshop in root until the test ends.
func follow(t *testing.T, root string) (*live.Follower, chan live.State) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	states := make(chan live.State, 10_000)
	follower := live.NewFollower(root, func(s live.State) { states <- s })
	ended := make(chan error)
	go func() { ended <- follower.Follow(ctx) }()
	t.Cleanup(func() {
		cancel()
		assert.ErrorIs(t, <-ended, context.Canceled)
	})
	return follower, states
}

// until waits for a state.
func until(t *testing.T, states chan live.State, what string, is func(live.State) bool) live.State {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case s := <-states:
			if is(s) {
				return s
			}
		case <-deadline:
			t.Fatalf("a minute went by, and %s did not come", what)
		}
	}
}

// settled waits until nothing is left to test.
func settled(t *testing.T, states chan live.State) live.State {
	t.Helper()
	return until(t, states, "the end of all tests", func(s live.State) bool {
		return s.Report != nil && len(s.Stale) == 0 && s.Doing == ""
	})
}

func state(s live.State, exercise string) string {
	for _, e := range s.Report.Exercises {
		if e.ID == exercise {
			return e.State
		}
	}
	return ""
}

func solveDouble(t *testing.T, root string) {
	t.Helper()
	coursetest.Replace(t, root, alpha, `return 0, errTODO("1.1")`, "return 2 * n, nil")
}

func TestASaveIsJudgedBeforeWhatBuildsOnIt(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	_, states := follow(t, root)
	first := settled(t, states)
	require.Equal(t, "todo", state(first, "1.1"))
	require.Equal(t, 1, first.Runs, "all steps at once, to begin with")

	solveDouble(t, root)
	saved := until(t, states, "the save", func(s live.State) bool { return s.Saved == alpha })
	require.Equal(t, first.Runs, saved.Runs)
	require.Equal(t, 1, saved.Saves)
	verdict := until(t, states, "a verdict", func(s live.State) bool { return s.Runs > first.Runs })
	assert.Equal(t, "green", state(verdict, "1.1"))
	assert.Same(t, first.Course, verdict.Course, "and with it all that was parsed")
	assert.Equal(t, []string{"step2-beta"}, verdict.Stale, "what builds on it is tested afterwards")
	assert.Equal(t, "1.2", verdict.Report.Next.Exercise)
	assert.Len(t, verdict.Report.Exercises, 3)
	assert.Equal(t, 1, verdict.Report.Progress.Green)
	assert.Equal(t, 2, settled(t, states).Runs-first.Runs)
}

func TestASaveTouchesNothingBeforeIt(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	_, states := follow(t, root)
	first := settled(t, states)

	coursetest.Replace(t, root, beta, "package beta", "package beta\n\nvar _ = 1")
	saved := until(t, states, "the save", func(s live.State) bool { return len(s.Stale) > 0 })
	assert.Equal(t, []string{"step2-beta"}, saved.Stale)
	assert.Equal(t, 1, settled(t, states).Runs-first.Runs)
}

func TestANewerSaveEndsTheTestsOfTheOlder(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	_, states := follow(t, root)
	first := settled(t, states)

	hangs := `for begun := true; begun; {
		begun = true
	}
	return 0, nil`
	coursetest.Replace(t, root, alpha, `return 0, errTODO("1.1")`, hangs)
	until(t, states, "the test that hangs", func(s live.State) bool { return s.Saved == alpha && s.Doing == "step1-alpha  TestDouble/1" })
	coursetest.Replace(t, root, alpha, hangs, "return 2 * n, nil")
	last := settled(t, states)
	assert.Equal(t, "green", state(last, "1.1"))
	assert.Equal(t, 2, last.Runs-first.Runs, "the run that hung has no verdict")
}

func TestFilesComeAndGo(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	solveDouble(t, root)
	_, states := follow(t, root)
	require.Equal(t, 1, settled(t, states).Progress.Green)

	coursetest.Write(t, root, "step1-alpha/more.go", "package alpha\n\nfunc broken(")
	broken := until(t, states, "the build error", func(s live.State) bool { return s.Report != nil && len(s.Report.Build) > 0 })
	assert.Equal(t, "step1-alpha/more.go", broken.Saved)
	assert.True(t, broken.Report.Next.Build)
	assert.Zero(t, broken.Report.Progress.Green, "nothing is known of it")
	assert.Equal(t, 2, broken.Report.Progress.Unknown)
	assert.Equal(t, 1, broken.Progress.Green, "but it was green")

	require.NoError(t, os.Remove(filepath.Join(root, "step1-alpha", "more.go")))
	mended := until(t, states, "the end of the build error", func(s live.State) bool { return len(s.Report.Build) == 0 })
	assert.Equal(t, "step1-alpha/more.go", mended.Saved)
}

func TestWhatNoTestReadsIsNoSave(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	_, states := follow(t, root)
	first := settled(t, states)
	for _, name := range []string{"step1-alpha/.alpha.go.swp", "step1-alpha/alpha.go~", "step1-alpha/README.md", "step1-alpha/bookapi.db-wal", "step1-alpha/.idea/x.go"} {
		coursetest.Write(t, root, name, "x")
	}
	solveDouble(t, root) // is one
	assert.Equal(t, alpha, until(t, states, "a save", func(s live.State) bool { return s.Saved != "" }).Saved)
	assert.Equal(t, 2, settled(t, states).Runs-first.Runs)
}

func TestAnotherCourseInTheSamePlace(t *testing.T) {
	t.Parallel()
	root := coursetest.Repo(t)
	_, states := follow(t, root)
	settled(t, states)

	work := filepath.Join(root, "go.work")
	text, err := os.ReadFile(work)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(work, []byte("gibberish"), 0o600))
	gone := until(t, states, "a problem", func(s live.State) bool { return s.Problem != "" })
	assert.Contains(t, gone.Problem, "go.work")
	require.NotNil(t, gone.Report, "what was known is still shown")

	require.NoError(t, os.WriteFile(work, text, 0o600))
	assert.Empty(t, settled(t, states).Problem)

	coursetest.Replace(t, root, "step1-alpha/lesson.toml", "Double a number", "Twice")
	again := until(t, states, "the new title", func(s live.State) bool { return s.Report.Exercises[0].Title == "Twice" })
	assert.Equal(t, "Twice", again.Course.Steps[0].Exercises[0].Title)
}

func TestAgain(t *testing.T) {
	t.Parallel()
	follower, states := follow(t, coursetest.Repo(t))
	first := settled(t, states)
	follower.Again()
	stale := until(t, states, "the tests", func(s live.State) bool { return len(s.Stale) > 0 })
	assert.Equal(t, []string{"step1-alpha", "step2-beta"}, slices.Sorted(slices.Values(stale.Stale)))
	assert.Equal(t, first.Runs+1, settled(t, states).Runs)
}

func TestOutsideOfTheCourse(t *testing.T) {
	t.Parallel()
	err := live.NewFollower(t.TempDir(), func(live.State) {}).Follow(t.Context())
	assert.Error(t, err)
}
