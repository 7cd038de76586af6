// The companion is what "go run ./workshop" hands over to: it shows learners where
// they are in the course, and what to do next.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/attack"
	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/tui"
	"example.com/bookapi/workshop/internal/watch"
)

// The exit codes. Red tests are no failure of this command: it did its job.
const (
	exitFailed      = 1   // there is nothing to show, and the message says why
	exitUsage       = 2   // a command, flag or exercise that does not exist
	exitUnreachable = 3   // the API to attack does not answer
	exitInterrupted = 130 // by Ctrl-C, as shells count
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := newCommand().ExecuteContext(ctx)
	interrupted := ctx.Err() != nil || errors.Is(err, watch.ErrInterrupted)
	stop()
	switch {
	case err == nil:
	case interrupted:
		os.Exit(exitInterrupted)
	default:
		if !errors.Is(err, errBroken) {
			tui.NewScreen(os.Stderr).Say(err.Error())
		}
		os.Exit(exitCode(err))
	}
}

func exitCode(err error) int {
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[attack.UnreachableError](err); ok {
		return exitUnreachable
	}
	return exitFailed
}

// refusal is why a command did not do what it was asked to.
type refusal string

func (r refusal) Error() string { return string(r) }

// usageError is a mistake in what was typed.
type usageError string

func (e usageError) Error() string { return string(e) }

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "workshop",
		Short: "Where you are in the workshop, and the one next thing to do",
		Long: `Where you are in the workshop, and the one next thing to do.

Given nothing else, it runs the tests of all steps and shows the map of the
exercises, your progress, and the first failure. Progress is never stored: it
is what the tests say.`,
		Example: `  go run ./workshop          the map, and what to do next
  go run ./workshop 2.3      the same for one exercise
  go run ./workshop 2        the same for one step`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Annotations:       map[string]string{cobra.CommandDisplayNameAnnotation: "go run ./workshop"},
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: complete(allChoices),
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return usageError(err.Error() + `. "go run ./workshop help" lists what there is.`)
	})
	asJSON := root.Flags().Bool("json", false, "print JSON, for programs")
	root.RunE = func(cmd *cobra.Command, args []string) error {
		return status(cmd, args, *asJSON, false, commandNames(root))
	}
	add := func(title string, commands ...*cobra.Command) {
		root.AddGroup(&cobra.Group{ID: title, Title: title})
		for _, cmd := range commands {
			cmd.GroupID = title
			root.AddCommand(cmd)
		}
	}
	add("For your exercise:", statusCommand(), watchCommand(), serveCommand(), hintCommand(), diffCommand(), runCommand())
	add("For what you have learnt:", quizCommand(), spotCommand(), flawsCommand(), attackCommand())
	add("When you are stuck:", resetCommand(), catchupCommand())
	add("For your machine:", doctorCommand(), completionCommand())
	add("For instructors:", kitCommand(), gradeCommand())
	root.SetHelpCommand(helpCommand(root))
	root.SetHelpCommandGroupID("For your machine:")
	return root
}

func statusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status [exercise|step]",
		Short: "Show the map, your progress and the next thing to do",
		Long: `Show the map, your progress and the next thing to do, for the whole course or
for one exercise ("2.3") or step ("2", "step2-token").

With --json it prints one JSON object for programs, with the fields progress,
next, build, steps and exercises. Fields may be added later; none will change.
With --line it prints one line to paste into a chat: the exercise to do next,
its state, and how many are green by your own code ("2.3 red 6/23 own").

The exit code is 0 whether tests are green or red, 1 if the tests could not be
run, and 2 if the exercise or step does not exist.`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: complete(allChoices),
	}
	asJSON := cmd.Flags().Bool("json", false, "print JSON, for programs")
	line := cmd.Flags().Bool("line", false, "print one line, to paste into a chat")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *asJSON && *line {
			return usageError("Either --json or --line, please: one is for programs, the other for people.")
		}
		return status(cmd, args, *asJSON, *line, nil)
	}
	return cmd
}

// status runs the tests and shows the state of what args name. A word that is
// neither exercise nor step may have been meant as one of the commands.
func status(cmd *cobra.Command, args []string, asJSON, line bool, commands []string) error {
	c, err := course.Load(".")
	if err != nil {
		return err
	}
	selection, err := choose(c, args, commands)
	if err != nil {
		return err
	}
	report, err := run(cmd.Context(), c, selection)
	if err != nil {
		return err
	}
	if line {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), report.Line())
		return err
	}
	if asJSON {
		out := json.NewEncoder(cmd.OutOrStdout())
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		return out.Encode(report)
	}
	tui.NewScreen(os.Stdout).Status(report)
	return nil
}

// choose finds the part of the course that args name.
func choose(c *course.Course, args, commands []string) (course.Selection, error) {
	switch len(args) {
	case 0:
		return c.All(), nil
	case 1:
	default:
		return course.Selection{}, usageError(fmt.Sprintf("One exercise or step at a time, please: %q is too much.", args[1]))
	}
	if selection, ok := c.Find(args[0]); ok {
		return selection, nil
	}
	what := "exercise or step"
	if commands != nil && !strings.ContainsAny(args[0], "0123456789") {
		what = "command"
	}
	return course.Selection{}, unknown(what, args[0], append(c.Names(), commands...))
}

// unknown is the error for a word that names nothing.
func unknown(what, typed string, candidates []string) error {
	advice := `"go run ./workshop help" lists what there is.`
	if nearest := course.Nearest(typed, candidates); nearest != "" {
		advice = fmt.Sprintf("Did you mean %q?", nearest)
	}
	return usageError(fmt.Sprintf("There is no %s %q. %s", what, typed, advice))
}

// run runs the tests behind a sign of life.
func run(ctx context.Context, c *course.Course, selection course.Selection) (*gotest.Report, error) {
	spinner := tui.StartSpinner(tui.NewScreen(os.Stderr), "Building and running the tests")
	defer spinner.Stop()
	runner := gotest.Runner{Running: func(step, test string) { spinner.Doing(step + "  " + test) }}
	return runner.Run(ctx, c, selection)
}

func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Explain the workshop, or one command",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return commandNames(root), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return unknown("command", strings.Join(args, " "), commandNames(root))
			}
			cmd.InitDefaultHelpFlag() // as --help has it
			return cmd.Help()
		},
	}
}

func commandNames(root *cobra.Command) []string {
	names := []string{"help"}
	for _, cmd := range root.Commands() {
		if !cmd.Hidden && cmd.Name() != "help" {
			names = append(names, cmd.Name())
		}
	}
	return names
}
