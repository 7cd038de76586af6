package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// patience is how long one command may take, and a server to be ready: with an
// empty build cache and a slow machine, building alone takes minutes.
const patience = 5 * time.Minute

// A Session runs the blocks of one document, as one terminal would.
type Session struct {
	shell   *interp.Runner
	port    string // that 8080 stands for
	home    string // of curl, for its settings
	server  *server
	printed strings.Builder // by all commands so far
}

// NewSession returns a session on a free port, with more variables in its
// environment. Close it.
func NewSession(variables ...string) (_ *Session, err error) {
	s := &Session{}
	if s.port, err = freePort(); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	// In a terminal curl shows no progress beside the answer, in a pipe it does.
	if s.home, err = os.MkdirTemp("", "console"); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	for _, name := range []string{".curlrc", "_curlrc"} {
		if err := os.WriteFile(filepath.Join(s.home, name), []byte("no-progress-meter\n"), 0o600); err != nil {
			return nil, fmt.Errorf("console: %w", err)
		}
	}
	env := append(os.Environ(), "PORT="+s.port, "CURL_HOME="+s.home, "NO_PROXY=127.0.0.1,localhost", "NO_COLOR=1", "GOWORK=")
	env = append(env, variables...)
	s.shell, err = interp.New(
		interp.Env(expand.ListEnviron(env...)),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return execute }),
	)
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	return s, nil
}

func freePort() (string, error) {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return strconv.Itoa(port), l.Close()
}

// Port is the port that 8080 stands for.
func (s *Session) Port() string { return s.port }

// Close stops the server that is still running, if any. The error tells if it
// printed something else than its block said.
func (s *Session) Close() error {
	err := s.stop(nil)
	return errors.Join(err, os.RemoveAll(s.home))
}

// Run types a block, in the folder dir. The error names the line of the
// document and what was printed instead.
func (s *Session) Run(ctx context.Context, dir string, b Block) error {
	quoted, err := syntax.Quote(dir, syntax.LangPOSIX)
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	if _, err := s.run(ctx, "cd "+quoted); err != nil {
		return fmt.Errorf("console: %w", err)
	}
	for _, e := range b.entries {
		if err := s.enter(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// pastes are the variables for which a reader takes what was printed last.
var pastes = map[string]*regexp.Regexp{
	"TOKEN":   regexp.MustCompile(`"access_token"\s*:\s*"([^"]+)"`),
	"REFRESH": regexp.MustCompile(`"refresh_token"\s*:\s*"([^"]+)"`),
}

func (s *Session) enter(ctx context.Context, e entry) error {
	switch {
	case e.command == "":
		if s.server == nil {
			return fmt.Errorf("line %d: ^C, but no server is running", e.line)
		}
		return s.stop(&e)
	case strings.HasSuffix(e.command, "="+anything):
		pasted, err := s.paste(strings.TrimSuffix(e.command, "="+anything))
		if err != nil {
			return fmt.Errorf("line %d: %w", e.line, err)
		}
		e.command = pasted
	case isServer(e.command):
		return s.start(ctx, e)
	}
	output, err := s.run(ctx, e.command)
	if err != nil {
		return fmt.Errorf("line %d: $ %s\n%w\n%s", e.line, e.command, err, output)
	}
	return e.check(lines(output), false)
}

// run runs a command to its end. How it exits is not looked at, as a terminal
// does not show it either.
func (s *Session) run(ctx context.Context, command string) (output string, err error) {
	var out buffer
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err = interpret(ctx, s.shell, s.withPort(command), &out)
	output = s.with8080(out.String())
	s.printed.WriteString(output)
	return output, err
}

func interpret(ctx context.Context, shell *interp.Runner, command string, out *buffer) error {
	if err := interp.StdIO(nil, out, out)(shell); err != nil {
		return err
	}
	// A file would end the session, its statements do not. In the parser's POSIX,
	// "export" is missing.
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(command), "")
	if err != nil {
		return err
	}
	for _, stmt := range file.Stmts {
		err := shell.Run(ctx, stmt)
		if _, exited := errors.AsType[interp.ExitStatus](err); err != nil && !exited {
			return err
		}
	}
	return nil
}

var port8080 = regexp.MustCompile(`\b8080\b`)

func (s *Session) withPort(command string) string {
	return port8080.ReplaceAllString(command, s.port)
}

func (s *Session) with8080(output string) string {
	return regexp.MustCompile(`\b`+s.port+`\b`).ReplaceAllString(output, "8080")
}

// paste returns the command that sets a variable to what was printed last.
func (s *Session) paste(variable string) (string, error) {
	pattern, ok := pastes[variable]
	if !ok {
		return "", fmt.Errorf("%s=…, but only TOKEN and REFRESH are taken from what was printed", variable)
	}
	all := pattern.FindAllStringSubmatch(s.printed.String(), -1)
	if all == nil {
		return "", fmt.Errorf("%s=…, but nothing of the kind was printed before", variable)
	}
	value, err := syntax.Quote(all[len(all)-1][1], syntax.LangPOSIX)
	return variable + "=" + value, err
}

// check compares what was printed with what the entry says.
func (e entry) check(got []string, open bool) error {
	d := compare(e.want, got, open)
	if d == nil {
		return nil
	}
	line := e.line + strings.Count(e.command, "\n") + 1 + d.want
	var what string
	switch {
	case d.more:
		what = fmt.Sprintf("printed more than the document says:\n  %s", d.got)
	case d.end:
		what = fmt.Sprintf("did not print line %d:\n  %s", line, e.want[d.want])
	case d.got == "":
		what = fmt.Sprintf("did not print line %d anywhere behind the …:\n  %s", line, e.want[d.want])
	default:
		what = fmt.Sprintf("line %d is different:\n  document: %s\n  printed:  %s", line, e.want[d.want], d.got)
	}
	return fmt.Errorf("line %d: $ %s\n%s\nAll that it printed:\n%s", e.line, cmp.Or(e.command, "^C"), what, indent(got))
}

func indent(lines []string) string {
	if len(lines) == 0 {
		return "  (nothing)"
	}
	return "  " + strings.Join(lines, "\n  ")
}

// isServer reports whether a command is "go run" of a folder cmd/bookapi, and
// not of one of the program's commands, which end by themselves; or a program in
// Python.
func isServer(command string) bool {
	words := strings.Fields(command)
	if slices.ContainsFunc(words, func(word string) bool { return path.Base(word) == "python3" }) {
		return true
	}
	isRun := false
	for i, word := range words {
		if i > 0 && word == "run" && words[i-1] == "go" {
			isRun = true
		}
		if isRun && path.Base(word) == "bookapi" && path.Base(path.Dir(word)) == "cmd" {
			return i+1 == len(words) || strings.HasPrefix(words[i+1], "-")
		}
	}
	return false
}

// A buffer collects output while others look at it.
type buffer struct {
	mu   sync.Mutex
	text strings.Builder
	grew chan struct{} // if not nil, has one value whenever there is something new
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case b.grew <- struct{}{}:
	default: // whoever looks will see all of it, or nobody looks
	}
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
