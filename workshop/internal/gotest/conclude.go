package gotest

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/course"
)

// With returns a report in which the steps of part, which were tested since,
// stand in place of those of r. Both are of whole steps of the course.
func (r *Report) With(c *course.Course, part *Report) *Report {
	merged := &Report{Build: []BuildError{}, Steps: []Step{}, Exercises: []Exercise{}}
	anew := func(step string) bool {
		return slices.ContainsFunc(part.Steps, func(s Step) bool { return s.Name == step })
	}
	for _, e := range r.Build {
		if e.Step != "" && !anew(e.Step) {
			merged.Build = append(merged.Build, e)
		}
	}
	for _, e := range part.Build {
		if !slices.Contains(merged.Build, e) {
			merged.Build = append(merged.Build, e)
		}
	}
	for _, s := range c.Steps {
		source := r
		if anew(s.Name) {
			source = part
		}
		merged.take(source, s.Name)
	}
	merged.conclude(c)
	return merged
}

// take adds one step of another report.
func (r *Report) take(other *Report, step string) {
	for _, s := range other.Steps {
		if s.Name == step {
			r.Steps = append(r.Steps, s)
		}
	}
	for _, e := range other.Exercises {
		if e.Step == step {
			r.Exercises = append(r.Exercises, e)
		}
	}
}

// AtHand returns the id of the exercise to do next and, after the last one, of
// that last one.
func (r *Report) AtHand() string {
	if r.Next != nil {
		return r.Next.Exercise
	}
	return r.Exercises[len(r.Exercises)-1].ID
}

// FirstRed returns the first test of an exercise that is red, or "".
func (r *Report) FirstRed(id string) string {
	for _, e := range r.Exercises {
		if e.ID == id {
			return e.FirstRed()
		}
	}
	return ""
}

// conclude counts the exercises, and picks the next thing to do.
func (r *Report) conclude(c *course.Course) {
	for _, e := range r.Exercises {
		r.Progress.count(e.State)
		if e.State == Green && slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Name == e.Step && s.Dir != s.Name }) {
			r.Progress.Reference++
		}
		if e.State != Green && r.blocked(e.Step) {
			r.Progress.Unknown++
		}
	}
	r.Next = r.next(c)
}

func (p *Progress) count(state string) {
	p.Total++
	switch state {
	case Green:
		p.Green++
	case Red:
		p.Red++
	case Todo:
		p.Todo++
	}
}

func (s *Step) count(state string) {
	s.Total++
	if state == Green {
		s.Green++
	}
}

// lead says where to go on when all of the step is green.
func (s *Step) lead(c *course.Course, step course.Step, readme course.Readme) {
	s.Try = readme.Try()
	if len(step.Quiz) > 0 {
		s.Quiz = fmt.Sprintf("go run ./workshop quiz %d", step.Number)
	}
	if next, ok := c.After(step); ok {
		s.NextLesson = path.Join(next.Name, "README.md")
	}
}

// next picks the first exercise that is not green. A red one is passed over
// while nothing is known of it but that another test ended the run before it.
func (r *Report) next(c *course.Course) *Next {
	var first, chosen *Exercise
	for i := range r.Exercises {
		e := &r.Exercises[i]
		if e.State == Green {
			continue
		}
		if first == nil {
			first = e
		}
		failed := slices.ContainsFunc(e.Tests, func(t Test) bool { return t.Result == Fail })
		if failed || e.State == Todo {
			chosen = e
			break
		}
	}
	if first == nil {
		return nil
	}
	if r.blocked(first.Step) {
		return r.nextBuild(c, first)
	}
	if chosen == nil {
		chosen = first
	}
	n := newNext(chosen)
	n.Failure, n.Output = chosen.Why, chosen.Why
	for _, t := range chosen.Tests {
		if t.Result == Fail {
			n.Test, n.Where, n.Failure, n.Output = t.Name, t.Where, t.Failure, t.Output
			break
		}
	}
	return n
}

// blocked reports whether a step cannot be built. One that waited for another may
// not have been tested again since that one was mended.
func (r *Report) blocked(step string) bool {
	return len(r.Build) > 0 && slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Name == step && s.blocked })
}

func newNext(e *Exercise) *Next {
	return &Next{Exercise: e.ID, Title: e.Title, Lesson: e.Lesson, File: e.File, Line: e.Line, Command: e.Command}
}

// nextBuild points at the first build error, and at the exercise that it is
// about, if that can be told.
func (r *Report) nextBuild(c *course.Course, first *Exercise) *Next {
	broken := r.Build[0]
	n := newNext(first)
	if broken.File != "" {
		n.File, n.Line = broken.File, broken.Line
	}
	if i := slices.IndexFunc(c.Steps, func(s course.Step) bool { return s.Name == broken.Step }); i >= 0 {
		exercise, place, ok := c.Blame(c.Steps[i], broken.File, broken.Line, broken.Message)
		if i := slices.IndexFunc(r.Exercises, func(e Exercise) bool { return e.ID == exercise.ID }); ok && i >= 0 {
			n = newNext(&r.Exercises[i])
			n.File, n.Line = place.File, place.Line
		}
	}
	n.Build = true
	n.Failure, _, _ = strings.Cut(broken.Message, "\n")
	n.Output = broken.Message
	return n
}
