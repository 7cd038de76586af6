// Package doctor finds out whether a machine is ready for the course, without
// using the network, and says how to mend what is not.
package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/proctree"
)

// A State is how bad a finding is.
type State string

// The states.
const (
	OK   State = "ok"
	Warn State = "warn" // something will be slower or less pleasant
	Fail State = "fail" // the course cannot be taken like this
)

// A Finding is what one check has found. Its JSON is what "doctor --json"
// prints: fields may be added, none will change.
type Finding struct {
	Check string `json:"check"` // "go", "modules", "port", ...
	State State  `json:"state"`
	Says  string `json:"says"` // for whoever sits here: it may name folders of theirs
	Mend  string `json:"mend"` // what to do, or empty
	Fact  string `json:"fact"` // for strangers: versions and counts, never a name, path or secret
}

// A Doctor examines one machine.
type Doctor struct {
	Root   string         // the workshop's folder
	Course *course.Course // nil if it cannot be read
	Why    error          // why it cannot
	Port   int            // that the lessons' servers listen on
	Now    func() time.Time
}

// Examine does all checks in turn and hands on each finding as it comes.
func (d Doctor) Examine(ctx context.Context, each func(Finding)) []Finding {
	var all []Finding
	found := func(findings ...Finding) {
		for _, f := range findings {
			all = append(all, f)
			each(f)
		}
	}
	env, findings := d.settings(ctx)
	found(findings...)
	if env == nil {
		return all // there is nothing to examine without a go command
	}
	for _, check := range []func(context.Context, environment) Finding{
		d.workspace, d.modules, d.cache, d.port, d.clock, d.watching, d.editor, d.curl,
	} {
		if ctx.Err() != nil {
			break
		}
		found(check(ctx, *env))
	}
	return all
}

// Takeable reports whether the course can be taken: nothing has failed.
func Takeable(findings []Finding) bool {
	return !slices.ContainsFunc(findings, func(f Finding) bool { return f.State == Fail })
}

// Report is a text to paste where others can read it.
func Report(findings []Finding) string {
	var out strings.Builder
	out.WriteString("Book API workshop, doctor's report\n")
	for _, f := range findings {
		fmt.Fprintf(&out, "%-5s %-10s %s\n", f.State, f.Check, f.Fact)
	}
	return out.String()
}

// offline keeps the go command from the network, whatever the settings are.
var offline = []string{"GOPROXY=off", "GOVCS=*:off"}

// plain sets the variables that may be in the way, so that one trouble is told
// once. An empty one would fall back to what "go env -w" has written.
func plain(workspace string) []string {
	return []string{
		"GOROOT=", "GO111MODULE=on", "GOFLAGS=-mod=readonly", "GOWORK=" + filepath.Join(workspace, "go.work"),
		"GOOS=" + runtime.GOOS, "GOARCH=" + runtime.GOARCH,
	}
}

// errNoGo means that there is no go command.
var errNoGo = errors.New("the go command was not found")

// tool runs the go command in dir and returns what it prints. If it fails, the
// error is what it says.
func tool(ctx context.Context, dir string, env []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = dir, append(append(os.Environ(), offline...), env...)
	cmd.WaitDelay = 2 * time.Second
	proctree.Own(cmd)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if ctx.Err() != nil {
		proctree.Kill(cmd)
	}
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", errNoGo
	case err != nil && stderr.Len() > 0:
		return string(out), errors.New(strings.TrimSpace(stderr.String()))
	}
	return string(out), err
}

// firstLine is as much of a message as fits into a sentence.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
