package watch

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/live"
)

// state is a course of three exercises in these states, of which the first that
// is not green is at hand.
func state(states ...string) live.State {
	r := &gotest.Report{}
	for i, s := range states {
		id := []string{"1.1", "1.2", "2.1"}[i]
		r.Exercises = append(r.Exercises, gotest.Exercise{ID: id, State: s})
		if s != gotest.Green && r.Next == nil {
			r.Next = &gotest.Next{Exercise: id}
		}
	}
	return live.State{Report: r}
}

func TestFront(t *testing.T) {
	const green, red, todo = gotest.Green, gotest.Red, gotest.Todo
	for _, c := range []struct {
		why         string
		shown       string
		before, now live.State
		written     []string
		want        string
	}{
		{"nothing is known", "", live.State{}, live.State{}, nil, ""},
		{"the one at hand, to begin with", "", live.State{}, state(green, todo, todo), nil, "1.2"},
		{"the last, when all are green", "", live.State{}, state(green, green, green), nil, "2.1"},
		{"it turns green, and stays", "1.1", state(red, todo, todo), state(green, todo, todo), nil, "1.1"},
		{"another was written", "1.1", state(green, todo, todo), state(green, todo, todo), []string{"2.1"}, "2.1"},
		{"more were, and this one too", "2.1", state(todo, todo, todo), state(todo, todo, todo), []string{"1.1", "2.1"}, "2.1"},
		{"a reset of others", "2.1", state(green, green, red), state(todo, todo, red), []string{"1.1", "1.2"}, "1.1"},
		{"a green one, and another breaks", "2.1", state(green, green, green), state(green, red, green), nil, "1.2"},
		{"at work, and another breaks", "2.1", state(green, green, red), state(red, green, red), nil, "2.1"},
		{"looked at, and nothing breaks", "1.2", state(todo, green, todo), state(todo, green, todo), nil, "1.2"},
		{"it is no exercise any more", "3.1", state(green, todo, todo), state(green, todo, todo), nil, "1.2"},
	} {
		assert.Equal(t, c.want, front(c.shown, c.before, c.now, c.written), c.why)
	}
}

func TestWhatWasWritten(t *testing.T) {
	root := coursetest.Repo(t)
	c, err := course.Load(root)
	require.NoError(t, err)
	before := readFunctions(c)
	assert.Contains(t, before["1.1"], `return 0, errTODO("1.1")`)
	assert.Empty(t, before.written(readFunctions(c)))

	const alpha = "step1-alpha/alpha.go"
	coursetest.Replace(t, root, alpha, "package alpha\n", "package alpha\n\nconst moved = true\n")
	assert.Empty(t, before.written(readFunctions(c)), "it stands further down, and is the same")
	coursetest.Replace(t, root, alpha, `return ""`, `return "hello"`)
	assert.Equal(t, []string{"1.2"}, before.written(readFunctions(c)))
	coursetest.Write(t, root, alpha, "package alpha\n\nfunc Double(n int) (int, error) {\n\treturn n,\n")
	assert.Equal(t, []string{"1.1", "1.2"}, before.written(readFunctions(c)), "half a function, and none")
	require.NoError(t, os.Remove(root+"/step1-alpha/alpha.go"))
	assert.Equal(t, []string{"1.1", "1.2"}, before.written(readFunctions(c)))
}

func TestAPanicWhileFollowingIsKeptForTheEnd(t *testing.T) {
	follower := live.NewFollower(coursetest.Repo(t), func(live.State) { panic("a mistake of ours") })
	end := follow(t.Context(), follower)
	assert.Contains(t, end.panic, "a mistake of ours")
	assert.Contains(t, end.panic, "live.(*Follower).Follow", "the stack is there to be reported")
}

func TestTheNewestStateIsTheOneThatCounts(t *testing.T) {
	states := make(newest, 1)
	states.put(live.State{Runs: 1})
	states.put(live.State{Runs: 2})
	assert.Equal(t, 2, (<-states).Runs)
}
