package course_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/bookapi/workshop/internal/course"
)

func TestHintsForTheRedAtHandComeFirst(t *testing.T) {
	t.Parallel()
	e := course.Exercise{
		Hints: []string{"why", "where", "how"},
		TestHints: []course.TestHints{
			{Tests: "TestSlow|TestFast", Steps: []string{"how long?", "read the clock"}},
			{Tests: "TestFast", Steps: []string{"comes too late"}},
		},
	}
	own := []course.Hint{{"", "a question", "why"}, {"", "where to read", "where"}, {"", "nearly the code", "how"}}
	for test, first := range map[string][]course.Hint{
		"":                nil,
		"TestOther":       nil,
		"TestFast":        {{"TestFast", "a question", "how long?"}, {"TestFast", "where to read", "read the clock"}},
		"TestSlow/at_all": {{"TestSlow", "a question", "how long?"}, {"TestSlow", "where to read", "read the clock"}},
	} {
		assert.Equal(t, append(first, own...), e.HintsFor(test), test)
	}
}
