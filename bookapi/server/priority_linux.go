package server

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// lowerPriority leaves the calling thread a third of the share of a processor that the
// program's other threads have, where there is not enough for all: hashing gets on
// during a flood of requests, and all the processors when there is none. It asks for
// that share in few long pieces, since from Linux 6.12 on a thread that wakes up with a
// shorter piece to do does not wait for the end of a longer one (sched_setattr(2),
// sched_runtime).
func lowerPriority() {
	const (
		thisThread = 0
		lower      = 5           // each step is a fifth less
		longest    = 100_000_000 // nanoseconds, the most that may be asked for
	)
	raw, err := unix.Getpriority(unix.PRIO_PROCESS, thisThread)
	if err != nil {
		return // as it is
	}
	nice := min(19, 20-raw+lower)                                   // the system call returns 20 less the value
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, thisThread, nice) // best effort
	_ = unix.SchedSetAttr(thisThread, &unix.SchedAttr{
		Policy:  unix.SCHED_NORMAL,
		Nice:    int32(nice), //nolint:gosec // from -15 to 19
		Runtime: longest,
	}, 0)
}
