package tui

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Input is what is typed, or comes through a pipe, line by line.
type Input struct {
	Terminal bool // somebody sits there and can be asked
	lines    chan string
	err      error // why there are no more lines, once lines is closed
}

// NewInput reads f, which is os.Stdin but for tests.
func NewInput(f *os.File) *Input {
	in := ReadLines(f)
	in.Terminal = term.IsTerminal(int(f.Fd()))
	return in
}

// ReadLines reads lines from r, one ahead of those that are asked for.
func ReadLines(r io.Reader) *Input {
	in := &Input{lines: make(chan string)}
	go func() {
		defer close(in.lines)
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			in.lines <- lines.Text()
		}
		if in.err = lines.Err(); in.err == nil {
			in.err = io.EOF
		}
	}()
	return in
}

// Line returns the next line without its end. After the last one the error is
// io.EOF, and when ctx ends while nothing is typed, it is that of ctx.
func (in *Input) Line(ctx context.Context) (string, error) {
	select {
	case line, ok := <-in.lines:
		if !ok {
			return "", in.err
		}
		return line, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Yes asks a question and reports whether the answer was yes. Whoever just
// presses Enter says no.
func (in *Input) Yes(ctx context.Context, s Screen, question string) (bool, error) {
	s.Text(Plain, 0, question)
	fmt.Fprint(s.W, "[y/N] ")
	answer, err := in.Line(ctx)
	if err != nil {
		fmt.Fprintln(s.W)
	}
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, err
	}
	return false, err
}
