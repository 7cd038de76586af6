package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/starter/derive"
)

// What a learner can be asked to read. The reader has English as a second
// language, and wants to write code within three minutes.
const (
	wordsBeforeCode  = 350
	wordsOfAStep     = 1600 // or of an evening, if a step has two; without fold-outs, console and quick check
	wordsOfASentence = 25   // as a rule
	longestSentence  = 30
	longSentences    = 5 // of a lesson may break the rule
	goalLines        = 3 // of a stub's comment
	toolboxLines     = 3
)

func TestALessonKeepsItsBudgets(t *testing.T) {
	t.Parallel()
	for _, step := range repository.Course(t).Steps {
		t.Run(step.Name, func(t *testing.T) {
			t.Parallel()
			name := step.Name + "/README.md"
			content, err := os.ReadFile(filepath.Join(repository.Root(t), name))
			require.NoError(t, err)
			all := withoutCode(string(content))
			required := quickCheck.ReplaceAllString(foldOut.ReplaceAllString(all, ""), "\n")

			before, _, ok := strings.Cut(required, "\n### ")
			require.True(t, ok, "%s has no exercise", name)
			if n := len(words(before)); n > wordsBeforeCode {
				t.Errorf("%s: %d words stand before the first exercise, and %d are the most", name, n, wordsBeforeCode)
			}
			for i, evening := range secondEvening.Split(required, -1) {
				if n := len(words(evening)); n > wordsOfAStep {
					t.Errorf("%s, evening %d: %d words have to be read, and %d are the most (without fold-outs, console and quick check)", name, i+1, n, wordsOfAStep)
				}
			}
			if !guide.Match(content) {
				t.Errorf("%s does not begin with the fold-out \"In the guide\"", name)
			}
			long := 0
			for _, sentence := range sentences(quickCheck.ReplaceAllString(all, "\n")) {
				n := len(words(sentence))
				if n > longestSentence {
					t.Errorf("%s: a sentence of %d words, and %d are the most: %s", name, n, longestSentence, sentence)
				}
				if n > wordsOfASentence {
					long++
				}
			}
			if long > longSentences {
				t.Errorf("%s: %d sentences have more than %d words, and %d may", name, long, wordsOfASentence, longSentences)
			}
			for i, q := range step.Quiz {
				for _, why := range q.Why {
					if strings.HasPrefix(why, "Right") {
						t.Errorf("%s/lesson.toml, question %d: an explanation is read after a wrong answer, too, so it does not begin with \"Right\"", step.Name, i+1)
					}
				}
			}
		})
	}
}

var (
	secondEvening = regexp.MustCompile(`\n## [0-9]+\. The second evening`)
	guide         = regexp.MustCompile(`(?s)\n<details>\n<summary>In the guide</summary>\n.*\n## 1\. Where you are\n`)
	fence         = regexp.MustCompile("(?ms)^```.*?^```$")
	foldOut       = regexp.MustCompile(`(?s)<details>.*?</details>`)
	quickCheck    = regexp.MustCompile(`(?s)\n## [0-9]+\. Quick check\n.*?(\n## |$)`)
	inlineCode    = regexp.MustCompile("`[^`\n]*`")
	target        = regexp.MustCompile(`\]\([^)\s]*\)`)
	noProse       = regexp.MustCompile(`(?m)^(#|\||<).*$`)
	paragraph     = regexp.MustCompile(`\n\s*\n|\n- |\n[0-9]+\. `)
	sentence      = regexp.MustCompile(`[.!?][)*"”_]*\s+`)
	letters       = regexp.MustCompile(`[\pL\pN]`)
)

// withoutCode is a document in which a code span is one word.
func withoutCode(text string) string {
	return target.ReplaceAllString(inlineCode.ReplaceAllString(fence.ReplaceAllString(text, ""), "code"), "]")
}

func words(text string) []string {
	var all []string
	for _, field := range strings.Fields(text) {
		if letters.MatchString(field) {
			all = append(all, field)
		}
	}
	return all
}

// sentences are those of the prose of a document: no headings, and no tables.
func sentences(text string) []string {
	var all []string
	for _, p := range paragraph.Split(noProse.ReplaceAllString(text, "\n"), -1) {
		all = append(all, sentence.Split(strings.Join(strings.Fields(p), " "), -1)...)
	}
	return all
}

// The comment in a stub has the goal and a toolbox, and does not dictate.
func TestAStubsCommentHasAGoalAndAToolbox(t *testing.T) {
	t.Parallel()
	root := repository.Root(t)
	for _, step := range repository.Course(t).Steps {
		t.Run(step.Name, func(t *testing.T) {
			t.Parallel()
			solution, err := derive.Load(t.Context(), root, step.Name)
			require.NoError(t, err)
			files := map[string]bool{}
			for _, e := range solution.Exercises() {
				if files[e.File] {
					continue
				}
				files[e.File] = true
				source, err := os.ReadFile(filepath.Join(root, step.Name, e.File))
				require.NoError(t, err)
				for _, comment := range exerciseComments(string(source)) {
					if wrong := checkExerciseComment(comment); wrong != "" {
						t.Errorf("%s/%s: %s:\n%s", step.Name, e.File, wrong, strings.Join(comment, "\n"))
					}
				}
			}
		})
	}
}

