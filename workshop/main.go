// The workshop command is the learner's companion. This program is the front of
// it, which is compiled in no time: it builds the companion whenever its sources
// are others than before, tells how far that has come, and hands over.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	var ended atomic.Int64 // by this signal
	go func() {
		if s, ok := (<-signals).(syscall.Signal); ok {
			ended.Store(int64(s))
		}
		cancel()
	}()

	program, err := companion(ctx)
	signal.Reset()
	if s := ended.Load(); s != 0 {
		os.Exit(128 + int(s)) // as shells count
	}
	if err == nil {
		var code int
		if code, err = handOver(program, os.Args[1:]); err == nil {
			os.Exit(code)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
