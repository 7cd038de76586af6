//go:build !darwin && !linux && !windows

package sqlstore

// space is not known here: a disk that is full says so when it is.
func space(string) (free, total uint64, known bool) { return 0, 0, false }
