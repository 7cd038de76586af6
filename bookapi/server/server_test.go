package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	"example.com/bookapi/rest"
)

// childEnv makes this test binary, run once more, a program: "open" or
// "complete".
const childEnv = "SERVER_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "open":
		Main(openAPI())
		return
	case "complete":
		Main(completeAPI())
		return
	}
	os.Exit(m.Run())
}

// openAPI is the open API with a page that is never finished.
func openAPI() Program {
	return Program{
		API: "the open Book API",
		Handler: func(store bookapi.Store) http.Handler {
			mux := rest.Routes(rest.Books{Store: store})
			mux.Get("/never", func(w http.ResponseWriter, r *http.Request) {
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
			})
			return mux
		},
	}
}

// completeAPI is the same API as a program that has everything.
func completeAPI() Program {
	p := openAPI()
	p.AddAdmin = func(ctx context.Context, users bookapi.UserStore, username, password string) error {
		if len(password) < 15 {
			return bookapi.Invalid("password", "must have at least 15 characters")
		}
		return users.CreateUser(ctx, bookapi.User{Username: username, PasswordHash: "hash of " + password, Role: bookapi.RoleAdmin})
	}
	p.NewKey = func() string { return "k1:secret" }
	p.Configure = func(start Start) (Service, error) {
		if start.Getenv("BOOKAPI_KEYS") != "" {
			return Service{}, errors.Join(errors.New("BOOKAPI_KEYS: key 1 is too short"), errors.New("BOOKAPI_ENV: is neither"))
		}
		notice := fmt.Sprintf("TLS %t, loopback %t", start.TLS, start.Loopback)
		return Service{Notice: notice, Handler: p.Handler}, nil
	}
	return p
}

var startUp = regexp.MustCompile(`^bookapi: serving the open Book API on (https?://\S+) \(database (.+), Ctrl-C stops it\)$`)

// running is a program under test.
type running struct {
	url   string
	hello string         // the start-up line
	lines *bufio.Scanner // of its output, after the start-up line
	stop  context.CancelFunc
	ended chan error
}

// start runs p in a new directory and waits for its start-up line.
func start(t *testing.T, p Program, timeouts timeouts, env map[string]string, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	in, out, err := os.Pipe() // with room for what nobody reads
	require.NoError(t, err)
	r := &running{lines: bufio.NewScanner(in), stop: cancel, ended: make(chan error, 1)}
	go func() {
		proc := process{args: args, getenv: func(name string) string { return env[name] }, stdout: out}
		r.ended <- p.serveWith(ctx, proc, args, timeouts)
		_ = out.Close()
	}()
	t.Cleanup(func() {
		cancel()
		_, _ = io.Copy(io.Discard, in)
		_ = in.Close()
	})
	if !r.lines.Scan() {
		require.NoError(t, <-r.ended, "it ended before it started")
	}
	found := startUp.FindStringSubmatch(r.lines.Text())
	require.NotNil(t, found, "start-up line: %s", r.lines.Text())
	r.hello, r.url = found[0], found[1]
	return r
}

// end stops the program and returns its error.
func (r *running) end() error {
	http.DefaultClient.CloseIdleConnections() // the program would wait for them
	r.stop()
	for r.lines.Scan() { // let it say what it has to say
	}
	return <-r.ended
}

func (r *running) addr() string {
	_, addr, _ := strings.Cut(r.url, "://")
	return addr
}

func newFile(t *testing.T) string { return filepath.Join(t.TempDir(), "books.db") }

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	require.NoError(t, err)
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	return res.StatusCode, string(body)
}

func TestARestartFindsTheBookAgainOnTheSamePort(t *testing.T) {
	db := newFile(t)
	first := start(t, openAPI(), defaultTimeouts, nil, "-addr", "127.0.0.1:0", "-db", db)
	assert.NotContains(t, first.url, ":0", "the start-up line names the port that was found")
	res, err := http.Post(first.url+"/books", "application/json", strings.NewReader(`{"title":"Emma","author":"Jane Austen"}`))
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusCreated, res.StatusCode)
	require.NoError(t, first.end())
	assert.NoFileExists(t, db+"-wal", "the database was closed")

	second := start(t, openAPI(), defaultTimeouts, nil, "-addr", first.addr(), "-db", db)
	assert.Equal(t, first.url, second.url)
	status, body := get(t, second.url+res.Header.Get("Location"))
	assert.Equal(t, http.StatusOK, status)
	assert.JSONEq(t, `{"id":1,"title":"Emma","author":"Jane Austen"}`, body)
	require.NoError(t, second.end())
}

