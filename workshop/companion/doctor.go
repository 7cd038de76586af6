package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/doctor"
	"example.com/bookapi/workshop/internal/tui"
)

func doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find out whether this machine is ready",
		Long: `Find out whether this machine is ready for the course, without the network: Go
and what it was told by variables, the workspace, the modules, what has been
compiled, the servers' port, the clock, the times of files, the editor.

--warm fetches the modules that are missing, and compiles all that takes long,
so that nobody has to wait in class. It is the one that asks the network.
--report prints what can be pasted where others read it: versions and counts,
and no name, path or secret. --json is for programs on this machine; what a
finding says may name folders of yours.

The exit code is 0 if the course can be taken, and 1 if it cannot.`,
		Args: atMost(0),
	}
	asJSON := cmd.Flags().Bool("json", false, "print JSON, for programs")
	report := cmd.Flags().Bool("report", false, "print a report to paste")
	warm := cmd.Flags().Bool("warm", false, "first fetch what is missing, and compile all that takes long")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		d, err := newDoctor()
		if err != nil {
			return err
		}
		if *asJSON && *report {
			return usageError("Either --json or --report, please: one is for programs, the other for people.")
		}
		var findings []doctor.Finding
		if *warm {
			if findings, err = warmUp(cmd.Context(), d); err != nil {
				return err
			}
		}
		switch {
		case *asJSON:
			findings = append(findings, d.Examine(cmd.Context(), func(doctor.Finding) {})...)
			out := json.NewEncoder(cmd.OutOrStdout())
			out.SetEscapeHTML(false)
			out.SetIndent("", "  ")
			err = out.Encode(map[string]any{"takeable": doctor.Takeable(findings), "findings": findings})
		case *report:
			findings = append(findings, d.Examine(cmd.Context(), func(doctor.Finding) {})...)
			_, err = fmt.Fprint(cmd.OutOrStdout(), doctor.Report(findings))
		default:
			findings, err = examine(cmd.Context(), tui.NewScreen(os.Stdout), d, findings)
		}
		if err == nil && cmd.Context().Err() == nil && !doctor.Takeable(findings) {
			err = refusal("The course cannot be taken yet: mend what is marked with ✗.")
		}
		return errors.Join(err, cmd.Context().Err())
	}
	return cmd
}

// newDoctor prepares an examination, also of a course that cannot be read.
func newDoctor() (doctor.Doctor, error) {
	d := doctor.Doctor{Port: 8080, Now: time.Now}
	c, err := course.Load(".")
	switch {
	case err == nil:
		d.Root, d.Course = c.Root, c
		return d, nil
	case errors.Is(err, course.ErrOutside):
		return d, err
	}
	d.Why = err
	dir, err := filepath.Abs(".")
	if err != nil {
		return d, err
	}
	for ; ; dir = filepath.Dir(dir) {
		_, err := os.Stat(filepath.Join(dir, "workshop", "go.mod"))
		switch {
		case err == nil:
			d.Root = dir
			return d, nil
		case dir == filepath.Dir(dir):
			return d, course.ErrOutside
		}
	}
}

var marks = map[doctor.State]struct {
	style tui.Style
	mark  string
}{
	doctor.OK:   {tui.Good, "✓"},
	doctor.Warn: {tui.Accent, "!"},
	doctor.Fail: {tui.Bad, "✗"},
}

// examine shows what is known before and the findings as they come, and offers to
// compile what is not compiled yet.
func examine(ctx context.Context, s tui.Screen, d doctor.Doctor, before []doctor.Finding) ([]doctor.Finding, error) {
	show := func(f doctor.Finding) {
		m := marks[f.State]
		s.Marked(m.style, fmt.Sprintf("%s %-10s", m.mark, f.Check), 0, f.Says)
		if f.Mend != "" {
			s.Text(m.style, 13, f.Mend)
		}
	}
	for _, f := range before {
		show(f)
	}
	cold := false
	findings := d.Examine(ctx, func(f doctor.Finding) {
		show(f)
		cold = cold || f.Check == "cache" && f.State == doctor.Warn
	})
	if ctx.Err() != nil {
		return findings, nil
	}
	s.Gap()
	if in := tui.NewInput(os.Stdin); cold && in.Terminal && s.Terminal && doctor.Takeable(findings) {
		yes, err := in.Yes(ctx, s, "Compile now what waits to be compiled? It takes a minute or two, and once only.")
		if err != nil {
			return findings, err
		}
		if yes {
			trouble, err := warmUp(ctx, d)
			if err != nil {
				return findings, err
			}
			for _, f := range append(trouble, d.Cache(ctx)) {
				show(f)
			}
		}
		s.Gap()
	}
	if doctor.Takeable(findings) {
		s.Text(tui.Good, 0, "The course can be taken.")
	}
	s.Say("If you ask somebody for help, paste what this prints; it names nobody:")
	s.Command("go run ./workshop doctor --report")
	return findings, nil
}

func warmUp(ctx context.Context, d doctor.Doctor) ([]doctor.Finding, error) {
	spinner := tui.StartSpinner(tui.NewScreen(os.Stderr), "Fetching what is missing, and compiling what takes long")
	defer spinner.Stop()
	return d.Warm(ctx, spinner.Doing)
}
