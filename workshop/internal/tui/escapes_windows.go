package tui

import (
	"os"

	"golang.org/x/sys/windows"
)

// enableEscapes makes a Windows console understand escape codes. One that is
// too old to do so is treated as a pipe.
func enableEscapes(f *os.File) bool {
	console := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
