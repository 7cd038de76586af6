package server

import (
	"context"
	"flag"
	"fmt"
)

// keysNew prints a fresh key and nothing else, so that a script can take it.
func (p Program) keysNew(_ context.Context, proc process, args []string) error {
	rest, err := parse(flag.NewFlagSet("keys new", flag.ContinueOnError), args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usageErrorf("%q is an argument too many; write: bookapi keys new", rest[0])
	}
	fmt.Fprintln(proc.stdout, p.NewKey())
	return nil
}
