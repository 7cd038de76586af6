package bookapitest

import (
	"syscall"
	"time"
)

// processorTime is how long this process has run on a processor. It grows by
// sixty-fourths of a second.
func processorTime() time.Duration {
	var created, ended, system, user syscall.Filetime
	process, err := syscall.GetCurrentProcess()
	if err == nil {
		err = syscall.GetProcessTimes(process, &created, &ended, &system, &user)
	}
	if err != nil {
		return time.Since(started)
	}
	return span(system) + span(user)
}

// span is a time that is counted from 0, and not from the year 1601.
func span(t syscall.Filetime) time.Duration {
	return 100 * time.Duration(int64(t.HighDateTime)<<32+int64(t.LowDateTime))
}

// workTime is the time that passes, as a call is often done before processorTime
// grows.
func workTime() time.Duration { return time.Since(started) }
