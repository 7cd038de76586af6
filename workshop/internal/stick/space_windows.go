package stick

import (
	"errors"

	"golang.org/x/sys/windows"
)

// freeSpace is how many bytes can be written to a folder, if that is known.
func freeSpace(dir string) (free int64, known bool) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, false
	}
	var bytes uint64
	if err := windows.GetDiskFreeSpaceEx(name, &bytes, nil, nil); err != nil {
		return 0, false
	}
	return int64(bytes), true //nolint:gosec // no disk has 2^63 bytes
}

// isFull reports whether the disk is.
func isFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}
