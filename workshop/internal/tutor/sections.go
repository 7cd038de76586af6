package tutor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"example.com/bookapi/workshop/internal/course"
)

const happened = "<summary>What just happened</summary>"

// A section of a lesson goes from a heading to the next, of whatever rank.
type section struct {
	heading  string
	exercise string // that it is about, or ""
	text     string
}

type sections []section

var (
	heading      = regexp.MustCompile(`^##+ (([0-9]+\.[0-9]+) .+|.+)`)
	foldOutAfter = regexp.MustCompile(`(?s)<details>\n` + happened + `.*?</details>`)
	quickCheck   = regexp.MustCompile(`(?i)quick check`)
)

// readSections returns the sections of a lesson but for the quick check, which has
// its answers beside its questions.
func readSections(root string, step course.Step) (sections, error) {
	text, err := os.ReadFile(filepath.Join(root, step.Name, "README.md"))
	if err != nil {
		return nil, fmt.Errorf("the lesson of step %d cannot be read", step.Number)
	}
	var all sections
	fenced := false
	for line := range strings.Lines(strings.ReplaceAll(string(text), "\r\n", "\n")) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
		}
		if m := heading.FindStringSubmatch(line); m != nil && !fenced {
			all = append(all, section{heading: m[1], exercise: m[2]})
		}
		if len(all) > 0 {
			all[len(all)-1].text += line
		}
	}
	kept := all[:0]
	for _, s := range all {
		if !quickCheck.MatchString(s.heading) {
			kept = append(kept, s)
		}
	}
	return kept, nil
}

// find returns the section of an exercise or, if that is "", the one under a heading.
func (all sections) find(exercise, heading string) (section, error) {
	if exercise == "" && quickCheck.MatchString(heading) {
		return section{}, errors.New("the quick check has its answers beside its questions: quiz_question asks them")
	}
	for _, s := range all {
		if exercise != "" && s.exercise == exercise || exercise == "" && strings.EqualFold(s.heading, strings.TrimLeft(heading, "# ")) {
			return s, nil
		}
	}
	if exercise != "" {
		return section{}, fmt.Errorf("the lesson has no section for %s", exercise)
	}
	return section{}, fmt.Errorf("the lesson has no heading %.80q: ask without one for the list", heading)
}

// before is the section without what explains its exercise when it is done.
func (s section) before(instead string) string {
	return foldOutAfter.ReplaceAllLiteralString(s.text, instead)
}
