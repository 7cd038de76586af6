package stick

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"example.com/bookapi/workshop/internal/gocmd"
	"example.com/bookapi/workshop/internal/proctree"
)

// leastGo is the oldest Go that the course's go.work allows.
func leastGo(root string) string {
	text, err := os.ReadFile(filepath.Join(root, "go.work"))
	if err == nil {
		if work, err := modfile.ParseWork("go.work", text, nil); err == nil && work.Go != nil {
			return work.Go.Version
		}
	}
	return "1.26.0"
}

// platforms are those that were asked for, each once. The error is a sentence.
func (m Maker) platforms(ctx context.Context) ([]string, error) {
	known, err := gocmd.Output(ctx, m.Root, gocmd.Alone(), "tool", "dist", "list")
	if err != nil {
		return nil, err
	}
	all := []string{}
	for _, p := range m.Platforms {
		if !slices.Contains(strings.Fields(known), p) {
			return nil, fmt.Errorf("there is no platform %q: one is called windows/amd64 or darwin/arm64, say", p)
		}
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all, nil
}

// toolchain is the module of a platform's Go.
func toolchain(goVersion, platform string) string {
	return "golang.org/toolchain@v0.0.1-go" + goVersion + "." + strings.ReplaceAll(platform, "/", "-")
}

// workspaces are the folders in which learners download.
func workspaces(root string) []string { return []string{root, filepath.Join(root, "solutions")} }

// modules are the files of all modules that a learner needs, as a proxy has them.
// What is not on this machine is fetched first.
func (m Maker) modules(ctx context.Context, temp string, facts *Facts) ([]file, error) {
	cache, err := gocmd.Output(ctx, m.Root, nil, "env", "GOMODCACHE")
	if err != nil {
		return nil, err
	}
	cache = filepath.Join(strings.TrimSpace(cache), "cache", "download")
	var files []file
	add := func(what, dir string, env []string, modules ...string) ([]fetched, error) {
		m.Doing("Looking for " + what + ", to fetch what is not here")
		found, err := fetch(ctx, dir, env, modules...)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("%s cannot be fetched, and not all of it is on this machine. Make the stick where there is a network; once made, it can be made again without. The go command says:\n%w", what, err)
		}
		for _, f := range found {
			files = append(files, f.files(cache)...)
		}
		return found, nil
	}

	projects, tools := workspaces(m.Root), filepath.Join(temp, "tools")
	for _, dir := range projects {
		if _, err := add("the modules of the course", dir, gocmd.WorkspaceOf(dir)); err != nil {
			return nil, err
		}
	}
	if m.Gopls != "" {
		if err := os.MkdirAll(tools, 0o755); err != nil {
			return nil, err
		}
		found, err := add("gopls, the language server", tools, gocmd.Alone(), m.Gopls)
		if err != nil {
			return nil, err
		}
		path, version, _ := strings.Cut(m.Gopls, "@") // go install asks which versions there are
		files = append(files, file{to: ModulesDir + "/" + path + "/@v/list", data: []byte(version + "\n")})
		for _, name := range []string{"go.mod", "go.sum"} {
			text, err := os.ReadFile(filepath.Join(found[0].Dir, name))
			if err != nil {
				return nil, err
			}
			if err := os.WriteFile(filepath.Join(tools, name), text, 0o644); err != nil {
				return nil, err
			}
		}
		if _, err := add("what gopls is made of", tools, gocmd.Alone()); err != nil {
			return nil, err
		}
		projects = append(projects, tools)
	}
	asked := facts.Platforms
	facts.Platforms = []string{}
	for _, platform := range asked {
		what := "Go " + facts.Go + " for " + platform
		switch _, err := add(what, temp, gocmd.Alone(), toolchain(facts.Go, platform)); {
		case err == nil:
			facts.Platforms = append(facts.Platforms, platform)
		case ctx.Err() != nil:
			return nil, err
		case m.Spare:
			m.Say(what + " cannot be fetched from here, and is not on the stick: those who have an older Go there need an installer.")
		default:
			return nil, fmt.Errorf("%w\nWithout it: name the others with --platform, or none", err)
		}
	}

	// To choose versions, go reads the go.mod of more modules than it downloads.
	m.Doing("Asking go what else it reads")
	asking := learner{temp: temp, proxy: Proxy(cache)}
	for _, dir := range projects {
		question := "graph" // a workspace needs all of it
		if dir == tools {
			question = "download"
		}
		if _, err := asking.run(ctx, dir, "mod", question); err != nil {
			return nil, err
		}
	}
	read := filepath.Join(asking.modules(), "cache", "download")
	if err := os.MkdirAll(read, 0o755); err != nil {
		return nil, err
	}
	err = fs.WalkDir(os.DirFS(read), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && (filepath.Ext(name) == ".info" || filepath.Ext(name) == ".mod") {
			files = append(files, file{to: ModulesDir + "/" + name, from: filepath.Join(cache, filepath.FromSlash(name))})
		}
		return err
	})
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.to, b.to) })
	return slices.CompactFunc(files, func(a, b file) bool { return a.to == b.to }), err
}

