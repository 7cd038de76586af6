package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/flaw"
	"example.com/bookapi/workshop/internal/tui"
)

func flawsCommand() *cobra.Command {
	var asJSON, stream bool
	cmd := &cobra.Command{
		Use:   "flaws [NAME...]",
		Short: "Test the tests with real mistakes and unusual solutions",
		Long: `Test the tests: are real mistakes caught, and unusual solutions accepted?

Each flaw is a mistake that people make, as a patch of the solutions; it has to
turn a test red. Each alternative is another correct solution; the tests have
to stay green. The patches are laid over the solutions in memory: no file is
touched, least of all yours. workshop/flaws/README.md lists them all.

NAME is a flaw or an alternative, or an exercise ("2.3") or step ("2") for all
that belong to it.

--dir judges the patches (*.patch) of another folder and of those below it. The
format is that of workshop/flaws/README.md, and a bare diff against solutions/
will do. What lies in a folder "alternatives" has to be accepted, all else has
to be caught.

With --json it prints one JSON object for programs, and with --json --stream each
element of its "patches" on a line of its own, as soon as it is judged. Fields may
be added later; none will change.

Ctrl-C ends it with what is judged so far. The exit code is 0 if every flaw is caught and every alternative accepted, 1 if
not or if the tests could not be run, and 2 if there is no such flaw.`,
		Example: `  go run ./workshop flaws               all, which takes minutes
  go run ./workshop flaws 3.2           those of one exercise
  go run ./workshop flaws show NAME     one, with the failure that it provokes
  go run ./workshop flaws --dir DIR     your own: do the tests catch them?`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: complete(flawNames),
	}
	dir := cmd.PersistentFlags().String("dir", "", "the folder of the patches, instead of those of the course")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, for programs")
	cmd.Flags().BoolVar(&stream, "stream", false, "with --json, print each verdict on a line as it comes")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if stream && !asJSON {
			return usageError("--stream is a form of --json: give both.")
		}
		return judgeAll(cmd, *dir, args, asJSON, stream)
	}
	show := &cobra.Command{
		Use:   "show NAME",
		Short: "Show a flaw's story, its diff and the failure that it provokes",
		Long: `Show a flaw's story, its diff against the solution, and the failure that it
provokes: the test is run for it. An alternative works as well.

The exit code is 0 if the flaw is caught or the alternative accepted, 1 if not
or if the tests could not be run, and 2 if there is no such flaw.`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: complete(flawNames),
	}
	show.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usageError(fmt.Sprintf("Which flaw, please? One name: \"%s\". %s lists them.", advised(*dir, "show NAME"), cmp.Or(*dir, "workshop/flaws/README.md")))
		}
		return showFlaws(cmd.Context(), *dir, args[0])
	}
	cmd.AddCommand(show)
	return cmd
}

// judgeAll judges the patches that args name, and shows a table.
func judgeAll(cmd *cobra.Command, dir string, args []string, asJSON, stream bool) error {
	c, err := course.Load(".")
	if err != nil {
		return err
	}
	patches, err := pick(c, dir, args)
	if err != nil {
		return err
	}
	out := json.NewEncoder(cmd.OutOrStdout())
	out.SetEscapeHTML(false)
	var lost error // the reader has gone
	verdicts, failed := judge(cmd.Context(), c, patches, func(v flaw.Verdict) {
		if stream && lost == nil {
			lost = out.Encode(flaw.NewJudged(v))
		}
	})
	switch {
	case failed != nil && len(verdicts) == 0:
		return failed
	case stream:
	case asJSON:
		out.SetIndent("", "  ")
		lost = out.Encode(flaw.NewReport(verdicts))
	default:
		tui.NewScreen(os.Stdout).Gallery(c, verdicts)
	}
	if failed != nil {
		tui.NewScreen(os.Stderr).Say(fmt.Sprintf("It ended before all were judged: %d of %d are.", len(verdicts), len(patches)))
		return failed
	}
	if lost != nil {
		return lost
	}
	if !flaw.Sum(verdicts).All() {
		return fmt.Errorf("that is not all of them: look closer at one with \"%s\"", advised(dir, "show NAME"))
	}
	return nil
}

// advised is a command that goes on with the patches of dir.
func advised(dir, rest string) string {
	command := "go run ./workshop flaws"
	if dir != "" {
		if strings.ContainsAny(dir, " '") {
			dir = strconv.Quote(dir)
		}
		command += " --dir " + dir
	}
	return strings.TrimSpace(command + " " + rest)
}

