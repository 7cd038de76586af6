// Package gocmd runs the go command: in a folder, with an environment that fits
// it, together with all that it starts, and with errors that say what to do. It
// imports little, as the very first start of the course waits for it.
package gocmd

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"example.com/bookapi/workshop/internal/proctree"
)

// WaitDelay is how long the go command may take to end once its context has.
const WaitDelay = 2 * time.Second

// Command returns the go command with args in dir, and more variables than those
// of this process. Without any it is what learners get who type it there. Once
// its context ends, it is interrupted with all that it has started; the caller
// calls proctree.Kill when it has ended.
func Command(ctx context.Context, dir string, env []string, args ...string) *exec.Cmd {
	return Program(ctx, dir, env, "go", args...)
}

// Program returns another program than the go command, likewise.
func Program(ctx context.Context, dir string, env []string, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), env...) // with the PWD of dir: below a symbolic link the go command goes by it
	cmd.WaitDelay = WaitDelay
	proctree.Own(cmd)
	return cmd
}

// Offline keeps the go command from the network, whatever the settings are.
func Offline() []string { return []string{"GOPROXY=off", "GOVCS=*:off"} }

// Alone has the go command see the module of its folder and no workspace.
func Alone() []string { return []string{"GOWORK=off", "GOFLAGS=-mod=readonly"} }

// Workspace has the go command use the workspace of a go.work, and build for this
// machine, whatever variables would have it do something else. An empty variable
// would not: it falls back to what "go env -w" has written.
func Workspace(work string) []string {
	return []string{
		"GOROOT=", "GO111MODULE=on", "GOFLAGS=-mod=readonly", "GOWORK=" + work,
		"GOOS=" + runtime.GOOS, "GOARCH=" + runtime.GOARCH,
	}
}

// WorkspaceOf is the Workspace of the go.work in a folder.
func WorkspaceOf(root string) []string { return Workspace(filepath.Join(root, "go.work")) }

// Output runs the go command, see Command, and returns what it prints. The error
// is that of ctx if it has ended, and otherwise that of Failure.
func Output(ctx context.Context, dir string, env []string, args ...string) (string, error) {
	cmd := Command(ctx, dir, env, args...)
	var stdout strings.Builder
	var stderr Excerpt
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		proctree.Kill(cmd)
		return stdout.String(), ctx.Err()
	}
	return stdout.String(), Failure(err, stderr.String())
}

// ErrNotFound means that there is no go command.
var ErrNotFound = errors.New("the go command was not found: install Go from https://go.dev/dl, or mend the PATH")

// Error is what the go command said before it failed.
type Error struct {
	Said string // not empty
	Err  error  // how it ended
}

func (e *Error) Error() string { return e.Said }

func (e *Error) Unwrap() error { return e.Err }

// Failure makes an error of err, with which the go command ended, and of what it
// said: ErrNotFound if there is none, an Error if it said why, or err.
func Failure(err error, said string) error {
	said = strings.TrimSpace(said)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return ErrNotFound
	case err != nil && said != "":
		return &Error{said, err}
	}
	return err
}
