package proof

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi"
	. "example.com/bookapi/bookapitest"
)

// build compiles the program of a step as `go run` would.
func build(t *testing.T, step string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "bookapi")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "example.com/bookapi/"+step+"/cmd/bookapi").CombinedOutput()
	require.NoError(t, err, string(out))
	return program
}

// running is a program of a step at work.
type running struct {
	address string  // as the program prints it: "http://127.0.0.1:34567"
	said    *output // all it printed
	stop    func()
	process *os.Process
}

// start runs a program on a free port over an SQLite file until the test ends,
// or stop is called.
func start(t *testing.T, program, database string) running {
	t.Helper()
	return launch(t, program, nil, "-db", database)
}

// launch runs a program on a free port, with more variables in its environment
// and more arguments, until the test ends, or stop or kill is called.
func launch(t *testing.T, program string, env []string, args ...string) running {
	t.Helper()
	return launchWith(t, func(*exec.Cmd) {}, program, env, append([]string{"-addr", "127.0.0.1:0"}, args...)...)
}

// launchWith is launch with the arguments as they are, and one more setting.
func launchWith(t *testing.T, set func(*exec.Cmd), program string, env []string, args ...string) running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, args...)
	set(cmd)
	cmd.Env = append(append(os.Environ(), "DATABASE_URL=", "PORT="), env...)
	said := &output{changed: make(chan struct{}, 1)}
	cmd.Stdout, cmd.Stderr = said, said
	require.NoError(t, cmd.Start())
	stop := sync.OnceFunc(func() {
		cancel()
		_ = cmd.Wait()
	})
	t.Cleanup(stop)

	deadline := time.After(30 * time.Second)
	for {
		if found := regexp.MustCompile(`http://[^ ]+`).FindString(said.String()); found != "" {
			return running{found, said, stop, cmd.Process}
		}
		select {
		case <-said.changed:
		case <-deadline:
			t.Fatalf("the program did not say where it serves:\n%s", said)
		}
	}
}

// output is what a program prints, to be read while it runs.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.changed <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// send sends a request and returns the answer.
func send(t *testing.T, method, address, bearer, contentType, body string) Answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	require.NoError(t, err)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return Answer{Status: answer.StatusCode, Header: answer.Header, Body: string(text)}
}

func signUp(t *testing.T, address, username, password string) {
	t.Helper()
	account, err := json.Marshal(map[string]string{"username": username, "password": password})
	require.NoError(t, err)
	answer := send(t, http.MethodPost, address+"/users", "", "application/json", string(account))
	require.Equal(t, http.StatusCreated, answer.Status, answer)
}

func logIn(t *testing.T, address, username, password string) (raw string) {
	t.Helper()
	form := url.Values{"username": {username}, "password": {password}}.Encode()
	answer := send(t, http.MethodPost, address+"/token", "", "application/x-www-form-urlencoded", form)
	require.Equal(t, http.StatusOK, answer.Status, answer)
	var got struct {
		AccessToken string `json:"access_token"`
	}
	require.NoError(t, json.Unmarshal([]byte(answer.Body), &got))
	return got.AccessToken
}

const book = `{"title":"Kindred","author":"Octavia E. Butler","year":1979}`

// TestOneDatabaseServesEveryStep takes an account and a book through all the
// programs of the course and a restart, as a learner does over the evenings.
func TestOneDatabaseServesEveryStep(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "bookapi.db")
	step2, step3 := build(t, "step2-token"), build(t, "step3-protect")

	first := start(t, step2, database)
	signUp(t, first.address, Ada, AdaPassword)
	answer := send(t, http.MethodPost, first.address+"/books", "", "application/json", book)
	require.Equal(t, http.StatusCreated, answer.Status, "step 2 asks nobody for a token: %v", answer)
	first.stop()

	second := start(t, step3, database)
	answer = send(t, http.MethodPost, second.address+"/books", "", "application/json", book)
	require.Equal(t, http.StatusUnauthorized, answer.Status, answer)
	raw := logIn(t, second.address, Ada, AdaPassword)
	answer = send(t, http.MethodPost, second.address+"/books", raw, "application/json", book)
	require.Equal(t, http.StatusCreated, answer.Status, answer)
	created := answer.Header.Get("Location")
	second.stop()

	third := start(t, step3, database)
	answer = send(t, http.MethodGet, third.address+created, "", "", "")
	require.Equal(t, http.StatusOK, answer.Status, answer)
	var found bookapi.Book
	require.NoError(t, json.Unmarshal([]byte(answer.Body), &found))
	assert.Equal(t, bookapi.Book{ID: 2, Title: "Kindred", Author: "Octavia E. Butler", Year: 1979, CreatedBy: Ada}, found)

	answer = send(t, http.MethodPost, third.address+"/books", raw, "application/json", book)
	assert.Equal(t, http.StatusUnauthorized, answer.Status, "the program says that tokens end with it: %v", answer)
	assert.Contains(t, answer.Header.Get("WWW-Authenticate"), "invalid_token")
	third.stop()

	// What a thief copies and an operator reads holds no password and no token.
	files, err := filepath.Glob(database + "*")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	kept := first.said.String() + second.said.String() + third.said.String()
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		kept += string(content)
	}
	require.Contains(t, kept, Ada, "the account is on the disk")
	assert.Empty(t, Leak(kept, AdaPassword), "the password is on the disk or in the log")
	assert.Empty(t, Leak(kept, raw), "a token is on the disk or in the log")
}
