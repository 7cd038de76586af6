//go:build !darwin && !linux && !windows

package diskspace

func of(string) (free, total uint64, known bool) { return 0, 0, false }
