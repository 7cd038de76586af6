package main

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/codediff"
	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gofunc"
	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/tui"
)

func diffCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff [exercise]",
		Short: "Compare your function with the reference",
		Long: `Compare your function with the reference: in words what differs first, then line
by line. Without an exercise it is about the one at hand.

The reference is one good way to write it. Yours is as good if it is green.
Before it is green, the reference would give the exercise away: diff asks first
or, where nobody can be asked, wants to be told with --spoil.`,
		Example: `  go run ./workshop diff 1.2
  go run ./workshop diff 1.2 --spoil`,
		Args:              atMost(1),
		ValidArgsFunction: complete(exerciseChoices),
	}
	spoil := cmd.Flags().Bool("spoil", false, "show the reference of an exercise that is not green yet")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := course.Load(".")
		if err != nil {
			return err
		}
		step, exercise, err := pickExercise(cmd.Context(), c, at(args, 0))
		if err != nil {
			return err
		}
		if !*spoil {
			shown, err := mayShow(cmd.Context(), c, step, exercise)
			if err != nil || !shown {
				return err
			}
		}
		return showDiff(tui.NewScreen(os.Stdout), c, step, exercise)
	}
	return cmd
}

// mayShow reports whether the reference gives nothing away any more, or whether
// the learner wants to see it nevertheless.
func mayShow(ctx context.Context, c *course.Course, step course.Step, e course.Exercise) (bool, error) {
	if step.Dir == step.Name { // else it is the reference itself that is green
		report, err := run(ctx, c, course.Selection{Steps: []course.Step{step}, Exercise: e.ID})
		if err != nil {
			return false, err
		}
		if report.Exercises[0].State == gotest.Green {
			return true, nil
		}
	}
	s, in := tui.NewScreen(os.Stderr), tui.NewInput(os.Stdin)
	if !in.Terminal || !s.Terminal {
		return false, refusal(fmt.Sprintf("%s is not green yet, and the reference gives it away.\nA hint may be enough:\n  go run ./workshop hint %[1]s\nTo see the reference all the same:\n  go run ./workshop diff %[1]s --spoil", e.ID))
	}
	yes, err := in.Yes(ctx, s, fmt.Sprintf("%s is not green yet, and the reference gives it away. Show it all the same?", e.ID))
	if err == nil && !yes {
		s.Say("A hint may be enough:")
		s.Command("go run ./workshop hint " + e.ID)
	}
	return yes, err
}

// A place is a function as it stands in a file.
type place struct {
	file string // from the root, with slashes
	line int    // of the first line of text
	at   int    // of "func"
	text string
}

func showDiff(s tui.Screen, c *course.Course, step course.Step, e course.Exercise) error {
	refDir := path.Join("solutions", step.Name)
	s.Titled(e.ID+"  "+e.Title, "")
	names := markedIn(c.Root, refDir, e)
	var references []string
	for _, name := range names {
		wanted := gofunc.Wanted{Name: name, Exercise: e.ID, Others: names}
		ref, ok := findFunc(c.Root, refDir, e.File, wanted)
		if !ok {
			return refusal(fmt.Sprintf("There is no %s in %s to compare with.", name, refDir))
		}
		own, ok := findFunc(c.Root, step.Name, path.Base(ref.file), wanted)
		if !ok {
			own = place{file: "nowhere in " + step.Name}
		}
		showPair(s, own, ref)
		references = append(references, ref.text)
	}
	showHelpers(s, c.Root, step, references)
	return nil
}

// markedIn names the functions of an exercise: those in which its comment
// stands, or the one that lesson.toml names.
func markedIn(root, dir string, e course.Exercise) []string {
	var names []string
	for _, file := range sources(root, dir, e.File) {
		if src, err := os.ReadFile(file); err == nil {
			names = append(names, gofunc.Marked(src, e.ID)...)
		}
	}
	if len(names) == 0 {
		return []string{e.Func}
	}
	return names
}

// findFunc looks for a function, first in the file where it should be.
func findFunc(root, dir, first string, wanted gofunc.Wanted) (place, bool) {
	for _, file := range sources(root, dir, first) {
		src, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if f, ok := gofunc.Find(src, wanted); ok {
			return place{
				file: path.Join(dir, filepath.Base(file)),
				line: 1 + strings.Count(string(src[:f.Start]), "\n"),
				at:   f.Line,
				text: string(src[f.Start:f.End]),
			}, true
		}
	}
	return place{}, false
}

// sources returns the Go files of a folder that are no tests.
func sources(root, dir, first string) []string {
	dir = filepath.Join(root, filepath.FromSlash(dir))
	files, _ := filepath.Glob(filepath.Join(dir, "*.go")) // fails for a bad pattern only
	files = slices.DeleteFunc(files, func(name string) bool {
		return strings.HasSuffix(name, "_test.go") || filepath.Base(name) == first
	})
	return append([]string{filepath.Join(dir, first)}, files...)
}

var stub = regexp.MustCompile(`errTODO\("|todoHandler\("|// TODO: exercise `)

func showPair(s tui.Screen, own, ref place) {
	d := codediff.Compare(own.text, ref.text, own.line)
	s.Gap()
	switch {
	case own.text == "":
		d.Words = []string{"You do not have this function."}
	case stub.MatchString(own.text):
		d.Words = []string{"You have not written this one yet."}
	}
	for _, sentence := range d.Words {
		s.Text(tui.Plain, 2, sentence)
	}
	s.Gap()
	where := func(p place) string {
		if p.at == 0 {
			return p.file
		}
		return fmt.Sprintf("%s:%d", p.file, p.at)
	}
	s.Code(tui.Bad, "-", "yours          "+where(own))
	s.Code(tui.Good, "+", "the reference  "+where(ref))
	if d.Lines != nil {
		s.Gap()
	}
	for _, l := range d.Lines {
		switch l.Kind {
		case codediff.Both:
			s.Code(tui.Plain, "", l.Text)
		case codediff.Yours:
			s.Code(tui.Bad, "-", l.Text)
		case codediff.Reference:
			s.Code(tui.Good, "+", l.Text)
		}
	}
}

// showHelpers shows what the reference's functions lean on and the learner's
// package does not have.
func showHelpers(s tui.Screen, root string, step course.Step, references []string) {
	dir := path.Join("solutions", step.Name)
	for _, h := range codediff.Helpers(references, filepath.Join(root, filepath.FromSlash(dir)), filepath.Join(root, step.Name)) {
		s.Gap()
		s.Text(tui.Plain, 2, fmt.Sprintf("The reference's own helper, %s/%s:%d", dir, h.File, h.Line))
		s.Gap()
		for line := range strings.SplitSeq(h.Text, "\n") {
			s.Code(tui.Good, "+", line)
		}
	}
}
