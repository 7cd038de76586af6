package hardening

import "syscall"

// lowerPriority gives the thread that calls it a tenth of the share of the
// processor that it had: enough to come to an end on a busy machine, too.
func lowerPriority() {
	const thisThread, nice = 0, 10
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, thisThread, nice) // if not, then not
}
