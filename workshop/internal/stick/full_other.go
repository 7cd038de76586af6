//go:build !windows

package stick

import (
	"errors"
	"syscall"
)

// isFull reports whether the disk is.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }
