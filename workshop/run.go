package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/markdown"
	"example.com/bookapi/workshop/internal/proctree"
	"example.com/bookapi/workshop/internal/stepserver"
	"example.com/bookapi/workshop/internal/tui"
)

func runCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run [step] [-- flags]",
		Short: "Start a step's server, and say what to try",
		Long: `Start a step's server, which runs your code, and print the curl lines of its
lesson to try in another terminal. Ctrl-C stops it.

Without a step it is the last one that you have begun. What stands behind --
goes to the server.`,
		Example: `  go run ./workshop run 2
  go run ./workshop run 2 -- -addr 127.0.0.1:0  on any free port`,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     complete(stepChoices),
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if dash := cmd.ArgsLenAtDash(); dash >= 0 {
			args = args[:dash]
		}
		return atMost(1)(cmd, args)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := course.Load(".")
		if err != nil {
			return err
		}
		var flags []string
		if dash := cmd.ArgsLenAtDash(); dash >= 0 {
			args, flags = args[:dash], args[dash:]
		}
		step, err := pickServer(c, at(args, 0))
		if err != nil {
			return err
		}
		invite(tui.NewScreen(os.Stdout), c, step)
		return runServer(cmd.Context(), c.Root, step, flags)
	}
	return cmd
}

// pickServer returns the step that was typed, or the last that has been begun.
func pickServer(c *course.Course, typed string) (course.Step, error) {
	if typed != "" {
		step, err := pickStep(c, typed)
		if err == nil && stepserver.Dir(c.Root, step) == "" {
			err = noServer(c, step)
		}
		return step, err
	}
	serving := slices.DeleteFunc(slices.Clone(c.Steps), func(s course.Step) bool { return stepserver.Dir(c.Root, s) == "" })
	if len(serving) == 0 {
		return course.Step{}, refusal("No step has a server.")
	}
	for _, step := range slices.Backward(serving) {
		if slices.ContainsFunc(step.Exercises, func(e course.Exercise) bool { return !c.Locate(step, e).Stub }) {
			return step, nil
		}
	}
	return serving[0], nil
}

// noServer says what to do with a step that has none.
func noServer(c *course.Course, step course.Step) error {
	says := fmt.Sprintf("Step %d has no server.", step.Number)
	for _, later := range c.Steps {
		if later.Number > step.Number && stepserver.Dir(c.Root, later) != "" {
			says += fmt.Sprintf(" What you write there runs in that of step %d:\n  go run ./workshop run %[1]d", later.Number)
			break
		}
	}
	programs, _ := filepath.Glob(filepath.Join(c.Root, filepath.FromSlash(step.Dir), "cmd", "*")) // fails for a bad pattern only
	for _, program := range programs {
		says += fmt.Sprintf("\nIt has a program to try it with:\n  go run ./%s/cmd/%s", step.Dir, filepath.Base(program))
	}
	return refusal(says)
}

// invite says what is about to run, and what to try with it.
func invite(s tui.Screen, c *course.Course, step course.Step) {
	whose := "with your code"
	if step.Dir != step.Name {
		whose = "with the code in " + step.Dir
	}
	s.Say(fmt.Sprintf("The server of step %d, %s. The first start takes a minute or two, as Go compiles the database. Ctrl-C stops it.", step.Number, whose))
	s.Gap()
	readme, err := os.ReadFile(filepath.Join(c.Root, step.Name, "README.md"))
	if err != nil {
		return // the lesson is not there; its server is
	}
	section := tryIt(readme)
	if os.Getenv(stepserver.Keys) == "" && bytes.Contains(section, []byte(stepserver.Keys)) {
		s.Say(stepserver.Keys + " is not set, so it signs with a key that was drawn just now: tokens end when it does.")
		s.Gap()
	}
	if lines := tryLines(section); len(lines) > 0 {
		s.Say("Try in another terminal, from " + step.Name + "/README.md:")
		s.Gap()
		for _, line := range lines {
			fmt.Fprintln(s.W, "  "+line) // whole, however long, as it is to be copied
		}
		s.Gap()
	}
}

// tryIt is the section "Try it for real" of a lesson.
func tryIt(readme []byte) []byte {
	_, section, _ := bytes.Cut(readme, []byte("Try it for real\n"))
	section, _, _ = bytes.Cut(section, []byte("\n## "))
	return section
}

var (
	// What this command does itself, and what belongs to a start that it is not:
	// with a certificate, and with keys that are kept.
	notToType = regexp.MustCompile(`^go test |^go run \./\S+/cmd/bookapi( -.*)?$|cmd/bookapi (keys|cert)|` + stepserver.Keys)
	toPaste   = regexp.MustCompile(`^[A-Z]+=…$`)
)

// tryLines returns what is typed in a section beside the server, as it is typed.
func tryLines(section []byte) []string {
	var lines []string
	for _, block := range markdown.Parse(section).Blocks {
		goesOn := false
		for line := range strings.Lines(block.Text) {
			line = strings.TrimRight(line, "\r\n")
			typed, isCommand := strings.CutPrefix(line, "$ ")
			switch {
			case isCommand:
				if goesOn = !notToType.MatchString(typed); !goesOn {
					continue
				}
				if toPaste.MatchString(typed) {
					typed += "  # paste the token that you got"
				}
				lines = append(lines, strings.ReplaceAll(typed, "https://127.0.0.1", "http://127.0.0.1"))
			case goesOn && strings.HasPrefix(line, "> "):
				lines = append(lines, strings.TrimPrefix(line, "> "))
			default:
				goesOn = false
			}
		}
	}
	return lines
}

// runServer runs the server until it ends, or until somebody ends it. Nothing of
// what it has started is left.
func runServer(ctx context.Context, root string, step course.Step, flags []string) error {
	ended, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	cmd := stepserver.Command(ended, root, step, flags...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("the go command cannot be started: %w", err)
	}
	defer proctree.Kill(cmd)
	defer again(cmd)()

	err := cmd.Wait()
	_, exited := errors.AsType[*exec.ExitError](err)
	switch {
	case ended.Err() != nil:
		return refusal("The server has been stopped.")
	case exited:
		return refusal("The server has ended by itself, and has said why. Flags for it go behind --, as in:\n  go run ./workshop run " + fmt.Sprint(step.Number) + " -- -addr 127.0.0.1:0")
	}
	return err
}

// again passes a second Ctrl-C on, which the server takes for "do not wait". The
// first one has ended the command's context.
func again(cmd *exec.Cmd) (stop func()) {
	interrupts := make(chan os.Signal, 2)
	signal.Notify(interrupts, os.Interrupt)
	go func() {
		<-interrupts
		for range interrupts {
			_ = cmd.Cancel() // there may be nothing left to interrupt
		}
	}()
	return func() {
		signal.Stop(interrupts)
		close(interrupts)
	}
}
