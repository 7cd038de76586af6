//go:build unix

package bookapitest

import (
	"syscall"
	"time"
)

// processorTime is how long this process has run on a processor.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return time.Since(started)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// workTime is processorTime where that is exact enough to compare what calls
// cost, and the time that passes elsewhere.
func workTime() time.Duration { return processorTime() }
