package gotest

import (
	"context"
	"path/filepath"
	"strings"
	"sync"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gocmd"
)

// converter is the path of test2json, which makes events of what a test binary
// prints. The go command builds it when it is first asked for.
var converter = sync.OnceValues(func() (string, error) {
	path, err := gocmd.Output(context.Background(), "", nil, "tool", "-n", "test2json")
	return strings.TrimSpace(path), err
})

// stream runs the steps' test binaries, one after the other, as go test runs
// them, and hands on the events.
func (r Runner) stream(ctx context.Context, root string, steps []course.Step, flags []string, each func(Event)) (string, error) {
	tool, err := converter()
	if err != nil {
		return "", err
	}
	var all strings.Builder
	for _, s := range steps {
		args := append([]string{"-t", "-p", s.ImportPath}, r.Inside...)
		args = append(args, r.Compiled[s.ImportPath], "-test.v=test2json", "-test.paniconexit0")
		for _, flag := range flags {
			args = append(args, "-test."+strings.TrimPrefix(flag, "-"))
		}
		cmd := gocmd.Program(ctx, filepath.Join(root, filepath.FromSlash(s.Dir)), r.Env, tool, args...)
		concluded := false
		said, err := stream(ctx, cmd, func(e Event) {
			concluded = concluded || e.Test == "" && (e.Action == Pass || e.Action == Fail || e.Action == Skip)
			each(e)
		})
		if err != nil {
			return "", err
		}
		if !concluded { // of a binary that ends in a panic, go test says that it has failed
			each(Event{Action: Fail, Package: s.ImportPath})
		}
		all.WriteString(said)
	}
	return all.String(), nil
}
