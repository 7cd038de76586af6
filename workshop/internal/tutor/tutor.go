// Package tutor serves the course to an assistant by the Model Context Protocol: where
// the learner is, what is red, hints one at a time. The reference of an exercise is
// shown when it is green, and not before.
package tutor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"example.com/bookapi/workshop/internal/codediff"
	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/quiz"
	"example.com/bookapi/workshop/internal/tui"
)

const instructions = `You coach a learner of the Book API security workshop, and do not solve: the learner
writes every exercise. Ask what they expect, point to the first red and to its section, give one hint at a
time, and explain when it is green. AGENTS.md at the root of the repository says more.`

// Tutor answers for the course that a folder is in. Test runs tests; New sets it to
// the course's own, as they were handed out.
type Tutor struct {
	Test func(context.Context, *course.Course, course.Selection) (*gotest.Report, error)

	dir   string
	mu    sync.Mutex                 // one call at a time: they run tests
	given map[string]map[string]bool // hints of this session, by exercise
}

// New returns the tutor of the course that dir is a folder of.
func New(dir string) *Tutor {
	return &Tutor{Test: testAsHandedOut, dir: dir, given: make(map[string]map[string]bool)}
}

type (
	nothing    struct{}
	ofExercise struct {
		Exercise string `json:"exercise,omitempty" jsonschema:"its number, such as 2.3; without it, the one at hand"`
	}
	oneExercise struct {
		Exercise string `json:"exercise" jsonschema:"its number, such as 2.3"`
	}
	ofLesson struct {
		Part    string `json:"part" jsonschema:"an exercise, such as 2.3, for its section; or a step, such as 2, for a list of headings"`
		Heading string `json:"heading,omitempty" jsonschema:"with a step: a heading of that list, for its section"`
	}
	ofQuiz struct {
		Step   int `json:"step" jsonschema:"counted from 1"`
		Number int `json:"number" jsonschema:"of the question, counted from 1"`
	}
	toQuiz struct {
		Step   int    `json:"step" jsonschema:"counted from 1"`
		Number int    `json:"number" jsonschema:"of the question, counted from 1"`
		Answer string `json:"answer" jsonschema:"the letter that the learner chose"`
	}
)

// Server returns an MCP server with the tutor's tools.
func (t *Tutor) Server() *mcp.Server {
	s := mcp.NewServer(&mcp.Implementation{Name: "bookapi-tutor", Title: "Tutor of the Book API security workshop", Version: "1.0.0"},
		&mcp.ServerOptions{Instructions: instructions})
	add(s, t, "where_am_i", "Run all tests, and show the map of the exercises and the one thing to do next.", t.whereAmI)
	add(s, t, "first_red", "Run the tests of an exercise, and show what the first red one says.", t.firstRed)
	add(s, t, "next_hint", "Give the next hint for what is red in an exercise, one at a time. Ask the learner what they think first.", t.nextHint)
	add(s, t, "lesson_section", "Show a section of a lesson, as Markdown. What explains an exercise that is done is left out until it is green.", t.lessonSection)
	add(s, t, "check_exercise", "Run the tests of an exercise as they were handed out, and show all of them.", t.checkExercise)
	add(s, t, "quiz_question", "Show a question of a step's quick check, without the answer.", t.quizQuestion)
	add(s, t, "quiz_answer", "Judge the learner's answer to a question of the quick check, and explain it.", t.quizAnswer)
	add(s, t, "reference", "Compare the learner's code with the reference. It refuses as long as the exercise is not green.", t.reference)
	return s
}

