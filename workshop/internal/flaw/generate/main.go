// Generate writes the index of the gallery from its patches, and the table of those
// that are seen from outside. It is a part of
// "go generate ./workshop", which runs it in the folder workshop.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/flaw"
)

func main() {
	if err := generate(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func generate() error {
	c, err := course.Load(".")
	if err != nil {
		return err
	}
	patches, err := flaw.Load(".", "workshop")
	if err != nil {
		return err
	}
	index, err := flaw.Index(c, patches)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.Root, filepath.FromSlash(flaw.IndexFile)), index, 0o644); err != nil {
		return err
	}
	seen, err := os.ReadFile(filepath.Join(c.Root, filepath.FromSlash(flaw.OutsideFile)))
	if err != nil {
		return err
	}
	outside := flaw.OutsideIndex(patches, flaw.ReadFirstLines(string(seen)))
	if err := os.WriteFile(filepath.Join(c.Root, filepath.FromSlash(flaw.OutsideIndexFile)), []byte(outside), 0o644); err != nil {
		return err
	}
	fmt.Printf("%s lists %d patches.\n", flaw.IndexFile, len(patches))
	return nil
}
