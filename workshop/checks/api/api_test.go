package api_test

import (
	"testing"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/checks/internal/testrun"
)

// The API that is given passes its tests.
func TestTheGivenAPIIsGreen(t *testing.T) {
	t.Parallel()
	packages := repository.Below("bookapi", repository.Packages(t, "bookapi"))
	testrun.CheckGreen(t, testrun.Run(t, repository.Root(t), packages...), true)
}
