package hardening

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// lowerPriority gives the thread that calls it a thirtieth of the share of the
// processor that it had: enough to come to an end on a busy machine, too. And it
// asks for that share in few long pieces, which is what lets everybody else in
// front: since Linux 6.12, a thread that wakes up with a shorter piece to do does
// not wait for the end of a longer one (sched_setattr(2), sched_runtime).
func lowerPriority() {
	const (
		thisThread = 0
		nice       = 15
		longest    = 100_000_000 // nanoseconds, the most that may be asked for
	)
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, thisThread, nice) // if not, then not
	_ = unix.SchedSetAttr(thisThread, &unix.SchedAttr{
		Policy:  unix.SCHED_NORMAL,
		Nice:    nice,
		Runtime: longest,
	}, 0)
}
