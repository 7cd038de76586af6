package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// soakFor keeps the API busy with everything at once and prints how much memory
// it has, eight times.
func soakFor(ctx context.Context, p *programs, soak time.Duration) error {
	s, err := p.start(ctx, p.api)
	if err != nil {
		return err
	}
	defer s.stop()
	fmt.Printf("%s of everything at once\n", soak)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var busy []chan error
	for _, target := range []vegeta.Target{s.listBooks(), s.me(), s.addBook(), s.logIn()} {
		done := make(chan error, 1)
		busy = append(busy, done)
		go func() {
			_, err := attack(ctx, target, 2, 0, soak)
			done <- err
		}()
	}
	for range 8 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(soak / 8):
		}
		resident, err := memoryOf(s.cmd.Process.Pid)
		if err != nil {
			return err
		}
		fmt.Printf("%6.1f MiB\n", float64(resident)/(1<<20))
	}
	for _, done := range busy {
		if err := <-done; err != nil {
			return err
		}
	}
	return nil
}

var residentSize = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// memoryOf returns the memory of a process in bytes, where there is a /proc.
func memoryOf(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("only Linux tells how much memory a program has: %w", err)
	}
	m := residentSize.FindSubmatch(status)
	if m == nil {
		return 0, fmt.Errorf("process %d does not say how much memory it has", pid)
	}
	kib, err := strconv.ParseInt(string(m[1]), 10, 64)
	return kib << 10, err
}
