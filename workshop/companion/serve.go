package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"regexp"
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
8090 or, if somebody else is there, at any free one.

Where a port is forwarded, open its address at 127.0.0.1 or localhost, whatever
the port. In a codespace it knows the host that your browser shows; elsewhere
--host names it.`,
		Example: `  go run ./workshop serve
  go run ./workshop serve --addr 127.0.0.1:9000 --browser=false`,
		Args: atMost(0),
	}
	addr := cmd.Flags().String("addr", "", "listen on this `host:port`, which must be loopback")
	show := cmd.Flags().Bool("browser", true, "open the browser")
	host := cmd.Flags().String("host", "", "also answer to this `name`, whose https leads here")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := course.Load(".")
		if err != nil {
			return err
		}
		return serve(cmd.Context(), tui.NewScreen(os.Stdout), c, *addr, *host, *show)
	}
	return cmd
}

// serve serves the companion until somebody ends it.
func serve(ctx context.Context, s tui.Screen, c *course.Course, addr, host string, show bool) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if host != "" && !hostName.MatchString(host) {
		return usageError(fmt.Sprintf("%q is no host: write the name as your browser shows it, between https:// and the next slash", host))
	}
	listener, err := web.Listen(ctx, addr)
	if err != nil {
		return usageError(err.Error())
	}
	server, err := web.New(c, listener.Addr())
	if err != nil {
		return err
	}
	if host == "" {
		host = codespace(listener.Addr().(*net.TCPAddr).Port)
	}
	if hostName.MatchString(host) {
		server.Forward(host)
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

// hostName is a host as it stands in an address, in lower case.
var hostName = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?$`)

// codespace is the host by which a codespace forwards a port, or "" elsewhere.
func codespace(port int) string {
	name, domain := os.Getenv("CODESPACE_NAME"), os.Getenv("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN")
	if name == "" || domain == "" {
		return ""
	}
	return fmt.Sprintf("%s-%d.%s", name, port, domain)
}
