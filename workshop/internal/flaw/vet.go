package flaw

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/overlay"
)

// vet lets go vet look at all patched packages at once, as packages of a module
// of their own in a temporary workspace: one go command for all of them takes a
// tenth of the time of one for each. It notes what it was told, by patch.
func (j *Judge) vet(ctx context.Context, patches []*Patch) error {
	dir, err := os.MkdirTemp("", "flaws")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // the system clears up what is left
	byFolder := make(map[string]*Patch)
	var others []*Patch
	for i, p := range patches {
		if folder := fmt.Sprintf("p%d", i); j.copyPackage(filepath.Join(dir, vetted, folder), p) {
			byFolder[folder] = p
		} else if p.Fits(j.solved) == nil {
			others = append(others, p)
		}
	}
	j.complaints = make(map[*Patch][]gotest.BuildError)
	if err := j.vetAlone(ctx, dir, others); err != nil {
		return err
	}
	if len(byFolder) == 0 {
		return nil
	}
	if err := j.writeWorkspace(dir); err != nil {
		return err
	}
	complaints, err := gotest.Vet(ctx, dir, "./"+vetted+"/...")
	if err != nil {
		return err
	}
	for _, p := range byFolder {
		j.complaints[p] = nil // it was looked at
	}
	for _, c := range complaints {
		folder, base := path.Split(c.File)
		p, ok := byFolder[path.Base(folder)]
		if !ok {
			return fmt.Errorf("go vet could not look at the patches: %s", c.Message)
		}
		c.File = path.Join(path.Dir(p.Paths()[0]), base)
		j.complaints[p] = append(j.complaints[p], c)
	}
	return nil
}

// vetAlone lets go vet look at patches that change several packages of Go sources,
// which need one another, at each by itself.
func (j *Judge) vetAlone(ctx context.Context, dir string, patches []*Patch) error {
	for i, p := range patches {
		files, err := p.Apply(j.solved.Root)
		if err != nil || slices.ContainsFunc(p.Paths(), func(file string) bool { return path.Ext(file) != ".go" }) {
			continue // Judge says why, or looks by itself
		}
		below := filepath.Join(dir, fmt.Sprintf("alone%d", i))
		if err := os.Mkdir(below, 0o755); err != nil {
			return err
		}
		list, err := overlay.Write(below, files)
		if err != nil {
			return err
		}
		args := []string{"-overlay=" + list}
		for _, file := range p.Paths() {
			if folder := "./" + path.Dir(file); !slices.Contains(args, folder) {
				args = append(args, folder)
			}
		}
		complaints, err := gotest.Vet(ctx, j.solved.Root, args...)
		if err != nil {
			return err
		}
		if err := j.nameOriginals(complaints, list); err != nil {
			return err
		}
		j.complaints[p] = complaints
	}
	return nil
}

// vetted is the folder of the module of patched packages, and its name.
const vetted = "vetted"

// copyPackage writes the package that p changes to a new folder. It reports false
// if that is not the way to vet p: where p changes several packages, they need
// one another.
func (j *Judge) copyPackage(to string, p *Patch) bool {
	if p.Fits(j.solved) != nil {
		return false // Judge says why
	}
	from := path.Dir(p.Paths()[0])
	for _, file := range p.Paths() {
		if path.Dir(file) != from || path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return false
		}
	}
	changed, err := p.Apply(j.solved.Root)
	if err != nil {
		return false // Judge says why
	}
	folder := filepath.Join(j.solved.Root, filepath.FromSlash(from))
	entries, err := os.ReadDir(folder)
	if err != nil || os.MkdirAll(to, 0o755) != nil {
		return false
	}
	for _, entry := range entries {
		file := filepath.Join(folder, entry.Name())
		if _, known := changed[file]; known || entry.IsDir() || strings.HasSuffix(file, "_test.go") || entry.Name() == "go.mod" {
			continue
		}
		if changed[file], err = os.ReadFile(file); err != nil {
			return false
		}
	}
	for file, content := range changed {
		if content != nil && os.WriteFile(filepath.Join(to, filepath.Base(file)), content, 0o600) != nil {
			return false
		}
	}
	return true
}

// writeWorkspace makes a workspace of the solutions and the module of patched
// packages.
func (j *Judge) writeWorkspace(dir string) error {
	text, err := os.ReadFile(filepath.Join(j.solved.Root, "go.work"))
	if err != nil {
		return err
	}
	work, err := modfile.ParseWork("go.work", text, nil)
	if err != nil {
		return err
	}
	uses := []string{"./" + vetted}
	for _, use := range work.Use {
		uses = append(uses, modfile.AutoQuote(filepath.ToSlash(filepath.Join(j.solved.Root, use.Path))))
	}
	files := map[string][]byte{
		"go.work":                       fmt.Appendf(nil, "go %s\n\nuse (\n\t%s\n)\n", work.Go.Version, strings.Join(uses, "\n\t")),
		filepath.Join(vetted, "go.mod"): fmt.Appendf(nil, "module %s\n\ngo %s\n", vetted, work.Go.Version),
	}
	sums, err := os.ReadFile(filepath.Join(j.solved.Root, "go.work.sum"))
	if err == nil { // it is there only if a checksum stands in no go.sum
		files["go.work.sum"] = sums
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}
