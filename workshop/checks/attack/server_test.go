package attack_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/attack"
	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gocmd"
	"example.com/bookapi/workshop/internal/stepserver"
)

// said takes what a server prints, and tells once where it serves.
type said struct {
	mu    sync.Mutex
	text  bytes.Buffer
	at    chan string
	found bool
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(p)
	if address := stepserver.FindAddress(s.text.String()); address != "" && !s.found {
		s.found = true
		s.at <- address
	}
	return len(p), nil
}

// start runs a server until stop is called, at the latest at the end of the test.
func start(t testing.TB, dir string, env []string, program string, args ...string) (address string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out := &said{at: make(chan string, 1)}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = 5 * time.Second
	require.NoError(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it is killed
		close(ended)
	}()
	stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(stop)
	select {
	case address = <-out.at:
	case <-ended:
		t.Fatalf("%s has ended:\n%s", program, out.text.String())
	case <-time.After(time.Minute):
		t.Fatalf("%s does not serve:\n%s", program, out.text.String())
	}
	return address, stop
}

// serve runs a server of the course over a database of its own, with grace as an
// administrator where there are any. The secret is that of its key, if it is known.
func serve(t testing.TB, program string, env ...string) (address string, secret []byte, stop func()) {
	t.Helper()
	dir := t.TempDir()
	secret = make([]byte, 32)
	_, _ = rand.Read(secret) // it never fails
	env = append(env, stepserver.Keys+"=key-a:"+hex.EncodeToString(secret), "DATABASE_URL=", "BOOKAPI_ENV=")
	database := filepath.Join(dir, "books.db")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/served\n"), 0o600))
	add := exec.CommandContext(t.Context(), program, "admin", "add", "grace", "-db", database)
	add.Dir, add.Env, add.Stdin = dir, append(os.Environ(), env...), strings.NewReader("seven umbrellas under one roof\n")
	if out, err := add.CombinedOutput(); err != nil && !strings.Contains(string(out), "admin") {
		t.Fatalf("%v: %s", err, out)
	}
	address, stop = start(t, dir, env, program, "-addr", "127.0.0.1:0", "-db", database)
	return address, secret, stop
}

// build builds a program of a module.
func build(t testing.TB, dir, program string, env ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "server.exe")
	_, err := gocmd.Output(t.Context(), dir, env, "build", "-o", file, program)
	require.NoError(t, err)
	return file
}

// cheap returns a copy of the course whose hashes cost a fraction of what they should:
// an attack logs in some two hundred times, and what it finds does not depend on that.
func cheap(t testing.TB) *course.Course {
	t.Helper()
	tree := t.TempDir()
	repository.Copy(t, tree)
	file := filepath.Join(tree, "solutions", "step1-hashing", "password.go")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	changed := bytes.Replace(text, []byte("const Cost = 12\n"), []byte("const Cost = 9\n"), 1)
	require.NotEqual(t, string(text), string(changed))
	require.NoError(t, os.WriteFile(file, changed, 0o600))
	return repository.CourseIn(t, tree)
}

func profile(t testing.TB, name string) attack.Profile {
	t.Helper()
	p, err := attack.ReadProfile(name)
	require.NoError(t, err)
	return p
}

// attacked attacks a server, with all that there is if only is empty.
func attacked(t testing.TB, address string, p attack.Profile, secret []byte, only ...string) *attack.Report {
	t.Helper()
	report, err := attack.Attack(t.Context(), address, attack.Options{Write: true, Profile: p, Secret: secret, Only: only})
	require.NoError(t, err)
	return report
}

// tell logs what an attack found.
func tell(t testing.TB, report *attack.Report) {
	t.Helper()
	for _, one := range report.Results {
		t.Logf("%-11s %-15s %s%s", one.Verdict, one.ID, one.Got, one.Why)
		for _, line := range one.Curl {
			t.Log("            " + line)
		}
	}
	t.Logf("%s, %d requests in %.1f s, left: %v", report.Summary(), report.Requests, report.Seconds, report.Left)
}
