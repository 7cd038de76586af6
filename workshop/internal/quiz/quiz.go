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
		Pose(s, questions, i)
		s.Gap()
		answer, err := ask(ctx, s, in, q)
		if errors.Is(err, io.EOF) || errors.Is(err, errStop) {
			return score, nil
		}
		if err != nil {
			return score, err
		}
		score.Asked++
		if Explain(s, q, answer) {
			score.Right++
		}
	}
	return score, nil
}

// Pose shows a question and its choices.
func Pose(s tui.Screen, questions []course.Question, index int) {
	s.Marked(tui.Bold, fmt.Sprintf("%d of %d ", index+1, len(questions)), 0, questions[index].Question)
	s.Gap()
	for n, choice := range questions[index].Choices {
		s.Marked(tui.Accent, letter(n)+")", 2, choice)
	}
}

// Explain says why an answer, counted from 0, is right or wrong, and reports which.
func Explain(s tui.Screen, q course.Question, answer int) (right bool) {
	best := q.Answer - 1
	if answer != best {
		s.Marked(tui.Bad, "✗ "+letter(answer)+")", 0, q.Why[answer])
	}
	s.Marked(tui.Good, "✓ "+letter(best)+")", 0, q.Why[best])
	return answer == best
}

// Choice returns the choice, counted from 0, that somebody typed: its letter or its
// number.
func Choice(q course.Question, typed string) (choice int, ok bool) {
	typed = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(typed), ")"))
	for n := range q.Choices {
		if typed == letter(n) || typed == strconv.Itoa(n+1) {
			return n, true
		}
	}
	return 0, false
}

var errStop = errors.New("quiz: enough")

// ask reads answers until one is a choice, counted from 0.
func ask(ctx context.Context, s tui.Screen, in *tui.Input, q course.Question) (int, error) {
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
		if n, ok := Choice(q, typed); ok {
			return n, nil
		}
		s.Say(fmt.Sprintf("%q is none of them: type a letter from a to %s, or q to stop.", typed, letter(len(q.Choices)-1)))
	}
}

// letter is a, b, c, ... as in the lessons.
func letter(n int) string { return fmt.Sprintf("%c", 'a'+n) }
