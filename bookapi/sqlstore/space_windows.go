package sqlstore

import "golang.org/x/sys/windows"

// space is how many bytes of a folder's disk are free, and how many it has.
func space(dir string) (free, total uint64, known bool) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, false
	}
	err = windows.GetDiskFreeSpaceEx(name, &free, &total, nil)
	return free, total, err == nil
}