// add adds a tool that reads and answers in text. Its error is an answer, too: the
// assistant reads it.
func add[In any](s *mcp.Server, t *Tutor, name, description string, do func(context.Context, *course.Course, tui.Screen, In) error) {
	closed := false
	tool := &mcp.Tool{Name: name, Description: description, Annotations: &mcp.ToolAnnotations{ReadOnlyHint: true, OpenWorldHint: &closed}}
	mcp.AddTool(s, tool, func(ctx context.Context, _ *mcp.CallToolRequest, in In) (*mcp.CallToolResult, any, error) {
		t.mu.Lock()
		defer t.mu.Unlock()
		c, err := course.Load(t.dir)
		if errors.Is(err, course.ErrOutside) {
			return nil, nil, errors.New("the tutor was not started in a folder of the workshop: set the folder that it runs in to the repository's")
		}
		if err != nil {
			return nil, nil, err
		}
		var out strings.Builder
		if err := do(ctx, c, tui.Screen{W: &out, Width: 100}, in); err != nil {
			return nil, nil, err
		}
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: strings.TrimRight(out.String(), "\n")}}}, nil, nil
	})
}

func (t *Tutor) whereAmI(ctx context.Context, c *course.Course, s tui.Screen, _ nothing) error {
	report, err := t.Test(ctx, c, c.All())
	if err != nil {
		return err
	}
	s.Status(report)
	sayEdited(s, c.Root, c.Steps...)
	return nil
}

func (t *Tutor) firstRed(ctx context.Context, c *course.Course, s tui.Screen, in ofExercise) error {
	step, e, report, err := t.run(ctx, c, in.Exercise)
	if err != nil {
		return err
	}
	s.Exercise(report, result(report, e), "")
	sayEdited(s, c.Root, step)
	return nil
}

func (t *Tutor) checkExercise(ctx context.Context, c *course.Course, s tui.Screen, in oneExercise) error {
	step, e, report, err := t.run(ctx, c, in.Exercise)
	if err != nil {
		return err
	}
	s.Output(report, result(report, e))
	if result(report, e).State == gotest.Green {
		s.Gap()
		s.Say(fmt.Sprintf("%s is green. lesson_section %[1]s has \"What just happened\" now, and reference compares.", e.ID))
	}
	sayEdited(s, c.Root, step)
	return nil
}

func (t *Tutor) nextHint(ctx context.Context, c *course.Course, s tui.Screen, in ofExercise) error {
	_, e, report, err := t.run(ctx, c, in.Exercise)
	if err != nil {
		return err
	}
	tested := result(report, e)
	if tested.State == gotest.Green {
		s.Say(e.ID + " is green, and needs no hint.")
		return nil
	}
	given := t.given[e.ID]
	if given == nil {
		given = make(map[string]bool)
		t.given[e.ID] = given
	}
	hints := e.HintsFor(tested.FirstRed())
	for i, hint := range hints {
		if given[hint.Text] {
			continue
		}
		given[hint.Text] = true
		s.Titled(e.ID+"  "+e.Title, "")
		s.HintTitle(hints, i+1)
		s.Gap()
		s.Hint(hint.Text)
		return nil
	}
	s.Say(fmt.Sprintf("All %d hints for what is red now have been given. lesson_section %s has the idea once more. Let the learner write a first attempt, however wrong: what is red then has hints of its own.", len(hints), e.ID))
	return nil
}

func (t *Tutor) lessonSection(ctx context.Context, c *course.Course, s tui.Screen, in ofLesson) error {
	selection, err := find(c, in.Part, "part of the course")
	if err != nil {
		return err
	}
	step := selection.Steps[0]
	sections, err := readSections(c.Root, step)
	switch {
	case err != nil:
		return err
	case selection.Exercise == "" && in.Heading == "":
		s.Titled(fmt.Sprintf("Step %d  %s", step.Number, step.Title), "")
		for _, section := range sections {
			s.Text(tui.Plain, 2, section.heading)
		}
		return nil
	}
	section, err := sections.find(selection.Exercise, in.Heading)
	if err != nil {
		return err
	}
	text := section.text
	if id := section.exercise; id != "" && strings.Contains(text, happened) {
		_, _, report, err := t.run(ctx, c, id)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil || report.Exercises[0].State != gotest.Green {
			text = section.before(fmt.Sprintf("(What just happened is here when %s is green.)", id))
		}
	}
	_, err = s.W.Write([]byte(text))
	return err
}

