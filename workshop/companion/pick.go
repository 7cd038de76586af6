package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"example.com/bookapi/workshop/internal/course"
)

// pickExercise returns the exercise that was typed or, if none was, the one at
// hand, which the tests tell.
func pickExercise(ctx context.Context, c *course.Course, typed string) (course.Step, course.Exercise, error) {
	if typed == "" {
		return atHand(ctx, c)
	}
	selection, ok := c.Find(typed)
	switch {
	case !ok:
		return course.Step{}, course.Exercise{}, unknownPart("exercise", typed, exerciseIDs(c))
	case selection.Exercise == "":
		step := selection.Steps[0]
		return course.Step{}, course.Exercise{}, usageError(fmt.Sprintf("%q is a step, and this is for one exercise: %s.", typed, listed(stepExercises(step))))
	}
	step, exercise, _ := c.Exercise(selection.Exercise)
	return step, exercise, nil
}

// atHand returns the first exercise that is not green, and after the last one
// that last one.
func atHand(ctx context.Context, c *course.Course) (course.Step, course.Exercise, error) {
	report, err := run(ctx, c, c.All())
	if err != nil {
		return course.Step{}, course.Exercise{}, err
	}
	step, exercise, _ := c.Exercise(report.AtHand())
	return step, exercise, nil
}

// pickStep returns the step that was typed. An exercise stands for its step.
func pickStep(c *course.Course, typed string) (course.Step, error) {
	selection, ok := c.Find(typed)
	if !ok {
		return course.Step{}, unknownPart("step", typed, stepNames(c))
	}
	return selection.Steps[0], nil
}

// unknownPart is the error for what is no part of the course.
func unknownPart(what, typed string, candidates []string) error {
	if course.Nearest(typed, candidates) == "" {
		return usageError(fmt.Sprintf("There is no %s %q: \"go run ./workshop\" shows the map of all.", what, typed))
	}
	return unknown(what, typed, candidates)
}

// own is the step as the learner has it, also while another step builds on the
// reference in its place.
func own(s course.Step) course.Step {
	s.Dir = s.Name
	return s
}

func exerciseIDs(c *course.Course) []string {
	var ids []string
	for _, s := range c.Steps {
		ids = append(ids, stepExercises(s)...)
	}
	return ids
}

func stepExercises(s course.Step) []string {
	var ids []string
	for _, e := range s.Exercises {
		ids = append(ids, e.ID)
	}
	return ids
}

func stepNames(c *course.Course) []string {
	var names []string
	for _, s := range c.Steps {
		names = append(names, s.Name)
	}
	return names
}

// listed is "1.1, 1.2 or 1.3".
func listed(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// atMost refuses arguments beyond the first n.
func atMost(n int) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) > n {
			return usageError(fmt.Sprintf("One thing at a time, please: %q is too much.", args[n]))
		}
		return nil
	}
}

// at returns the argument with this index, or "".
func at(args []string, index int) string {
	if index < len(args) {
		return args[index]
	}
	return ""
}
