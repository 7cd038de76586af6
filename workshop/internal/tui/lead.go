package tui

import (
	"fmt"
	"slices"

	"example.com/bookapi/workshop/internal/gotest"
)

// Lesson says below a title where the section of its exercise is.
func (s Screen) Lesson(where string) { s.lesson(5, where) }

// lesson says where the section of an exercise is, if it has one.
func (s Screen) lesson(indent int, where string) {
	if where != "" {
		s.line(pad("", indent), s.paint(faint, "lesson: "), s.paint(accent, clean(where)))
	}
}

// leadToNext says what to read about the exercise before the next one, while
// nothing of the next one is written.
func (s Screen) leadToNext(r *gotest.Report) {
	if r.Next == nil || r.Next.Build {
		return
	}
	at := slices.IndexFunc(r.Exercises, func(e gotest.Exercise) bool { return e.ID == r.Next.Exercise })
	if at > 0 && r.Exercises[at].State == gotest.Todo && r.Exercises[at-1].State == gotest.Green {
		last := r.Exercises[at-1]
		s.line(s.paint(good, last.ID+" is green."))
		s.lead(r, last)
		s.line()
	}
}

// lead says what to read and to do after an exercise that is green.
func (s Screen) lead(r *gotest.Report, e gotest.Exercise) {
	step := r.Steps[slices.IndexFunc(r.Steps, func(s gotest.Step) bool { return s.Name == e.Step })]
	if step.Green == step.Total {
		s.afterStep(step, e)
		return
	}
	s.happened(e)
}

func (s Screen) happened(e gotest.Exercise) {
	if e.Happened != "" {
		s.line("What just happened: ", s.paint(accent, clean(e.Happened)))
	}
}

// afterStep says what is left to do of a step whose exercises are all green.
func (s Screen) afterStep(step gotest.Step, last gotest.Exercise) {
	s.line(s.paint(bold, fmt.Sprintf("All of step %d is written. Now:", step.Number)))
	for _, todo := range []struct{ what, where string }{
		{"What just happened", last.Happened},
		{"Try it for real", step.Try},
		{"Quick check", step.Quiz},
		{"The next lesson", step.NextLesson},
	} {
		if todo.where != "" {
			s.line("  ", pad(todo.what, 20), s.paint(accent, clean(todo.where)))
		}
	}
}
