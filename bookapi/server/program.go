// Package server is what the programs of all steps share: flags, commands, the
// database, a listener, the start-up line and an orderly end. What is served is
// the caller's.
package server

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"example.com/bookapi"
)

// Program is one server of the course.
type Program struct {
	API    string // what it serves, for the start-up line: "the open Book API"
	Notice string // one more sentence to start with, or empty

	// Handler returns what is served from the store.
	Handler func(bookapi.Store) http.Handler

	// Configure says how to serve, in place of Notice and Handler, or why not:
	// its error may be a list, made with errors.Join. It is called before the
	// program listens or touches the database. Nil: nothing is to be configured.
	Configure func(Start) (Service, error)

	// AddAdmin creates the account of an administrator, and returns an error that
	// is bookapi.ErrInvalid for a name or a password that cannot be taken, and
	// bookapi.ErrExists for a name that is taken. Nil: no command "admin".
	AddAdmin func(ctx context.Context, users bookapi.UserStore, username, password string) error

	// NewKey returns a fresh key as one line for the environment. Nil: no
	// command "keys".
	NewKey func() string
}

// Start is what is known before a program serves.
type Start struct {
	Getenv   func(string) string
	TLS      bool // there is a certificate to serve with
	Loopback bool // only this machine can reach the address
}

// Service is what Configure decides.
type Service struct {
	Notice  string                           // as Program.Notice
	Handler func(bookapi.Store) http.Handler // as Program.Handler

	// Server returns a server with its limits and time-outs. Nil: the usual ones.
	Server func(http.Handler) *http.Server

	// Logger is for everything that the program has to say while it serves. Nil:
	// text on standard error.
	Logger *slog.Logger

	// LocalHosts says that nothing but this machine's own names is served.
	LocalHosts bool

	// Proxies pass on the requests of many, so that they have no share of the
	// connections, as every other address has.
	Proxies []netip.Prefix

	// FlushLog writes what the Logger still holds, when the program ends. Nil: nothing.
	FlushLog func()
}

// Main runs p as the whole program: with its arguments, until the first SIGINT
// or SIGTERM; a second one does not wait for anything. It exits with 2 for a
// mistake on the command line and with 1 for any other failure.
func Main(p Program) {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	tuneMemory(ctx)
	context.AfterFunc(ctx, stop) // gives the second signal back its usual meaning

	err := p.run(ctx, process{os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr})
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "bookapi:", err)
	if errors.As(err, new(usageError)) {
		os.Exit(2)
	}
	os.Exit(1)
}

// process is what a program is given by those who start it.
type process struct {
	args   []string
	getenv func(string) string
	stdin  *os.File
	stdout io.Writer
	stderr io.Writer
}

// say tells the person at the terminal something.
func (p process) say(format string, args ...any) {
	fmt.Fprintf(p.stdout, "bookapi: "+format+"\n", args...)
}

// run does what the arguments ask for. An error is for the person at the
// terminal: a sentence that names the next move.
func (p Program) run(ctx context.Context, proc process) error {
	run, args := p.serve, proc.args
	switch {
	case len(args) > 0 && args[0] == "help":
		args = []string{"-h"}
	case len(args) > 0 && !strings.HasPrefix(args[0], "-"):
		cmd, rest, err := p.command(args)
		if err != nil {
			return err
		}
		run, args = cmd.run, rest
	}
	err := run(ctx, proc, args)
	if errors.Is(err, flag.ErrHelp) {
		p.help(proc.stdout)
		return nil
	}
	return err
}
