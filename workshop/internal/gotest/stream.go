package gotest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"example.com/bookapi/workshop/internal/gocmd"
	"example.com/bookapi/workshop/internal/proctree"
)

// Event is one line of what "go test -json" prints: a test event, or a build
// event with an ImportPath ("go doc test2json", "go help buildjson").
type Event struct {
	Action      string
	Package     string
	Test        string
	Elapsed     float64 // seconds
	Output      string
	ImportPath  string
	FailedBuild string
}

// Stream runs "go test -json" with args in dir and hands on each event as it
// comes, one after the other. It returns what the go command said beside the
// events; its exit status is no error, as the events tell more. When ctx ends,
// go test and all that it has started are stopped, and the error is ctx's.
func Stream(ctx context.Context, dir string, args []string, each func(Event)) (said string, err error) {
	return stream(ctx, gocmd.Command(ctx, dir, nil, append([]string{"test", "-json"}, args...)...), each)
}

// stream runs a command that prints events.
func stream(ctx context.Context, cmd *exec.Cmd, each func(Event)) (said string, err error) {
	events := eventWriter{each: each}
	var stderr gocmd.Excerpt
	cmd.Stdout, cmd.Stderr = &events, &stderr
	err = cmd.Run()
	if ctx.Err() != nil {
		proctree.Kill(cmd)
		return "", ctx.Err()
	}
	events.line(events.rest)
	if errors.Is(err, exec.ErrNotFound) {
		return "", gocmd.ErrNotFound
	}
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		return "", fmt.Errorf("go test: %w", err)
	}
	return strings.TrimSpace(stderr.String() + events.noise.String()), nil
}

// eventWriter takes the output of go test and hands on its events.
type eventWriter struct {
	each  func(Event)
	rest  []byte        // the beginning of a line
	noise gocmd.Excerpt // the lines that are no events
}

// longest is as long as a line may be: go test cuts what tests print into far
// shorter events.
const longest = 1 << 20

func (w *eventWriter) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	for {
		line, rest, whole := bytes.Cut(w.rest, []byte("\n"))
		if !whole {
			break
		}
		w.line(line)
		w.rest = rest
	}
	if len(w.rest) > longest {
		w.line(w.rest)
		w.rest = nil
	}
	return len(p), nil
}

func (w *eventWriter) line(line []byte) {
	var e Event
	if json.Unmarshal(line, &e) == nil && e.Action != "" {
		w.each(e)
		return
	}
	if len(line) > 0 {
		_, _ = w.noise.Write(line)
		_, _ = w.noise.WriteString("\n")
	}
}
