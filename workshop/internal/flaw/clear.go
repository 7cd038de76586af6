package flaw

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"example.com/bookapi/workshop/internal/course"
)

// MostColumns is how wide the first line of a failure may be: a terminal of 100
// columns shows it in four lines.
const MostColumns = 400

var (
	promise = regexp.MustCompile(`^Promise broken \((\d+\.\d+)\): `)
	// input is what a sentence shows of what was sent, or was found: something in
	// quotes, a number, a request or a path, a name of the code, or what stands
	// behind a colon.
	input = regexp.MustCompile("^[A-Z][a-z]+ is |, [A-Z]\\w+,|[A-Z]_[A-Z]|[\"`“]|\\d|\\b(two|three|several)\\b|\\b[A-Z]{3,} /|\\s/\\w|: \\S")
)

// Unclear says what the first line lacks that a learner sees of a caught flaw, a
// sentence for each fault: it has to name the exercise, the cause and the input,
// the same in plain go test and in "go run ./workshop".
func Unclear(c *course.Course, v Verdict) []string {
	if !v.OK || v.Patch.Alternative || v.Patch.Race {
		return nil // there is none, or it is the race detector's
	}
	line := v.Failure.Failure
	var faults []string
	need := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	step, _ := stepNamed(c, v.Test.Step)
	owner, owned := step.Owner(v.Test.Top())
	if m := promise.FindStringSubmatch(line); m != nil {
		need(m[1] == v.Patch.Exercise || owned && m[1] == owner.ID, "it names exercise %s, and the flaw is one of %s", m[1], v.Patch.Exercise)
	} else {
		need(owned, "%s belongs to no exercise", v.Test)
	}
	sentence := assertions.ReplaceAllString(line, "")
	need(sentence != line && len(strings.Fields(sentence)) >= 4, "it names no cause")
	need(input.MatchString(sentence) || namesSomebody(sentence), "it shows nothing of the input")
	need(ansi.StringWidth(line) <= MostColumns, "it is %d columns wide, of %d", ansi.StringWidth(line), MostColumns)
	need(sameStart(v.Failure.Plain, line) || asserted(v.Failure.Plain), "plain go test begins with something else: %q", v.Failure.Plain)
	return faults
}

// namesSomebody reports whether a sentence tells who sent what, which is the input
// of a test that sends one thing.
func namesSomebody(sentence string) bool {
	for _, name := range []string{"mallory", "ada", "grace", "bob"} {
		if strings.Contains(sentence, name) {
			return true
		}
	}
	return false
}

// sameStart reports whether plain go test begins with the line. It prints a line
// of several parts as it is, where "go run ./workshop" joins or shortens them, and
// of several lines the first, where "go run ./workshop" prefers an attack.
func sameStart(plain, line string) bool {
	start := []rune(line)
	return strings.HasPrefix(plain, string(start[:min(len(start), 40)]))
}
