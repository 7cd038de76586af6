package flaw

import (
	"context"
	"fmt"
	"os"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/variants"
)

// BuildProgram builds a program of the solutions, such as
// "./step5-hardening/cmd/bookapi", with all patches in it that apply and can be in
// one build. For each of those it returns the variable of the environment that wakes it.
func BuildProgram(ctx context.Context, c *course.Course, patches []*Patch, program, file string) (wake map[*Patch]string, err error) {
	j := &Judge{solved: solved(c)}
	if j.mixed.dir, err = os.MkdirTemp("", "program"); err != nil {
		return nil, err
	}
	defer func() { _ = j.Close() }() // the system clears up what is left
	var able []*Patch
	var changes []map[string][]byte
	for _, p := range patches {
		if change, err := p.Apply(j.solved.Root); err == nil {
			able, changes = append(able, p), append(changes, change)
		}
	}
	if err := j.merge(ctx, able, changes, []string{program}); err != nil {
		return nil, err
	}
	said, err := gotest.Build(ctx, j.solved.Root, []string{"-overlay=" + j.mixed.list, "-o", file, program})
	if err == nil && len(said) > 0 {
		err = fmt.Errorf("%s: %s", said[0].File, said[0].Message)
	}
	wake = make(map[*Patch]string)
	for p, number := range j.mixed.number {
		wake[p] = variants.Variable + "=" + number
	}
	return wake, err
}
