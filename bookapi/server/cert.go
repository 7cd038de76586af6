package server

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"
)

// certLifetime is less than the 398 days that browsers believe in.
const certLifetime = 365 * 24 * time.Hour

// cert makes a self-signed certificate and its key, with which a program on
// this machine can speak TLS to clients on this machine.
func cert(_ context.Context, proc process, args []string) error {
	flags := flag.NewFlagSet("cert", flag.ContinueOnError)
	dir := flags.String("dir", ".", "")
	rest, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usageErrorf("%q is an argument too many; write: bookapi cert -dir DIR", rest[0])
	}
	certFile, keyFile := filepath.Join(*dir, "cert.pem"), filepath.Join(*dir, "key.pem")
	until, err := createKeyPair(certFile, keyFile, time.Now())
	if err != nil {
		return err
	}
	proc.say("made %s and %s, for localhost until %s", certFile, keyFile, until.Format("2 January 2006"))
	proc.say("start with -tls-cert %s -tls-key %s", certFile, keyFile)
	proc.say("and then: curl --cacert %s https://localhost:8080/books", certFile)
	return nil
}

// createKeyPair makes two files that are not there yet.
func createKeyPair(certFile, keyFile string, now time.Time) (until time.Time, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return until, err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "localhost"},
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		NotBefore:             now,
		NotAfter:              now.Add(certLifetime),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, // and IsCA is false
	}
	certDER, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return until, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return until, err
	}
	if err := writePEM(keyFile, "PRIVATE KEY", keyDER, 0o600); err != nil {
		return until, err
	}
	if err := writePEM(certFile, "CERTIFICATE", certDER, 0o644); err != nil {
		return until, errors.Join(err, os.Remove(keyFile))
	}
	return template.NotAfter, nil
}

// writePEM writes a new file.
func writePEM(name, kind string, der []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode) //nolint:gosec // the user of the command chooses the directory
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already, and is not overwritten; move it away, or choose another directory with -dir", name)
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w; choose another directory with -dir", name, errors.Unwrap(err))
	}
	err = pem.Encode(f, &pem.Block{Type: kind, Bytes: der})
	return errors.Join(err, f.Close())
}
