package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/git"
	"example.com/bookapi/workshop/internal/keep"
	"example.com/bookapi/workshop/internal/starter"
	"example.com/bookapi/workshop/internal/tui"
	"example.com/bookapi/workshop/internal/workspace"
)

// resetAll makes the course what it was when it was handed out, for the next group
// on this machine, and puts aside what the group before has left.
func resetAll(ctx context.Context, s tui.Screen, c *course.Course, forget bool) error {
	files, err := handedOut(c)
	if err != nil {
		return err
	}
	leftBehind, err := databasesAndKeys(c.Root)
	if err != nil {
		return err
	}
	sayWhoListens(ctx, s)
	if forget {
		question := fmt.Sprintf("Remove for good what the group has written, %s, and every kept copy? Nothing can bring it back.", counted(len(leftBehind), "database or key", "databases and keys"))
		yes, err := tui.NewInput(os.Stdin).Yes(ctx, s, question)
		if err != nil {
			return err
		}
		if !yes {
			s.Say("Nothing is changed.")
			return nil
		}
	}
	k := keeper(c)
	kept, err := k.Change("reset", "all", files)
	if err != nil {
		return err
	}
	aside, err := k.PutAside(kept, leftBehind)
	if err != nil {
		if kept != "" {
			_, back := k.Undo("reset", "all")
			err = errors.Join(err, back)
		}
		return err
	}
	total, err := atTheStart(c.Root)
	if err != nil {
		return err
	}
	if aside != "" && forget {
		if err := os.RemoveAll(filepath.Join(c.Root, filepath.FromSlash(aside))); err != nil {
			return fmt.Errorf("all is as it was handed out, but what was there could not be removed: %w", err)
		}
	}
	s.Say(fmt.Sprintf("Every step is as it was handed out. The next group starts at 0 of %d.", total))
	switch {
	case aside == "":
		s.Say("There was nothing to put aside.")
	case forget:
		s.Say("What was there is removed.")
	default:
		s.Say("What was there is put aside in " + aside + ", each file by its path; older copies are in kept.")
	}
	sayWhatElseDiffers(ctx, s, c.Root)
	return nil
}

// counted is a number of things.
func counted(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// handedOut returns what has to become of the learner's files: go.work without a
// catch-up, and each step without anything that was added to it.
func handedOut(c *course.Course) ([]keep.File, error) {
	old, err := os.ReadFile(filepath.Join(c.Root, "go.work"))
	if err != nil {
		return nil, err
	}
	work, err := workspace.CatchUp(old, c.Steps, c.Steps[0].Number)
	if err != nil {
		return nil, err
	}
	files := []keep.File{{Path: "go.work", Content: work}}
	for _, step := range c.Steps {
		changes, err := starter.Restore(c.Root, step.Name)
		if err != nil {
			return nil, err
		}
		files = append(files, changes...)
	}
	return files, nil
}

// databasesAndKeys lists what the course's programs make, by path from the root.
func databasesAndKeys(root string) (names []string, err error) {
	err = fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (name == ".git" || name == ".workshop"):
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		for _, pattern := range []string{"*.db", "*.db-shm", "*.db-wal", "*.pem"} {
			if ok, _ := path.Match(pattern, entry.Name()); ok {
				names = append(names, name)
			}
		}
		return nil
	})
	return names, err
}

// sayWhoListens tells of servers that still run: they go on with their databases.
func sayWhoListens(ctx context.Context, s tui.Screen) {
	for addr, what := range map[string]string{
		"127.0.0.1:8080": "a step's server, most likely, which goes on with the old database",
		"127.0.0.1:8090": "the page of serve, most likely",
	} {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
		if err == nil {
			listener.Close()
			continue
		}
		s.Say("Something still listens on " + addr + ": " + what + ". End it for the next group.")
	}
}

// atTheStart returns the number of exercises, all of which are as handed out.
func atTheStart(root string) (total int, err error) {
	c, err := course.Load(root)
	if err != nil {
		return 0, err
	}
	for _, step := range c.Steps {
		want, err := starter.Of(step.Name)
		if err != nil {
			return 0, err
		}
		drift, err := starter.Drift(root, step.Name, want)
		if err != nil {
			return 0, err
		}
		if len(drift) > 0 || step.Dir != step.Name {
			return 0, fmt.Errorf("step %d is not as it was handed out, though it was put back: does a program write there? Try again", step.Number)
		}
		total += len(step.Exercises)
	}
	return total, nil
}

// sayWhatElseDiffers names what is neither a step's nor put aside, if git knows.
func sayWhatElseDiffers(ctx context.Context, s tui.Screen, root string) {
	changed, unknown, err := git.Changed(ctx, root)
	if err != nil {
		return
	}
	const most = 10
	others := slices.Concat(changed, unknown)
	if len(others) == 0 {
		return
	}
	more := ""
	if len(others) > most {
		more = fmt.Sprintf(", and %d more", len(others)-most)
		others = others[:most]
	}
	s.Say("Left as it is, though git has it otherwise: " + strings.Join(others, ", ") + more + ".")
}
