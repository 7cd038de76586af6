package server

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// files is a certificate and its key.
type files struct{ cert, key string }

func (f files) flags() []string { return []string{"-tls-cert", f.cert, "-tls-key", f.key} }

// made makes a pair that is good from a moment on, in a new directory.
func made(t *testing.T, from time.Time) files {
	t.Helper()
	dir := t.TempDir()
	f := files{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	_, err := createKeyPair(f.cert, f.key, from)
	require.NoError(t, err)
	return f
}

// leaf returns the certificate in a file.
func leaf(t *testing.T, file string) *x509.Certificate {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	block, _ := pem.Decode(text)
	require.NotNil(t, block)
	cert, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	return cert
}

// secure starts the complete program with a pair.
func secure(t *testing.T, f files) *running {
	t.Helper()
	return start(t, completeAPI(), defaultTimeouts, nil, append(f.flags(), "-addr", "127.0.0.1:0", "-db", newFile(t))...)
}

// served returns the certificate that a new client is shown.
func served(t *testing.T, r *running) *x509.Certificate {
	t.Helper()
	conn, err := tls.Dial("tcp", r.addr(), &tls.Config{InsecureSkipVerify: true}) // who it is is what we ask
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	return conn.ConnectionState().PeerCertificates[0]
}

func TestTheProgramSpeaksTLS(t *testing.T) {
	f := made(t, time.Now())
	r := secure(t, f)
	assert.Regexp(t, "^https://", r.url)
	require.True(t, r.lines.Scan())
	assert.Equal(t, "bookapi: TLS true, loopback true", r.lines.Text(), "what Configure was told")

	roots := x509.NewCertPool()
	roots.AddCert(leaf(t, f.cert))
	for name, host := range map[string]string{"by its name": "localhost", "by its address": "127.0.0.1"} {
		_, port, err := net.SplitHostPort(r.addr())
		require.NoError(t, err)
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
		res, err := client.Get("https://" + net.JoinHostPort(host, port) + "/books")
		require.NoError(t, err, name)
		assert.Equal(t, http.StatusOK, res.StatusCode)
		assert.Equal(t, 2, res.ProtoMajor)
		_, _ = io.Copy(io.Discard, res.Body)
		require.NoError(t, res.Body.Close())
		client.CloseIdleConnections()
	}
	require.NoError(t, r.end())
}

func TestOldVersionsOfTLSAreRefused(t *testing.T) {
	r := secure(t, made(t, time.Now()))
	for version, welcome := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		conn, err := tls.Dial("tcp", r.addr(), &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
		assert.Equal(t, welcome, err == nil, "%s: %v", tls.VersionName(version), err)
		if err == nil {
			require.NoError(t, conn.Close())
		}
	}
	require.NoError(t, r.end())
}

func TestOldCipherSuitesAreRefused(t *testing.T) {
	r := secure(t, made(t, time.Now()))
	for suite, welcome := range map[uint16]bool{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: true,
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA:    false,
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA:    false,
	} {
		conn, err := tls.Dial("tcp", r.addr(), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite}})
		assert.Equal(t, welcome, err == nil, "%s: %v", tls.CipherSuiteName(suite), err)
		if err == nil {
			require.NoError(t, conn.Close())
		}
	}
	require.NoError(t, r.end())
}

// renew puts another file in the place of one, a second later.
func renew(t *testing.T, file, by string) {
	t.Helper()
	info, err := os.Stat(file)
	require.NoError(t, err)
	text, err := os.ReadFile(by)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text, 0o600))
	later := info.ModTime().Add(time.Second)
	require.NoError(t, os.Chtimes(file, later, later))
}

func TestARenewedCertificateNeedsNoRestart(t *testing.T) {
	f, next := made(t, time.Now()), made(t, time.Now())
	first, second := leaf(t, f.cert), leaf(t, next.cert)
	r := secure(t, f)
	require.True(t, served(t, r).Equal(first))

	renew(t, f.cert, next.cert)
	assert.True(t, served(t, r).Equal(first), "the key is still the old one: the pair before serves")
	renew(t, f.key, next.key)
	assert.True(t, served(t, r).Equal(second), "the whole pair is new")

	require.NoError(t, os.Remove(f.cert))
	assert.True(t, served(t, r).Equal(second), "without the file, with what is known")
	require.NoError(t, r.end())
}

