package server

import (
	"context"
	"os"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"time"
)

// How memory is used, unless GOGC or GOMEMLIMIT say it. All that lives here is a few
// megabytes, which under load would be collected dozens of times a second, so a few
// more are spent; but not without a limit, and what an attack took is given back.
const (
	gcPercent       = 400
	softMemoryLimit = 80 << 20 // from here on memory is collected early
	quietMemory     = 24 << 20 // what is held above this is looked at
	giveBackEach    = 15 * time.Second
)

// tuneMemory sets that, and sees to it until ctx ends.
func tuneMemory(ctx context.Context) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(softMemoryLimit)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(giveBackEach):
				if held() > quietMemory {
					debug.FreeOSMemory()
				}
			}
		}
	}()
}

// held returns how much memory the program has from the system, in bytes.
func held() uint64 {
	samples := []runtimemetrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	runtimemetrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64()
}
