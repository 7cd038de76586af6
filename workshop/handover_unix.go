//go:build unix

package main

import (
	"fmt"
	"os"
	"syscall"
)

// handOver makes this process the program. It returns only if that fails.
func handOver(program string, args []string) (code int, err error) {
	err = syscall.Exec(program, append([]string{program}, args...), os.Environ()) //nolint:gosec // the companion, with what its user typed
	return 0, fmt.Errorf("the companion cannot be started: %w", err)
}
