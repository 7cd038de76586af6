// Generate derives the steps of the course from their solutions. It is what
// "go generate ./workshop" runs, in the folder workshop.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"example.com/bookapi/workshop/internal/starter"
)

const root = ".." // the repository, from the folder workshop

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := generate(ctx, time.Now())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// generate derives all steps before it writes the first, so that an error in
// one leaves no half-made course behind.
func generate(ctx context.Context, now time.Time) error {
	steps, err := starter.Steps(root)
	if err != nil {
		return err
	}
	derived := make(map[string]starter.Files)
	for _, step := range steps {
		if derived[step], err = starter.Derive(ctx, root, step); err != nil {
			return err
		}
	}
	for _, step := range steps {
		changed, kept, err := starter.Write(root, step, derived[step], now)
		if err != nil {
			return err
		}
		if len(changed) == 0 {
			fmt.Println(step, "is up to date.")
		}
		for _, c := range changed {
			switch c.Kind {
			case starter.Missing:
				fmt.Printf("%s/%s is new.\n", step, c.Path)
			case starter.Differs:
				fmt.Printf("%s/%s is written anew.\n", step, c.Path)
			case starter.Extra:
				fmt.Printf("%s/%s is gone: solutions/%[1]s does not give it.\n", step, c.Path)
			}
		}
		if kept != "" {
			fmt.Printf("What was there before is in %s.\n", inRepository(kept))
		}
	}
	return nil
}

// inRepository is a path as someone in the root of the repository writes it.
func inRepository(file string) string {
	if rel, err := filepath.Rel(root, file); err == nil {
		return filepath.ToSlash(rel)
	}
	return file
}
