package attack

import (
	"fmt"
	"slices"
)

// A Verdict is what became of an attack.
type Verdict string

// The verdicts.
const (
	Held   Verdict = "held"
	Broken Verdict = "broken"
	Unsure Verdict = "cannot tell"
)

// Result is one attack, and what became of it.
type Result struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Verdict  Verdict  `json:"verdict"`
	Why      string   `json:"why,omitempty"`      // how it held, or why nobody can tell
	Got      string   `json:"got,omitempty"`      // what mallory has, if it is broken
	Curl     []string `json:"curl,omitempty"`     // shows it
	CWE      int      `json:"cwe,omitempty"`      // if it is broken, as all below
	Source   string   `json:"source,omitempty"`   // the rule
	Mend     string   `json:"mend,omitempty"`     // how to mend it
	Exercise string   `json:"exercise,omitempty"` // that teaches it
	SameAs   string   `json:"same_as,omitempty"`  // the attack that has found the same cause before
}

// Report is what an attack found out.
type Report struct {
	Target   string   `json:"target"`
	Requests int      `json:"requests"`
	Seconds  float64  `json:"seconds"`
	Wrote    bool     `json:"wrote"`
	Held     int      `json:"held"`
	Broken   int      `json:"broken"`
	Unsure   int      `json:"cannot_tell"`
	Results  []Result `json:"results"`
	Left     []string `json:"left"` // what is in the API now that was not before
}

func (r *Report) add(one Result) {
	r.Results = append(r.Results, one)
	switch one.Verdict {
	case Held:
		r.Held++
	case Broken:
		r.Broken++
	case Unsure:
		r.Unsure++
	}
}

// Summary is the counts in one line.
func (r *Report) Summary() string {
	return fmt.Sprintf("%d held, %d broken, %d cannot tell", r.Held, r.Broken, r.Unsure)
}

// IDs are the attacks that ended with a verdict.
func (r *Report) IDs(v Verdict) (ids []string) {
	for _, one := range r.Results {
		if one.Verdict == v {
			ids = append(ids, one.ID)
		}
	}
	slices.Sort(ids)
	return ids
}
