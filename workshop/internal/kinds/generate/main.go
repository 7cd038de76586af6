// Generate writes the table of kinds of attacks into CONTRIBUTING.md, from what
// the tests of the lessons say. It is a part of "go generate ./workshop", which
// runs it in the folder workshop.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/kinds"
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
	exercises, err := kinds.Read(c)
	if err != nil {
		return err
	}
	file := filepath.Join(c.Root, kinds.File)
	before, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	after, err := kinds.Update(before, c, exercises)
	if err != nil {
		return err
	}
	return os.WriteFile(file, after, 0o644)
}
