package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	hardening "example.com/bookapi/step5-hardening"
)

// A program is the finished API, built, and with a certificate.
type program struct {
	dir, binary string
	roots       *x509.CertPool
}

// build compiles it into dir, unless it is built already.
func build(ctx context.Context, dir, binary string) (*program, error) {
	p := &program{dir: dir, binary: binary, roots: x509.NewCertPool()}
	var commands [][]string
	if binary == "" {
		p.binary = filepath.Join(dir, "bookapi.exe")
		commands = append(commands, []string{"go", "build", "-o", p.binary, "example.com/bookapi/step5-hardening/cmd/bookapi"})
	}
	for _, command := range append(commands, []string{p.binary, "cert", "-dir", dir}) {
		if out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w\n%s", err, out)
		}
	}
	pem, err := os.ReadFile(filepath.Join(dir, "cert.pem"))
	if err == nil && !p.roots.AppendCertsFromPEM(pem) {
		err = errors.New("the certificate is none")
	}
	return p, err
}

// An api is the finished API at work: one program over SQLite, or two replicas over
// PostgreSQL.
type api struct {
	roots    *x509.CertPool
	replicas []*replica
	db       *sql.DB // to look into
}

// A replica is one process.
type replica struct {
	cmd     *exec.Cmd
	address string // host:port
	log     logCounter
}

// start starts the API: over the PostgreSQL of a URL, or else a new SQLite file.
func (p *program) start(ctx context.Context, postgres string) (a *api, err error) {
	a = &api{roots: p.roots}
	defer func() {
		if err != nil {
			a.stop()
		}
	}()
	n, args := 2, []string{"-addr", "127.0.0.1:0", "-tls-cert", filepath.Join(p.dir, "cert.pem"), "-tls-key", filepath.Join(p.dir, "key.pem")}
	if postgres != "" {
		a.db, err = sql.Open("pgx", postgres)
	} else {
		file := filepath.Join(p.dir, "bookapi.db")
		n, args = 1, append(args, "-db", file)
		a.db, err = sql.Open("sqlite", "file:"+file+"?mode=ro")
	}
	if err != nil {
		return a, err
	}
	key := hardening.NewKey()
	for range n {
		r := &replica{cmd: exec.CommandContext(ctx, p.binary, args...)}
		r.cmd.Env = append(os.Environ(), "BOOKAPI_KEYS="+key, "BOOKAPI_ENV=production", "DATABASE_URL="+postgres, "PORT=")
		r.cmd.Stderr = &r.log
		out, err := r.cmd.StdoutPipe()
		if err != nil {
			return a, err
		}
		if err := r.cmd.Start(); err != nil {
			return a, err
		}
		a.replicas = append(a.replicas, r)
		lines := bufio.NewScanner(out)
		lines.Scan()
		if r.address = regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(lines.Text()); r.address == "" {
			return a, fmt.Errorf("the program did not start: %s %s", lines.Text(), r.log.first())
		}
		go func() { _, _ = io.Copy(io.Discard, out) }()
	}
	return a, nil
}

func (a *api) stop() {
	for _, r := range a.replicas {
		if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			_ = r.cmd.Process.Kill()
		}
		_ = r.cmd.Wait()
	}
	if a.db != nil {
		_ = a.db.Close()
	}
}

// replica returns the replica for the n-th client.
func (a *api) replica(n int) *replica { return a.replicas[n%len(a.replicas)] }

// dialer connects from an address of the loopback network: 127.0.HOST.NUMBER.
func dialer(host, number int) *net.Dialer {
	from := net.IPv4(127, 0, byte(host), byte(number))
	return &net.Dialer{LocalAddr: &net.TCPAddr{IP: from}, Timeout: 10 * time.Second}
}

// tlsConfig speaks HTTP/1 or HTTP/2.
func (a *api) tlsConfig(http2 bool) *tls.Config {
	protocol := "http/1.1"
	if http2 {
		protocol = "h2"
	}
	return &tls.Config{RootCAs: a.roots, ServerName: "localhost", NextProtos: []string{protocol}, MinVersion: tls.VersionTLS12}
}

// client is an HTTP client with an address of its own.
func (a *api) client(from *net.Dialer, http2 bool) *http.Client {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(!http2)
	protocols.SetHTTP2(http2)
	return &http.Client{
		Timeout:   40 * time.Second,
		Transport: &http.Transport{DialContext: from.DialContext, TLSClientConfig: a.tlsConfig(http2), Protocols: protocols, MaxIdleConnsPerHost: 100, IdleConnTimeout: 5 * time.Second},
	}
}

// connect opens a TLS connection.
func (a *api) connect(ctx context.Context, from *net.Dialer, r *replica, http2 bool) (net.Conn, error) {
	d := tls.Dialer{NetDialer: from, Config: a.tlsConfig(http2)}
	return d.DialContext(ctx, "tcp", r.address)
}

// usage is what the replicas use of the machine, the greatest of them.
type usage struct {
	memory int64 // bytes
	files  int
}

func (a *api) usage() (most usage, err error) {
	for _, r := range a.replicas {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid))
		if err != nil {
			return most, err
		}
		m := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
		if m == nil {
			return most, errors.New("a replica has ended")
		}
		kib, err := strconv.ParseInt(string(m[1]), 10, 64)
		if err != nil {
			return most, err
		}
		open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", r.cmd.Process.Pid))
		if err != nil {
			return most, err
		}
		most = usage{max(most.memory, kib<<10), max(most.files, len(open))}
	}
	return most, nil
}

// rows returns how many rows each table has.
func (a *api) rows(ctx context.Context) (map[string]int, error) {
	rows := make(map[string]int)
	for _, table := range []string{"users", "books", "sessions", "attempts"} {
		var n int
		if err := a.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
			return nil, err
		}
		rows[table] = n
	}
	return rows, nil
}

// A logCounter counts what is logged, and keeps the errors of the program's own.
type logCounter struct {
	bytes  atomic.Int64
	mu     sync.Mutex
	errors []string
	begin  []byte
}

func (l *logCounter) Write(p []byte) (int, error) {
	l.bytes.Add(int64(len(p)))
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.begin) < 4096 {
		l.begin = append(l.begin, p...)
	}
	for line := range strings.Lines(string(p)) {
		if strings.Contains(line, `"level":"ERROR"`) && !sheds(line) && len(l.errors) < 20 {
			l.errors = append(l.errors, strings.TrimSpace(line))
		}
	}
	return len(p), nil
}

func (l *logCounter) first() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(bytes.TrimSpace(l.begin))
}

// sheds reports whether a line tells of a probe that has waited too long for the
// database behind others. The attackers are told so, which is no fault; were it an
// honest client, its own failure would be counted.
func sheds(line string) bool {
	return strings.Contains(line, "app: not ready") && strings.Contains(line, context.DeadlineExceeded.Error())
}

// ours are the lines at the level of errors.
func (l *logCounter) ours() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.errors
}
