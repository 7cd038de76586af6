package tutor_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/gotest"
	"example.com/bookapi/workshop/internal/tutor"
)

// window is how many lines of code in a row give a solution away.
const window = 3

// bodies are the lines of code of the reference, by exercise, a slice for each
// function: those that an exercise asks for, and its helpers.
type bodies map[string][][]string

var (
	noCode  = regexp.MustCompile(`^[\s{}()\[\],;]*$`)
	signed  = regexp.MustCompile(`^\s*[-+|] `)
	helper  = regexp.MustCompile(`(?m)^//exercise:helper (.+)$`)
	comment = regexp.MustCompile(`^Exercise ([0-9]+\.[0-9]+):`)
)

// code returns the lines of a text that are neither empty, comments nor brackets,
// without what stands before them in a listing.
func code(text string) (lines []string) {
	for line := range strings.Lines(text) {
		line = strings.Join(strings.Fields(signed.ReplaceAllString(line, "")), " ")
		if !noCode.MatchString(line) && !strings.HasPrefix(line, "//") {
			lines = append(lines, line)
		}
	}
	return lines
}

func referenceBodies(t *testing.T) bodies {
	t.Helper()
	all := make(bodies)
	for _, step := range repository.Course(t).Steps {
		files, err := filepath.Glob(filepath.Join(repository.Root(t), "solutions", step.Name, "*.go"))
		require.NoError(t, err)
		for _, name := range files {
			if !strings.HasSuffix(name, "_test.go") {
				all.read(t, name)
			}
		}
		for _, e := range step.Exercises {
			require.NotEmpty(t, all[e.ID], "the reference of %s", e.ID)
		}
	}
	return all
}

func (all bodies) read(t *testing.T, name string) {
	t.Helper()
	source, err := os.ReadFile(name)
	require.NoError(t, err)
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, source, parser.ParseComments)
	require.NoError(t, err)
	for _, decl := range file.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		var ids []string
		for _, group := range file.Comments {
			if group.Pos() > fn.Body.Pos() && group.End() < fn.Body.End() {
				if m := comment.FindStringSubmatch(group.Text()); m != nil {
					ids = append(ids, m[1])
				}
			}
		}
		start, end := set.Position(fn.Body.Lbrace).Offset+1, set.Position(fn.Body.Rbrace).Offset
		if fn.Doc != nil {
			if m := helper.FindStringSubmatch(string(source[set.Position(fn.Doc.Pos()).Offset:start])); m != nil {
				ids = append(ids, strings.Fields(m[1])...)
			}
		}
		for _, id := range ids {
			all[id] = append(all[id], code(string(source[start:end])))
		}
	}
}

// without leaves out the functions of an exercise, also where others share them.
func (all bodies) without(id string) bodies {
	rest := make(bodies)
	for other, functions := range all {
		for _, lines := range functions {
			if !slices.ContainsFunc(all[id], func(l []string) bool { return slices.Equal(l, lines) }) {
				rest[other] = append(rest[other], lines)
			}
		}
	}
	return rest
}

