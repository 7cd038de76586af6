package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/attack"
	"example.com/bookapi/workshop/internal/tui"
)

// ownProfile is where --init writes a profile, and where one is looked for.
const ownProfile = "attack.toml"

type attackFlags struct {
	profile        string
	initialise     bool
	yes, asJSON    bool
	requests       int
	only           []string
	screen, asking tui.Screen
}

func attackCommand() *cobra.Command {
	var f attackFlags
	cmd := &cobra.Command{
		Use:   "attack URL",
		Short: "Attack an API of your own, as mallory does",
		Long: `Attack an API that runs on this machine, in whatever language, as mallory does in
the lessons: forged tokens, guessed secrets, other users' objects, guesses without
end. It says what held, what broke, and what cannot be told from outside. What
broke it has seen twice, beside an honest request that works.

Only this machine is attacked, at 127.0.0.1 or ::1: every connection is checked, and
redirects are not followed. Requests and time have limits, which it prints first.
Where a login takes long, the cheapest attacks come first, and it says what there
was no time for.

What the API is like it reads from its OpenAPI document, and the rest from a
profile: --profile course is for the servers of this course, --profile guide for the
guide's, and a file for any other. --init writes such a file to ` + ownProfile + `, with
comments, which is then taken where no other is named.

It asks before it writes. With --yes it does not ask. Where nobody can be asked, it
does without what writes. With the key that signs the tokens in the environment, as
` + attack.SecretVariable + `, it also tries what only a key can tell.

With --json it prints one JSON object for programs. Fields may be added later; none
will change. The exit code is 0 if nothing is broken, 1 if something is, 2 for a
mistake in what was typed, and 3 if the API cannot be reached.`,
		Example: `  go run ./workshop attack http://127.0.0.1:8080 --profile course
  go run ./workshop attack http://127.0.0.1:8000 --init
  go run ./workshop attack http://127.0.0.1:8000 --yes --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError("Which API, please? One address: go run ./workshop attack http://127.0.0.1:8000")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&f.profile, "profile", "", "what the API is like: `course, guide or a file`")
	cmd.Flags().BoolVar(&f.initialise, "init", false, "write a profile to "+ownProfile+", and do nothing else")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "it may write: make accounts and objects, and try wrong passwords")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print JSON, for programs")
	cmd.Flags().IntVar(&f.requests, "requests", attack.MaxRequests, "send this many requests at most")
	cmd.Flags().StringSliceVar(&f.only, "only", nil, "make these attacks alone, by their `ids`")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f.screen, f.asking = tui.NewScreen(os.Stdout), tui.NewScreen(os.Stderr)
		err := f.attack(cmd, args[0])
		if usage, ok := errors.AsType[attack.UsageError](err); ok {
			return usageError(usage)
		}
		return err
	}
	return cmd
}

func (f attackFlags) attack(cmd *cobra.Command, target string) error {
	ctx := cmd.Context()
	if f.requests < 1 || f.requests > attack.MaxRequests {
		return usageError(fmt.Sprintf("--requests is from 1 to %d.", attack.MaxRequests))
	}
	for _, id := range f.only {
		if !slices.Contains(attack.IDs(), id) {
			return unknown("attack", id, attack.IDs())
		}
	}
	if f.initialise {
		return f.writeProfile(cmd, target)
	}
	var profile attack.Profile
	_, err := os.Stat(ownProfile)
	if f.profile == "" && !errors.Is(err, fs.ErrNotExist) {
		f.profile = ownProfile
	}
	if f.profile != "" {
		if profile, err = attack.ReadProfile(f.profile); err != nil {
			return err
		}
	}
	write, err := f.mayWrite(cmd, target)
	if err != nil {
		return err
	}
	spinner := tui.StartSpinner(f.asking, "Attacking "+target)
	report, err := attack.Attack(ctx, target, attack.Options{
		Write: write, Profile: profile, Secret: []byte(os.Getenv(attack.SecretVariable)), Requests: f.requests, Only: f.only, Tell: spinner.Doing,
	})
	spinner.Stop()
	if err != nil {
		return err
	}
	if f.asJSON {
		out := json.NewEncoder(cmd.OutOrStdout())
		out.SetEscapeHTML(false)
		out.SetIndent("", "  ")
		err = out.Encode(report)
	} else {
		f.screen.Attacked(report)
	}
	if report.Broken > 0 {
		return errBroken
	}
	return err
}

// errBroken ends the command with the code that says so; the report has said the rest.
var errBroken = errors.New("")

// mayWrite says what is about to happen, and asks whether it may write.
func (f attackFlags) mayWrite(cmd *cobra.Command, target string) (bool, error) {
	f.asking.Say(fmt.Sprintf("This attacks %s, with %s: at most %d requests in %v, to this machine alone.", target, cmp.Or(f.profile, "what its OpenAPI document says"), f.requests, attack.MaxTime))
	f.asking.Say("What writes makes up to 30 accounts, named mallory… for the most part, and objects that it removes where it can. It tries 30 wrong passwords at one of those accounts, so the API may turn away logins from this machine for a while. It asks to change no account and no object but those.")
	switch in := tui.NewInput(os.Stdin); {
	case f.yes:
		return true, nil
	case !in.Terminal || !f.asking.Terminal:
		f.asking.Say("Nobody can be asked whether it may write, so it does without. With --yes it may.")
		return false, nil
	default:
		return in.Yes(cmd.Context(), f.asking, "May it write? It goes on without, if not.")
	}
}

func (f attackFlags) writeProfile(cmd *cobra.Command, target string) error {
	profile, document, err := attack.Discover(cmd.Context(), target)
	if err != nil {
		return err
	}
	file := cmp.Or(f.profile, ownProfile)
	if slices.Contains(attack.Profiles(), file) {
		return usageError(fmt.Sprintf("The profile %s comes with the course. Name a file to write to.", file))
	}
	kept, err := attack.WriteProfile(file, target, document, profile)
	if err != nil {
		return err
	}
	if kept != "" {
		f.screen.Say("What was in " + file + " is kept in " + kept + ".")
	}
	if document == "" {
		f.screen.Say("The API has no OpenAPI document, so the profile is a form to fill in.")
	}
	f.screen.Say("Wrote " + file + ". Read it, correct it, and go on with:")
	command := "go run ./workshop attack " + target
	if file != ownProfile {
		command += " --profile " + file
	}
	f.screen.Command(strings.TrimSpace(command))
	return nil
}
