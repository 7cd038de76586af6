package tui

import (
	"fmt"

	"example.com/bookapi/workshop/internal/attack"
)

// Attacked shows what an attack found out: what held in a line each, what broke as
// a whole, and the counts in the last line.
func (s Screen) Attacked(report *attack.Report) {
	for _, one := range report.Results {
		switch one.Verdict {
		case attack.Held:
			s.Marked(Good, "✓", 2, one.Title+": "+one.Why)
		case attack.Unsure:
			s.Marked(Faint, "?", 2, one.Title+": cannot tell: "+one.Why)
		case attack.Broken:
			s.Marked(Bad, "✗", 2, one.Title)
		}
	}
	for _, one := range report.Results {
		if one.Verdict == attack.Broken {
			s.Gap()
			s.found(one)
		}
	}
	if len(report.Left) > 0 {
		s.Gap()
		s.Text(Faint, 0, "Left behind in the API:")
		for _, what := range report.Left {
			s.Text(Faint, 2, what)
		}
	}
	s.Gap()
	s.Text(Bold, 0, fmt.Sprintf("%s. %d requests in %.0f s", report.Summary(), report.Requests, report.Seconds))
}

// found is one that broke.
func (s Screen) found(one attack.Result) {
	s.Text(Bold, 0, "Broken ("+one.ID+"): "+one.Got)
	for _, line := range one.Curl {
		fmt.Fprintln(s.W, "    "+clean(line)) // whole, however long, as it is to be copied
	}
	if one.SameAs != "" {
		s.Text(Plain, 2, "The cause is that of ("+one.SameAs+"): mend that one, and attack again.")
		return
	}
	s.Text(Plain, 2, fmt.Sprintf("Weakness: CWE-%d. The rule: %s.", one.CWE, one.Source))
	s.Text(Plain, 2, "Mend it: "+one.Mend)
	s.Text(Accent, 2, "Exercise "+one.Exercise+" teaches it.")
}
