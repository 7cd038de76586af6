//go:build darwin || linux

package diskspace

import "golang.org/x/sys/unix"

func of(dir string) (free, total uint64, known bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, false
	}
	size := uint64(s.Bsize) //nolint:gosec // of another type on each system, and never negative
	return s.Bavail * size, s.Blocks * size, true
}
