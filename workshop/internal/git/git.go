// Package git asks git about the folder of the course. Nobody needs git to take
// the course, so that every caller has an answer for when there is none.
package git

import (
	"context"
	"errors"
	"os/exec"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/gocmd"
	"example.com/bookapi/workshop/internal/proctree"
)

// Output runs git in a folder, whatever repository variables speak of, and returns
// what it prints. The error is what it complains of first, or that of ctx.
func Output(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := gocmd.Program(ctx, dir, nil, "git", args...)
	cmd.Env = slices.DeleteFunc(cmd.Env, func(v string) bool { return strings.HasPrefix(v, "GIT_") })
	cmd.Env = append(cmd.Env, "LC_ALL=C")
	var out strings.Builder
	var said gocmd.Excerpt
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	if ctx.Err() != nil {
		proctree.Kill(cmd)
		return "", ctx.Err()
	}
	switch line, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n"); {
	case errors.Is(err, exec.ErrNotFound):
		err = errors.New("there is no git command")
	case err != nil && line != "":
		err = errors.New("git says: " + strings.TrimPrefix(line, "fatal: "))
	}
	return out.String(), err
}

// Commit is the one at hand, of the repository whose top folder is dir.
func Commit(ctx context.Context, dir string) (string, error) {
	up, err := Output(ctx, dir, "rev-parse", "--show-cdup")
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(up) != "" {
		return "", errors.New("it is a part of another repository")
	}
	commit, err := Output(ctx, dir, "rev-parse", "--verify", "HEAD")
	return strings.TrimSpace(commit), err
}

// Changed returns the files that are not as committed, and those and the folders
// that git does not know, without what .gitignore names.
func Changed(ctx context.Context, dir string) (changed, unknown []string, err error) {
	status, err := Output(ctx, dir, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=normal")
	if err != nil {
		return nil, nil, err
	}
	for line := range strings.SplitSeq(strings.TrimRight(status, "\x00"), "\x00") {
		switch {
		case len(line) < 4:
		case strings.HasPrefix(line, "??"):
			unknown = append(unknown, line[3:])
		default:
			changed = append(changed, line[3:])
		}
	}
	return changed, unknown, nil
}
