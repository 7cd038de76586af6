// Package browser opens an address in the browser of whoever sits at the machine.
package browser

import (
	"context"
	"errors"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// ErrNone means that there is no browser to open, as far as one can tell.
var ErrNone = errors.New("there is no browser here")

// Open opens an address that holds a secret. Every user of the machine can read
// the arguments of a program, so the browser is given a file that only its owner
// can read and that leads on. It is in the folder .workshop of root, where a
// browser in a sandbox can read it as well. clean takes it away.
func Open(ctx context.Context, root, address string) (clean func(), err error) {
	nothing := func() {}
	program := opener(runtime.GOOS, os.Getenv, exec.LookPath)
	if program == nil {
		return nothing, ErrNone
	}
	dir := filepath.Join(root, ".workshop")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nothing, err
	}
	file, err := os.CreateTemp(dir, "open-*.html") // for its owner alone
	if err != nil {
		return nothing, err
	}
	clean = func() { _ = os.Remove(file.Name()) }
	to := html.EscapeString(address)
	_, err = fmt.Fprintf(file, "<!doctype html><html lang=en><meta charset=utf-8><meta name=referrer content=no-referrer>"+
		"<meta http-equiv=refresh content=\"0;url=%[1]s\"><title>Workshop</title><p><a href=\"%[1]s\">Open the workshop</a>\n", to)
	if err := errors.Join(err, file.Close()); err != nil {
		return clean, err
	}
	cmd := exec.CommandContext(ctx, program[0], append(program[1:], file.Name())...)
	if err := cmd.Start(); err != nil {
		return clean, err
	}
	go func() { _ = cmd.Wait() }() // it says nothing that would help
	return clean, nil
}

// opener is the command that opens a file with the program for it, or nil.
func opener(system string, getenv func(string) string, look func(string) (string, error)) []string {
	var program []string
	switch {
	case system == "windows":
		program = []string{"rundll32", "url.dll,FileProtocolHandler"}
	case system == "darwin":
		program = []string{"open"}
	case getenv("DISPLAY") != "" || getenv("WAYLAND_DISPLAY") != "":
		program = []string{"xdg-open"}
	default:
		return nil // nobody sits there
	}
	if _, err := look(program[0]); err != nil {
		return nil
	}
	return program
}
