package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/flaw"
	"example.com/bookapi/workshop/internal/tui"
)

func spotCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "spot [step]",
		Short: "Read a change as a reviewer does: what can mallory do with it?",
		Long: `Read a change as a reviewer does: what can mallory do with it?

You see a change to the solution that somebody might well have made, and four
answers. Pick one. Then the attack is run for real, and the story is told.

A step ("3") or exercise ("3.2") limits the choice. The changes are made to the
solutions, so do a step's exercises first. The order is another one each time;
if the answers come through a pipe, it is that of workshop/flaws/README.md.
Nothing is stored: "q" ends the game and counts.`,
		Args:              atMost(1),
		ValidArgsFunction: complete((*course.Course).Names),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := course.Load(".")
			if err != nil {
				return err
			}
			input := tui.NewInput(os.Stdin)
			flaws, err := riddles(c, at(args, 0), input.Terminal)
			if err != nil {
				return err
			}
			return spot(cmd.Context(), c, flaws, tui.NewScreen(os.Stdout), input)
		},
	}
}

// riddles returns the flaws that have answers to choose from, in the order of
// the steps; within a step they may be shuffled.
func riddles(c *course.Course, typed string, shuffled bool) ([]*flaw.Patch, error) {
	var words []string
	if typed != "" {
		if _, ok := c.Find(typed); !ok {
			return nil, unknown("exercise or step", typed, c.Names())
		}
		words = []string{typed}
	}
	patches, err := pick(c, "", words)
	if err != nil {
		return nil, err
	}
	patches = slices.DeleteFunc(patches, func(p *flaw.Patch) bool { return p.Choices == nil })
	if len(patches) == 0 {
		return nil, errors.New("there is no flaw to spot there yet: without a step, you get those of the whole course")
	}
	if shuffled {
		//nolint:gosec // nobody gains from guessing the next question
		rand.Shuffle(len(patches), func(i, j int) { patches[i], patches[j] = patches[j], patches[i] })
		slices.SortStableFunc(patches, func(a, b *flaw.Patch) int { return strings.Compare(a.Step, b.Step) })
	}
	return patches, nil
}

// spot asks about one flaw after the other, and tells the score at the end.
func spot(ctx context.Context, c *course.Course, flaws []*flaw.Patch, screen tui.Screen, input *tui.Input) error {
	asked, right := 0, 0
	for i, p := range flaws {
		screen.Titled(fmt.Sprintf("Flaw %d of %d", i+1, len(flaws)), strings.TrimSpace(p.Step+" "+p.Exercise))
		screen.Gap()
		screen.Diff(p.Diff)
		screen.Gap()
		screen.Text(tui.Bold, 0, "What can mallory do?")
		for n, choice := range p.Choices {
			screen.Marked(tui.Accent, letter(n)+")", 2, choice)
		}
		answer, err := ask(ctx, screen, input)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		asked++
		if answer == p.Answer {
			right++
			screen.Marked(tui.Good, "✓", 0, "Right.")
		} else {
			screen.Marked(tui.Bad, "✗", 0, fmt.Sprintf("No, %s: %s", letter(p.Answer), p.Choices[p.Answer]))
		}
		if err := tell(ctx, c, p, screen); err != nil {
			return err
		}
	}
	if asked == 0 {
		screen.Text(tui.Plain, 0, "Nothing answered, nothing counted.")
		return nil
	}
	screen.Text(tui.Bold, 0, fmt.Sprintf("You spotted %d of %d.", right, asked))
	return nil
}

func letter(n int) string { return "abcd"[n : n+1] }

// ask reads which of the four answers it is. io.EOF means that there will be
// none.
func ask(ctx context.Context, screen tui.Screen, input *tui.Input) (int, error) {
	for {
		screen.Gap()
		fmt.Fprint(screen.W, "Your answer, a to d, or q to stop: ")
		line, err := input.Line(ctx)
		if err != nil || !input.Terminal {
			fmt.Fprintln(screen.W)
		}
		if err != nil {
			return 0, err
		}
		switch answer := strings.ToLower(strings.Trim(line, " \t.)")); answer {
		case "a", "b", "c", "d":
			return int(answer[0] - 'a'), nil
		case "q", "quit":
			return 0, io.EOF
		}
		screen.Text(tui.Plain, 0, fmt.Sprintf("%q is none of them. One letter, please: a, b, c or d.", line))
	}
}

// tell runs the attack and tells the story.
func tell(ctx context.Context, c *course.Course, p *flaw.Patch, screen tui.Screen) error {
	verdicts, err := judge(ctx, c, []*flaw.Patch{p}, func(flaw.Verdict) {})
	if err != nil {
		return err
	}
	screen.Gap()
	screen.Provoked(verdicts[0])
	screen.Gap()
	screen.Titled(p.Title, p.Name)
	screen.Story(p)
	screen.Gap()
	return nil
}