func TestAnAnswerInFlightIsFinished(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	p := Program{API: "the open Book API", Handler: func(store bookapi.Store) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(entered)
			<-release
			books, err := store.Books(r.Context(), 0, 1)
			_, _ = fmt.Fprintf(w, "slow but whole: %v, %v", books, err)
		})
	}}
	r := start(t, p, defaultTimeouts, nil, "-addr", "127.0.0.1:0", "-db", newFile(t))
	answer := make(chan string, 1)
	go func() {
		res, err := http.Get(r.url)
		if err != nil {
			answer <- err.Error()
			return
		}
		body, err := io.ReadAll(res.Body)
		answer <- fmt.Sprintf("%s, %v, %v", body, err, res.Body.Close())
	}()
	<-entered
	r.stop()
	require.True(t, r.lines.Scan())
	assert.Contains(t, r.lines.Text(), "stopping")
	close(release)
	assert.Equal(t, "slow but whole: [], <nil>, <nil>, <nil>", <-answer)
	require.NoError(t, r.end())
	_, err := http.Get(r.url)
	assert.Error(t, err, "it still listens")
}

func TestTheWaitForAnswersHasAnEnd(t *testing.T) {
	r := start(t, openAPI(), timeouts{grace: time.Millisecond}, nil, "-addr", "127.0.0.1:0", "-db", newFile(t))
	res, err := http.Get(r.url + "/never")
	require.NoError(t, err)
	defer res.Body.Close()
	assert.ErrorContains(t, r.end(), "cut off")
	_, err = io.ReadAll(res.Body)
	assert.Error(t, err, "the client must see that the answer is not whole")
}

func TestAServiceMayBringItsServer(t *testing.T) {
	p := openAPI()
	var states atomic.Int64
	p.Configure = func(Start) (Service, error) {
		return Service{Handler: p.Handler, Server: func(h http.Handler) *http.Server {
			return &http.Server{
				Handler:           h,
				ReadHeaderTimeout: time.Second,
				MaxHeaderBytes:    1 << 10, // net/http adds some
				ConnState:         func(net.Conn, http.ConnState) { states.Add(1) },
			}
		}}, nil
	}
	r := start(t, p, defaultTimeouts, nil, "-addr", "127.0.0.1:0", "-db", newFile(t))
	status, _ := get(t, r.url+"/books")
	assert.Equal(t, http.StatusOK, status)
	status, _ = get(t, r.url+"/books?"+strings.Repeat("x", 32<<10))
	assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, status)
	require.NoError(t, r.end())
	assert.Positive(t, states.Load())
}

func TestWhereItListens(t *testing.T) {
	free := start(t, openAPI(), defaultTimeouts, nil, "-addr", "localhost:0", "-db", newFile(t))
	require.NoError(t, free.end())
	_, port, err := net.SplitHostPort(free.addr())
	require.NoError(t, err)

	env := map[string]string{"PORT": port}
	byEnv := start(t, openAPI(), defaultTimeouts, env, "-db", newFile(t))
	assert.Equal(t, "http://127.0.0.1:"+port, byEnv.url)
	byFlag := start(t, openAPI(), defaultTimeouts, env, "-db", newFile(t), "-addr", "127.0.0.1:0")
	assert.NotEqual(t, byEnv.url, byFlag.url, "-addr wins over PORT")
	require.NoError(t, byEnv.end())
	require.NoError(t, byFlag.end())
}

// What the start message says of other addresses is tested without listening on them.
func TestTheStartUpSaysWhoCanReachIt(t *testing.T) {
	for ip, want := range map[string]string{
		"127.0.0.1": "bookapi: serving the Book API on http://127.0.0.1:8080 (database b.db, Ctrl-C stops it)\nbookapi: tokens end with this program\n",
		"::1":       "bookapi: serving the Book API on http://[::1]:8080 (database b.db, Ctrl-C stops it)\nbookapi: tokens end with this program\n",
		"0.0.0.0":   "on http://localhost:8080 (",
		"::":        "on http://localhost:8080 (",
		"192.0.2.1": "on http://192.0.2.1:8080 (",
	} {
		var out strings.Builder
		addr := &net.TCPAddr{IP: net.ParseIP(ip), Port: 8080}
		hello := startMessage{api: "the Book API", addr: addr, database: "b.db", notice: "tokens end with this program", unencrypted: !addr.IP.IsLoopback()}
		hello.say(process{stdout: &out})
		assert.Contains(t, out.String(), want)
		assert.Equal(t, !addr.IP.IsLoopback(), strings.Contains(out.String(), "not encrypted"), ip)
	}
}

// child is the program as a process of its own.
func child(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // one that serves where it should refuse
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(append(os.Environ(), childEnv+"=open", "PORT=", "DATABASE_URL="), env...)
	cmd.Dir = t.TempDir()
	return cmd
}

