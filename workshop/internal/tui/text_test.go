package tui_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"

	"example.com/bookapi/workshop/internal/tui"
)

func TestTextKeepsTheIndentOfCode(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := tui.Screen{W: &out, Width: 30}
	s.Text(tui.Plain, 2, "Two conditions, both must hold:\n\n    first(one) == second(two)\n")
	assert.Equal(t, "  Two conditions, both must\n  hold:\n\n      first(one) ==\n      second(two)\n", out.String())
}

func TestMarkedTextStandsBesideItsMark(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := tui.Screen{W: &out, Width: 20, Color: true}
	s.Marked(tui.Good, "✓", 2, "right you are, and that is why")
	assert.Equal(t, "  ✓ right you are,\n    and that is why\n", ansi.Strip(out.String()))
	assert.Contains(t, out.String(), "\x1b[32m✓")
}

func TestYesIsSaid(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]bool{"y\n": true, "YES \r\n": true, "\n": false, "n\n": false, "x\n": false, "": false} {
		var out bytes.Buffer
		got, err := tui.ReadLines(strings.NewReader(typed)).Yes(t.Context(), tui.Screen{W: &out, Width: 80}, "Show it?")
		assert.NoError(t, err)
		assert.Equal(t, want, got, typed)
		assert.True(t, strings.HasPrefix(out.String(), "Show it?\n[y/N] "), out.String())
	}
}

func TestNobodyWaitsForALineAfterCtrlC(t *testing.T) {
	t.Parallel()
	never, _ := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := tui.ReadLines(never).Line(ctx)
	assert.ErrorIs(t, err, context.Canceled)
}

func TestPathsAndFlagsAreNotTornApart(t *testing.T) {
	t.Parallel()
	for width := 20; width < 60; width++ {
		var out bytes.Buffer
		tui.Screen{W: &out, Width: width}.Say("Put it back with: go run ./workshop reset step1-hashing --undo")
		assert.Equal(t, "Put it back with: go run ./workshop reset step1-hashing --undo", strings.Join(strings.Fields(out.String()), " "))
	}
}

func TestCodeStandsBehindItsSign(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := tui.Screen{W: &out, Width: 26, Color: true}
	s.Code(tui.Good, "+", "\treturn fits(exact)")
	s.Code(tui.Bad, "-", "\treturn tooLong(for, this)  ")
	s.Code(tui.Plain, "", "}")
	assert.Equal(t, `  +     return fits(exact)
  -     return
  -         tooLong(for,
  -         this)
    }
`, ansi.Strip(out.String()))
	assert.Contains(t, out.String(), "\x1b[31m-     return\x1b[m\n")
}
