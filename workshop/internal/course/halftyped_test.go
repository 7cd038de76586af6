package course_test

import (
	"fmt"
	"go/parser"
	"go/scanner"
	"go/token"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/exercise"
	"example.com/bookapi/workshop/internal/starter"
)

// A state is what a learner's file may be like in the midst of writing.
type state struct {
	change func(f function) string     // the file, and "" if it is gone
	says   func(f function) (m string) // what the compiler says; nil if the file is no Go
	other  bool                        // the other functions of the file are touched, too
}

// A function is that of an exercise, with the file around it.
type function struct {
	before, doc, head, body, after string // the body without its last brace
	name                           string
}

func (f function) text() string { return f.doc + f.head + f.body + "}" }

// inBody puts lines behind the first line of the function.
func inBody(lines string) func(function) string {
	return func(f function) string { return f.before + f.doc + f.head + lines + f.body + "}" + f.after }
}

func undefinedIn(f function) string {
	return "undefined: pkg." + f.name[strings.LastIndex(f.name, ".")+1:]
}

var states = map[string]state{
	"the last brace is missing": {change: func(f function) string { return f.before + f.doc + f.head + f.body + f.after }},
	"a brace too many":          {change: inBody("\tif true {\n\t}\n}\n")},
	"a brace too few":           {change: inBody("\tif true {\n")},
	"a string is open":          {change: inBody("\tx := \"abc\n")},
	"half a call":               {change: inBody("\tx := f(\n")},
	"half a raw string":         {change: inBody("\tx := `abc\n")},
	"half a comment":            {change: inBody("\t/* abc\n")},
	"a merge conflict in it":    {change: inBody("<<<<<<< HEAD\n\tx := 1\n=======\n\tx := 2\n>>>>>>> theirs\n")},
	"a merge conflict around it": {change: func(f function) string {
		return f.before + "<<<<<<< HEAD\n" + f.text() + "\n=======\n" + f.text() + "\n>>>>>>> theirs" + f.after
	}},
	"its first line is gone": {change: func(f function) string { return f.before + f.doc + f.body + "}" + f.after }},
	"func is half typed": {change: func(f function) string {
		return f.before + f.doc + strings.Replace(f.head, "func ", "fun ", 1) + f.body + "}" + f.after
	}},
	"half of its first line": {change: func(f function) string {
		head, _, _ := strings.Cut(f.head, ")")
		return f.before + f.doc + head + "\n" + f.body + "}" + f.after
	}},
	"it is there twice": {
		change: func(f function) string { return f.before + f.text() + "\n\n" + f.text() + f.after },
		says:   func(f function) string { return f.name + " redeclared in this block" },
	},
	"it is renamed": {
		change: func(f function) string {
			return f.before + f.doc + strings.Replace(f.head, f.base()+"(", f.base()+"X(", 1) + f.body + "}" + f.after
		},
		says: undefinedIn,
	},
	"it is deleted": {
		change: func(f function) string { return strings.TrimRight(f.before, "\n") + "\n" + f.after },
		says:   undefinedIn,
	},
	"its file is deleted": {change: func(function) string { return "" }, says: undefinedIn, other: true},
	"its file is of a wrong package": {
		change: func(f function) string {
			return packageName.ReplaceAllString(f.before, "package wrong") + f.text() + f.after
		},
		says:  func(function) string { return "" },
		other: true,
	},
}

func (f function) base() string { return f.name[strings.LastIndex(f.name, ".")+1:] }

var packageName = regexp.MustCompile(`(?m)^package \w+`)