func (t *Tutor) quizQuestion(_ context.Context, c *course.Course, s tui.Screen, in ofQuiz) error {
	questions, err := question(c, in)
	if err != nil {
		return err
	}
	quiz.Pose(s, questions, in.Number-1)
	return nil
}

func (t *Tutor) quizAnswer(_ context.Context, c *course.Course, s tui.Screen, in toQuiz) error {
	questions, err := question(c, ofQuiz{in.Step, in.Number})
	if err != nil {
		return err
	}
	q := questions[in.Number-1]
	answer, ok := quiz.Choice(q, in.Answer)
	if !ok {
		return fmt.Errorf("%.40q is none of the choices: they are the letters from a to %c", in.Answer, 'a'+len(q.Choices)-1)
	}
	quiz.Explain(s, q, answer)
	return nil
}

func (t *Tutor) reference(ctx context.Context, c *course.Course, s tui.Screen, in oneExercise) error {
	step, e, report, err := t.run(ctx, c, in.Exercise)
	switch {
	case err != nil:
		return err
	case step.Dir != step.Name: // it is the reference itself that is tested
		return fmt.Errorf("step %d builds on the reference now, so nothing tells whether the learner's own %s is green: \"go run ./workshop catchup --undo\" first", step.Number, e.ID)
	case result(report, e).State != gotest.Green:
		return fmt.Errorf("%s is not green, and the reference would give it away: next_hint has a hint", e.ID)
	}
	if err := proves(ctx, c, step, e); err != nil {
		return err
	}
	all, err := codediff.Exercise(c, step, e)
	if err != nil {
		return err
	}
	s.Titled(e.ID+"  "+e.Title, "")
	s.Comparison(all)
	return nil
}

// run runs the tests of an exercise, or for the one at hand those of all.
func (t *Tutor) run(ctx context.Context, c *course.Course, typed string) (course.Step, course.Exercise, *gotest.Report, error) {
	selection := c.All()
	if typed != "" {
		var err error
		if selection, err = find(c, typed, "exercise"); err != nil {
			return course.Step{}, course.Exercise{}, nil, err
		}
		if selection.Exercise == "" {
			return course.Step{}, course.Exercise{}, nil, fmt.Errorf("%.40q is a step, and this is for one exercise, such as %s", typed, selection.Steps[0].Exercises[0].ID)
		}
	}
	report, err := t.Test(ctx, c, selection)
	if err != nil {
		return course.Step{}, course.Exercise{}, nil, err
	}
	id := selection.Exercise
	if id == "" {
		id = report.AtHand()
	}
	step, e, _ := c.Exercise(id)
	return step, e, report, nil
}

// result is what the tests of an exercise said.
func result(report *gotest.Report, e course.Exercise) gotest.Exercise {
	for _, tested := range report.Exercises {
		if tested.ID == e.ID {
			return tested
		}
	}
	return gotest.Exercise{}
}

func find(c *course.Course, typed, what string) (course.Selection, error) {
	const longest = 40
	if len(typed) <= longest {
		if selection, ok := c.Find(typed); ok {
			return selection, nil
		}
		if nearest := course.Nearest(typed, c.Names()); nearest != "" {
			return course.Selection{}, fmt.Errorf("there is no %s %q: did you mean %q?", what, typed, nearest)
		}
	}
	return course.Selection{}, fmt.Errorf("there is no %s %.40q: where_am_i shows the map of all", what, typed)
}

func question(c *course.Course, in ofQuiz) ([]course.Question, error) {
	for _, step := range c.Steps {
		if step.Number != in.Step {
			continue
		}
		if in.Number < 1 || in.Number > len(step.Quiz) {
			return nil, fmt.Errorf("there is no question %d: step %d has %d", in.Number, in.Step, len(step.Quiz))
		}
		return step.Quiz, nil
	}
	return nil, fmt.Errorf("there is no step %d: they are numbered from 1 to %d", in.Step, c.Steps[len(c.Steps)-1].Number)
}
