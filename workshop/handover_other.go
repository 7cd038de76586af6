//go:build !unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
)

// handOver runs the program and returns its exit code. Ctrl-C reaches all that
// run in a console; what it means is for the program to say.
func handOver(program string, args []string) (code int, err error) {
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	cmd := exec.Command(program, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err = cmd.Run()
	if exit, exited := errors.AsType[*exec.ExitError](err); exited {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 0, fmt.Errorf("the companion cannot be started: %w", err)
	}
	return 0, nil
}