func TestAMistakeIsOneSentenceAndAnExitCode(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer busy.Close()

	for _, c := range []struct {
		name string
		env  []string
		args []string
		code int
		want []string
	}{
		{"busy port", nil, []string{"-addr", busy.Addr().String()}, 1, []string{busy.Addr().String() + " is in use", "-addr"}},
		{"busy PORT", []string{"PORT=" + fmt.Sprint(busy.Addr().(*net.TCPAddr).Port)}, nil, 1, []string{busy.Addr().String() + " is in use", "-addr"}},
		{"PORT is a word", []string{"PORT=http"}, nil, 2, []string{`PORT="http"`, "65535", "-addr"}},
		{"PORT is too large", []string{"PORT=65536"}, nil, 2, []string{`PORT="65536"`}},
		{"PORT is an address", []string{"PORT=:8080"}, nil, 2, []string{`PORT=":8080"`}},
		{"addr without a port", nil, []string{"-addr", "8080"}, 2, []string{`"8080"`, "127.0.0.1:8080"}},
		{"addr with a bad port", nil, []string{"-addr", "127.0.0.1:99999"}, 1, []string{"99999", "choose another address with -addr"}},
		{"unknown flag", nil, []string{"-port", "1"}, 2, []string{"-port", "-h"}},
		{"flag without a value", nil, []string{"-db"}, 2, []string{"-db", "-h"}},
		{"stray argument", nil, []string{"books.db"}, 2, []string{`"books.db"`, "-h"}},
		{"no such directory", nil, []string{"-addr", "127.0.0.1:0", "-db", "missing/books.db"}, 1, []string{"missing/books.db", "choose another file with -db"}},
		{"directory as database", nil, []string{"-addr", "127.0.0.1:0", "-db", "."}, 1, []string{"directory", "choose another file with -db"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := child(t, c.env, c.args...)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err := cmd.Run()
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit, "it started: %s", &stdout)
			assert.Equal(t, c.code, exit.ExitCode())
			assert.Empty(t, stdout.String())
			assert.Regexp(t, `^bookapi: [^\n]+\n$`, stderr.String(), "one line")
			for _, want := range c.want {
				assert.Contains(t, stderr.String(), want)
			}
			left, err := os.ReadDir(cmd.Dir)
			require.NoError(t, err)
			assert.Empty(t, left, "a program that did not start left a file behind")
		})
	}
}

func TestHelpIsNoMistake(t *testing.T) {
	out, err := child(t, nil, "-h").Output()
	require.NoError(t, err)
	for _, want := range []string{"the open Book API", "-addr", "127.0.0.1:8080", "PORT", "-db", "bookapi.db"} {
		assert.Contains(t, string(out), want)
	}
}

// signalled starts the program as a process and returns it with its lines.
func signalled(t *testing.T) (cmd *exec.Cmd, url string, lines *bufio.Scanner) {
	if runtime.GOOS == "windows" {
		t.Skip("on Windows one process cannot send another an interrupt")
	}
	cmd = child(t, nil, "-addr", "127.0.0.1:0")
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines = bufio.NewScanner(stdout)
	require.True(t, lines.Scan())
	found := startUp.FindStringSubmatch(lines.Text())
	require.NotNil(t, found, lines.Text())
	assert.Equal(t, "bookapi.db", found[2])
	return cmd, found[1], lines
}

func TestASignalEndsTheProgramInOrder(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		cmd, url, lines := signalled(t)
		status, body := get(t, url+"/books")
		assert.Equal(t, http.StatusOK, status)
		assert.JSONEq(t, `[]`, body)
		http.DefaultClient.CloseIdleConnections()
		require.NoError(t, cmd.Process.Signal(sig))
		for lines.Scan() {
		}
		require.NoError(t, cmd.Wait(), sig)
		assert.NoFileExists(t, filepath.Join(cmd.Dir, "bookapi.db-wal"), "the database was closed")
	}
}

func TestASecondSignalDoesNotWait(t *testing.T) {
	cmd, url, lines := signalled(t)
	res, err := http.Get(url + "/never")
	require.NoError(t, err)
	defer res.Body.Close()
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.True(t, lines.Scan())
	require.Contains(t, lines.Text(), "stopping")

	// The program takes its hands off signals about now; a person at the
	// keyboard is slower than that, this test is not.
	begin := time.Now()
	waited := make(chan error, 1)
	go func() { waited <- cmd.Wait() }()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case err := <-waited:
			assert.Error(t, err, "it ended by itself")
			assert.Less(t, time.Since(begin), defaultTimeouts.grace/2)
			return
		case <-again.C:
			_ = cmd.Process.Signal(os.Interrupt)
		}
	}
}
