package solutions_test

import (
	"testing"

	"example.com/bookapi/workshop/checks/internal/testrun"
)

// The solutions pass their tests in any order, and again and again.
func TestSolutionsAreGreen(t *testing.T) {
	t.Parallel()
	flags := []string{"-shuffle=on"}
	if !testing.Short() {
		flags = append(flags, "-count=3")
	}
	testrun.CheckGreen(t, testrun.Solutions(t, flags...), false)
}
