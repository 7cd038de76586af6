//go:build !darwin && !linux && !windows

package stick

import (
	"errors"
	"syscall"
)

// freeSpace is not known here: a stick that is full says so when it is.
func freeSpace(string) (free int64, known bool) { return 0, false }

// isFull reports whether the disk is.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }
