package docs_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/checks/internal/console"
	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/markdown"
	"example.com/bookapi/workshop/internal/starter/derive"
)

// Every path, name, command and link that a document names exists. What is on
// the network is not asked for.
func TestNothingDanglesInTheDocuments(t *testing.T) {
	t.Parallel()
	r := newReader(t)
	for _, name := range repository.Documents(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := r.document(t, name)
			for _, link := range doc.Links {
				if wrong := r.checkLink(name, link); wrong != "" {
					t.Errorf("%s:%d: %s", name, link.Line, wrong)
				}
			}
			for _, html := range doc.HTML {
				if targetInHTML.MatchString(html.Text) {
					t.Errorf("%s:%d: write links and images in Markdown, so that they can be checked: %s", name, html.Line, html.Text)
				}
			}
			for _, span := range doc.Spans {
				if wrong := r.checkSpan(t, path.Dir(name), span.Text); wrong != "" {
					t.Errorf("%s:%d: `%s` %s", name, span.Line, span.Text, wrong)
				}
			}
			for _, command := range commands(t, doc) {
				if wrong := r.checkCommand(t, command.Text); wrong != "" {
					t.Errorf("%s:%d: %s: %s", name, command.Line, command.Text, wrong)
				}
			}
		})
	}
}

// commands returns the go commands of the blocks of a document.
func commands(t *testing.T, doc markdown.Document) []markdown.Code {
	t.Helper()
	var all []markdown.Code
	blocks, err := console.Blocks(doc)
	require.NoError(t, err)
	for _, block := range blocks {
		for _, command := range block.Commands() {
			all = append(all, markdown.Code{Line: block.Line, Text: command})
		}
	}
	for _, block := range doc.Blocks {
		if strings.HasPrefix(block.Info, "console") {
			continue
		}
		for i, line := range strings.Split(block.Text, "\n") {
			all = append(all, markdown.Code{Line: block.Line + i, Text: line})
		}
	}
	return slices.DeleteFunc(all, func(c markdown.Code) bool { return !strings.HasPrefix(c.Text, "go ") })
}

// So does all that lesson.toml says, and the exercises are those of the code.
func TestNothingDanglesInTheLessons(t *testing.T) {
	t.Parallel()
	r := newReader(t)
	c := repository.Course(t)
	for _, step := range c.Steps {
		t.Run(step.Name, func(t *testing.T) {
			t.Parallel()
			checkExercises(t, c, step)
			for _, e := range step.Exercises {
				for _, hint := range allHints(e) {
					for _, wrong := range r.checkProse(t, step.Name, hint) {
						t.Errorf("%s/lesson.toml, exercise %s, the hint %.40q: %s", step.Name, e.ID, hint, wrong)
					}
				}
				assert.Contains(t, strings.SplitN(e.Hints[0], "\n", 2)[0], "?", "exercise %s: the first hint asks a question", e.ID)
			}
			for i, q := range step.Quiz {
				for _, text := range slices.Concat([]string{q.Question}, q.Choices, q.Why) {
					for _, wrong := range r.checkProse(t, step.Name, text) {
						t.Errorf("%s/lesson.toml, question %d: %s", step.Name, i+1, wrong)
					}
				}
			}
		})
	}
}

// checkExercises compares lesson.toml with the exercises that the code has.
func checkExercises(t *testing.T, c *course.Course, step course.Step) {
	t.Helper()
	solution, err := derive.Load(t.Context(), c.Root, step.Name)
	require.NoError(t, err)
	inCode := solution.Exercises()
	for _, e := range step.Exercises {
		if !slices.ContainsFunc(inCode, func(x derive.Exercise) bool { return x.ID == e.ID && x.File == e.File && x.Func == e.Func }) {
			t.Errorf("%s/lesson.toml: exercise %s is %s in %s; in solutions/%[1]s no function of that name begins with the comment \"Exercise %[2]s: ...\"", step.Name, e.ID, e.Func, e.File)
		}
		if place := c.Locate(step, e); !place.Stub {
			t.Errorf("%s/lesson.toml: exercise %s: there is no stub of %s in %s/%s", step.Name, e.ID, e.Func, step.Name, e.File)
		}
	}
	var want, got []string
	for _, x := range inCode {
		want = append(want, x.ID)
	}
	for _, e := range step.Exercises {
		got = append(got, e.ID)
	}
	assert.Equal(t, slices.Compact(want), got, "%s/lesson.toml describes the exercises of the code, in their order", step.Name)
}

