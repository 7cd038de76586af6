package console

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"

	"example.com/bookapi/workshop/internal/proctree"
)

// lastWish is how long a program may take to end after an interrupt, before it
// is killed.
const lastWish = 15 * time.Second

// execute runs one program. When ctx ends, the program and all that it has
// started are interrupted. A program that is not there is an error rather than
// an exit status, so that no … can hide it.
func execute(ctx context.Context, args []string) error {
	shell := interp.HandlerCtx(ctx)
	program, err := interp.LookPathDir(shell.Dir, shell.Env, args[0])
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, program, args[1:]...)
	cmd.Dir, cmd.Env = shell.Dir, exported(shell.Env)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = shell.Stdin, shell.Stdout, shell.Stderr
	cmd.WaitDelay = lastWish
	proctree.Own(cmd)
	err = cmd.Run()
	if ctx.Err() != nil {
		proctree.Kill(cmd)
		return ctx.Err()
	}
	if exit, exited := errors.AsType[*exec.ExitError](err); exited {
		return interp.ExitStatus(exit.ExitCode() & 0xff) // -1, for a signal, becomes 255
	}
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return nil
}

func exported(env expand.Environ) []string {
	var list []string
	for name, variable := range env.Each {
		if variable.Exported && variable.Kind == expand.String {
			list = append(list, name+"="+variable.String())
		}
	}
	return list
}
