package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/codediff"
	"example.com/bookapi/workshop/internal/course"
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

func showDiff(s tui.Screen, c *course.Course, step course.Step, e course.Exercise) error {
	all, err := codediff.Exercise(c, step, e)
	if err != nil {
		return err
	}
	s.Titled(e.ID+"  "+e.Title, "")
	s.Lesson(c.Readme(step).Exercise(e.ID))
	s.Comparison(all)
	return nil
}
