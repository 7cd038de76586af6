package gotest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

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
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	cmd.Dir = dir
	cmd.WaitDelay = 2 * time.Second
	proctree.Own(cmd)

	events := eventWriter{each: each}
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &events, &stderr
	err = cmd.Run()
	if ctx.Err() != nil {
		proctree.Kill(cmd)
		return "", ctx.Err()
	}
	events.line(events.rest)
	if errors.Is(err, exec.ErrNotFound) {
		return "", errors.New("the go command was not found: install Go from https://go.dev/dl, or mend the PATH")
	}
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		return "", fmt.Errorf("go test: %w", err)
	}
	return strings.TrimSpace(stderr.String() + events.noise.String()), nil
}

// eventWriter takes the output of go test and hands on its events.
type eventWriter struct {
	each  func(Event)
	rest  []byte          // the beginning of a line
	noise strings.Builder // the lines that are no events
}

func (w *eventWriter) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	for {
		line, rest, whole := bytes.Cut(w.rest, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		w.line(line)
		w.rest = rest
	}
}

func (w *eventWriter) line(line []byte) {
	var e Event
	if json.Unmarshal(line, &e) == nil && e.Action != "" {
		w.each(e)
		return
	}
	if len(line) > 0 {
		w.noise.Write(line)
		w.noise.WriteByte('\n')
	}
}
