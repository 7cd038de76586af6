package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// DefaultPort is where the site is, as long as nobody else is there.
const DefaultPort = 8090

// Listen listens at addr, "127.0.0.1:8090", or if it is empty at the usual port
// or, where that is taken, at a free one. Other machines cannot reach the
// result: an address that they could reach is refused. Errors are sentences.
func Listen(ctx context.Context, addr string) (net.Listener, error) {
	var config net.ListenConfig
	if addr == "" {
		usual := net.JoinHostPort("127.0.0.1", strconv.Itoa(DefaultPort))
		if listener, err := config.Listen(ctx, "tcp", usual); err == nil {
			return listener, nil
		}
		return config.Listen(ctx, "tcp", "127.0.0.1:0")
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("%q is no address: write host:port, like 127.0.0.1:%d", addr, DefaultPort)
	}
	switch host {
	case "", "localhost":
		host = "127.0.0.1"
	case "127.0.0.1", "::1":
	default:
		return nil, fmt.Errorf("%q could be reached by others, and the page runs your code: take 127.0.0.1, localhost or [::1], as in 127.0.0.1:%d", host, DefaultPort)
	}
	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, port))
	const inUseOnWindows = syscall.Errno(10048) // WSAEADDRINUSE
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, inUseOnWindows) {
		return nil, fmt.Errorf("somebody else listens at %s: take another port or, for any that is free, leave --addr away", addr)
	}
	if err != nil {
		return nil, fmt.Errorf("listen at %s: %w", addr, err)
	}
	return listener, nil
}