// exerciseComments are the comments of a file that begin with the number of an
// exercise, as lines without slashes.
func exerciseComments(source string) (all [][]string) {
	var open []string
	for line := range strings.Lines(source) {
		text, comment := strings.CutPrefix(strings.TrimSpace(line), "//")
		text = strings.TrimSpace(text)
		switch {
		case !comment && open != nil:
			all = append(all, open)
			open = nil
		case comment && open != nil, comment && strings.HasPrefix(text, "Exercise "):
			open = append(open, text)
		}
	}
	return all
}

func checkExerciseComment(lines []string) string {
	goal := 0
	for goal < len(lines) && lines[goal] != "" {
		goal++
	}
	toolbox := max(0, len(lines)-goal-1)
	switch {
	case goal > goalLines:
		return fmt.Sprintf("the goal takes %d lines, and %d are the most", goal, goalLines)
	case toolbox == 0:
		return "there is no toolbox: an empty line, and \"Toolbox: ...\""
	case !strings.HasPrefix(lines[goal+1], "Toolbox: "):
		return "behind the goal and an empty line stands \"Toolbox: ...\", and nothing else"
	case toolbox > toolboxLines:
		return fmt.Sprintf("the toolbox takes %d lines, and %d are the most", toolbox, toolboxLines)
	}
	return ""
}

func TestWhatIsWrongWithAnExerciseComment(t *testing.T) {
	t.Parallel()
	for comment, want := range map[string]string{
		"Exercise 1.1: a goal\nof two lines.\n\nToolbox: one,\ntwo.": "",
		"Exercise 1.1: a goal.":                                "no toolbox",
		"Exercise 1.1: a\nb\nc\nd\n\nToolbox: one.":            "4 lines",
		"Exercise 1.1: a\n\nFirst do this.\n\nToolbox: one.":   "nothing else",
		"Exercise 1.1: a\n\nToolbox: one.\n\nFirst\ndo\nthis.": "the toolbox takes 5 lines",
	} {
		wrong := checkExerciseComment(strings.Split(comment, "\n"))
		if want == "" {
			assert.Empty(t, wrong)
		} else {
			assert.Contains(t, wrong, want)
		}
	}
	assert.Equal(t, [][]string{{"Exercise 1.1: a", "", "Toolbox: b"}},
		exerciseComments("// F does.\nfunc F() {\n\t// Exercise 1.1: a\n\t//\n\t// Toolbox: b\n\treturn\n\t// no\n}\n"))
}

// Every red has its hint. The exercise's own are for those who have no red yet.
func TestEveryTestHasAHint(t *testing.T) {
	t.Parallel()
	c := repository.Course(t)
	for _, step := range c.Steps {
		t.Run(step.Name, func(t *testing.T) {
			t.Parallel()
			for _, e := range step.Exercises {
				own := testsOf(c, step, e)
				for _, test := range own {
					if e.HintsFor(test)[0].Test == "" {
						t.Errorf("%s/lesson.toml, exercise %s: there is no hint for %s", step.Name, e.ID, test)
					}
				}
				for _, hints := range e.TestHints {
					for pattern := range strings.SplitSeq(hints.Tests, "|") {
						if !matchesOne(pattern, own) {
							t.Errorf("%s/lesson.toml, exercise %s: no test is called %s", step.Name, e.ID, pattern)
						}
					}
					if !strings.Contains(hints.Steps[0], "?") {
						t.Errorf("%s/lesson.toml, exercise %s: the first hint for %s asks no question", step.Name, e.ID, hints.Tests)
					}
				}
				for _, hint := range allHints(e) {
					for line := range strings.SplitSeq(hint, "\n") {
						if strings.HasPrefix(line, "    ") && len(line) > 80 {
							t.Errorf("%s/lesson.toml, exercise %s: a line of code is longer than 80 characters, and is never wrapped: %s", step.Name, e.ID, line)
						}
					}
				}
			}
		})
	}
}

func testsOf(c *course.Course, step course.Step, e course.Exercise) (own []string) {
	for _, test := range c.TestNames(step) {
		if owner, ok := step.Owner(test); ok && owner.ID == e.ID {
			own = append(own, test)
		}
	}
	return own
}

func matchesOne(pattern string, tests []string) bool {
	for _, test := range tests {
		if regexp.MustCompile(pattern).MatchString(test) {
			return true
		}
	}
	return false
}

func allHints(e course.Exercise) []string {
	all := append([]string(nil), e.Hints...)
	for _, hints := range e.TestHints {
		all = append(all, hints.Steps...)
	}
	return all
}
