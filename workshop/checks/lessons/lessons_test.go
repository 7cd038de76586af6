package lessons_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/bookapi/sqlstore/pgtest"
	"example.com/bookapi/workshop/checks/internal/console"
	"example.com/bookapi/workshop/checks/internal/document"
	"example.com/bookapi/workshop/checks/internal/repository"
)

// Every console block of a step's README runs and prints what it says, in the order
// of the lesson, in a copy of the repository.
func TestEveryConsoleBlockPrintsWhatItSays(t *testing.T) {
	t.Parallel()
	document.RunEach(t, slices.DeleteFunc(repository.Documents(t), func(name string) bool { return !strings.HasPrefix(name, "step") }))
}

// The tours of the finished API are the same stories over PostgreSQL. Each begins
// with its keys, and has a database of its own.
func TestTheToursPassOnPostgreSQL(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the tours take most of a minute")
	}
	const lesson = "step5-hardening/README.md"
	var tours [][]console.Block
	for _, block := range document.Blocks(t, lesson) {
		commands := block.Commands()
		switch {
		case len(commands) > 0 && strings.HasPrefix(commands[0], "export BOOKAPI_KEYS=$("):
			tours = append(tours, []console.Block{block})
		case len(commands) > 0 && strings.HasPrefix(commands[0], "go test"): // the database makes no difference to them
		case len(tours) > 0:
			tours[len(tours)-1] = append(tours[len(tours)-1], block)
		}
	}
	require.Len(t, tours, 2, "a tour for each evening")
	scratch := t.TempDir()
	for _, tour := range tours {
		document.Run(t, lesson, tour, scratch, "DATABASE_URL="+pgtest.Open(t))
	}
}
