package course

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// lesson is lesson.toml as it is written. Fields that were left out are empty,
// and check refuses them.
type lesson struct {
	Title    string
	Exercise []Exercise
	Quiz     []Question
}

// readLesson fills the step from the text of its lesson.toml.
func (s *Step) readLesson(text string) error {
	var l lesson
	meta, err := toml.Decode(text, &l)
	if err != nil {
		return err
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return fmt.Errorf("unknown key %q", unknown[0])
	}
	if err := l.check(s.Number); err != nil {
		return err
	}
	s.Title, s.Exercises, s.Quiz = l.Title, l.Exercise, l.Quiz
	return nil
}

func (l lesson) check(step int) error {
	if l.Title == "" {
		return errors.New("title is missing")
	}
	if len(l.Exercise) == 0 {
		return errors.New("there is no [[exercise]]")
	}
	seen := map[string]bool{}
	for i, e := range l.Exercise {
		if e.ID == "" {
			return fmt.Errorf("exercise number %d: id is missing", i+1)
		}
		if err := e.check(step); err != nil {
			return fmt.Errorf("exercise %s: %w", e.ID, err)
		}
		if seen[e.ID] {
			return fmt.Errorf("exercise %s is there twice", e.ID)
		}
		seen[e.ID] = true
	}
	for i, q := range l.Quiz {
		if err := q.check(); err != nil {
			return fmt.Errorf("quiz question %d: %w", i+1, err)
		}
	}
	return nil
}

var (
	exerciseID = regexp.MustCompile(`^[0-9]+\.[1-9][0-9]*$`)
	funcName   = regexp.MustCompile(`^(\pL[\pL\pN_]*\.)?\pL[\pL\pN_]*$`)
	testPrefix = regexp.MustCompile(`^Test[\pL\pN_]+$`)
)

func (e Exercise) check(step int) error {
	switch {
	case !exerciseID.MatchString(e.ID) || !strings.HasPrefix(e.ID, strconv.Itoa(step)+"."):
		return fmt.Errorf("the id of an exercise of step %d looks like %d.1", step, step)
	case e.Title == "":
		return errors.New("title is missing")
	case path.Ext(e.File) != ".go" || path.Base(e.File) != e.File:
		return fmt.Errorf("file must be a Go file of the step's folder, not %q", e.File)
	case !funcName.MatchString(e.Func):
		return fmt.Errorf("func must be a function or Type.Method, not %q", e.Func)
	case !testPrefix.MatchString(e.Tests):
		return fmt.Errorf("tests must be how the names of its tests begin, not %q", e.Tests)
	case e.Minutes < 1:
		return errors.New("minutes must be 1 or more")
	case len(e.Hints) != len(hintKinds):
		return fmt.Errorf("there must be 3 hints, not %d", len(e.Hints))
	}
	for _, h := range e.TestHints {
		if _, err := regexp.Compile(h.Tests); err != nil || h.Tests == "" {
			return fmt.Errorf("tests of a hint must be a pattern over their names, not %q", h.Tests)
		}
		if len(h.Steps) < 1 || len(h.Steps) > len(hintKinds) {
			return fmt.Errorf("the hint for %s must have 1 to 3 steps, not %d", h.Tests, len(h.Steps))
		}
		if err := filled("step of the hint for "+h.Tests, h.Steps); err != nil {
			return err
		}
	}
	return filled("hint", e.Hints)
}

func (q Question) check() error {
	switch {
	case q.Question == "":
		return errors.New("question is missing")
	case len(q.Choices) < 2:
		return errors.New("there must be 2 choices or more")
	case q.Answer < 1 || q.Answer > len(q.Choices):
		return fmt.Errorf("answer must be a number from 1 to %d, not %d", len(q.Choices), q.Answer)
	case len(q.Why) != len(q.Choices):
		return fmt.Errorf("there are %d choices and %d reasons why", len(q.Choices), len(q.Why))
	}
	return errors.Join(filled("choice", q.Choices), filled("why", q.Why))
}

func filled(what string, texts []string) error {
	for i, text := range texts {
		if strings.TrimSpace(text) == "" {
			return fmt.Errorf("%s %d is empty", what, i+1)
		}
	}
	return nil
}
