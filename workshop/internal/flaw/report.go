package flaw

// Report is what "flaws --json" prints and programs rely on: fields may be
// added, but none is renamed, removed or given another meaning. Every field is
// always there.
type Report struct {
	Totals
	Patches []Judged `json:"patches"`
}

// Judged is one flaw or alternative.
type Judged struct {
	Name     string  `json:"name"`
	Kind     string  `json:"kind"` // "flaw" or "alternative"
	File     string  `json:"file"`
	Step     string  `json:"step"`     // the step's folder
	Exercise string  `json:"exercise"` // "3.2", or empty
	Title    string  `json:"title"`
	CWE      string  `json:"cwe"`     // "CWE-347", or empty
	OK       bool    `json:"ok"`      // caught, or accepted
	Test     string  `json:"test"`    // "step3-protect:TestVerify", which caught or rejected it, or empty
	Failure  string  `json:"failure"` // its first line, as "go run ./workshop" shows it
	Plain    string  `json:"plain"`   // the first line that plain go test prints of it
	Why      string  `json:"why"`     // it is not ok, or empty
	Skipped  string  `json:"skipped"` // why it could not be judged here, or empty
	Seconds  float64 `json:"seconds"`
}

// NewReport makes the report of verdicts.
func NewReport(verdicts []Verdict) Report {
	r := Report{Totals: Sum(verdicts), Patches: []Judged{}}
	for _, v := range verdicts {
		r.Patches = append(r.Patches, NewJudged(v))
	}
	return r
}

// NewJudged is the part of a report for one verdict.
func NewJudged(v Verdict) Judged {
	p := v.Patch
	judged := Judged{
		Name: p.Name, Kind: "flaw", File: p.File, Step: p.Step, Exercise: p.Exercise, Title: p.Title, CWE: p.CWE,
		OK: v.OK, Failure: v.Failure.Failure, Plain: v.Failure.Plain, Why: v.Why, Skipped: v.Skipped, Seconds: v.Took.Seconds(),
	}
	if p.Alternative {
		judged.Kind = "alternative"
	}
	if v.Test.Name != "" {
		judged.Test = v.Test.String()
	}
	return judged
}
