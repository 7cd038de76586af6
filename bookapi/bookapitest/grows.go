package bookapitest

import (
	"fmt"
	"runtime"
)

// Grows returns an error if the memory that the program keeps grows with the
// calls, by 24 bytes or more for each, after the first so many. It looks twice
// before it says so, the second time at four times as many calls: by then a
// cache with a limit is full, and what something else kept once weighs little.
// n is another number in each call.
//
// The memory is that of the whole program: a test that measures is not parallel.
func Grows(times int, call func(n int)) error {
	const least = 24
	calls, before := 0, int64(0)
	each := func(more int) int64 {
		for range more {
			call(calls)
			calls++
		}
		after := kept()
		grown := (after - before) / int64(more)
		before = after
		return grown
	}
	each(times)
	defer runtime.KeepAlive(call)
	if each(3*times) < least { // a map doubles now and then, and on this way at least once
		return nil
	}
	from := calls
	if grown := each(12 * times); grown >= least {
		return fmt.Errorf("after %d calls each one more adds about %d bytes to what the program keeps", from, grown)
	}
	return nil
}

// kept is the memory that is in use. What a pool keeps is gone after the second
// collection.
func kept() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
