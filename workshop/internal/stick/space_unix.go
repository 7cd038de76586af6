//go:build darwin || linux

package stick

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// freeSpace is how many bytes can be written to a folder, if that is known.
func freeSpace(dir string) (free int64, known bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true //nolint:gosec,unconvert // no disk has 2^63 bytes; of another type on macOS
}

// isFull reports whether the disk is.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }
