package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
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
lesson to try in another terminal, with the port that it got and the numbers of
a fresh database. Ctrl-C stops it.

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
		s := tui.NewScreen(os.Stdout)
		introduce(s, c, step)
		return runServer(cmd.Context(), c.Root, step, flags, func(address string) { invite(s, c, step, address) })
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

// introduce says what is about to run.
func introduce(s tui.Screen, c *course.Course, step course.Step) {
	whose := "with your code"
	if step.Dir != step.Name {
		whose = "with the code in " + step.Dir
	}
	s.Say(fmt.Sprintf("The server of step %d, %s. The first start takes a minute or two, as Go compiles the database. Ctrl-C stops it.", step.Number, whose))
	s.Gap()
	if os.Getenv(stepserver.Keys) == "" && bytes.Contains(readTour(c, step), []byte(stepserver.Keys)) {
		s.Say(stepserver.Keys + " is not set, so it signs with a key that was drawn just now: tokens end when it does.")
		s.Gap()
	}
	if _, err := os.Stat(filepath.Join(c.Root, database)); err == nil {
		s.Say(database + " has what was stored before, and books get other numbers than below. For a fresh start, stop the server, delete that file, and start again.")
		s.Gap()
	}
}

// database is the file in which the servers keep everything, if nothing else is
// said.
const database = "bookapi.db"

// invite says what to try with a server that is at this address.
func invite(s tui.Screen, c *course.Course, step course.Step, address string) {
	lines := tryLines(readTour(c, step), address)
	if len(lines) == 0 {
		return
	}
	s.Gap()
	s.Say("Try in another terminal, from " + step.Name + "/README.md:")
	s.Gap()
	for _, line := range lines {
		fmt.Fprintln(s.W, "  "+line) // whole, however long, as it is to be copied
	}
	s.Gap()
}

// readTour returns the section "Try it for real" of a step's lesson: nothing, if
// the lesson is not there.
func readTour(c *course.Course, step course.Step) []byte {
	readme, _ := os.ReadFile(filepath.Join(c.Root, step.Name, "README.md"))
	_, section, _ := bytes.Cut(readme, []byte("Try it for real\n"))
	section, _, _ = bytes.Cut(section, []byte("\n## "))
	return section
}

var (
	// What this command does itself, and what belongs to a start that it is not:
	// with a certificate, and with keys that are kept.
	notToType = regexp.MustCompile(`^go test |go run \./\S+/cmd/bookapi( -.*)?$|cmd/bookapi (keys|cert)|` + stepserver.Keys)
	toPaste   = regexp.MustCompile(`^[A-Z]+=…$`)
	inLesson  = regexp.MustCompile(`https?://127\.0\.0\.1:8080`)
	newBook   = regexp.MustCompile(`^\{"id":([0-9]+),`)
	bookPath  = regexp.MustCompile(`/books/([0-9]+)`)
)

// tryLines returns what is typed in a section while the server runs, for a server
// at this address that has a fresh database: what stands behind the end of the
// server in the lesson is left out, and the first new book is number 1.
func tryLines(section []byte, address string) []string {
	var lines []string
	before := -1 // how many books the lesson has made before this section
	for _, block := range markdown.Parse(section).Blocks {
		goesOn := false
		for line := range strings.Lines(block.Text) {
			line = strings.TrimRight(line, "\r\n")
			typed, isCommand := strings.CutPrefix(line, "$ ")
			switch {
			case strings.HasPrefix(line, "^C"):
				return renumbered(lines, before)
			case isCommand:
				if goesOn = !notToType.MatchString(typed); !goesOn {
					continue
				}
				if toPaste.MatchString(typed) {
					typed += "  # paste the token that you got"
				}
				lines = append(lines, inLesson.ReplaceAllString(typed, address))
			case goesOn && strings.HasPrefix(line, "> "):
				lines = append(lines, strings.TrimPrefix(line, "> "))
			default:
				goesOn = false
				if made := newBook.FindStringSubmatch(line); made != nil && before < 0 {
					first, _ := strconv.Atoi(made[1]) // digits
					before = first - 1
				}
			}
		}
	}
	return renumbered(lines, before)
}

// renumbered are the lines with the numbers of books that they have where fewer
// were made before.
func renumbered(lines []string, before int) []string {
	for i, line := range lines {
		lines[i] = bookPath.ReplaceAllStringFunc(line, func(path string) string {
			number, _ := strconv.Atoi(bookPath.FindStringSubmatch(path)[1]) // digits
			if number <= before {
				return path // that of an earlier section
			}
			return fmt.Sprintf("/books/%d", number-max(0, before))
		})
	}
	return lines
}

// runServer runs the server until it ends, or until somebody ends it, and tells once
// where it serves. Nothing of what it has started is left.
func runServer(ctx context.Context, root string, step course.Step, flags []string, serving func(address string)) error {
	ended, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	cmd := stepserver.Command(ended, root, step, flags...)
	once := new(sync.Once)
	cmd.Stdout = &lookout{to: os.Stdout, once: once, found: serving}
	cmd.Stderr = &lookout{to: os.Stderr, once: once, found: serving}
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

// lookout passes on what a server prints, until it has said where it serves and
// afterwards.
type lookout struct {
	to    io.Writer
	once  *sync.Once
	found func(address string)
	line  string // the last one so far
}

func (l *lookout) Write(p []byte) (int, error) {
	n, err := l.to.Write(p)
	l.line += string(p)
	if address := stepserver.FindAddress(l.line); address != "" {
		l.once.Do(func() { l.found(address) })
	}
	l.line = l.line[max(strings.LastIndexByte(l.line, '\n')+1, len(l.line)-1024):]
	return n, err
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
