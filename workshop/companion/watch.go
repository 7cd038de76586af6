package main

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/tui"
	"example.com/bookapi/workshop/internal/watch"
)

func watchCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "watch",
		Short: "Stay, and show the verdict at every save",
		Long: `Stay beside your editor, and show the exercise at hand and what its tests say,
anew at every save. Only what the save has touched is tested.

Press ? for the keys: hints, the diff with the reference, the output of the
tests, the other exercises. q quits.

It needs a terminal to draw on.`,
		Args: atMost(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := course.Load(".")
			if err != nil {
				return err
			}
			if !tui.NewScreen(os.Stdout).Terminal || !term.IsTerminal(int(os.Stdin.Fd())) {
				return refusal("Nothing can be drawn here: watch needs a terminal to draw on, and keys to be pressed. This shows the same once:\n  go run ./workshop")
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM, syscall.SIGHUP)
			defer stop()
			err = watch.Run(ctx, c, watch.Texts{Diff: showDiff})
			if err != nil && ctx.Err() != nil && cmd.Context().Err() == nil {
				return refusal("It has been ended from elsewhere.")
			}
			return err
		},
	}
}
