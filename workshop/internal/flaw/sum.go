package flaw

import "fmt"

// Totals counts verdicts.
type Totals struct {
	Caught       int `json:"caught"`
	Flaws        int `json:"flaws"`
	Accepted     int `json:"accepted"`
	Alternatives int `json:"alternatives"`
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
		}
	}
	return t
}

// All reports whether every flaw is caught and every alternative accepted.
func (t Totals) All() bool { return t.Caught == t.Flaws && t.Accepted == t.Alternatives }

func (t Totals) String() string {
	return fmt.Sprintf("%d of %d caught, %d of %d alternatives accepted", t.Caught, t.Flaws, t.Accepted, t.Alternatives)
}
