package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// listen listens on the address that a flag has chosen.
func listen(ctx context.Context, flag, addr string) (*net.TCPListener, error) {
	var config net.ListenConfig
	config.SetMultipathTCP(false) // its sockets take no filter: see dropNewConnections
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, listenError(flag, addr, err)
	}
	return listener.(*net.TCPListener), nil
}

// listenError says why the program cannot listen on addr, and what to do.
func listenError(flag, addr string, err error) error {
	const inUseOnWindows = syscall.Errno(10048) // WSAEADDRINUSE
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, inUseOnWindows) {
		return fmt.Errorf("%s is in use; stop the program that listens there, or choose a free port with %s 127.0.0.1:0", addr, flag)
	}
	if op := new(net.OpError); errors.As(err, &op) {
		err = op.Err
	}
	return fmt.Errorf("cannot listen on %s: %w; choose another address with %s", addr, err, flag)
}

// urlOf returns where a browser on this machine finds what listens on addr.
func urlOf(scheme string, addr net.Addr) string {
	host := addr.String()
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		host = net.JoinHostPort("localhost", strconv.Itoa(tcp.Port))
	}
	return scheme + "://" + host
}
