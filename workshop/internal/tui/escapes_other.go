//go:build !windows

package tui

import "os"

// enableEscapes has nothing to enable: these terminals understand escape codes.
func enableEscapes(*os.File) bool { return true }
