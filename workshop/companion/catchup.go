package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/keep"
	"example.com/bookapi/workshop/internal/tui"
	"example.com/bookapi/workshop/internal/workspace"
)

func catchupCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "catchup <step>",
		Short: "Go on with a step though those before are not done",
		Long: `Go on with a step though those before it are not done: it builds on the
reference in their place.

"catchup 3" changes one file, go.work: steps 1 and 2 become those in solutions,
all others are yours. Your own attempt stays where it is, and "catchup 1" makes
every step yours again. What else you have written into go.work stays.

--undo takes the last catch-up back: go.work becomes what it was, byte for byte.`,
		Example: `  go run ./workshop catchup 3       steps 1 and 2 are the reference's
  go run ./workshop catchup 1       all steps are yours
  go run ./workshop catchup --undo  take the last one back`,
		Args:              atMost(1),
		ValidArgsFunction: complete(stepChoices),
	}
	undo := cmd.Flags().Bool("undo", false, "take the last catch-up back")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := course.Load(".")
		if err != nil {
			return err
		}
		s := tui.NewScreen(os.Stdout)
		switch {
		case *undo && len(args) > 0:
			return usageError(`"catchup --undo" takes the last one back, whichever it was: leave ` + strconv.Quote(args[0]) + " out.")
		case *undo:
			return undoCatchup(s, c)
		case len(args) == 0:
			return usageError(`Say which step you want to go on with, as in "catchup 3".`)
		}
		step, err := pickStep(c, args[0])
		if err != nil {
			return err
		}
		return catchup(cmd.Context(), s, c, step)
	}
	return cmd
}

func catchup(ctx context.Context, s tui.Screen, c *course.Course, step course.Step) error {
	for _, before := range c.Steps {
		if before.Number < step.Number {
			if err := c.CheckReference(before); err != nil {
				return err
			}
		}
	}
	old, err := os.ReadFile(filepath.Join(c.Root, "go.work"))
	if err != nil {
		return err
	}
	work, err := workspace.CatchUp(old, c.Steps, step.Number)
	if err != nil {
		return err
	}
	if err := workspace.Try(ctx, c.Root, work, c.Steps, step.Number); err != nil {
		return err
	}
	kept, err := keeper(c).Change("catchup", strconv.Itoa(step.Number), []keep.File{{Path: "go.work", Content: work}})
	if err != nil {
		return err
	}
	if kept == "" {
		s.Say("go.work says so already. There is nothing to change.")
		return showOwners(s)
	}
	if step.Number == c.Steps[0].Number {
		s.Say("Every step is yours again.")
	} else {
		s.Say(fmt.Sprintf("Step %d builds on the reference. Your own attempt stays where it is.", step.Number))
	}
	if err := showOwners(s); err != nil {
		return err
	}
	s.Gap()
	s.Say("What go.work was before is kept in " + kept + ". To have it back:")
	s.Command("go run ./workshop catchup --undo")
	return nil
}

func undoCatchup(s tui.Screen, c *course.Course) error {
	undone, err := keeper(c).Undo("catchup", "")
	if errors.Is(err, keep.ErrNothing) {
		return refusal("There is no catch-up to take back.")
	}
	if err != nil {
		return err
	}
	s.Say("go.work is as it was before.")
	if undone.Kept != "" {
		s.Say("It had been edited since, and that version is kept in " + undone.Kept + ".")
	}
	return showOwners(s)
}

// showOwners says whose each step is, as go.work has it now.
func showOwners(s tui.Screen) error {
	c, err := course.Load(".")
	if err != nil {
		return err
	}
	s.Gap()
	for _, step := range c.Steps {
		s.Text(tui.Plain, 2, fmt.Sprintf("Step %d is %s: %s", step.Number, workspace.OwnerOf(step), step.Dir))
	}
	return nil
}
