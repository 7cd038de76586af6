package watch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/live"
)

// front decides which exercise is shown when the state changes: that in which
// something was written, or one that this has broken. Otherwise it stays.
func front(shown string, before, now live.State, written []string) string {
	if now.Report == nil {
		return shown
	}
	switch {
	case find(now.Report, shown) == nil:
		return now.Report.AtHand()
	case len(written) == 1:
		return written[0]
	case len(written) > 1 && !slices.Contains(written, shown):
		return now.Report.AtHand() // a reset, or a catch-up
	case before.Report == nil || find(now.Report, shown).State != gotest.Green:
		return shown
	}
	for _, e := range now.Report.Exercises {
		was := find(before.Report, e.ID)
		if was != nil && was.State == gotest.Green && e.State != gotest.Green {
			return e.ID
		}
	}
	return shown
}

// find returns an exercise of a report, nil if it has none with this id.
func find(r *gotest.Report, id string) *gotest.Exercise {
	for i := range r.Exercises {
		if r.Exercises[i].ID == id {
			return &r.Exercises[i]
		}
	}
	return nil
}

// functions holds the text of each exercise's function, by exercise.
type functions map[string]string

// readFunctions reads what the learner has written so far.
func readFunctions(c *course.Course) functions {
	all := functions{}
	for _, step := range c.Steps {
		for _, e := range step.Exercises {
			place := c.Locate(step, e)
			source, _ := os.ReadFile(filepath.Join(c.Root, filepath.FromSlash(place.File))) // no file, no text
			lines := strings.Split(string(source), "\n")
			end := min(place.End, len(lines))
			all[e.ID] = strings.Join(lines[min(place.Line-1, end):end], "\n")
		}
	}
	return all
}

// written names the exercises whose functions are others now, in their order.
func (f functions) written(now functions) []string {
	var ids []string
	for id, text := range now {
		if was, known := f[id]; known && was != text {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
