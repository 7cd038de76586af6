//go:build !unix && !windows

package bookapitest

import "time"

// processorTime takes the process for one that always runs, where the system
// has no cheap way to tell.
func processorTime() time.Duration { return time.Since(started) }

func workTime() time.Duration { return processorTime() }
