package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"

	"example.com/bookapi/sqlstore"
)

// serve serves until ctx ends, finishes the answers in flight and closes the
// database.
func (p Program) serve(ctx context.Context, proc process, args []string) error {
	return p.serveWith(ctx, proc, args, defaultTimeouts)
}

func (p Program) serveWith(ctx context.Context, proc process, args []string, timeouts timeouts) error {
	s, err := settingsFrom(args, proc.getenv)
	if err != nil {
		return err
	}
	addr, err := net.ResolveTCPAddr("tcp", s.addr)
	if err != nil {
		return listenError("-addr", s.addr, err)
	}
	pair, err := s.pair()
	if err != nil {
		return err
	}
	service, err := p.service(Start{Getenv: proc.getenv, TLS: pair != nil, Loopback: addr.IP.IsLoopback()})
	if err != nil {
		return cannotStart(err)
	}
	if service.FlushLog != nil {
		defer service.FlushLog()
	}
	if service.Logger != nil {
		slog.SetDefault(service.Logger) // what the packages below log belongs there too
	}

	// The ports come before the database: a second start by mistake ends here,
	// and leaves no file behind.
	listener, err := listen(ctx, "-addr", addr.String())
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // closed already, unless there is no database
	var m *metrics
	if s.metrics != "" {
		if m, err = listenForMetrics(ctx, s.metrics); err != nil {
			return err
		}
		defer m.close()
	}

	return s.database.use(ctx, func(store *sqlstore.Store) error {
		handler := service.Handler(store)
		if m != nil {
			handler = m.count(handler)
		}
		if service.LocalHosts {
			handler = localHosts(handler)
		}
		hello := startMessage{api: p.API, addr: listener.Addr(), tls: pair != nil, database: s.database.name, notice: service.Notice}
		hello.unencrypted = p.Configure == nil && !hello.tls && !addr.IP.IsLoopback()
		hello.say(proc)
		if m != nil {
			m.serve(proc)
		}
		return newServer(service, handler, pair).serve(ctx, listener, proc, timeouts)
	})
}

// service decides how to serve.
func (p Program) service(start Start) (Service, error) {
	if p.Configure == nil {
		return Service{Notice: p.Notice, Handler: p.Handler}, nil
	}
	return p.Configure(start)
}

// cannotStart makes a readable list of a list of mistakes.
func cannotStart(err error) error {
	list, ok := err.(interface{ Unwrap() []error })
	if !ok || len(list.Unwrap()) == 1 {
		return err
	}
	var text strings.Builder
	fmt.Fprint(&text, "cannot start, for these reasons:")
	for _, mistake := range list.Unwrap() {
		fmt.Fprintf(&text, "\n  %s", mistake)
	}
	return errors.New(text.String())
}

// startMessage is what the program says when it starts.
type startMessage struct {
	api         string
	addr        net.Addr
	tls         bool
	database    string
	notice      string
	unencrypted bool // other machines can reach it, and requests are not encrypted
}

func (g startMessage) say(proc process) {
	scheme := "http"
	if g.tls {
		scheme = "https"
	}
	proc.say("serving %s on %s (database %s, Ctrl-C stops it)", g.api, urlOf(scheme, g.addr), g.database)
	if g.notice != "" {
		proc.say("%s", g.notice)
	}
	if g.unencrypted {
		proc.say("others on your network can reach it, and what they send is not encrypted; without -addr only this machine can")
	}
}
