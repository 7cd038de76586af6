package server

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNoConnectionIsMadeToADrainedListener(t *testing.T) {
	listener, err := listen(t.Context(), "-addr", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	in := connect(t, listener.Addr().String())
	require.NoError(t, dropNewConnections(listener))

	late := net.Dialer{Timeout: 50 * time.Millisecond}
	_, err = late.Dial("tcp", listener.Addr().String())
	var timeout net.Error
	require.ErrorAs(t, err, &timeout, "let in")
	assert.True(t, timeout.Timeout(), "refused at once: %v", err)

	conn, err := listener.Accept()
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	assert.Equal(t, in.LocalAddr().String(), conn.RemoteAddr().String())
	_, err = conn.Write([]byte("x"))
	require.NoError(t, err)
	_, err = in.Read(make([]byte, 1))
	assert.NoError(t, err, "a connection of the backlog is unaffected")
}
