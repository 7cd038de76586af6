package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/flaw"
	"example.com/bookapi/workshop/internal/tui"
)

func flawsCommand() *cobra.Command {
	var asJSON bool
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

With --json it prints one JSON object for programs. Fields may be added later;
none will change.

The exit code is 0 if every flaw is caught and every alternative accepted, 1 if
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
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return judgeAll(cmd, *dir, args, asJSON)
	}
	show := &cobra.Command{
		Use:   "show NAME",
		Short: "Show a flaw's story, its diff and the failure that it provokes",
		Long: `Show a flaw's story, its diff against the solution, and the failure that it
provokes: the test is run for it. An alternative works as well.`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: complete(flawNames),
	}
	show.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usageError(`Which flaw, please? One name: "go run ./workshop flaws show NAME". workshop/flaws/README.md lists them.`)
		}
		return showFlaws(cmd.Context(), *dir, args[0])
	}
	cmd.AddCommand(show)
	return cmd
}

// judgeAll judges the patches that args name, and shows a table.
func judgeAll(cmd *cobra.Command, dir string, args []string, asJSON bool) error {
	c, err := course.Load(".")
	if err != nil {
		return err
	}
	patches, err := pick(c, dir, args)
	if err != nil {
		return err
	}
	verdicts, err := judge(cmd.Context(), c, patches)
	if err != nil {
		return err
	}
	if asJSON {
		out := json.NewEncoder(cmd.OutOrStdout())
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		err = out.Encode(flaw.NewReport(verdicts))
	} else {
		tui.NewScreen(os.Stdout).Gallery(c, verdicts)
	}
	if err != nil {
		return err
	}
	if !flaw.Sum(verdicts).All() {
		return errors.New(`that is not all of them: look closer at one with "go run ./workshop flaws show NAME"`)
	}
	return nil
}

// pick reads the patches of the course, or of dir, and returns those that args
// name: all, if there are none.
func pick(c *course.Course, dir string, args []string) ([]*flaw.Patch, error) {
	shown := filepath.ToSlash(dir)
	if dir == "" {
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

// judge judges the patches behind a live count.
func judge(ctx context.Context, c *course.Course, patches []*flaw.Patch) ([]flaw.Verdict, error) {
	spinner := tui.StartSpinner(tui.NewScreen(os.Stderr), "Building and running the tests of the solutions")
	defer spinner.Stop()
	judge, err := flaw.NewJudge(ctx, c, patches)
	if err != nil {
		return nil, err
	}
	var done []flaw.Verdict
	spinner.Doing(fmt.Sprintf("0 of %d judged", len(patches)))
	return judge.All(ctx, patches, func(v flaw.Verdict) {
		done = append(done, v)
		spinner.Doing(fmt.Sprintf("%d of %d judged: %s", len(done), len(patches), flaw.Sum(done)))
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
	verdicts, err := judge(ctx, c, patches)
	if err != nil {
		return err
	}
	for i, v := range verdicts {
		if i > 0 {
			fmt.Fprintln(os.Stdout)
		}
		tui.NewScreen(os.Stdout).Exhibit(v)
	}
	return nil
}