// A fetched module is what "go mod download -json" says of one.
type fetched struct{ Error, Dir, Info, GoMod, Zip string }

// fetch downloads modules, or those of the project in dir, unless they are here.
func fetch(ctx context.Context, dir string, env []string, modules ...string) ([]fetched, error) {
	out, err := gocmd.Output(ctx, dir, env, append([]string{"mod", "download", "-json"}, modules...)...)
	var all []fetched
	for answers := json.NewDecoder(strings.NewReader(out)); ; {
		var one fetched
		if err := answers.Decode(&one); err != nil {
			break
		}
		if one.Error != "" {
			return nil, errors.New(one.Error)
		}
		all = append(all, one)
	}
	if err == nil && len(all) < len(modules) {
		err = errors.New("the go command did not say what it has downloaded")
	}
	return all, err
}

// files are those by which a proxy offers the module.
func (f fetched) files(cache string) (all []file) {
	for _, from := range []string{f.Info, f.GoMod, f.Zip} {
		if name, err := filepath.Rel(cache, from); err == nil && from != "" {
			all = append(all, file{to: ModulesDir + "/" + filepath.ToSlash(name), from: from})
		}
	}
	return all
}

// A learner runs the go command as on a new machine without a network: with empty
// caches, no setting, and one proxy.
type learner struct {
	temp  string
	proxy string
}

func (l learner) modules() string { return filepath.Join(l.temp, "gopath", "pkg", "mod") }

// run runs the go command, and returns what it prints.
func (l learner) run(ctx context.Context, dir string, args ...string) (string, error) {
	return l.runWith(ctx, dir, nil, args...)
}

func (l learner) runWith(ctx context.Context, dir string, more []string, args ...string) (string, error) {
	cmd := gocmd.Command(ctx, dir, nil, args...)
	cmd.Env = slices.DeleteFunc(cmd.Env, func(v string) bool {
		name, _, _ := strings.Cut(strings.ToUpper(v), "=")
		return strings.HasPrefix(name, "GO") || strings.HasSuffix(name, "_PROXY")
	})
	const nowhere = "http://127.0.0.1:9" // the port at which everything is thrown away
	cmd.Env = append(cmd.Env, "GOENV=off", "GOTOOLCHAIN=local", "GOPROXY="+l.proxy, "GOPATH="+filepath.Join(l.temp, "gopath"),
		"GOCACHE="+filepath.Join(l.temp, "build"), "HTTP_PROXY="+nowhere, "HTTPS_PROXY="+nowhere)
	cmd.Env = append(cmd.Env, more...)
	var stdout bytes.Buffer
	var said gocmd.Excerpt
	cmd.Stdout, cmd.Stderr = &stdout, &said
	err := cmd.Run()
	if ctx.Err() != nil {
		proctree.Kill(cmd)
		return "", ctx.Err()
	}
	return stdout.String(), gocmd.Failure(err, said.String())
}
