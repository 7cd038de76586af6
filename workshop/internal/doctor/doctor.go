// Package doctor finds out whether a machine is ready for the course, without
// using the network, and says how to mend what is not.
package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gocmd"
	"example.com/bookapi/workshop/internal/starter"
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
	// Starter gives the files of a step as they are handed out; nil is for those
	// of the course.
	Starter func(step string) (starter.Files, error)
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
		d.workspace, d.given, d.modules, d.cache, d.port, d.clock, d.watching, d.editor, d.curl,
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

// tool runs the go command in dir without the network and returns what it prints.
func tool(ctx context.Context, dir string, env []string, args ...string) (string, error) {
	return gocmd.Output(ctx, dir, append(gocmd.Offline(), env...), args...)
}

// firstLine is as much of a message as fits into a sentence.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
