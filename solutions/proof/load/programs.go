package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	hardening "example.com/bookapi/step5-hardening"
)

// programs are the built servers, and a folder for their databases.
type programs struct {
	dir     string
	api     string // the finished API
	noGuard string // the same, with the guard of /me taken out
	plain   string // chi and jwtauth out of the box
	key     string // BOOKAPI_KEYS
}

const (
	username = "ada"
	password = "blue teapot on the third shelf"
)

// withGuard and withoutGuard are a line of step 5's routes.go, and what stands in
// its place in the program without the guard: it still loads the row, as it is the
// row that /me answers with.
const (
	withGuard    = `protect.RequireUser(verifier, a.store)(next).ServeHTTP(w, r)`
	withoutGuard = `user, _ := a.store.User(r.Context(), "` + username + `"); _ = verifier; next.ServeHTTP(w, r.WithContext(bookapi.WithUser(r.Context(), user)))`
)

// build compiles the servers into dir.
func build(ctx context.Context, dir string) (*programs, error) {
	p := &programs{
		dir:     dir,
		api:     filepath.Join(dir, "api.exe"),
		noGuard: filepath.Join(dir, "noguard.exe"),
		plain:   filepath.Join(dir, "plain.exe"),
		key:     hardening.NewKey(),
	}
	overlay, err := overlayWithoutGuard(ctx, dir)
	if err != nil {
		return nil, err
	}
	const api = "example.com/bookapi/step5-hardening/cmd/bookapi"
	for _, args := range [][]string{
		{"-o", p.api, api},
		{"-o", p.noGuard, "-overlay", overlay, api},
		{"-o", p.plain, "example.com/bookapi/proof/load/plain"},
	} {
		if out, err := goCommand(ctx, append([]string{"build"}, args...)...); err != nil {
			return nil, fmt.Errorf("%w\n%s", err, out)
		}
	}
	return p, nil
}

// overlayWithoutGuard writes the overlay that takes the guard out.
func overlayWithoutGuard(ctx context.Context, dir string) (string, error) {
	found, err := goCommand(ctx, "list", "-f", "{{.Dir}}", "example.com/bookapi/step5-hardening/app")
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, found)
	}
	file := filepath.Join(strings.TrimSpace(found), "routes.go")
	source, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	open := strings.Replace(string(source), withGuard, withoutGuard, 1)
	if open == string(source) {
		return "", fmt.Errorf("%s does not hold the line %q any more", file, withGuard)
	}
	copied, list := filepath.Join(dir, "routes.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(copied, []byte(open), 0o600); err != nil {
		return "", err
	}
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{file: copied}})
	if err != nil {
		return "", err
	}
	return list, os.WriteFile(list, replace, 0o600)
}

func goCommand(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput()
	return string(out), err
}

// A server is a program at work.
type server struct {
	cmd     *exec.Cmd
	address string
	access  string // a token of ada's
}

// start starts the API, guarded or not, over a new database with one user and
// some books in it.
func (p *programs) start(ctx context.Context, program string) (*server, error) {
	database := filepath.Join(p.dir, filepath.Base(program)+".db")
	for _, old := range []string{database, database + "-wal", database + "-shm"} {
		if err := os.Remove(old); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	s, _, err := p.run(ctx, program, "-addr", "127.0.0.1:0", "-db", database)
	if err != nil {
		return nil, err
	}
	if err := s.createAccountAndBooks(ctx); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

var printedAddress = regexp.MustCompile(`http://[0-9.:]+`)

// run starts a program and waits until it has said where it listens. What it
// prints after that is the lines' to read, and what it logs is for nobody.
func (p *programs) run(ctx context.Context, program string, args ...string) (*server, *bufio.Scanner, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "BOOKAPI_KEYS="+p.key, "BOOKAPI_ENV=", "DATABASE_URL=", "PORT=")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !printedAddress.MatchString(lines.Text()) {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, nil, fmt.Errorf("%s did not start: %s%s", filepath.Base(program), lines.Text(), &complaints)
	}
	return &server{cmd: cmd, address: printedAddress.FindString(lines.Text())}, lines, nil
}

// stop ends the server.
func (s *server) stop() {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil { // Windows has none
		_ = s.cmd.Process.Kill()
	}
	_ = s.cmd.Wait()
}

// createAccountAndBooks signs ada up, logs her in, and puts a hundred books on the shelf.
func (s *server) createAccountAndBooks(ctx context.Context) error {
	account, err := json.Marshal(map[string]string{"username": username, "password": password})
	if err != nil {
		return err
	}
	if _, err := s.send(ctx, "/users", "application/json", string(account)); err != nil {
		return err
	}
	answer, err := s.send(ctx, "/token", formType, login())
	if err != nil {
		return err
	}
	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(answer, &tokens); err != nil {
		return err
	}
	s.access = tokens.AccessToken
	for range 100 {
		if _, err := s.send(ctx, "/books", "application/json", book); err != nil {
			return err
		}
	}
	return nil
}

const (
	formType = "application/x-www-form-urlencoded"
	book     = `{"title":"Kindred","author":"Octavia E. Butler","year":1979}`
)

func login() string {
	return url.Values{"username": {username}, "password": {password}}.Encode()
}

// send posts a body, and returns the answer's.
func (s *server) send(ctx context.Context, path, contentType, body string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.address+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", contentType)
	if s.access != "" {
		r.Header.Set("Authorization", "Bearer "+s.access)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 300 {
		err = fmt.Errorf("POST %s answered %s: %s", path, answer.Status, text)
	}
	return text, err
}
