package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// maxPassword is more than anybody types, in bytes.
const maxPassword = 4 << 10

// readPassword reads a new password: twice and without echo from a terminal,
// otherwise as the first line of standard input. It is taken as it is, with its
// blanks (ASVS 5.0 6.2.8).
func readPassword(ctx context.Context, proc process, whose string) (password string, err error) {
	fd := int(proc.stdin.Fd()) //nolint:gosec // a file descriptor is a small number
	if term.IsTerminal(fd) {
		password, err = askTwice(ctx, proc, fd, whose)
	} else {
		password, err = firstLine(proc.stdin)
	}
	switch {
	case err != nil:
		return "", err
	case password == "":
		return "", errors.New("there is no password; type one, or send it as a line to standard input")
	case !utf8.ValidString(password):
		return "", errors.New("the password is not UTF-8, and nobody could log in with it; choose other characters, or another encoding for your terminal")
	}
	return password, nil
}

// askTwice asks at the terminal fd until ctx ends.
func askTwice(ctx context.Context, proc process, fd int, whose string) (string, error) {
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("the terminal cannot hide a password (%w); send it as a line to standard input", err)
	}
	type answer struct {
		password string
		err      error
	}
	answered := make(chan answer, 1)
	go func() {
		first, err := ask(proc, fd, whose)
		if err == nil {
			var second string
			second, err = ask(proc, fd, "once more")
			if err == nil && first != second {
				err = errors.New("the two passwords differ; start again")
			}
		}
		answered <- answer{first, err}
	}()
	select {
	case a := <-answered:
		return a.password, a.err
	case <-ctx.Done(): // Ctrl-C: the terminal must not stay mute
		_ = term.Restore(fd, before)
		fmt.Fprintln(proc.stderr)
		return "", errors.New("stopped; nothing has changed")
	}
}

func ask(proc process, fd int, what string) (string, error) {
	fmt.Fprintf(proc.stderr, "%s: ", what)
	password, err := term.ReadPassword(fd)
	fmt.Fprintln(proc.stderr)
	if errors.Is(err, io.EOF) { // Ctrl-D
		return "", nil
	}
	return string(password), err
}

// firstLine returns the first line of in without its end.
func firstLine(in io.Reader) (string, error) {
	line, err := bufio.NewReaderSize(io.LimitReader(in, maxPassword), maxPassword).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("cannot read the password: %w", err)
	}
	if len(line) == maxPassword {
		return "", errors.New("the password is too long; choose a shorter one")
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
}
