package doctor

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/workspace"
)

// workspace asks the go command whether it understands go.work, and says whose
// the steps are.
func (d Doctor) workspace(ctx context.Context, _ environment) Finding {
	f := Finding{Check: "workspace", State: Fail}
	if d.Course == nil {
		f.Says = "The course cannot be read: " + firstLine(d.Why) + "."
		f.Mend = "Put that right, or clone the repository again beside this folder and copy your steps over."
		f.Fact = "the course cannot be read"
		return f
	}
	if _, err := tool(ctx, d.Root, plain(d.Root), "list", "-m"); err != nil {
		f.Says = "The go command does not accept go.work: " + firstLine(err)
		f.Mend = "Put that right in go.work. What it was before a catch-up is kept below .workshop/kept."
		f.Fact = "go list -m fails"
		return f
	}
	var reference, nobody []string
	for _, s := range d.Course.Steps {
		switch workspace.OwnerOf(s) {
		case workspace.Reference:
			reference = append(reference, fmt.Sprint(s.Number))
		case workspace.Nobody:
			nobody = append(nobody, fmt.Sprint(s.Number))
		}
	}
	f.State = OK
	f.Fact = fmt.Sprintf("%d steps, %d of them the reference's", len(d.Course.Steps), len(reference))
	f.Says = fmt.Sprintf("go.work uses %d steps, all of them yours.", len(d.Course.Steps))
	if len(reference) > 0 {
		f.Says = fmt.Sprintf("go.work uses %d steps. From the reference: %s.", len(d.Course.Steps), strings.Join(reference, ", "))
	}
	if len(nobody) > 0 {
		f.State = Warn
		f.Says += fmt.Sprintf(" From a folder of your own: %s.", strings.Join(nobody, ", "))
		f.Mend = "That works. But catchup will ask you to change it back."
		f.Fact += fmt.Sprintf(", %d from elsewhere", len(nobody))
	}
	if _, err := os.Stat(filepath.Join(d.Root, "solutions", "go.work")); err != nil {
		f.State = Warn
		f.Says += " solutions/ is not there."
		f.Mend = "Get it back from the repository: diff, reset and catchup need it."
		f.Fact += ", no solutions"
	}
	return f
}

// packages returns the workspace of the learner's steps, or that of the
// reference, and patterns for all that the lessons build in it.
func (d Doctor) packages(reference bool) (base string, tests, programs []string) {
	base = d.Root
	if reference {
		base = filepath.Join(base, "solutions")
	}
	if d.Course == nil {
		return base, nil, nil
	}
	folders := []string{}
	for _, step := range d.Course.Steps {
		if reference {
			folders = append(folders, step.Name)
		} else {
			folders = append(folders, step.Dir)
		}
	}
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(base, filepath.FromSlash(folder), "go.mod")); err == nil {
			tests = append(tests, "./"+folder)
		}
	}
	for _, folder := range append(folders, "bookapi") {
		found, _ := filepath.Glob(filepath.Join(base, filepath.FromSlash(folder), "cmd", "*")) // fails for a bad pattern only
		for _, program := range found {
			programs = append(programs, "./"+path.Join(folder, "cmd", filepath.Base(program)))
		}
	}
	return base, tests, programs
}

// above is how to mend what has its cause in another finding.
const above = "Mend what is wrong above first."

// modules looks whether all that is imported is on this machine.
func (d Doctor) modules(ctx context.Context, _ environment) Finding {
	if d.Course == nil {
		return Finding{"modules", Warn, "Which modules are needed cannot be told.", above, "unknown"}
	}
	f := Finding{Check: "modules", State: OK, Says: "Every module that the course needs is here: it works offline.", Fact: "complete"}
	missing := map[string]bool{}
	for _, reference := range []bool{false, true} {
		base, tests, programs := d.packages(reference)
		if len(tests) == 0 {
			continue
		}
		args := slices.Concat([]string{"list", "-e", "-deps", "-test", "-f", "{{with .Error}}{{.}}{{end}}"}, tests, programs)
		out, err := tool(ctx, base, plain(base), args...)
		if err != nil {
			out += "\n" + err.Error()
		}
		for line := range strings.Lines(out) {
			// What the learner's code has wrong is not for the doctor.
			if strings.Contains(line, "GOPROXY=off") || strings.Contains(line, "missing go.sum entry") {
				missing[strings.TrimSpace(line)] = true
			}
		}
	}
	if len(missing) > 0 {
		f.State = Fail
		f.Says = fmt.Sprintf("Modules are missing; %d packages cannot be found here.", len(missing))
		f.Mend = "With the network, run: go mod download && go mod download -C solutions"
		f.Fact = fmt.Sprintf("%d packages not found", len(missing))
	}
	return f
}

const heavy = "modernc.org/sqlite" // a minute by itself

// Cache looks again what is compiled, after Warm.
func (d Doctor) Cache(ctx context.Context) Finding { return d.cache(ctx, environment{}) }

// cache looks what a first run would have to compile. The learner's own code is
// compiled again at each save, so that does not count.
func (d Doctor) cache(ctx context.Context, _ environment) Finding {
	base, tests, programs := d.packages(false)
	if len(tests) == 0 {
		return Finding{"cache", Warn, "What has to be compiled cannot be told.", above, "unknown"}
	}
	const stale = `{{if and .Stale (not .ForTest) (not (and .Module .Module.Main))}}{{.ImportPath}}{{end}}`
	out, err := tool(ctx, base, plain(base), slices.Concat([]string{"list", "-e", "-deps", "-test", "-f", stale}, tests, programs)...)
	if err != nil {
		return Finding{"cache", Warn, "What has been compiled cannot be told: " + firstLine(err), above, "unknown"}
	}
	cold := slices.DeleteFunc(strings.Fields(out), func(p string) bool { return strings.HasSuffix(p, ".test") })
	if len(cold) == 0 {
		return Finding{"cache", OK, "Everything that takes long to compile has been compiled.", "", "warm"}
	}
	says := fmt.Sprintf("%d packages wait to be compiled.", len(cold))
	if slices.Contains(cold, heavy) {
		says += " SQLite is among them, which takes a minute by itself."
	}
	return Finding{"cache", Warn, says, "Run, when you have two minutes: go run ./workshop doctor --warm",
		fmt.Sprintf("%d packages cold, SQLite among them: %t", len(cold), slices.Contains(cold, heavy))}
}

// Warm compiles all that the lessons will need, and tells what it is at. What
// does not build is the learner's to mend, and keeps nothing else from being
// compiled. The error is ctx's.
func (d Doctor) Warm(ctx context.Context, doing func(string)) error {
	base, tests, programs := d.packages(false)
	for _, batch := range []struct {
		doing string
		args  []string
		what  []string
	}{
		{"Compiling the tests of all steps", []string{"test", "-run=^$"}, tests},
		{"Compiling the servers and the database, a minute or two", []string{"build", "-o", os.DevNull}, programs},
	} {
		if len(batch.what) == 0 {
			continue
		}
		doing(batch.doing)
		_, _ = tool(ctx, base, plain(base), append(batch.args, batch.what...)...) // cache tells how it went
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}
