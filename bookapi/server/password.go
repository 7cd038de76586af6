package server

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// maxPassword bounds a password, in bytes.
const maxPassword = 4 << 10

// readPassword reads a new password: twice and without echo from a terminal,
// otherwise as the first line of standard input. It is taken as it is, with its
// blanks (ASVS 5.0 6.2.8). The end of ctx ends the wait.
func readPassword(ctx context.Context, proc process, whose string) (string, error) {
	read, restore := firstLine, func() {}
	if fd := int(proc.stdin.Fd()); term.IsTerminal(fd) {
		// Raw before the prompt, so that no key typed early is echoed.
		before, err := term.MakeRaw(fd)
		if err != nil {
			return "", fmt.Errorf("the terminal cannot hide a password (%w); send it as a line to standard input", err)
		}
		read, restore = promptTwice(proc, whose), func() { _ = term.Restore(fd, before) }
	}
	defer restore()

	type answer struct {
		password string
		err      error
	}
	answered := make(chan answer, 1)
	go func() {
		password, err := read(proc.stdin)
		answered <- answer{password, err}
	}()
	select {
	case a := <-answered:
		return a.password, cmp.Or(a.err, checkPassword(a.password))
	case <-ctx.Done():
		return "", errStopped
	}
}

var errStopped = errors.New("stopped; nothing has changed")

// promptTwice returns a function that asks at the terminal.
func promptTwice(proc process, whose string) func(*os.File) (string, error) {
	return func(in *os.File) (string, error) {
		terminal := term.NewTerminal(struct {
			io.Reader
			io.Writer
		}{in, proc.stderr}, "")
		first, err := terminal.ReadPassword("password for " + whose + ": ")
		if err != nil {
			return "", errStopped // Ctrl-C, Ctrl-D, or the terminal is closed
		}
		second, err := terminal.ReadPassword("once more: ")
		if err != nil {
			return "", errStopped
		}
		if first != second {
			return "", errors.New("the two passwords differ; start again")
		}
		return first, nil
	}
}

// firstLine returns the first line of in without its end.
func firstLine(in *os.File) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, maxPassword)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("cannot read the password: %w", err)
	}
	if len(line) == maxPassword {
		return "", errors.New("the password is too long; choose a shorter one")
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
}

// checkPassword refuses what a client could not send to the API.
func checkPassword(password string) error {
	switch {
	case password == "":
		return errors.New("there is no password; type one, or send it as a line to standard input")
	case strings.ContainsRune(password, utf8.RuneError): // or any other byte that is not UTF-8
		return errors.New("the password is not UTF-8, and nobody could log in with it; choose other characters, or another encoding for your terminal")
	}
	return nil
}
