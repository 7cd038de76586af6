package doctor

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/gocmd"
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
	if _, err := tool(ctx, d.Root, gocmd.WorkspaceOf(d.Root), "list", "-m"); err != nil {
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
		out, err := tool(ctx, base, d.building(ctx, base), args...)
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
		f.Mend = "Run: go run ./workshop doctor --warm. Without a network, do first what START.txt says, on your instructor's stick."
		proxies, _ := gocmd.Output(ctx, d.Root, nil, "env", "GOPROXY") // without, none is absent
		if folder := absentProxy(strings.TrimSpace(proxies)); folder != "" {
			f.Says += " GOPROXY speaks of " + folder + ", which is not there."
			f.Mend = "Plug the stick in, and run: go run ./workshop doctor --warm. If you need it no more, run: go env -u GOPROXY"
		}
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
	out, err := tool(ctx, base, d.building(ctx, base), slices.Concat([]string{"list", "-e", "-deps", "-test", "-f", stale}, tests, programs)...)
	if err != nil {
		return Finding{"cache", Warn, "What has been compiled cannot be told: " + firstLine(err), above, "unknown"}
	}
	cold := slices.DeleteFunc(strings.Fields(out), func(p string) bool { return strings.HasSuffix(p, ".test") })
	if len(cold) == 0 {
		return Finding{"cache", OK, "Everything that takes long to compile has been compiled.", "", "warm"}
	}
	says := fmt.Sprintf("Packages that wait to be compiled: %d.", len(cold))
	if slices.Contains(cold, heavy) {
		says += " SQLite is among them, which takes a minute by itself."
	}
	return Finding{"cache", Warn, says, "Run, when you have two minutes: go run ./workshop doctor --warm",
		fmt.Sprintf("%d packages cold, SQLite among them: %t", len(cold), slices.Contains(cold, heavy))}
}

// Warm fetches the modules that are missing, compiles all that the lessons will
// need, and tells what it is at. What cannot be fetched or does not build keeps
// nothing else from it, and is a finding. The error is ctx's.
func (d Doctor) Warm(ctx context.Context, doing func(string)) ([]Finding, error) {
	var trouble []Finding
	bases := []string{d.Root}
	if d.Course != nil {
		bases = append(bases, filepath.Join(d.Root, "solutions"))
	}
	if d.modules(ctx, environment{}).State != OK {
		doing("Fetching the modules")
		for _, base := range bases {
			if _, err := gocmd.Output(ctx, base, gocmd.WorkspaceOf(base), "mod", "download"); err != nil && ctx.Err() == nil {
				trouble = append(trouble, didNot("fetch", "Not every module could be fetched: ", err))
			}
		}
	}
	base, tests, programs := d.packages(false)
	for _, batch := range []struct {
		doing string
		args  []string
		what  []string
	}{
		{"Compiling the tests of ", []string{"test", "-run=^$"}, tests},
		{"Compiling the database, a minute or two, and the server ", []string{"build", "-o", os.DevNull}, programs},
	} {
		for _, what := range batch.what {
			doing(batch.doing + what)
			_, err := tool(ctx, base, d.building(ctx, base), append(slices.Clone(batch.args), what)...)
			if ctx.Err() != nil {
				return trouble, ctx.Err()
			}
			if err != nil {
				trouble = append(trouble, didNot("compile", what+" could not be compiled: ", err))
			}
		}
	}
	return trouble, ctx.Err()
}

// didNot is what Warm could not do. Its fact leaves out what names a folder.
func didNot(check, says string, err error) Finding {
	mend := gocmd.Explain(err.Error())
	if mend == "" {
		mend = "If that is what you are writing, go on. It is compiled when it builds."
	}
	return Finding{check, Warn, says + firstComplaint(err), mend, "not all of it"}
}

// firstComplaint is the first line of a message that is no heading.
func firstComplaint(err error) string {
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "# ") && !strings.HasPrefix(line, "go: downloading ") {
			return line
		}
	}
	return firstLine(err)
}

// building is the environment in which the course is built: in its workspace, with
// the flags of the user but for those that keep it from building, and without the
// question to git whose checkout it is, as somebody else's is refused.
func (d Doctor) building(ctx context.Context, base string) []string {
	own, _ := tool(ctx, d.Root, nil, "env", "GOFLAGS") // without, it has none
	flags := strings.TrimSpace(badFlags.ReplaceAllString(strings.TrimSpace(own), "") + " -mod=readonly -buildvcs=false")
	return append(gocmd.WorkspaceOf(base), "GOFLAGS="+flags)
}

// absentProxy returns the folder that GOPROXY names and that is not there, or "".
func absentProxy(goproxy string) string {
	for _, proxy := range strings.FieldsFunc(goproxy, func(r rune) bool { return r == ',' || r == '|' }) {
		address, err := url.Parse(proxy)
		if err != nil || address.Scheme != "file" {
			continue
		}
		folder := address.Path
		if len(folder) > 2 && folder[2] == ':' { // "/D:/modules"
			folder = folder[1:]
		}
		if address.Host != "" {
			folder = "//" + address.Host + folder
		}
		if _, err := os.Stat(filepath.FromSlash(folder)); err != nil {
			return filepath.FromSlash(folder)
		}
	}
	return ""
}
