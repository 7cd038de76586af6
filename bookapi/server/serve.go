package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"example.com/bookapi/sqlstore"
)

// grace is how long answers in flight may take after a signal.
const grace = 10 * time.Second

// serve answers requests until ctx ends, finishes the answers in flight and
// closes the database.
func (p Program) serve(ctx context.Context, proc process, args []string) (err error) {
	return p.serveFor(ctx, proc, args, grace)
}

func (p Program) serveFor(ctx context.Context, proc process, args []string, grace time.Duration) (err error) {
	s, err := settingsFrom(args, proc.getenv)
	if err != nil {
		return err
	}
	// The port comes first: a second start by mistake ends here, and leaves no
	// database behind.
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.addr)
	if err != nil {
		return listenError(s.addr, err)
	}
	defer func() { _ = listener.Close() }() // serve has closed it, unless there is no database
	return s.database.use(ctx, func(store *sqlstore.Store) error {
		p.greet(proc.stdout, listener.Addr().(*net.TCPAddr), s.database.name)
		return serve(ctx, listener, p.Handler(store), proc.stdout, grace)
	})
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