// pick reads the patches of the course, or of dir, and returns those that args
// name: all, if there are none.
func pick(c *course.Course, dir string, args []string) ([]*flaw.Patch, error) {
	shown, own := filepath.ToSlash(dir), dir != ""
	if !own {
		dir, shown = filepath.Join(c.Root, "workshop"), "workshop"
	}
	all, err := flaw.Load(dir, shown)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("there is no *.patch in %s or below", shown)
	}
	if len(args) == 0 {
		return all, nil
	}
	var picked []*flaw.Patch
	for _, arg := range args {
		found := named(c, all, arg)
		if len(found) == 0 {
			if _, known := c.Find(arg); known {
				return nil, fmt.Errorf("there is nothing yet for %s in %s", arg, shown)
			}
			if nearest := course.Nearest(arg, namesOf(all)); own && nearest == "" {
				return nil, usageError(fmt.Sprintf("There is no flaw %q in %s. All there are: \"%s\"", arg, shown, advised(dir, "")))
			} else if own {
				return nil, usageError(fmt.Sprintf("There is no flaw %q in %s. Did you mean %q?", arg, shown, nearest))
			}
			return nil, unknown("flaw", arg, append(c.Names(), namesOf(all)...))
		}
		picked = append(picked, found...)
	}
	return slices.DeleteFunc(all, func(p *flaw.Patch) bool { return !slices.Contains(picked, p) }), nil
}

func namesOf(patches []*flaw.Patch) []string {
	var names []string
	for _, p := range patches {
		names = append(names, p.Name)
	}
	return names
}

// flawNames is what "flaws" can be about.
func flawNames(c *course.Course) []string {
	patches, _ := pick(c, "", nil) // what cannot be read is not offered
	return append(c.Names(), namesOf(patches)...)
}

// named returns the patches that a word names: one by its name, or those of an
// exercise or a step.
func named(c *course.Course, patches []*flaw.Patch, word string) []*flaw.Patch {
	var found []*flaw.Patch
	selection, known := c.Find(word)
	for _, p := range patches {
		switch strings.TrimSuffix(filepath.ToSlash(word), ".patch") {
		case p.Name, p.ID(), strings.TrimSuffix(p.File, ".patch"):
			found = append(found, p)
			continue
		}
		if known && p.Step == selection.Steps[0].Name && (selection.Exercise == "" || selection.Exercise == p.Exercise) {
			found = append(found, p)
		}
	}
	return found
}

// judge judges the patches behind a live count, or with a line for each where
// there is no terminal, and tells each verdict.
func judge(ctx context.Context, c *course.Course, patches []*flaw.Patch, tell func(flaw.Verdict)) ([]flaw.Verdict, error) {
	screen := tui.NewScreen(os.Stderr)
	spinner := tui.StartSpinner(screen, "Building and running the tests of the solutions")
	defer spinner.Stop()
	judge, err := flaw.NewJudge(ctx, c, patches)
	if err != nil {
		return nil, err
	}
	defer func() { _ = judge.Close() }() // the system clears up what is left
	var done []flaw.Verdict
	spinner.Doing(fmt.Sprintf("0 of %d judged", len(patches)))
	return judge.All(ctx, patches, func(v flaw.Verdict) {
		done = append(done, v)
		spinner.Doing(fmt.Sprintf("%d of %d judged: %s", len(done), len(patches), flaw.Sum(done)))
		if !screen.Terminal {
			screen.Judged(v, len(done), len(patches))
		}
		tell(v)
	})
}

// showFlaws shows those that a name means, which is one as a rule.
func showFlaws(ctx context.Context, dir, name string) error {
	c, err := course.Load(".")
	if err != nil {
		return err
	}
	patches, err := pick(c, dir, []string{name})
	if err != nil {
		return err
	}
	verdicts, err := judge(ctx, c, patches, func(flaw.Verdict) {})
	if err != nil {
		return err
	}
	for i, v := range verdicts {
		if i > 0 {
			fmt.Fprintln(os.Stdout)
		}
		tui.NewScreen(os.Stdout).Exhibit(v)
	}
	if !flaw.Sum(verdicts).All() {
		return errors.New("the tests do not judge it as they should")
	}
	return nil
}
