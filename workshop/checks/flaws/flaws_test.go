package flaws_test

import (
	"testing"

	"example.com/bookapi/workshop/checks/internal/gallery"
)

// The lessons' tests catch every flaw.
func TestFlawsAreCaught(t *testing.T) {
	t.Parallel()
	gallery.Judge(t, false)
}
