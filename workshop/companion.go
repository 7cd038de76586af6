package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"example.com/bookapi/workshop/internal/gocmd"
)

// companion returns the program of the companion, which it builds if there is
// none of the sources as they are now.
func companion(ctx context.Context) (program string, err error) {
	sources, err := findSources()
	if err != nil {
		return "", err
	}
	sum, err := sumOf(sources)
	if err != nil {
		return "", fmt.Errorf("the companion's sources cannot be read: %w", err)
	}
	name := "companion-" + sum
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	places := places(ctx, sources)
	for place := range places {
		if info, err := os.Stat(filepath.Join(place, name)); err == nil && info.Mode().IsRegular() {
			return filepath.Join(place, name), nil
		}
	}
	for place := range places {
		var fresh string
		if fresh, err = newFolder(place); err == nil {
			defer func() { _ = os.RemoveAll(fresh) }() // the next start takes away what is left
			return buildInto(ctx, sources, fresh, filepath.Join(place, name))
		}
	}
	return "", fmt.Errorf("there is no folder for the companion: %w", err)
}

// findSources returns the folder of this program's sources, with those of the
// companion below it: where it was compiled, or else where the course is that the
// working folder belongs to.
func findSources() (string, error) {
	_, file, _, _ := runtime.Caller(0)
	if dir := filepath.Dir(filepath.FromSlash(file)); filepath.IsAbs(dir) && isFile(filepath.Join(dir, "companion", "main.go")) {
		return dir, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if sources := filepath.Join(dir, "workshop"); isFile(filepath.Join(sources, "companion", "main.go")) {
			return sources, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("not a folder of the workshop: change into the repository that you cloned")
		}
	}
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// apart are the folders of which nothing is compiled into the companion.
var apart = map[string]bool{"alternatives": true, "checks": true, "flaws": true, "testdata": true}

// sumOf is a checksum of all that the companion is made of: its sources and what
// they embed, the versions of the modules, and Go itself. It need not withstand
// anybody: who can change the program can change the sources.
func sumOf(sources string) (string, error) {
	sum := fnv.New128a()
	fmt.Fprintln(sum, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	err := filepath.WalkDir(sources, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (apart[entry.Name()] || strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case entry.IsDir(), strings.HasSuffix(name, "_test.go"), strings.HasPrefix(entry.Name(), "."):
			return nil
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		fmt.Fprintln(sum, strings.TrimPrefix(name, sources), len(content))
		_, _ = sum.Write(content) // it never fails
		return nil
	})
	return fmt.Sprintf("%x", sum.Sum(nil)), err
}

// places yields the folders in which the program may be: beside the course, as all
// that the companion keeps, or if nothing can be written there, in a cache.
func places(ctx context.Context, sources string) func(func(string) bool) {
	return func(yield func(string) bool) {
		if !yield(filepath.Join(filepath.Dir(sources), ".workshop", "bin")) {
			return
		}
		const own = "bookapi-workshop"
		if cache, err := os.UserCacheDir(); err == nil && !yield(filepath.Join(cache, own)) {
			return
		}
		if cache, err := gocmd.Output(ctx, sources, nil, "env", "GOCACHE"); err == nil {
			yield(filepath.Join(strings.TrimSpace(cache), own))
		}
	}
}

// building begins the names of folders with a program that is not finished.
const building = "building-"

// newFolder makes a folder of its own in a place, and clears the place of programs
// of older sources and of builds that were ended.
func newFolder(place string) (string, error) {
	if err := os.MkdirAll(place, 0o755); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(place, building)
	if err != nil {
		return "", err
	}
	entries, _ := os.ReadDir(place) // what stays takes room and does no harm
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > time.Hour {
			_ = os.RemoveAll(filepath.Join(place, entry.Name()))
		}
	}
	return fresh, nil
}

// buildInto builds the program in a folder of its own and moves it to its place
// when it is whole, so that starts at the same time do not disturb each other.
func buildInto(ctx context.Context, sources, folder, program string) (string, error) {
	built := filepath.Join(folder, filepath.Base(program))
	if err := build(ctx, sources, built); err != nil {
		return "", err
	}
	err := os.Rename(built, program)
	if err != nil && !isFile(program) { // another start has been faster, and it runs already
		return "", fmt.Errorf("the companion cannot be kept: %w", err)
	}
	return program, nil
}

// build builds the companion and tells of its progress on stderr.
func build(ctx context.Context, sources, to string) error {
	env := gocmd.WorkspaceOf(filepath.Dir(sources))
	// As "go run" has it: nothing for a debugger, and no question to git.
	cmd := gocmd.Command(ctx, sources, env, "build", "-v", "-buildvcs=false", "-ldflags=-s -w", "-o", to, "./companion")
	progress := newProgress(os.Stderr)
	cmd.Stderr = progress
	stop := progress.start(func() int { return count(ctx, sources, env) })
	err := cmd.Run()
	stop()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err = gocmd.Failure(err, progress.said.String())
	if err == nil || errors.Is(err, gocmd.ErrNotFound) {
		return err
	}
	advice := gocmd.Explain(err.Error())
	if advice == "" {
		advice = "That should not happen: if you have not changed it, get it anew from the repository."
	}
	return fmt.Errorf("The companion cannot be built. %s\nThe go command says:\n%w", advice, err) //nolint:staticcheck // the learner reads it as it is
}

// count is how many packages the companion is made of beside those of this
// program, or 0 if that cannot be told.
func count(ctx context.Context, sources string, env []string) int {
	out, err := gocmd.Output(ctx, sources, env, "list", "-f", `{{range .Deps}}{{.}} {{end}}`, ".", "./companion")
	front, whole, ok := strings.Cut(out, "\n")
	if err != nil || !ok {
		return 0
	}
	compiled := map[string]bool{}
	for _, name := range strings.Fields(front) {
		compiled[name] = true
	}
	n := 1 // the companion itself
	for _, name := range strings.Fields(whole) {
		if !compiled[name] {
			n++
		}
	}
	return n
}
