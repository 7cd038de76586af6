package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// httpServer is an http.Server that shuts down without losing an answer.
type httpServer struct {
	*http.Server
	tls      bool
	limits   *limits
	shutdown *shutdown
}

func newServer(service Service, handler http.Handler, pair *pair) httpServer {
	serverOf := service.Server
	if serverOf == nil {
		serverOf = defaultServer
	}
	srv := serverOf(handler)
	if srv.HTTP2 == nil {
		srv.HTTP2 = http2Limits()
	}
	srv.ErrorLog = log.New(&errorLog{logger: cmp.Or(service.Logger, slog.Default()), now: time.Now}, "", 0)
	if pair != nil {
		srv.TLSConfig = &tls.Config{
			MinVersion:     tls.VersionTLS12, // ASVS 5.0 12.1.1
			CipherSuites:   suites12,
			GetCertificate: pair.certificate,
		}
	}
	limits := limit(srv, service.Proxies)
	return httpServer{srv, pair != nil, limits, newShutdown(srv)}
}

// http2Limits bounds what one connection makes the program hold: requests under way,
// whose headers and answers it keeps, and bodies that no handler has read. A client
// that takes nothing of what was written to it is disconnected.
func http2Limits() *http.HTTP2Config {
	return &http.HTTP2Config{
		MaxConcurrentStreams:          50,
		MaxReceiveBufferPerConnection: 256 << 10,
		MaxReceiveBufferPerStream:     64 << 10,
		MaxReadFrameSize:              16 << 10, // one that does not come to its end is kept as well
		SendPingTimeout:               30 * time.Second,
		PingTimeout:                   15 * time.Second,
		WriteByteTimeout:              15 * time.Second,
	}
}

// suites12 are the cipher suites of TLS 1.2: those that encrypt and authenticate
// in one, with a key of this connection's own (ASVS 5.0 12.1.2, RFC 9325 §4.2).
// In TLS 1.3 there are no others.
var suites12 = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// defaultServer returns a server that limits how long a client holds a connection.
func defaultServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
}

// serve answers requests until ctx ends, and then finishes what has begun.
func (s httpServer) serve(ctx context.Context, listener *net.TCPListener, proc process, timeouts timeouts) error {
	draining := &drainListener{TCPListener: listener}
	served := make(chan error, 1)
	go func() {
		defer close(served)
		if s.tls {
			served <- s.ServeTLS(s.limits.listener(draining), "", "")
		} else {
			served <- s.Serve(s.limits.listener(draining))
		}
	}()
	select {
	case err := <-served:
		return fmt.Errorf("cannot go on serving: %w; start again", err)
	case <-ctx.Done():
	}

	s.shutdown.begin()
	proc.say("stopping; answers in flight have %s (Ctrl-C again does not wait)", timeouts.grace)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeouts.grace)
	defer cancel()
	s.shutdown.run(ctx, timeouts.drain, draining.drain)
	for range served { // until the backlog is accepted
	}
	if err := s.Shutdown(ctx); err != nil {
		_ = s.Close()
		return fmt.Errorf("stopped, but answers that took longer than %s were cut off", timeouts.grace)
	}
	return nil
}
