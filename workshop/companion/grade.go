package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/flaw"
	"example.com/bookapi/workshop/internal/grade"
	"example.com/bookapi/workshop/internal/tui"
)

// cheats is what to know of all results.
const cheats = "Tests run in the process of the code that they test, so they cannot be made proof against a cheat. The flags say where a person should look; none of them is a verdict."

func gradeCommand() *cobra.Command {
	var out string
	var class, unconfined bool
	cmd := &cobra.Command{
		Use:   "grade --out DIR [SUBMISSION...]",
		Short: "Grade what students hand in",
		Long: `Grade what students hand in: folders, zips, and git repositories (bare ones and
bundles as well). DIR gets grades.csv, with a row for each submission and a
column for each exercise, and for each a folder with feedback.md to hand back.

Of a submission it takes the files of the exercises and new Go files of the
steps. Tests, modules and all that is given are those of this checkout. Each
step runs on the reference of the steps below it, so a mistake counts once. An
exercise is green, red, todo (nothing written), "does not build" (its file is
replaced by the reference's, and the rest is graded) or "timed out".

The code runs in a sandbox, bubblewrap: without a network, with nothing of this
machine to write to and little to read, and with limits on time, memory,
processes and output. Without a sandbox it refuses; --unconfined runs it as you,
for a machine or container that has nothing to lose.

` + cheats + ` So there are
flags for tests or given files that were changed, extra files, init and
TestMain, imports that the reference lacks, and files that are equal to it. A
result counts only if the test itself reports it to the end, whatever the output
says.

It goes on where it was: what is graded already is graded again only if the
submission, the course or Go have changed. Ctrl-C keeps what is done.

--class sums up without names: the promises most often broken, and the flaws of
the gallery that show them. Without submissions it sums up what is in DIR.`,
		Example: `  go run ./workshop grade --out grades hand-ins/*
  go run ./workshop grade --out grades --class`,
		Args: cobra.ArbitraryArgs,
	}
	cmd.Flags().StringVar(&out, "out", "", "the folder for the results")
	cmd.Flags().BoolVar(&class, "class", false, "sum up, without names")
	cmd.Flags().BoolVar(&unconfined, "unconfined", false, "run the code of strangers without a sandbox")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case out == "":
			return usageError(`Where to put the results? "go run ./workshop grade --out DIR SUBMISSION..."`)
		case len(args) == 0 && !class:
			return usageError(`What to grade? Name folders, zips or git repositories: "go run ./workshop grade --out DIR SUBMISSION..."`)
		}
		if err := apartFrom(out, args); err != nil {
			return err
		}
		return gradeAll(cmd.Context(), out, args, class, unconfined)
	}
	return cmd
}

// apartFrom refuses a folder for results that is in a submission, or around it.
func apartFrom(out string, submissions []string) error {
	to, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	for _, s := range submissions {
		from, err := filepath.Abs(s)
		if err != nil {
			return err
		}
		if rel, err := filepath.Rel(from, to); err == nil && filepath.IsLocal(rel) {
			return usageError(fmt.Sprintf("The results cannot be put into what is graded: %s is in %s.", out, s))
		}
	}
	return nil
}

func gradeAll(ctx context.Context, out string, paths []string, class, unconfined bool) error {
	c, err := course.Load(".")
	if err != nil {
		return err
	}
	for _, s := range c.Steps {
		if err := c.CheckReference(s); err != nil {
			return err
		}
	}
	submissions, err := grade.Submissions(paths)
	if err != nil {
		return err
	}
	sandbox := grade.Unconfined()
	if !unconfined && len(submissions) > 0 {
		if sandbox, err = grade.Confined(ctx); err != nil {
			return err
		}
	}
	grader, err := grade.New(ctx, c, sandbox, cacheFolders(c.Root))
	if err != nil {
		return err
	}
	defer func() { _ = grader.Close() }() // the system clears up what is left
	folder, err := grade.OpenFolder(out)
	if err != nil {
		return err
	}
	var results []grade.Result
	if len(submissions) == 0 {
		results, err = folder.Results()
	} else {
		results, err = gradeThem(ctx, grader, folder, submissions)
	}
	s := tui.NewScreen(os.Stdout)
	if len(results) > 0 && !class { // what a class sees has no names
		reportGrades(s, out, results)
	}
	switch {
	case ctx.Err() != nil:
		s.Say(fmt.Sprintf("Interrupted: %d of %d are graded. The same command goes on.", len(results), len(submissions)))
		return ctx.Err()
	case err != nil:
		return err
	case class && len(results) == 0:
		return refusal("There is no result in " + out + " yet.")
	case class:
		patches, err := flaw.Load(filepath.Join(c.Root, "workshop"), "workshop")
		if err != nil {
			return err
		}
		s.Text(tui.Plain, 0, grader.Sum(results, patches).String())
	}
	return nil
}

// cacheFolders are where the build cache of the reference may be, which serves all
// copies of the course.
func cacheFolders(root string) []string {
	folders := []string{filepath.Join(root, ".workshop", "grade-cache")}
	if own, err := os.UserCacheDir(); err == nil {
		folders = append([]string{filepath.Join(own, "bookapi-workshop", "grade-cache")}, folders...)
	}
	return folders
}

// gradeThem grades behind a bar, or with a line for each where there is no
// terminal.
func gradeThem(ctx context.Context, g *grade.Grader, folder *grade.Folder, submissions []grade.Submission) ([]grade.Result, error) {
	screen := tui.NewScreen(os.Stderr)
	spinner := tui.StartSpinner(screen, "Reading the submissions")
	defer spinner.Stop()
	done := 0
	return g.All(ctx, folder, submissions,
		func(step string) {
			spinner.Doing("Building the reference, and running its tests in the sandbox: " + step)
		},
		func(r grade.Result) {
			done++
			spinner.Doing(tui.Bar(done, len(submissions)) + fmt.Sprintf(" %d of %d graded: %s", done, len(submissions), r.Name))
			if !screen.Terminal {
				screen.Say(fmt.Sprintf("%d of %d  %s: %d green%s", done, len(submissions), r.Name, r.Green(), flagCount(r)))
			}
		})
}

func flagCount(r grade.Result) string {
	switch len(r.Flags) {
	case 0:
		return ""
	case 1:
		return ", 1 flag"
	}
	return fmt.Sprintf(", %d flags", len(r.Flags))
}

// reportGrades says where the results are, and which a person should look at.
func reportGrades(s tui.Screen, out string, results []grade.Result) {
	var flagged []string
	for _, r := range results {
		if len(r.Flags) > 0 {
			flagged = append(flagged, r.Name)
		}
	}
	s.Say(fmt.Sprintf("%d graded: %s, and a %s for each.", len(results), filepath.Join(out, grade.GradesFile), grade.FeedbackFile))
	if len(flagged) > 0 {
		s.Gap()
		s.Say("To look at, as the last column says why: " + strings.Join(flagged, ", "))
	}
	s.Gap()
	s.Say(cheats)
}
