package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/keep"
	"example.com/bookapi/workshop/internal/starter"
	"example.com/bookapi/workshop/internal/tui"
)

func resetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reset <exercise|step>",
		Short: "Start an exercise, a step or all of it again; yours is kept",
		Long: `Put back what was handed out. Your version is kept under .workshop/kept first.

"reset 1.2" puts back the stub of that exercise and leaves the rest of the file
as it is: your other exercises, your helpers. Imports that nothing needs any
more go, so that it builds. "reset step1-hashing" puts back all files of the
step. Go files that you have added to it are taken out, as they may need what
is gone; they are kept as well.

--undo takes the last reset back, or the last one of what you name. Every file
becomes what it was, byte for byte; what you have written since is kept too.

--all is for the next group on this machine: every step is as it was handed out,
and yours. What was there is put aside in one folder below .workshop/put-aside:
steps, databases, keys and kept copies. --forget removes it, and asks first.`,
		Example: `  go run ./workshop reset 1.2            one exercise
  go run ./workshop reset step1-hashing  a whole step
  go run ./workshop reset --undo         take the last one back
  go run ./workshop reset --all          all of it, for the next group`,
		Args:              atMost(1),
		ValidArgsFunction: complete(allChoices),
	}
	undo := cmd.Flags().Bool("undo", false, "take the last reset back")
	everything := cmd.Flags().Bool("all", false, "all steps, databases, keys and kept copies, for the next group")
	forget := cmd.Flags().Bool("forget", false, "with --all: remove what was there")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := course.Load(".")
		if err != nil {
			return err
		}
		var selection course.Selection
		if len(args) > 0 {
			var ok bool
			if selection, ok = c.Find(args[0]); !ok {
				return unknownPart("exercise or step", args[0], c.Names())
			}
		}
		s := tui.NewScreen(os.Stdout)
		switch {
		case *forget && !*everything:
			return usageError(`"reset --forget" goes with --all: what one reset keeps takes little room.`)
		case *everything && (len(args) > 0 || *undo):
			return usageError(`"reset --all" stands alone, or with --forget. What it puts aside you copy back yourself.`)
		case *everything:
			return resetAll(cmd.Context(), s, c, *forget)
		case *undo:
			return undoReset(s, c, selection)
		case len(args) == 0:
			return usageError(`Say what to start again: an exercise, as in "reset 1.2", or a step, as in "reset step1-hashing".`)
		}
		return resetPart(s, c, selection)
	}
	return cmd
}

// partName is what the part of the course is called in the records of resets.
func partName(selection course.Selection) string {
	switch {
	case selection.Exercise != "":
		return selection.Exercise
	case len(selection.Steps) == 1:
		return selection.Steps[0].Name
	}
	return ""
}

func resetPart(s tui.Screen, c *course.Course, selection course.Selection) error {
	step, what := selection.Steps[0], partName(selection)
	files, err := starter.Reset(c.Root, step.Name, selection.Exercise)
	if err != nil {
		return err
	}
	kept, err := keeper(c).Change("reset", what, files)
	if err != nil {
		return err
	}
	if kept == "" {
		s.Say(what + " is as it was handed out. There is nothing to put back.")
		return nil
	}
	s.Say(what + " is as it was handed out:")
	for _, f := range files {
		if f.Gone {
			s.Text(tui.Plain, 2, f.Path+" is taken out: it is not part of the step")
		} else {
			s.Text(tui.Plain, 2, f.Path)
		}
	}
	s.Say("Your version is kept in " + kept + ".")
	if step.Dir != step.Name {
		s.Say(fmt.Sprintf("Step %d is the reference's at the moment: see go run ./workshop help catchup.", step.Number))
	}
	s.Gap()
	s.Say("To have it back:")
	s.Command("go run ./workshop reset " + what + " --undo")
	return nil
}

func undoReset(s tui.Screen, c *course.Course, selection course.Selection) error {
	what := partName(selection)
	undone, err := keeper(c).Undo("reset", what)
	if errors.Is(err, keep.ErrNothing) {
		if what != "" {
			return refusal("There is no reset of " + what + " to take back.")
		}
		return refusal("There is no reset to take back.")
	}
	if err != nil {
		return err
	}
	s.Say(undone.What + " is as it was before the reset:")
	for _, name := range undone.Files {
		s.Text(tui.Plain, 2, name)
	}
	if undone.Kept != "" {
		s.Say("What was written since then is kept in " + undone.Kept + ".")
	}
	return nil
}

// keeper changes the learner's files.
func keeper(c *course.Course) keep.Keeper { return keep.Keeper{Root: c.Root, Now: time.Now} }