func TestAPairThatCannotServeIsRefusedInASentence(t *testing.T) {
	good, other := made(t, time.Now()), made(t, time.Now())
	ended, early := made(t, time.Now().AddDate(-2, 0, 0)), made(t, time.Now().AddDate(1, 0, 0))
	text := filepath.Join(t.TempDir(), "text.pem")
	require.NoError(t, os.WriteFile(text, []byte("no PEM"), 0o600))

	for name, c := range map[string]struct {
		files
		want []string
	}{
		"not each other's": {files{good.cert, other.key}, []string{good.cert, other.key, "does not match", "-tls-cert"}},
		"swapped":          {files{good.key, good.cert}, []string{good.cert, "-tls-key"}},
		"no PEM":           {files{text, good.key}, []string{text, "PEM"}},
		"no file":          {files{good.cert + "x", good.key}, []string{good.cert + "x"}},
		"ended":            {ended, []string{ended.cert, "renew it"}},
		"still to come":    {early, []string{early.cert, "clock"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, "", "", nil, append(c.flags(), "-addr", "127.0.0.1:0")...)
			assert.Equal(t, 1, got.code)
			assert.Empty(t, got.stdout)
			assert.Regexp(t, `^bookapi: [^\n]+\n$`, got.stderr)
			for _, want := range c.want {
				assert.Contains(t, got.stderr, want)
			}
			assert.NoFileExists(t, filepath.Join(got.dir, "bookapi.db"))
		})
	}
}

func TestACertificateForThisMachineIsMade(t *testing.T) {
	got := run(t, "", "", nil, "cert")
	require.Zero(t, got.code, got.stderr)
	assert.Contains(t, got.stdout, "curl --cacert cert.pem https://localhost:8080/books\n")
	certFile, keyFile := filepath.Join(got.dir, "cert.pem"), filepath.Join(got.dir, "key.pem")

	cert := leaf(t, certFile)
	assert.Equal(t, []string{"localhost"}, cert.DNSNames)
	assert.Len(t, cert.IPAddresses, 2)
	assert.NoError(t, cert.VerifyHostname("127.0.0.1"))
	assert.NoError(t, cert.VerifyHostname("::1"))
	assert.True(t, cert.BasicConstraintsValid)
	assert.False(t, cert.IsCA, "it could vouch for any other site")
	assert.Equal(t, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, cert.ExtKeyUsage)
	assert.LessOrEqual(t, cert.NotAfter.Sub(cert.NotBefore), 397*24*time.Hour)
	if runtime.GOOS != "windows" {
		info, err := os.Stat(keyFile)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode())
	}

	for _, missing := range []string{"", certFile, keyFile} {
		if missing != "" {
			require.NoError(t, os.Rename(missing, missing+".old"))
		}
		again := run(t, got.dir, "", nil, "cert")
		assert.Equal(t, 1, again.code)
		assert.Contains(t, again.stderr, "is not overwritten")
		if missing != "" {
			assert.NoFileExists(t, missing, "half a pair was left behind")
			require.NoError(t, os.Rename(missing+".old", missing))
		}
	}
	assert.True(t, cert.Equal(leaf(t, certFile)), "it was overwritten")
}

func TestHandshakesThatFailAreWarningsInTheLogOfTheService(t *testing.T) {
	before := slog.Default()
	defer slog.SetDefault(before)
	var log bytes.Buffer // written before the connection is closed, read after
	p := completeAPI()
	configure := p.Configure
	p.Configure = func(s Start) (Service, error) {
		service, err := configure(s)
		service.Logger = slog.New(slog.NewTextHandler(&log, nil))
		return service, err
	}
	f := made(t, time.Now())
	r := start(t, p, defaultTimeouts, nil, append(f.flags(), "-addr", "127.0.0.1:0", "-db", newFile(t))...)
	for range 3 * errorLogLines {
		conn, err := net.Dial("tcp", r.addr())
		require.NoError(t, err)
		_, err = io.WriteString(conn, "GET /books HTTP/1.1\r\n\r\n")
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, conn)
		require.NoError(t, conn.Close())
	}
	require.NoError(t, r.end())
	assert.Equal(t, errorLogLines, strings.Count(log.String(), "level=WARN"), log.String())
	assert.Contains(t, log.String(), "TLS handshake error")
}
