package flaw

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// FirstLinesFile is where the first lines of the gallery's flaws are recorded,
// from the repository's root.
const FirstLinesFile = "workshop/flaws/first-lines.tsv"

// FirstLines are the first lines that learners see, by the IDs of the flaws.
type FirstLines map[string]string

// ReadFirstLines reads what Text has written.
func ReadFirstLines(text string) FirstLines {
	lines := make(FirstLines)
	for row := range strings.Lines(text) {
		if id, line, ok := strings.Cut(strings.TrimSuffix(row, "\n"), "\t"); ok {
			lines[id] = line
		}
	}
	return lines
}

// Text is the file of the lines, sorted by flaw.
func (lines FirstLines) Text() string {
	var out strings.Builder
	for _, id := range slices.Sorted(maps.Keys(lines)) {
		fmt.Fprintf(&out, "%s\t%s\n", id, lines[id])
	}
	return out.String()
}

// Take records the line of a verdict, if there is one: without what is another in
// each run.
func (lines FirstLines) Take(v Verdict) {
	if v.OK && !v.Patch.Alternative && !v.Patch.Race {
		lines[v.Patch.ID()] = steady(v.Failure.Failure)
	}
}

// Agree reports whether the line of a verdict, if there is one, is the one that is
// recorded. A test that tries several inputs may tell of another of them.
func (lines FirstLines) Agree(v Verdict) bool {
	now := FirstLines{}
	now.Take(v)
	if len(now) == 0 {
		return true
	}
	begin := func(line string) string {
		words := strings.Fields(line)
		return strings.Join(words[:min(len(words), 4)], " ")
	}
	return begin(now[v.Patch.ID()]) == begin(lines[v.Patch.ID()])
}

var changing = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z?|[A-Za-z0-9+/_=.-]{24,}|\d+(\.\d+)?(µs|ms|s|m)\b|\d{4,}`)

// steady is a line with … in place of dates, tokens, hashes, times and large numbers.
func steady(line string) string {
	return changing.ReplaceAllStringFunc(strings.ReplaceAll(line, "\t", " "), func(part string) string {
		if strings.ContainsAny(part, "0123456789") {
			return "…"
		}
		return part
	})
}
