package server

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
)

// pair is a certificate and its private key, in files that are renewed while the
// program serves.
type pair struct {
	certFile, keyFile string
	now               func() time.Time

	mu      sync.Mutex
	read    [2]version // of the files, when they were last read
	current *tls.Certificate
}

// version tells whether a file has changed.
type version struct {
	modified time.Time
	size     int64
}

// pair returns what to serve TLS with, or nil if there is nothing. The error is
// a sentence.
func (s settings) pair() (*pair, error) {
	if s.certFile == "" {
		return nil, nil
	}
	p := &pair{certFile: s.certFile, keyFile: s.keyFile, now: time.Now}
	p.read = p.versions()
	var err error
	p.current, err = p.load()
	return p, err
}

// certificate returns the certificate to serve with. Looking at the files costs
// some microseconds, a handshake a hundred times that.
func (p *pair) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	versions := p.versions()
	if versions == p.read {
		return p.current, nil
	}
	p.read = versions // before the files: what is written meanwhile is a change
	if renewed, err := p.load(); err != nil {
		// Perhaps one of the two is still to come.
		slog.Warn("the certificate has changed and cannot be used: going on with the one before", "error", err)
	} else {
		slog.Info("serving with a new certificate", "until", renewed.Leaf.NotAfter)
		p.current = renewed
	}
	return p.current, nil
}

func (p *pair) versions() (v [2]version) {
	for i, name := range []string{p.certFile, p.keyFile} {
		if info, err := os.Stat(name); err == nil {
			v[i] = version{info.ModTime(), info.Size()}
		}
	}
	return v
}

// load reads the files.
func (p *pair) load() (*tls.Certificate, error) {
	cert, err := tls.LoadX509KeyPair(p.certFile, p.keyFile)
	if err != nil {
		reason := strings.TrimPrefix(err.Error(), "tls: ")
		return nil, fmt.Errorf("cannot serve TLS with %s and %s: %s; name a certificate and its own private key, both as PEM, with -tls-cert and -tls-key",
			p.certFile, p.keyFile, reason)
	}
	const day = "2 January 2006 15:04 MST"
	switch now := p.now(); {
	case now.After(cert.Leaf.NotAfter):
		return nil, fmt.Errorf("the certificate in %s has been good until %s; renew it, and start again", p.certFile, cert.Leaf.NotAfter.Format(day))
	case now.Before(cert.Leaf.NotBefore):
		return nil, fmt.Errorf("the certificate in %s is good from %s on; set this machine's clock, or wait", p.certFile, cert.Leaf.NotBefore.Format(day))
	}
	return &cert, nil
}
