package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/quiz"
	"example.com/bookapi/workshop/internal/tui"
)

func quizCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "quiz [step]",
		Short: "Ask the quick check of a step, and explain",
		Long: `Ask the quick check of a step. Type the letter of your answer: it is explained,
right or wrong, and at the end comes the score. q stops. Nothing is remembered.

Without a step it asks those of all steps, one after the other. The answers may
also come through a pipe, one on a line.`,
		Example: `  go run ./workshop quiz 1
  printf 'c\nb\na\nb\nc\n' | go run ./workshop quiz 1`,
		Args:              atMost(1),
		ValidArgsFunction: complete(stepChoices),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := course.Load(".")
			if err != nil {
				return err
			}
			steps := c.Steps
			if len(args) > 0 {
				step, err := pickStep(c, args[0])
				if err != nil {
					return err
				}
				if len(step.Quiz) == 0 {
					return refusal(fmt.Sprintf("Step %d has no quick check.", step.Number))
				}
				steps = []course.Step{step}
			}
			s := tui.NewScreen(os.Stdout)
			whole, err := askAll(cmd.Context(), s, tui.NewInput(os.Stdin), steps)
			if err != nil || !whole || len(steps) != 1 {
				return err
			}
			if next, ok := c.After(steps[0]); ok {
				s.Text(tui.Plain, 0, "The next lesson:")
				s.Command(next.Name + "/README.md")
			}
			return nil
		},
	}
}

// askAll asks the questions of each step, and reports whether all were answered:
// the learner may stop before.
func askAll(ctx context.Context, s tui.Screen, in *tui.Input, steps []course.Step) (whole bool, err error) {
	for i, step := range steps {
		if len(step.Quiz) == 0 {
			continue
		}
		if i > 0 {
			s.Gap()
		}
		s.Titled(fmt.Sprintf("Step %d  %s", step.Number, step.Title), "type the letter of your answer, or q to stop")
		score, err := quiz.Ask(ctx, s, in, step.Quiz)
		if err != nil {
			return false, err
		}
		s.Gap()
		switch {
		case score.Stopped():
			s.Say(fmt.Sprintf("%d of %d answered, %d of them right. The rest, whenever you like:", score.Asked, score.Total, score.Right))
			s.Command(fmt.Sprintf("go run ./workshop quiz %d", step.Number))
			return false, nil
		case score.Right == score.Total:
			s.Text(tui.Good, 0, fmt.Sprintf("All %d right: well done!", score.Total))
		default:
			s.Say(fmt.Sprintf("%d of %d right. The lesson has more: %s/README.md", score.Right, score.Total, step.Name))
		}
	}
	return true, nil
}
