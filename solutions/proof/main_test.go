package proof

import (
	"log/slog"
	"testing"
)

// TestMain keeps the log of the handlers that run in this process out of what
// the tests say.
func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	m.Run()
}
