package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/doctor"
	"example.com/bookapi/workshop/internal/stick"
	"example.com/bookapi/workshop/internal/tui"
)

func kitCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "kit",
		Short: "Prepare a class: a stick for machines without a network",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(stickCommand())
	return cmd
}

func stickCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stick <dir>",
		Short: "Make a stick for machines without a network",
		Long: `Make a folder with all that a class needs without a network, and test it with
empty caches: the modules, the course as an archive and as a bare clone, and
START.txt and START.html, which tell each system what to type.

The course is that of the last commit: what is not committed is not on it. The
folder is one for itself, and new or an older stick. The stick is made beside
it and moved there once its test has passed.

What is not on this machine is fetched first. --platform names the systems
whose Go is put on it as a module, for an older Go that cannot be replaced;
"none" is none. One that is not named and cannot be fetched is left out. --installers names a folder with installers of Go, which you
get from https://go.dev/dl, and with their sums in a file SHA256SUMS.`,
		Example: `  go run ./workshop kit stick /media/ada/STICK/bookapi
  go run ./workshop kit stick D:\bookapi --installers Downloads
  go run ./workshop kit stick stick --platform none`,
		Args: atMost(1),
	}
	installers := cmd.Flags().String("installers", "", "a `folder` with installers of Go, and SHA256SUMS")
	platforms := cmd.Flags().StringSlice("platform", stick.DefaultPlatforms, "whose Go is there as a module, or none")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usageError(`Say which folder to make, as in "kit stick /media/ada/STICK/bookapi".`)
		}
		c, err := course.Load(".")
		if err != nil {
			return err
		}
		if slices.Equal(*platforms, []string{"none"}) {
			*platforms = nil
		}
		maker := stick.Maker{Root: c.Root, Dir: args[0], Installers: *installers, Platforms: *platforms, Spare: !cmd.Flags().Changed("platform"), Gopls: doctor.Gopls, Now: time.Now()}
		return makeStick(cmd.Context(), tui.NewScreen(os.Stdout), maker)
	}
	return cmd
}

func makeStick(ctx context.Context, s tui.Screen, maker stick.Maker) error {
	spinner := tui.StartSpinner(tui.NewScreen(os.Stderr), "Making the stick")
	var notes []string
	maker.Doing = spinner.Doing
	maker.Say = func(note string) { notes = append(notes, note) }
	made, err := maker.Make(ctx)
	spinner.Stop()
	for _, note := range notes {
		s.Say(note)
	}
	if ctx.Err() != nil {
		s.Say("The stick is not made, and " + maker.Dir + " is what it was.")
		return err
	}
	if err != nil {
		return fmt.Errorf("The stick is not made, and %s is what it was: %w", maker.Dir, err) //nolint:staticcheck // the instructor reads it as it is
	}
	s.Say(fmt.Sprintf("The stick is in %s: %s in %d files.", made.Dir, stick.Size(made.Bytes), made.Files))
	if made.Course != "" {
		s.Text(tui.Plain, 2, "The course: commit "+made.Course)
	}
	none := func(list []string) string {
		if len(list) == 0 {
			return "none"
		}
		return strings.Join(list, ", ")
	}
	s.Text(tui.Plain, 2, "Go "+made.Go+" as a module, for: "+none(made.Platforms))
	var programs []string
	for _, i := range made.Installers {
		programs = append(programs, i.File)
	}
	s.Text(tui.Plain, 2, "Installers of Go: "+none(programs))
	s.Text(tui.Good, 0, "It has passed its test: empty caches, no network, all modules there, step 1 red for its own reasons.")
	s.Say("Copy the folder, and eject the stick before you pull it out. Learners begin with START.txt or START.html.")
	return nil
}
