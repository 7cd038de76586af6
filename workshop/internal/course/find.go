package course

import (
	"math"
	"path"
	"strconv"
	"strings"
)

// Selection is a part of the course.
type Selection struct {
	Steps    []Step
	Exercise string // if not empty, only this exercise of the one step
}

// All selects the whole course.
func (c *Course) All() Selection { return Selection{Steps: c.Steps} }

// Find selects what a learner typed: an exercise ("2.3"), or a step by number
// ("2", "step2"), folder ("step2-token", "./step2-token/") or package ("token").
func (c *Course) Find(query string) (Selection, bool) {
	query = strings.ToLower(path.Clean(strings.ReplaceAll(query, `\`, "/")))
	for _, s := range c.Steps {
		number := strconv.Itoa(s.Number)
		_, pkg, _ := strings.Cut(s.Name, "-")
		switch query {
		case number, "step" + number, s.Name, pkg:
			return Selection{Steps: []Step{s}}, true
		}
		for _, e := range s.Exercises {
			if query == e.ID {
				return Selection{Steps: []Step{s}, Exercise: e.ID}, true
			}
		}
	}
	return Selection{}, false
}

// Names lists what Find finds: every exercise and every step's folder.
func (c *Course) Names() []string {
	var names []string
	for _, s := range c.Steps {
		names = append(names, s.Name)
		for _, e := range s.Exercises {
			names = append(names, e.ID)
		}
	}
	return names
}

// Nearest returns the candidate that was most likely meant, or "" if none is
// near. Among equals a number wins that is close in value, so 2.9 gives 2.4.
func Nearest(typed string, candidates []string) string {
	typed = strings.ToLower(typed)
	best, bestDistance := "", len(typed)/2+1
	for _, candidate := range candidates {
		distance := distance(typed, candidate)
		if distance < bestDistance ||
			distance == bestDistance && best != "" && apart(typed, candidate) < apart(typed, best) {
			best, bestDistance = candidate, distance
		}
	}
	return best
}

// distance counts the letters to add, to drop or to change that make one word
// of the other (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1) // from the beginning of a so far to each beginning of b
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// apart is the difference of two numbers, and infinite for other texts.
func apart(a, b string) float64 {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX != nil || errY != nil {
		return math.Inf(1)
	}
	return math.Abs(x - y)
}

// After returns the step behind this one, if it is not the last.
func (c *Course) After(s Step) (Step, bool) {
	for _, next := range c.Steps {
		if next.Number > s.Number {
			return next, true
		}
	}
	return Step{}, false
}

// Exercise returns the exercise with this id, and its step.
func (c *Course) Exercise(id string) (Step, Exercise, bool) {
	for _, s := range c.Steps {
		for _, e := range s.Exercises {
			if e.ID == id {
				return s, e, true
			}
		}
	}
	return Step{}, Exercise{}, false
}
