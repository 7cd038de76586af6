package server

import (
	"net"

	"golang.org/x/sys/unix"
)

// dropNewConnections makes the kernel drop every SYN packet to the listener. The
// client sends another a second later, and is refused, since the listener is
// closed by then. Established connections, the backlog's too, are unaffected.
func dropNewConnections(listener *net.TCPListener) error {
	const flags, syn = 13, 0x02 // RFC 9293 §3.1
	drop := [...]unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: flags},
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: syn, Jt: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 1<<32 - 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	}
	raw, err := listener.SyscallConn()
	if err != nil {
		return err
	}
	var refused error
	err = raw.Control(func(fd uintptr) {
		program := &unix.SockFprog{Len: uint16(len(drop)), Filter: &drop[0]}
		refused = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, program)
	})
	if err != nil {
		return err
	}
	return refused
}
