package alternatives_test

import (
	"testing"

	"example.com/bookapi/workshop/checks/internal/gallery"
)

// The lessons' tests accept every alternative.
func TestAlternativesAreAccepted(t *testing.T) {
	t.Parallel()
	gallery.Judge(t, true)
}
