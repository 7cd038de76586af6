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

// httpServer is an http.Server that can end in order.
type httpServer struct {
	*http.Server
	tls    bool
	ending *ending
}

func newServer(service Service, handler http.Handler, pair *pair) httpServer {
	serverOf := service.Server
	if serverOf == nil {
		serverOf = usualServer
	}
	srv := serverOf(handler)
	srv.ErrorLog = log.New(&errorLog{logger: cmp.Or(service.Logger, slog.Default()), now: time.Now}, "", 0)
	if pair != nil {
		srv.TLSConfig = &tls.Config{
			MinVersion:     tls.VersionTLS12, // ASVS 5.0 12.1.1
			CipherSuites:   suites12,
			GetCertificate: pair.certificate,
		}
	}
	return httpServer{srv, pair != nil, endingOf(srv)}
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

// usualServer lets no client hold a connection for ever.
func usualServer(handler http.Handler) *http.Server {
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
func (s httpServer) serve(ctx context.Context, listener *net.TCPListener, proc process, patience patience) error {
	door := &door{TCPListener: listener}
	served := make(chan error, 1)
	go func() {
		defer close(served)
		if s.tls {
			served <- s.ServeTLS(door, "", "")
		} else {
			served <- s.Serve(door)
		}
	}()
	select {
	case err := <-served:
		return fmt.Errorf("cannot go on serving: %w; start again", err)
	case <-ctx.Done():
	}

	s.ending.begin()
	proc.say("stopping; answers in flight have %s (Ctrl-C again does not wait)", patience.grace)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience.grace)
	defer cancel()
	s.ending.run(ctx, patience.drain, door.shut)
	for range served { // until all who are in the door have come in
	}
	if err := s.Shutdown(ctx); err != nil {
		_ = s.Close()
		return fmt.Errorf("stopped, but answers that took longer than %s were cut off", patience.grace)
	}
	return nil
}
