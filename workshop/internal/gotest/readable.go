package gotest

import (
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// failure is what a test said when it failed, fit to be read.
type failure struct {
	first string   // the sentence that says what is wrong
	where string   // file:line, from the root
	more  []string // the evidence
}

// text is the whole failure.
func (f failure) text() string {
	return strings.TrimSpace(strings.Join(append([]string{f.first}, f.more...), "\n"))
}

var (
	frame    = regexp.MustCompile(`^\s*(=== (RUN|PAUSE|CONT|NAME|ATTR|ARTIFACTS) |--- (PASS|FAIL|SKIP|BENCH): )`)
	position = regexp.MustCompile(`^\s{4,}([\w.-]+\.go):(\d+): ?(.*)$`)
	label    = regexp.MustCompile(`^\t([A-Z][A-Za-z ]*):\s*\t(.*)$`)
	carryOn  = regexp.MustCompile(`^\t\s*\t(.*)$`)
)

// said is the output of a test without the lines that go test adds.
func said(output string) []string {
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(output, "\r\n", "\n")) {
		if line = strings.TrimRight(line, "\n"); !frame.MatchString(line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// readFailure makes the output of a failed test readable. A test may log before
// it fails and fail more than once: an attack that succeeded comes first, then
// a promise broken, then any assertion, and otherwise whatever was said first.
// dir is the folder of the tests, from the root.
func readFailure(output, dir, root string) failure {
	var messages []message
	for _, line := range said(shorten(output, root)) {
		if m := position.FindStringSubmatch(line); m != nil {
			messages = append(messages, message{where: path.Join(dir, m[1]) + ":" + m[2], lines: []string{m[3]}})
			continue
		}
		if len(messages) == 0 { // what the code under test printed
			messages = append(messages, message{printed: true})
		}
		last := &messages[len(messages)-1]
		last.lines = append(last.lines, strings.TrimPrefix(line, "        "))
	}
	best, rank := failure{}, -1
	for _, m := range messages {
		if r := m.rank(); r > rank {
			best, rank = m.read(), r
		}
	}
	return best
}

// plainFirst is the first line that go test prints of what a failed test says, behind
// the place in the source; or the first of all, if the test itself says nothing.
func plainFirst(output string) string {
	lines := trim(said(output))
	if len(lines) == 0 {
		return ""
	}
	for _, line := range lines {
		if m := position.FindStringSubmatch(line); m != nil {
			return m[3]
		}
	}
	return lines[0]
}

// message is one t.Error or t.Log, or what was printed outside of any.
type message struct {
	where   string
	lines   []string
	printed bool
}

func (m message) rank() int {
	all := strings.Join(m.lines, "\n")
	switch {
	case strings.Contains(all, attack):
		return 4
	case strings.Contains(all, "Promise broken"):
		return 3
	case strings.Contains(all, "\tError Trace:"):
		return 2
	case !m.printed:
		return 1
	}
	return 0
}

// attack begins the failure of a test whose attacker got through.
const attack = "ATTACK SUCCEEDED"

// read takes testify's table apart: the message is the sentence, the error is
// the evidence; the trace and the test's name are known already.
func (m message) read() failure {
	var own []string // before the table
	table := map[string][]string{}
	var column string
	for _, line := range m.lines {
		switch l, c := label.FindStringSubmatch(line), carryOn.FindStringSubmatch(line); {
		case l != nil:
			column = l[1]
			table[column] = append(table[column], l[2])
		case column != "" && c != nil:
			table[column] = append(table[column], c[1])
		case column == "":
			own = append(own, line)
		}
	}
	evidence := withoutShortDiff(joinHeading(trim(table["Error"])))
	lines := append(trim(own), trim(table["Messages"])...)
	lines = append(lines, evidence...)
	if len(lines) == 0 {
		return failure{where: m.where}
	}
	return failure{first: strings.TrimSpace(lines[0]), where: m.where, more: lines[1:]}
}

// joinHeading puts "Received unexpected error:" and the error on one line.
func joinHeading(lines []string) []string {
	if len(lines) < 2 || !strings.HasSuffix(strings.TrimSpace(lines[0]), ":") {
		return lines
	}
	first := strings.TrimSpace(lines[0]) + " " + strings.TrimSpace(lines[1])
	return append([]string{first}, lines[2:]...)
}

// withoutShortDiff drops a diff of one line against one line: "expected" and
// "actual" above it show the same, and better.
func withoutShortDiff(lines []string) []string {
	for i, line := range lines {
		if strings.TrimSpace(line) == "Diff:" && len(lines)-i <= 6 {
			return trim(lines[:i])
		}
	}
	return lines
}

// trim drops blank lines at both ends.
func trim(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// shorten makes absolute paths below root relative to it.
func shorten(text, root string) string {
	text = strings.ReplaceAll(text, root+string(filepath.Separator), "")
	return strings.ReplaceAll(text, filepath.ToSlash(root)+"/", "")
}
