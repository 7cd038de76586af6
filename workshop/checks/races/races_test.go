package races_test

import (
	"testing"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/checks/internal/testrun"
	"example.com/bookapi/workshop/internal/course/coursetest"
)

// The solutions have no data race that their tests can show. Where the race
// detector cannot work there is nothing to see: it needs cgo, a C compiler and a
// platform that has it.
func TestSolutionsHaveNoDataRace(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the race detector needs everything compiled once more")
	}
	if out, err := coursetest.TryGo(t, repository.Root(t), nil, "test", "-race", "-run=^$", "./workshop/internal/overlay"); err != nil {
		t.Skipf("the race detector does not work here:\n%s", out)
	}
	// bcrypt is arithmetic on variables of its own, with nothing to race for, and
	// thirteen times slower when watched: it is built as always.
	flags := []string{"-race", "-gcflags=golang.org/x/crypto/blowfish=-race=false", "-shuffle=on", "-count=2"}
	testrun.CheckGreen(t, testrun.Solutions(t, flags...), false)
}
