package sessions_test

import (
	"slices"
	"strings"
	"testing"

	"example.com/bookapi/workshop/checks/internal/document"
	"example.com/bookapi/workshop/checks/internal/repository"
)

// Every console block of a document runs and prints what it says, in the order of
// the document, in a copy of the repository. Those of the steps' lessons are run by
// the package lessons.
func TestEveryConsoleBlockPrintsWhatItSays(t *testing.T) {
	document.RunEach(t, slices.DeleteFunc(repository.Documents(t), func(name string) bool { return strings.HasPrefix(name, "step") }))
}
