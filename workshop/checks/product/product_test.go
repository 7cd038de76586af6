package product_test

import (
	"os"
	"path/filepath"
	"testing"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/checks/internal/testrun"
)

// What is made of the solutions proves itself, as whole programs do. Without
// PostgreSQL or a browser some of it skips, but not where all is installed.
func TestTheProductIsGreen(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("whole programs take minutes")
	}
	proof := filepath.Join(repository.Root(t), "solutions", "proof")
	suites := testrun.Run(t, proof, "-timeout=8m", "-shuffle=on", "./...")
	testrun.CheckGreen(t, suites, os.Getenv("BOOKAPI_TEST_ALL") == "")
}