// A step has its lesson, which tells of each exercise, asks the quiz of
// lesson.toml, and shows its drawing.
func TestEveryStepHasALesson(t *testing.T) {
	t.Parallel()
	r := newReader(t)
	for _, step := range repository.Course(t).Steps {
		t.Run(step.Name, func(t *testing.T) {
			t.Parallel()
			name := step.Name + "/README.md"
			content, err := os.ReadFile(filepath.Join(r.root, name))
			require.NoError(t, err)
			text := string(content)
			for _, e := range step.Exercises {
				for what, line := range map[string]string{
					"has no section for":        "\n### " + e.ID + " ",
					"does not say how to check": "$ go test ./" + step.Name + " -run " + e.Tests + "\n",
				} {
					if !strings.Contains(text, line) {
						t.Errorf("%s %s exercise %s: there is no %q", name, what, e.ID, line)
					}
				}
			}
			checkQuiz(t, name, text, step.Quiz)

			drawings := 0
			for _, link := range markdown.Parse(content).Links {
				if link.Image && path.Ext(link.Target) == ".svg" {
					drawings++
					checkDrawing(t, filepath.Join(r.root, step.Name, link.Target))
				}
			}
			assert.Positive(t, drawings, "%s shows no drawing (![what it shows](name.svg))", name)
		})
	}
}

// checkQuiz demands that a README asks what lesson.toml asks, word for word,
// as two texts of the same quiz would drift apart.
func checkQuiz(t *testing.T, name, text string, quiz []course.Question) {
	t.Helper()
	rest := text
	find := func(i int, line string) {
		t.Helper()
		_, after, ok := strings.Cut(rest, line+"\n")
		if !assert.True(t, ok, "%s: question %d of lesson.toml is not, or not in this order, in the lesson:\n%s", name, i+1, line) {
			return
		}
		rest = after
	}
	for i, q := range quiz {
		find(i, fmt.Sprintf("**%d. %s**", i+1, q.Question))
		for n, choice := range q.Choices {
			find(i, fmt.Sprintf("- %c) %s", 'a'+n, choice))
		}
		find(i, fmt.Sprintf("**%c)** %s", 'a'+q.Answer-1, q.Why[q.Answer-1]))
		for n, why := range q.Why {
			if n != q.Answer-1 {
				find(i, fmt.Sprintf("- %c) %s", 'a'+n, why))
			}
		}
	}
}

// checkDrawing demands that a drawing is one that a browser can show.
func checkDrawing(t *testing.T, file string) {
	t.Helper()
	drawing, err := os.ReadFile(file)
	if !assert.NoError(t, err) {
		return
	}
	for decoder := xml.NewDecoder(bytes.NewReader(drawing)); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return
		} else if !assert.NoError(t, err, "%s is no well-formed drawing", file) {
			return
		}
	}
}

var targetInHTML = regexp.MustCompile(`(?i)\b(src|srcset|href)\s*=`)

// checkLink says what is wrong with a link of a document; "" if nothing is.
func (r *reader) checkLink(name string, link markdown.Link) string {
	target, err := url.Parse(link.Target)
	switch {
	case err != nil:
		return err.Error()
	case link.Image && strings.TrimSpace(link.Text) == "":
		return fmt.Sprintf("the image %s has no text for those who do not see it", link.Target)
	case target.Scheme == "https" && target.Host != "":
		return ""
	case target.Scheme != "" || target.Host != "" || path.IsAbs(target.Path):
		return fmt.Sprintf("the link %s is neither https://... nor a relative path", link.Target)
	}
	to := name
	if target.Path != "" {
		to = path.Join(path.Dir(name), target.Path)
	}
	if strings.HasPrefix(to, "../") || !r.exists(to) {
		return fmt.Sprintf("the link %s leads nowhere: there is no %s", link.Target, to)
	}
	if target.Fragment == "" {
		return ""
	}
	content, err := os.ReadFile(filepath.Join(r.root, to))
	if err != nil || !markdown.Parse(content).Anchors[target.Fragment] {
		return fmt.Sprintf("the link %s leads nowhere: %s has no heading #%s", link.Target, to, target.Fragment)
	}
	return ""
}

// CONTRIBUTING.md tells of every check what it proves.
func TestEveryCheckIsExplained(t *testing.T) {
	t.Parallel()
	r := newReader(t)
	contributing := r.document(t, "CONTRIBUTING.md")
	for _, name := range r.files {
		dir := path.Dir(name)
		if path.Dir(dir) != "workshop/checks" {
			continue
		}
		assert.True(t, slices.ContainsFunc(contributing.Links, func(l markdown.Link) bool { return l.Target == dir }),
			"CONTRIBUTING.md has no link to %s", dir)
	}
}
