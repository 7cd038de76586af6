package grade

import (
	"fmt"
	"strings"

	"example.com/bookapi/workshop/internal/course"
)

// The bounds of a feedback, which is to be read on one page.
const (
	mostFailures = 4
	mostLines    = 5   // of a failure
	mostColumns  = 160 // of a line
)

// Feedback is what a student is told: where they are, the first things that are
// wrong in the words of the lesson, and where to read.
func (g *Grader) Feedback(r Result) string {
	var out strings.Builder
	states := make(map[string]Exercise)
	for _, e := range r.Exercises {
		states[e.ID] = e
	}
	fmt.Fprintf(&out, "# %s\n\n%s\n\n%d of %d exercises are green.\n\n", r.Name, r.Version, r.Green(), len(r.Exercises))
	for _, l := range g.lessons {
		var row []string
		for _, e := range l.Exercises {
			row = append(row, e.ID+" "+states[e.ID].State)
		}
		fmt.Fprintf(&out, "- Step %d: %s\n", l.Number, strings.Join(row, ", "))
	}
	told, more := 0, 0
	var next *course.Exercise
	for _, l := range g.lessons {
		for i, e := range l.Exercises {
			judged := states[e.ID]
			switch {
			case judged.State == Green:
				continue
			case judged.State == Todo:
				if next == nil {
					next = &l.Exercises[i]
				}
				continue
			case told == mostFailures:
				more++
				continue
			}
			told++
			fmt.Fprintf(&out, "\n## %s %s: %s\n\n", e.ID, e.Title, judged.State)
			if judged.State == NoBuild {
				fmt.Fprintf(&out, "Your file was left out, so that the rest could be graded. The compiler says:\n\n")
			}
			block(&out, judged)
			where := fmt.Sprintf("the lesson, %s/README.md", l.Name)
			if at := g.course.Readme(l.Step).Exercise(e.ID); at != "" {
				where = "the lesson, " + at
			}
			fmt.Fprintf(&out, "\nRead %s, and run `go test ./%s -run %s`.\n", where, l.Name, e.Tests)
		}
	}
	if more > 0 {
		fmt.Fprintf(&out, "\n%d more are not green; the map above names them.\n", more)
	}
	if next != nil {
		fmt.Fprintf(&out, "\nThe first that is not written yet: %s %s.\n", next.ID, next.Title)
	}
	return out.String()
}

// block shows a failure as it is: nothing in it is Markdown.
func block(out *strings.Builder, e Exercise) {
	text := e.Output
	if text == "" {
		text = e.Failure
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	cutOff := len(lines) > mostLines
	if cutOff {
		lines = lines[:mostLines]
	}
	if e.Test != "" {
		fmt.Fprintf(out, "    %s\n", cut(oneLine(e.Test), mostColumns))
	}
	for _, line := range lines {
		fmt.Fprintf(out, "    %s\n", cut(oneLine(line), mostColumns))
	}
	if cutOff {
		fmt.Fprintln(out, "    …")
	}
}
