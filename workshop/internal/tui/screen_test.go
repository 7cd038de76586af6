package tui_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/tui"
)

func TestAPipeIsPlainAnd80Wide(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	assert.Equal(t, tui.Screen{W: f, Width: 80}, tui.NewScreen(f))
}

func TestSpinnerInAPipeIsOnePlainLine(t *testing.T) {
	var out bytes.Buffer
	spinner := tui.StartSpinner(tui.Screen{W: &out, Width: 80}, "Running the tests")
	spinner.Doing("TestX")
	spinner.Stop()
	assert.Equal(t, "Running the tests …\n", out.String())
}

func TestSpinnerOnATerminalNamesWhatRunsAndGoesAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		spinner := tui.StartSpinner(tui.Screen{W: &out, Width: 20, Terminal: true}, "Building")
		time.Sleep(150 * time.Millisecond)
		spinner.Doing("step1-hashing  TestALongNameIndeed")
		time.Sleep(100 * time.Millisecond)
		spinner.Stop()
		clear := "\r" + ansi.EraseEntireLine
		assert.Equal(t, clear+"⠋ Building"+clear+"⠙ step1-hashing  T…"+clear, out.String())
	})
}
