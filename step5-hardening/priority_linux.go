package hardening

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// lowerPriority gives the thread that calls it a thirtieth of the share of the
// processor that it had: enough to come to an end on a busy machine, too. And it
// asks for that share in few long pieces, which is what lets everybody else in
// front: since Linux 6.12, a thread that wakes up with a shorter piece to do does
// not wait for the end of a longer one (sched_setattr(2), sched_runtime).
func lowerPriority() {
	const thisThread, nice, longest = 0, 15, 100 * time.Millisecond
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, thisThread, nice) // if not, then not
	_ = unix.SchedSetAttr(thisThread, &unix.SchedAttr{
		Policy:  unix.SCHED_NORMAL,
		Nice:    nice,
		Runtime: uint64(longest.Nanoseconds()),
	}, 0)
}
