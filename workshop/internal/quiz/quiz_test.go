package quiz_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/quiz"
	"example.com/bookapi/workshop/internal/tui"
)

var questions = []course.Question{
	{Question: "What is twice one?", Choices: []string{"one", "two"}, Answer: 2, Why: []string{"That is once.", "Right: one and one."}},
	{Question: "And thrice?", Choices: []string{"three", "four", "five"}, Answer: 1, Why: []string{"Right.", "One more.", "Two more."}},
}

func ask(t *testing.T, typed string) (quiz.Score, string) {
	t.Helper()
	var out bytes.Buffer
	score, err := quiz.Ask(t.Context(), tui.Screen{W: &out, Width: 80}, tui.ReadLines(strings.NewReader(typed)), questions)
	require.NoError(t, err)
	return score, out.String()
}

func TestAnswersAreExplained(t *testing.T) {
	t.Parallel()
	score, out := ask(t, "b\nc\n")
	assert.Equal(t, quiz.Score{Right: 1, Asked: 2, Total: 2}, score)
	assert.Equal(t, `
1 of 2  What is twice one?

  a) one
  b) two

> b
✓ b) Right: one and one.

2 of 2  And thrice?

  a) three
  b) four
  c) five

> c
✗ c) Two more.
✓ a) Right.
`, out)
}

func TestAnswersMayBeTypedInManyWays(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"b\na\n", "B\nA\n", "2\n1", " b) \r\n a) \r\n"} {
		score, _ := ask(t, typed)
		assert.Equal(t, quiz.Score{Right: 2, Asked: 2, Total: 2}, score, "%q", typed)
	}
}

func TestWhatIsNoAnswerGetsASentence(t *testing.T) {
	t.Parallel()
	score, out := ask(t, "x\n\n3\nb\na\n")
	assert.Equal(t, quiz.Score{Right: 2, Asked: 2, Total: 2}, score)
	for _, typed := range []string{"x", "", "3"} {
		assert.Contains(t, out, "\""+typed+"\" is none of them: type a letter from a to b, or q to stop.\n> ")
	}
}

func TestAQuizCanBeStopped(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"a\nq\n", "a\n", "a\nquit\nb\n"} {
		score, _ := ask(t, typed)
		assert.Equal(t, quiz.Score{Asked: 1, Total: 2}, score, "%q", typed)
		assert.True(t, score.Stopped())
	}
}

func TestCtrlCStopsTheQuiz(t *testing.T) {
	t.Parallel()
	never, _ := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := quiz.Ask(ctx, tui.Screen{W: io.Discard, Width: 80}, tui.ReadLines(never), questions)
	assert.ErrorIs(t, err, context.Canceled)
}

func TestNothingIsTypedTwiceOnATerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	in := tui.ReadLines(strings.NewReader("b\na\n"))
	in.Terminal = true
	_, err := quiz.Ask(t.Context(), tui.Screen{W: &out, Width: 80, Color: true}, in, questions)
	require.NoError(t, err)
	assert.Contains(t, ansi.Strip(out.String()), "> ✓ b)", "the terminal has shown the answer and the end of its line")
}