// In every state of every exercise's file, the companion points to that
// exercise, into its function; and a reset puts it back.
func TestHalfTypedCodeIsBlamedOnItsExercise(t *testing.T) {
	t.Parallel()
	const repository = "../../.."
	c, err := course.Load(repository)
	require.NoError(t, err)
	for _, s := range c.Steps {
		handedOut, err := starter.Of(s.Name)
		require.NoError(t, err)
		for _, e := range s.Exercises {
			for name, state := range states {
				t.Run(e.ID+" "+name, func(t *testing.T) {
					t.Parallel()
					root := t.TempDir()
					local := &course.Course{Root: root, Steps: c.Steps}
					s := s
					s.Dir = s.Name
					have := exercise.Files{}
					for name, text := range handedOut {
						have[name] = text
					}
					f := take(t, string(have[e.File]), e)
					text := state.change(f)
					have[e.File] = []byte(text)
					if text == "" {
						delete(have, e.File)
					}
					for name, text := range have {
						if exercise.IsCode(name) {
							coursetest.Write(t, root, path.Join(s.Name, name), string(text))
						}
					}

					file, line := path.Join(s.Dir, e.File), 0
					var says string
					if state.says != nil {
						says = state.says(f)
					} else {
						line, says = syntaxError(t, text)
					}
					switch {
					case strings.Contains(says, "redeclared"):
						line = 1 + strings.Count(f.before+f.text()+"\n\n"+f.doc, "\n")
					case strings.HasPrefix(says, "undefined"):
						file, line = path.Join(s.Dir, "x_test.go"), 7
					case says == "":
						_, pkg, _ := strings.Cut(s.Name, "-")
						file, says = "", fmt.Sprintf("found packages %s (aaa.go) and wrong (%s) in /somewhere", pkg, e.File)
					}
					blamed, place, ok := local.Blame(s, file, line, says)
					require.True(t, ok, "%s:%d: %s\n%s", file, line, says, text)
					if state.other {
						assert.Equal(t, e.File, blamed.File)
					} else {
						assert.Equal(t, e.ID, blamed.ID, "%s:%d: %s\n%s", file, line, says, text)
					}
					assert.Equal(t, path.Join(s.Dir, e.File), place.File)
					if state.says == nil {
						lines := strings.Split(text, "\n")
						first := 1 + strings.Count(f.before, "\n")
						last := len(lines) - strings.Count(f.after, "\n")
						assert.True(t, first <= place.Line && place.Line <= last, "line %d is not from %d to %d:\n%s", place.Line, first, last, text)
					}

					changed, err := exercise.Reset(s.Name, handedOut, have, e.ID)
					require.NoError(t, err, text)
					assert.Contains(t, changed, e.File)
					for name, text := range changed {
						assert.ElementsMatch(t, declarations(t, handedOut[name]), declarations(t, text), name)
					}
				})
			}
		}
	}
}

// take takes the function of an exercise out of its file.
func take(t *testing.T, text string, e course.Exercise) function {
	t.Helper()
	for _, f := range exercise.Parse([]byte(text)).Funcs {
		if f.Name != e.Func {
			continue
		}
		whole := text[f.Start:f.End]
		head := strings.Index("\n"+whole, "\nfunc ")
		body := head + strings.Index(whole[head:], "{\n") + 2
		return function{text[:f.Start], whole[:head], whole[head:body], strings.TrimSuffix(whole[body:], "}"), text[f.End:], e.Func}
	}
	require.Fail(t, "no "+e.Func)
	return function{}
}

// syntaxError is the first that the parser finds.
func syntaxError(t *testing.T, text string) (line int, message string) {
	t.Helper()
	_, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
	var list scanner.ErrorList
	require.ErrorAs(t, err, &list, text)
	return list[0].Pos.Line, "syntax error: " + list[0].Msg
}

func declarations(t *testing.T, src []byte) []string {
	t.Helper()
	all, err := exercise.Declarations(src)
	require.NoError(t, err)
	texts := []string{string(packageName.Find(src))}
	for _, d := range all {
		texts = append(texts, d.Text)
	}
	return texts
}

// An import stands in no function. It is that of the exercise in its file, if that is
// the only one there.
func TestAnUnusedImportIsBlamedOnTheExerciseOfItsFile(t *testing.T) {
	t.Parallel()
	c, err := course.Load("../../..")
	require.NoError(t, err)
	step := c.Steps[0]
	step.Dir = step.Name
	for file, want := range map[string]string{"signup.go": "1.4", "password.go": "", "common.go": ""} {
		file := path.Join(step.Dir, file)
		blamed, place, ok := c.Blame(step, file, 3, `"os" imported and not used`)
		assert.Equal(t, want, blamed.ID, file)
		assert.Equal(t, want != "", ok, file)
		if ok {
			assert.Equal(t, course.Place{File: file, Line: 3}, place)
		}
	}
}
