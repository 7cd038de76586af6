// Command load measures the finished API under load, on this machine, over
// loopback, and prints the figures as a table.
//
//	go run -C solutions ./proof/load              # about two minutes
//	go run -C solutions ./proof/load -soak 2m     # and then watch its memory
//
// Every program runs over a fresh SQLite file of its own. The client runs on the
// same cores as the servers and takes its share, so compare the figures with each
// other rather than with those of another machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"runtime"
	"time"
)

func main() {
	seconds := flag.Duration("for", 5*time.Second, "how long to measure each `time`")
	soak := flag.Duration("soak", 0, "then keep it busy for this `time`, and watch its memory")
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := measure(ctx, *seconds, *soak)
	stop()
	if err != nil {
		log.Fatal("load: ", err)
	}
}

// measure prints all figures.
func measure(ctx context.Context, each, soak time.Duration) error {
	dir, err := os.MkdirTemp("", "load")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	programs, err := build(ctx, dir)
	if err != nil {
		return err
	}
	fmt.Printf("%d cores, %s, %s each\n\n", runtime.NumCPU(), runtime.Version(), each)
	if err := routes(ctx, programs, each); err != nil {
		return err
	}
	if err := guard(ctx, programs, each); err != nil {
		return err
	}
	if err := flood(ctx, programs, each); err != nil {
		return err
	}
	if soak > 0 {
		return soakFor(ctx, programs, soak)
	}
	return nil
}
