package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/tui"
)

func hintCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "hint [exercise] [rung]",
		Short: "Give a hint, one rung at a time",
		Long: `Give a hint, one rung at a time: first a question that points at the idea, then
where to read, then nearly the code.

Without an exercise it is about the one at hand. Nothing is remembered: the
first rung comes first, and another one only if you ask for it.`,
		Example: `  go run ./workshop hint 2.3      the question
  go run ./workshop hint 2.3 2    where to read`,
		Args:              atMost(2),
		ValidArgsFunction: completeHint,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := course.Load(".")
			if err != nil {
				return err
			}
			step, exercise, err := pickExercise(cmd.Context(), c, at(args, 0))
			if err != nil {
				return err
			}
			rung := 1
			if len(args) == 2 {
				if rung, err = strconv.Atoi(args[1]); err != nil || rung < 1 || rung > len(exercise.Hints) {
					return usageError(fmt.Sprintf("There is no rung %q: a hint has the rungs 1, 2 and %d.", args[1], len(exercise.Hints)))
				}
			}
			hint(tui.NewScreen(os.Stdout), c, step, exercise, rung)
			return nil
		},
	}
}

// rungs says what each hint is, for whoever thinks of asking for it.
var rungs = [...]string{"a question", "where to read", "nearly the code"}

func hint(s tui.Screen, c *course.Course, step course.Step, e course.Exercise, rung int) {
	place := c.Locate(own(step), e)
	s.Titled(e.ID+"  "+e.Title, fmt.Sprintf("%s:%d", place.File, place.Line))
	s.Text(tui.Faint, 0, fmt.Sprintf("hint %d of %d: %s", rung, len(e.Hints), rungs[rung-1]))
	s.Gap()
	s.Text(tui.Plain, 2, e.Hints[rung-1])
	s.Gap()
	if rung < len(e.Hints) {
		s.Text(tui.Plain, 0, fmt.Sprintf("The next rung is %s:", rungs[rung]))
		s.Command(fmt.Sprintf("go run ./workshop hint %s %d", e.ID, rung+1))
		return
	}
	s.Text(tui.Plain, 0, "That was the last one. The reference itself, beside your code:")
	s.Command("go run ./workshop diff " + e.ID)
}
