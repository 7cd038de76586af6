// Package quiz asks the questions of a lesson's quick check and explains the
// answers.
package quiz

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/tui"
)

// A Score is how a quiz went.
type Score struct {
	Right int
	Asked int // questions that were answered
	Total int
}

// Stopped reports whether questions were left.
func (s Score) Stopped() bool { return s.Asked < s.Total }

// Ask asks the questions, one after the other, and says after each answer why
// it is right or wrong. It stops early when the input ends or somebody types q.
// The error is ctx's, or that of the input.
func Ask(ctx context.Context, s tui.Screen, in *tui.Input, questions []course.Question) (Score, error) {
	score := Score{Total: len(questions)}
	for i, q := range questions {
		s.Gap()
		s.Marked(tui.Bold, fmt.Sprintf("%d of %d ", i+1, len(questions)), 0, q.Question)
		s.Gap()
		for n, choice := range q.Choices {
			s.Marked(tui.Accent, letter(n)+")", 2, choice)
		}
		s.Gap()
		answer, err := ask(ctx, s, in, len(q.Choices))
		if errors.Is(err, io.EOF) || errors.Is(err, errStop) {
			return score, nil
		}
		if err != nil {
			return score, err
		}
		score.Asked++
		right := q.Answer - 1
		if answer == right {
			score.Right++
		} else {
			s.Marked(tui.Bad, "✗ "+letter(answer)+")", 0, q.Why[answer])
		}
		s.Marked(tui.Good, "✓ "+letter(right)+")", 0, q.Why[right])
	}
	return score, nil
}

var errStop = errors.New("quiz: enough")

// ask reads answers until one is a choice, counted from 0.
func ask(ctx context.Context, s tui.Screen, in *tui.Input, choices int) (int, error) {
	for {
		fmt.Fprint(s.W, "> ")
		typed, err := in.Line(ctx)
		if err != nil || !in.Terminal {
			fmt.Fprintln(s.W, typed) // what nobody types, nobody sees
		}
		if err != nil {
			return 0, err
		}
		typed = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(typed), ")"))
		if typed == "q" || typed == "quit" {
			return 0, errStop
		}
		for n := range choices {
			if typed == letter(n) || typed == strconv.Itoa(n+1) {
				return n, nil
			}
		}
		s.Say(fmt.Sprintf("%q is none of them: type a letter from a to %s, or q to stop.", typed, letter(choices-1)))
	}
}

// letter is a, b, c, ... as in the lessons.
func letter(n int) string { return fmt.Sprintf("%c", 'a'+n) }
