// Command load measures the finished API under load, on this machine, over
// loopback, and prints the figures as a table.
//
//	go run -C solutions/proof ./load              # about two minutes
//	go run -C solutions/proof ./load -only guard  # one part of it
//	go run -C solutions/proof ./load -soak 2m     # and then watch its memory
//
// Every program runs over a fresh SQLite file of its own. The client runs on the
// same cores as the servers and takes its share, of one core at most, so compare
// the figures with each other rather than with those of another machine.
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
	runtime.GOMAXPROCS(1) // the client's own threads must not wait for one another on the servers' cores
	seconds := flag.Duration("for", 5*time.Second, "how long to measure each `time`")
	only := flag.String("only", "", "measure this alone: `routes`, guard, flood or peers")
	soak := flag.Duration("soak", 0, "then keep it busy for this `time`, and watch its memory")
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := measure(ctx, *only, *seconds, *soak)
	stop()
	if err != nil {
		log.Fatal("load: ", err)
	}
}

// measure prints all figures, or those of one part only.
func measure(ctx context.Context, only string, each, soak time.Duration) error {
	dir, err := os.MkdirTemp("", "load")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	built, err := build(ctx, dir)
	if err != nil {
		return err
	}
	fmt.Printf("%d cores, %s, %s each\n\n", runtime.NumCPU(), runtime.Version(), each)
	for _, part := range []struct {
		name    string
		measure func(context.Context, *programs, time.Duration) error
	}{{"routes", routes}, {"guard", guard}, {"flood", flood}, {"peers", peers}} {
		if only != "" && only != part.name {
			continue
		}
		if err := part.measure(ctx, built, each); err != nil {
			return err
		}
	}
	if soak > 0 {
		return soakFor(ctx, built, soak)
	}
	return nil
}
