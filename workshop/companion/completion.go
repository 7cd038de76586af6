package main

import (
	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/course"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

func completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion <bash|zsh|fish|powershell>",
		Short: "Let your shell complete commands and exercises",
		Long: `Print a script by which your shell completes commands, exercises and steps.

A shell completes what has one name, so give the companion one. For bash and
zsh, in the repository's folder:

  alias workshop='go run ./workshop'
  source <(go run ./workshop completion bash)

For fish:

  alias workshop 'go run ./workshop'
  go run ./workshop completion fish | source

For PowerShell:

  function workshop { go run ./workshop @args }
  go run ./workshop completion powershell | Out-String | Invoke-Expression

Then type "workshop hint " and press Tab. (For bash, your system's package
bash-completion has to be there.)`,
		Args:      atMost(1),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), cmd.OutOrStdout()
			switch at(args, 0) {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(out)
			case "":
				return usageError("Say for which shell: " + listed(shells) + ".")
			}
			return unknown("completion for", args[0], shells)
		},
	}
}

// complete offers what of the course a command can be about, and nothing for
// further arguments. Outside of the course there is nothing to offer.
func complete(offer func(*course.Course) []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		c, err := course.Load(".")
		if err != nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return offer(c), cobra.ShellCompDirectiveNoFileComp
	}
}

// The choices are completions with descriptions.

func exerciseChoices(c *course.Course) []string {
	var choices []string
	for _, s := range c.Steps {
		for _, e := range s.Exercises {
			choices = append(choices, cobra.CompletionWithDesc(e.ID, e.Title))
		}
	}
	return choices
}

func stepChoices(c *course.Course) []string {
	var choices []string
	for _, s := range c.Steps {
		choices = append(choices, cobra.CompletionWithDesc(s.Name, s.Title))
	}
	return choices
}

func allChoices(c *course.Course) []string {
	return append(stepChoices(c), exerciseChoices(c)...)
}
