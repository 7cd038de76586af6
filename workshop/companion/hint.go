package main

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/tui"
)

func hintCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "hint [exercise] [number]",
		Short: "Give a hint for what is red, one at a time",
		Long: `Give a hint, one at a time: first a question that points at the idea, then
where to read, then nearly the code. It runs the tests of the exercise: the
first hints are for the first test that is red, and those for the exercise as a
whole come after them.

Without an exercise it is about the one at hand. Nothing is remembered: the
first hint comes first, and another one only if you ask for it.`,
		Example: `  go run ./workshop hint          the first hint for the exercise at hand
  go run ./workshop hint 2.3      the first hint for 2.3
  go run ./workshop hint 2.3 2    the next hint`,
		Args:              atMost(2),
		ValidArgsFunction: complete(exerciseChoices),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := course.Load(".")
			if err != nil {
				return err
			}
			number := 1
			if len(args) == 2 {
				if number, err = strconv.Atoi(args[1]); err != nil || number < 1 {
					return usageError(fmt.Sprintf("There is no hint %q: they are numbered from 1.", args[1]))
				}
			}
			step, exercise, report, err := pickTested(cmd.Context(), c, at(args, 0))
			if err != nil {
				return err
			}
			hints := exercise.HintsFor(report.FirstRed(exercise.ID))
			if number > len(hints) {
				return usageError(fmt.Sprintf("There is no hint %d for %s now: the last one is %d.", number, exercise.ID, len(hints)))
			}
			screen := tui.NewScreen(os.Stdout)
			if len(report.Build) > 0 {
				screen.BuildErrors(report.Build)
				screen.Gap()
			}
			showHint(screen, c, step, exercise, hints, number)
			return nil
		},
	}
}

// pickTested returns the exercise that was typed, or the one at hand, and what its
// tests say: nothing, if they cannot be run.
func pickTested(ctx context.Context, c *course.Course, typed string) (step course.Step, e course.Exercise, report *gotest.Report, err error) {
	selection := c.All()
	if typed != "" {
		if step, e, err = pickExercise(ctx, c, typed); err != nil {
			return step, e, nil, err
		}
		selection = course.Selection{Steps: []course.Step{step}, Exercise: e.ID}
	}
	report, err = run(ctx, c, selection)
	switch {
	case err != nil && typed != "" && ctx.Err() == nil:
		return step, e, new(gotest.Report), nil // there are hints without a verdict, too
	case err != nil:
		return step, e, nil, err
	}
	step, e, _ = c.Exercise(report.AtHand())
	return step, e, report, nil
}

func showHint(s tui.Screen, c *course.Course, step course.Step, e course.Exercise, hints []course.Hint, number int) {
	place := c.Locate(own(step), e)
	s.Titled(e.ID+"  "+e.Title, fmt.Sprintf("%s:%d", place.File, place.Line))
	s.Lesson(c.Readme(step).Exercise(e.ID))
	s.HintTitle(hints, number)
	s.Gap()
	s.Hint(hints[number-1].Text)
	s.Gap()
	if number < len(hints) {
		s.NextHint(hints, number, "")
		s.Command(fmt.Sprintf("go run ./workshop hint %s %d", e.ID, number+1))
		return
	}
	s.Text(tui.Plain, 0, "That was the last one. The reference itself, beside your code:")
	s.Command("go run ./workshop diff " + e.ID)
}
