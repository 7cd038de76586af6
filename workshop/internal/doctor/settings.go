package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"golang.org/x/mod/modfile"

	"example.com/bookapi/workshop/internal/gocmd"
)

// environment is what "go env" tells in the workshop's folder.
type environment struct {
	GOVERSION, GOROOT, GOWORK, GOFLAGS, GOPATH string
	GOOS, GOARCH, GOHOSTOS, GOHOSTARCH         string
	GO111MODULE                                string
}

// settings looks at the go command and at what it was told by variables. There
// is no environment if it does not work at all.
func (d Doctor) settings(ctx context.Context) (*environment, []Finding) {
	const get = "Install it from https://go.dev/dl, and open a new terminal."
	least := leastGo(d.Root)
	out, err := tool(ctx, d.Root, []string{"GOROOT="}, "env", "-json")
	if errors.Is(err, gocmd.ErrNotFound) {
		return nil, []Finding{{"go", Fail, "There is no go command on the PATH.", get, "no go command"}}
	}
	env := new(environment)
	if err == nil {
		err = json.Unmarshal([]byte(out), env)
	}
	if err != nil {
		return nil, []Finding{{"go", Fail, "The go command does not work here: " + firstLine(err), get + " The course needs Go " + least + " or newer.", "go env fails"}}
	}
	findings := []Finding{goVersion(env.GOVERSION, least)}
	if problems := d.troubles(env); len(problems) > 0 {
		return env, append(findings, problems...)
	}
	return env, append(findings, Finding{"settings", OK, "No variable gets in the way of the go command.", "", "nothing unusual"})
}

// leastGo is the oldest Go that go.work allows.
func leastGo(root string) string {
	text, err := os.ReadFile(filepath.Join(root, "go.work"))
	if err == nil {
		if work, err := modfile.ParseWork("go.work", text, nil); err == nil && work.Go != nil {
			return work.Go.Version
		}
	}
	return "1.26.0"
}

var released = regexp.MustCompile(`^go[0-9.]+((rc|beta)[0-9]+)?`)

// goVersion judges the version: there is a least one and no greatest.
func goVersion(has, least string) Finding {
	path, err := exec.LookPath("go")
	if err != nil {
		path = "go"
	}
	fact := released.FindString(has)
	if fact == "" {
		fact = "a development version"
	}
	f := Finding{Check: "go", State: OK, Fact: fmt.Sprintf("%s %s/%s, needs %s", fact, runtime.GOOS, runtime.GOARCH, least)}
	f.Says = fmt.Sprintf("%s is new enough: the course needs %s. It runs from %s.", has, least, path)
	if others := otherGos(path); len(others) > 0 {
		f.Says += " Not used: " + strings.Join(others, ", ") + "."
		f.Fact += fmt.Sprintf(", %d more on the PATH", len(others))
	}
	if version.IsValid(has) && version.Compare(has, "go"+least) < 0 {
		f.State = Fail
		f.Says = fmt.Sprintf("%s is too old: the course needs %s. It runs from %s.", has, least, path)
		f.Mend = "Install a newer one from https://go.dev/dl, and open a new terminal."
	}
	return f
}

// otherGos are the go commands of the PATH that the first one hides.
func otherGos(first string) []string {
	same := func(a, b string) bool {
		x, errX := os.Stat(a)
		y, errY := os.Stat(b)
		return errX == nil && errY == nil && os.SameFile(x, y)
	}
	var others []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		other, err := exec.LookPath(filepath.Join(dir, "go"))
		if dir == "" || err != nil || same(other, first) {
			continue
		}
		known := false
		for _, o := range others {
			known = known || same(o, other)
		}
		if !known {
			others = append(others, other)
		}
	}
	return others
}

// troubles are the variables that keep the go command from its work here.
func (d Doctor) troubles(env *environment) []Finding {
	var all []Finding
	trouble := func(name, says, fact string) {
		all = append(all, Finding{"settings", Fail, says, unset(name), fact})
	}
	if root := os.Getenv("GOROOT"); root != "" && !sameFolder(root, env.GOROOT) {
		trouble("GOROOT", fmt.Sprintf("GOROOT is %s, but this go command belongs to %s.", root, env.GOROOT), "GOROOT is of another Go")
	}
	if env.GO111MODULE == "off" {
		trouble("GO111MODULE", "GO111MODULE is off, and the course is made of modules.", "GO111MODULE is off")
	}
	if env.GOOS != env.GOHOSTOS || env.GOARCH != env.GOHOSTARCH {
		trouble("GOOS and GOARCH", fmt.Sprintf("Go builds for %s/%s, which does not run on this machine.", env.GOOS, env.GOARCH), "GOOS or GOARCH is set")
	}
	if want := filepath.Join(d.Root, "go.work"); env.GOWORK != want && !sameFolder(env.GOWORK, want) {
		value := env.GOWORK
		if value == "" {
			value = "empty"
		}
		trouble("GOWORK", fmt.Sprintf("GOWORK is %s, so the course's go.work is not used.", value), "GOWORK is set")
	}
	if flags := badFlags.FindAllString(env.GOFLAGS, -1); len(flags) > 0 {
		trouble("GOFLAGS", fmt.Sprintf("GOFLAGS has %s, which does not go together with a workspace.", strings.Join(flags, " ")), "GOFLAGS has "+flagNames(flags))
	}
	return all
}

// badFlags are those that the go command refuses in a workspace, and those that
// would have it build something else.
var badFlags = regexp.MustCompile(`-(mod=(mod|vendor)|modfile=\S*|overlay=\S*)`)

// flagNames leaves out the values, which may be paths.
func flagNames(flags []string) string {
	names := make([]string, len(flags))
	for i, flag := range flags {
		names[i], _, _ = strings.Cut(flag, "=")
	}
	return strings.Join(names, " ")
}

// unset says how to get rid of a variable, which is in the terminal's
// environment or in the go command's own file.
func unset(name string) string {
	inTerminal := false
	for one := range strings.FieldsSeq(strings.ReplaceAll(name, "and", "")) {
		inTerminal = inTerminal || os.Getenv(one) != ""
	}
	if inTerminal {
		return "Take " + name + " out of your terminal's environment, and out of the file that sets it."
	}
	return "Run: go env -u " + strings.ReplaceAll(name, " and ", " ")
}

func sameFolder(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}