// in names the exercises of whose reference a text has lines in a row.
func (all bodies) in(text string) (ids []string) {
	said := "\n" + strings.Join(code(text), "\n") + "\n"
	for id, functions := range all {
		for _, lines := range functions {
			for i := range max(0, len(lines)-window+1) {
				if strings.Contains(said, "\n"+strings.Join(lines[i:i+window], "\n")+"\n") {
					ids = append(ids, id)
				}
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// While all is red, no tool gives a solution away, whatever it is asked: the tests
// are run once, and each of them is in its turn the first that is red, so that every
// hint is given. A hint is the lesson's own, and may have lines of the reference: it is
// demanded that a call answers with one, and with nothing else.
func TestNothingIsGivenAway(t *testing.T) {
	t.Parallel()
	c, all := repository.Course(t), referenceBodies(t)
	of := tutor.New(c.Root)
	whole, err := of.Test(t.Context(), c, c.All())
	require.NoError(t, err)
	red := ""
	of.Test = func(_ context.Context, _ *course.Course, sel course.Selection) (*gotest.Report, error) {
		return part(whole, sel, red), nil
	}
	s := connect(t, of)
	calls := 0
	ask := func(tool string, with args) string {
		text, _ := s.call(tool, with)
		calls++
		for _, id := range all.in(text) {
			t.Errorf("%s %v gives %s away:\n%s", tool, with, id, text)
		}
		return text
	}

	tools, err := s.ListTools(t.Context(), nil)
	require.NoError(t, err)
	asked := make(map[string]bool)
	call := func(tool string, with args) string { asked[tool] = true; return ask(tool, with) }
	hint := func(of args) string { asked["next_hint"] = true; calls++; return s.answers("next_hint", of) }
	for _, tool := range []string{"where_am_i", "first_red"} {
		call(tool, nil)
	}
	for _, step := range c.Steps {
		for heading := range strings.Lines(call("lesson_section", args{"part": step.Name})) {
			call("lesson_section", args{"part": step.Name, "heading": strings.TrimSpace(heading)})
		}
		assert.Contains(t, ask("lesson_section", args{"part": step.Name, "heading": "Quick check"}), "quiz_question")
		for n, q := range step.Quiz {
			text := call("quiz_question", args{"step": step.Number, "number": n + 1})
			for i, why := range q.Why {
				assert.NotContains(t, words(text), words(why), "the question explains its answer")
				answer := call("quiz_answer", args{"step": step.Number, "number": n + 1, "answer": string(rune('a' + i))})
				assert.Contains(t, words(answer), words(why))
			}
		}
		for _, e := range step.Exercises {
			of := args{"exercise": e.ID}
			call("first_red", of)
			call("check_exercise", of)
			assert.NotContains(t, call("lesson_section", args{"part": e.ID}), "<summary>What just happened")
			assert.Contains(t, call("reference", of), e.ID+" is not green")
			hints := 0
			for _, test := range c.TestNames(step) {
				if owner, ok := step.Owner(test); !ok || owner.ID != e.ID {
					continue
				}
				red = test
				for text := hint(of); !strings.HasPrefix(text, "All "); text = hint(of) {
					oneHint(t, text, e)
					hints++
				}
			}
			red = ""
			assert.Equal(t, len(allHints(e)), hints, "all hints of %s", e.ID)
		}
	}
	for _, tool := range tools.Tools {
		assert.True(t, asked[tool.Name], "%s was not asked", tool.Name)
	}
	t.Logf("%d answers, and none gives a solution away", calls)
}

func allHints(e course.Exercise) []string {
	every := slices.Clone(e.Hints)
	for _, h := range e.TestHints {
		every = append(every, h.Steps...)
	}
	slices.Sort(every)
	return slices.Compact(every)
}

// oneHint demands that a text is the title of an exercise and one of its hints.
func oneHint(t *testing.T, text string, e course.Exercise) {
	t.Helper()
	title := regexp.MustCompile(`^` + regexp.QuoteMeta(words(e.ID+" "+e.Title)) + ` hint \d+ of \d+: (a question|where to read|nearly the code)(, for the red \w+)? `)
	own := title.ReplaceAllString(words(text), "")
	assert.True(t, slices.ContainsFunc(allHints(e), func(h string) bool { return words(h) == own }), "%s: this is not one hint: %s", e.ID, text)
}

// part is the report of a selection, in which red, if there is one, is the only test
// that fails.
func part(whole *gotest.Report, sel course.Selection, red string) *gotest.Report {
	report := *whole
	report.Exercises = nil
	for _, e := range whole.Exercises {
		if sel.Exercise != "" && sel.Exercise != e.ID {
			continue
		}
		if red != "" {
			e.Tests = []gotest.Test{{Name: red, Result: gotest.Fail}}
		}
		report.Exercises = append(report.Exercises, e)
	}
	return &report
}

func words(text string) string { return strings.Join(strings.Fields(text), " ") }

// The search for what gives a solution away finds it in a listing and in a diff.
func TestTheReferenceIsRecognized(t *testing.T) {
	t.Parallel()
	all := referenceBodies(t)
	for id, functions := range all {
		for _, lines := range functions {
			if len(lines) < window {
				continue
			}
			assert.Contains(t, all.in("  +  "+strings.Join(lines, "\n  +  ")), id)
			assert.Contains(t, all.in("words\n```go\n\t"+strings.Join(lines, "\n\n\t}\n")+"\n```\n"), id)
			assert.Contains(t, all.in(fmt.Sprintf("  \n%s\n", strings.Join(lines[len(lines)-window:], "\n// a comment\n"))), id)
		}
	}
	assert.Empty(t, all.in("return nil\nreturn err\n"))
}
