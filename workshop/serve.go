package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/browser"
	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/tui"
	"example.com/bookapi/workshop/internal/web"
)

func serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Show the lessons beside your results, in a browser",
		Long: `Show the lessons beside your results, in a browser. Save in your editor, and
the page follows. It has hints, the reference beside your code, the quick
checks, the flaws, a reader for tokens, and it starts the steps' servers.
Ctrl-C ends it.

It is for your browser alone: it listens on the loopback interface, and the
address that it prints holds a secret, a new one at every start. It is at port
8090 or, if somebody else is there, at any free one.`,
		Example: `  go run ./workshop serve
  go run ./workshop serve --addr 127.0.0.1:9000 --browser=false`,
		Args: atMost(0),
	}
	addr := cmd.Flags().String("addr", "", "listen on this `host:port`, which must be loopback")
	show := cmd.Flags().Bool("browser", true, "open the browser")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := course.Load(".")
		if err != nil {
			return err
		}
		return serve(cmd.Context(), tui.NewScreen(os.Stdout), c, *addr, *show)
	}
	return cmd
}

// serve serves the companion until somebody ends it.
func serve(ctx context.Context, s tui.Screen, c *course.Course, addr string, show bool) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	listener, err := web.Listen(ctx, addr)
	if err != nil {
		return usageError(err.Error())
	}
	server, err := web.New(c, listener.Addr())
	if err != nil {
		return err
	}
	s.Say("The workshop is here, for your browser alone. Ctrl-C ends it.")
	fmt.Fprintln(s.W, "\n  "+server.Address()+"\n") // whole, however long, as it is to be copied
	if show {
		closeDoor, err := browser.Open(ctx, c.Root, server.Address())
		defer closeDoor()
		if err != nil {
			s.Say("No browser opened by itself, so open the address in yours.")
		}
	}
	return server.Serve(ctx, listener)
}
