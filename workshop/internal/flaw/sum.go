package flaw

import "fmt"

// Totals counts verdicts.
type Totals struct {
	Caught       int `json:"caught"`
	Flaws        int `json:"flaws"`
	Accepted     int `json:"accepted"`
	Alternatives int `json:"alternatives"`
	Skipped      int `json:"skipped"` // flaws that could not be judged here
}

// Sum counts what is caught and what is accepted.
func Sum(verdicts []Verdict) Totals {
	var t Totals
	for _, v := range verdicts {
		ok := 0
		if v.OK {
			ok = 1
		}
		if v.Patch.Alternative {
			t.Alternatives++
			t.Accepted += ok
		} else {
			t.Flaws++
			t.Caught += ok
			if v.Skipped != "" {
				t.Skipped++
			}
		}
	}
	return t
}

// All reports whether every flaw is caught that could be judged, and every
// alternative accepted.
func (t Totals) All() bool { return t.Caught+t.Skipped == t.Flaws && t.Accepted == t.Alternatives }

func (t Totals) String() string {
	text := fmt.Sprintf("%d of %d caught, %d of %d alternatives accepted", t.Caught, t.Flaws, t.Accepted, t.Alternatives)
	if t.Skipped > 0 {
		text += fmt.Sprintf(", %d skipped", t.Skipped)
	}
	return text
}
