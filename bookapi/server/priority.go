package server

import "runtime"

// AddThreads lets n more threads of this program run at once than it has cores.
// Each is for one call of RunLowPriority: requests then find as many threads as
// without it.
func AddThreads(n int) { runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + n) }

// RunLowPriority runs f in a thread of low priority, where the system has such a
// thing, so that short requests need not wait for long work. A panic of f is one
// of the caller. The thread ends with f, as a priority cannot be raised again.
func RunLowPriority(f func()) {
	done := make(chan any)
	go func() {
		defer func() { done <- recover() }()
		runtime.LockOSThread()
		lowerPriority()
		f()
	}()
	if cause := <-done; cause != nil {
		panic(cause)
	}
}
