// Generate derives the steps of the course from their solutions, and the
// archives of them that the companion carries. It is what
// "go generate ./workshop" runs, in the folder workshop.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"time"

	"example.com/bookapi/workshop/internal/keep"
	"example.com/bookapi/workshop/internal/starter/derive"
)

const root = ".." // the repository, from the folder workshop

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := generate(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// generate derives all steps before it writes the first file, and writes all
// files or none. What they replace is kept.
func generate(ctx context.Context) error {
	files, err := derive.Course(ctx, root)
	if err != nil {
		return err
	}
	var there []string
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(root, filepath.FromSlash(f.Path))); err == nil {
			there = append(there, f.Path)
		}
	}
	kept, err := keep.Keeper{Root: root, Now: time.Now}.Change("generate", "steps", files)
	if err != nil {
		return err
	}
	if kept == "" {
		fmt.Println("The steps are up to date.")
		return nil
	}
	for _, f := range files {
		switch {
		case f.Gone:
			fmt.Println(f.Path, "is gone: the solutions do not give it.")
		case slices.Contains(there, f.Path):
			fmt.Println(f.Path, "is written anew.")
		default:
			fmt.Println(f.Path, "is new.")
		}
	}
	fmt.Printf("What was there before is in %s.\n", kept)
	return nil
}
