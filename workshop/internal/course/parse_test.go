package course_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/workshop/internal/course/coursetest"
)

// A report asks for each exercise and each test after each save.
func TestOnlyWhatHasChangedIsParsed(t *testing.T) {
	root := coursetest.Repo(t)
	c := load(t, root)
	ask := func() (parsed int) {
		before := c.Parses()
		for _, s := range c.Steps {
			c.TestNames(s)
			for _, e := range s.Exercises {
				c.Locate(s, e)
			}
		}
		return c.Parses() - before
	}
	assert.Equal(t, 6, ask(), "each file of the two steps once")
	assert.Zero(t, ask())
	coursetest.Replace(t, root, alpha, "return \"\"", "return \"?\"")
	assert.Equal(t, 1, ask())
	step, exercise, _ := c.Exercise("1.2")
	assert.False(t, c.Locate(step, exercise).Stub, "and what was parsed is as it is now")
}
