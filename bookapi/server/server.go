// Package server is what the programs of all steps share: flags, the database,
// a listener, the start-up line and an orderly end. What is served is the
// caller's.
package server

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"example.com/bookapi"
	"example.com/bookapi/sqlstore"
)

const (
	defaultAddr = "127.0.0.1:8080"

	// grace is how long answers in flight may take after a signal.
	grace = 10 * time.Second
)

// Program is one server of the course.
type Program struct {
	API    string // what it serves, for the start-up line: "the open Book API"
	Notice string // one more sentence to start with, or empty

	// Handler returns what is served from the store.
	Handler func(bookapi.Store) http.Handler
}

// Main runs p as the whole program: with its arguments, until the first SIGINT
// or SIGTERM; a second one does not wait for anything. It exits with 2 for a
// mistake on the command line and with 1 for any other failure.
func Main(p Program) {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // gives the second signal back its usual meaning

	err := p.Run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "bookapi:", err)
	if errors.As(err, new(usageError)) {
		os.Exit(2)
	}
	os.Exit(1)
}

// Run serves until ctx ends, finishes the answers in flight and closes the
// database. It writes to out what somebody at a terminal wants to know. An
// error is one sentence for them that names the next move.
func (p Program) Run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	return p.run(ctx, args, getenv, out, grace)
}

func (p Program) run(ctx context.Context, args []string, getenv func(string) string, out io.Writer, grace time.Duration) (err error) {
	addr, db, err := p.parse(args, getenv, out)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	// The port comes first: a second start by mistake ends here, and leaves no
	// database behind.
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return listenError(addr, err)
	}
	defer func() { _ = listener.Close() }() // serve has closed it, unless there is no database
	store, err := sqlstore.Open(ctx, db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()

	p.greet(out, listener.Addr().(*net.TCPAddr), db)
	return serve(ctx, listener, p.Handler(store), out, grace)
}

// usageError is a mistake on the command line or in the environment.
type usageError string

func (e usageError) Error() string { return string(e) }

// parse returns where to listen and the file of the database. If help is
// wanted, it writes it to out and returns flag.ErrHelp.
func (p Program) parse(args []string, getenv func(string) string, out io.Writer) (addr, db string, err error) {
	flags := flag.NewFlagSet("bookapi", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // an error is reported once, by Main
	flags.StringVar(&addr, "addr", "", "listen on `host:port`; port 0 is any free one (default "+defaultAddr+", or 127.0.0.1:$PORT)")
	flags.StringVar(&db, "db", "bookapi.db", "keep everything in this `file`")

	err = flags.Parse(args)
	switch port := getenv("PORT"); {
	case errors.Is(err, flag.ErrHelp):
		_, _ = fmt.Fprintf(out, "bookapi serves %s until Ctrl-C stops it.\n\n", p.API)
		flags.SetOutput(out)
		flags.PrintDefaults()
		return "", "", err
	case err != nil:
		return "", "", usageError(err.Error() + "; -h shows the flags")
	case flags.NArg() > 0:
		return "", "", usageError(fmt.Sprintf("%q is an argument too many; -h shows the flags", flags.Arg(0)))
	case addr != "":
		if _, _, err := net.SplitHostPort(addr); err != nil {
			return "", "", usageError(fmt.Sprintf("-addr %q is not host:port; write it like %s", addr, defaultAddr))
		}
	case port != "":
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return "", "", usageError(fmt.Sprintf("PORT=%q is not a port; set it to a number up to 65535, or choose with -addr", port))
		}
		addr = net.JoinHostPort("127.0.0.1", port)
	default:
		addr = defaultAddr
	}
	return addr, db, nil
}

// greet says where the API is and what to know about it.
func (p Program) greet(out io.Writer, addr *net.TCPAddr, db string) {
	host := addr.String()
	if addr.IP.IsUnspecified() {
		host = net.JoinHostPort("localhost", strconv.Itoa(addr.Port))
	}
	_, _ = fmt.Fprintf(out, "bookapi: serving %s on http://%s (database %s, Ctrl-C stops it)\n", p.API, host, db)
	if p.Notice != "" {
		_, _ = fmt.Fprintln(out, "bookapi:", p.Notice)
	}
	if !addr.IP.IsLoopback() {
		_, _ = fmt.Fprintln(out, "bookapi: others on your network can reach it, and what they send is not encrypted; without -addr only this machine can")
	}
}

// serve answers requests until ctx ends, and then finishes those it has begun.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, out io.Writer, grace time.Duration) error {
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second, // a client that sends slowly holds a connection no longer
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("cannot go on serving: %w; start again", err)
	case <-ctx.Done():
	}

	_, _ = fmt.Fprintf(out, "bookapi: stopping; answers in flight have %s (Ctrl-C again does not wait)\n", grace)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		_ = srv.Close()
		return fmt.Errorf("stopped, but answers that took longer than %s were cut off", grace)
	}
	return nil
}

// listenError says why nobody can listen on addr, and what to do about it.
func listenError(addr string, err error) error {
	const inUseOnWindows = syscall.Errno(10048) // WSAEADDRINUSE
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, inUseOnWindows) {
		return fmt.Errorf("%s is in use; stop the program that listens there, or choose a free port with -addr 127.0.0.1:0", addr)
	}
	if op := new(net.OpError); errors.As(err, &op) {
		err = op.Err
	}
	return fmt.Errorf("cannot listen on %s: %w; choose another address with -addr", addr, err)
}
