package server

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// command is something that a program can do beside serving.
type command struct {
	name string // one word or two: "admin add"
	args string // what it takes, for the help
	does string
	run  func(ctx context.Context, proc process, args []string) error
}

// commands returns those that the program has.
func (p Program) commands() (all []command) {
	if p.AddAdmin != nil {
		all = append(all,
			command{"admin add", "NAME [-db FILE]", "make the account of an administrator; the password is asked for", p.adminAdd},
			command{"admin promote", "NAME [-db FILE]", "make an administrator of somebody who has an account", adminPromote},
		)
	}
	if p.NewKey != nil {
		all = append(all, command{"keys new", "", "print a fresh key for BOOKAPI_KEYS", p.keysNew})
	}
	if p.Configure != nil {
		all = append(all, command{"cert", "[-dir DIR]", "make cert.pem and key.pem, to serve https on this machine", cert})
	}
	return all
}

// command finds the command that the arguments name, and what follows it.
func (p Program) command(args []string) (command, []string, error) {
	var known []string
	for _, c := range p.commands() {
		words := strings.Fields(c.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.name {
			return c, args[len(words):], nil
		}
		known = append(known, c.name)
	}
	if len(known) == 0 {
		return command{}, nil, usageErrorf("%q is an argument too many; -h shows the flags", args[0])
	}
	return command{}, nil, usageErrorf("there is no command %q; the commands are %s, and -h explains them", args[0], strings.Join(known, ", "))
}

// help tells what the program can do.
func (p Program) help(out io.Writer) {
	fmt.Fprintf(out, "bookapi serves %s until Ctrl-C stops it.\n\n", p.API)
	flags := new(settings).flags()
	flags.SetOutput(out)
	flags.PrintDefaults()
	if len(p.commands()) == 0 {
		return
	}
	fmt.Fprint(out, "\nIt has commands, too:\n\n")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range p.commands() {
		fmt.Fprintf(table, "  bookapi %s %s\t%s\n", c.name, c.args, c.does)
	}
	_ = table.Flush()
}
