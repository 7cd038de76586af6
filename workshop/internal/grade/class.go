package grade

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/flaw"
)

// A Class sums up results without a name.
type Class struct {
	Submissions int
	Exercises   []Count // in the order of the course
	Broken      []Broken
}

// A Count counts the states of an exercise.
type Count struct {
	ID, Title string
	States    map[string]int
}

// A Broken is a promise that submissions break.
type Broken struct {
	Exercise string
	Test     string // the first that failed
	Says     string // the first line of what it says most often
	Count    int    // of submissions
	Flaws    []string
}

// quoted is a value in a failure, which a submission may have chosen.
var quoted = regexp.MustCompile("\"[^\"]*\"|`[^`]*`")

// mostFlaws are named that show the same.
const mostFlaws = 3

// Sum sums up results. Of each exercise that is red, the first test that failed
// counts. The flaws of the gallery are those that the same test catches: first those
// whose message is what it says.
func (g *Grader) Sum(results []Result, flaws []*flaw.Patch) Class {
	class := Class{Submissions: len(results)}
	at := make(map[string]int)
	for _, l := range g.lessons {
		for _, e := range l.Exercises {
			at[e.ID] = len(class.Exercises)
			class.Exercises = append(class.Exercises, Count{ID: e.ID, Title: e.Title, States: make(map[string]int)})
		}
	}
	type key struct{ exercise, test string }
	says := make(map[key]map[string]int)
	for _, r := range results {
		for _, e := range r.Exercises {
			i, ok := at[e.ID]
			if !ok {
				continue // of another version
			}
			class.Exercises[i].States[e.State]++
			if e.State != Red || e.Test == "" {
				continue
			}
			test, _, _ := strings.Cut(e.Test, "/")
			k := key{e.ID, test}
			if says[k] == nil {
				says[k] = make(map[string]int)
			}
			says[k][e.Failure]++
		}
	}
	for k, lines := range says {
		b := Broken{Exercise: k.exercise, Test: k.test}
		often := 0
		for line, n := range lines {
			b.Count += n
			if n > often || n == often && line < b.Says {
				often, b.Says = n, line
			}
		}
		b.Flaws = showing(b, flaws)
		b.Says = quoted.ReplaceAllString(b.Says, `"…"`)
		class.Broken = append(class.Broken, b)
	}
	slices.SortFunc(class.Broken, func(a, b Broken) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(at[a.Exercise], at[b.Exercise]), strings.Compare(a.Test, b.Test))
	})
	return class
}

// showing are the flaws that show what a broken promise is about.
func showing(b Broken, flaws []*flaw.Patch) []string {
	var saying, caught []string
	for _, p := range flaws {
		switch {
		case p.Alternative || p.Exercise != b.Exercise || p.CaughtBy.Top() != b.Test:
		case p.Message != "" && p.Says(b.Says):
			saying = append(saying, p.ID())
		default:
			caught = append(caught, p.ID())
		}
	}
	slices.Sort(saying)
	slices.Sort(caught)
	all := slices.Concat(saying, caught)
	return all[:min(len(all), mostFlaws)]
}

// mostDiscussed are the promises that a class has the time to discuss.
const mostDiscussed = 5

// Discuss are the promises that are broken most often, in the order of the course:
// what comes later builds on what comes before.
func (c Class) Discuss() []Broken {
	first := slices.Clone(c.Broken[:min(len(c.Broken), mostDiscussed)])
	place := func(b Broken) int {
		return slices.IndexFunc(c.Exercises, func(e Count) bool { return e.ID == b.Exercise })
	}
	slices.SortStableFunc(first, func(a, b Broken) int { return cmp.Compare(place(a), place(b)) })
	return first
}

// String is the class as it is printed.
func (c Class) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d submissions\n\n", c.Submissions)
	order := []string{Green, Red, TimedOut, NoBuild, Todo}
	for _, e := range c.Exercises {
		var states []string
		for _, state := range order {
			if n := e.States[state]; n > 0 {
				states = append(states, fmt.Sprintf("%d %s", n, state))
			}
		}
		fmt.Fprintf(&out, "  %-4s %s: %s\n", e.ID, e.Title, strings.Join(states, ", "))
	}
	if len(c.Broken) == 0 {
		out.WriteString("\nNo promise is broken: what is written is green, or does not build.\n")
		return out.String()
	}
	out.WriteString("\nThe promises most often broken, by the first test of an exercise that fails:\n")
	for _, b := range c.Broken {
		fmt.Fprintf(&out, "\n  %d× %s %s\n     %s\n", b.Count, b.Exercise, b.Test, b.Says)
		for _, name := range b.Flaws {
			fmt.Fprintf(&out, "     → go run ./workshop flaws show %s\n", name)
		}
	}
	out.WriteString("\nDiscuss in this order, as the later build on the earlier:\n\n")
	for i, b := range c.Discuss() {
		line := fmt.Sprintf("  %d. %s %s (%d×)", i+1, b.Exercise, b.Test, b.Count)
		if len(b.Flaws) > 0 {
			line += " → go run ./workshop flaws show " + b.Flaws[0]
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}
