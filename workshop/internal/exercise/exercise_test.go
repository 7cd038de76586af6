package exercise_test

import (
	"go/format"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/exercise"
)

const source = `// Package shop is an example.
package shop

import (
	"crypto/sha256"
	"errors"

	"golang.org/x/crypto/bcrypt"

	token "example.com/bookapi/step2-token"
)

// Price tells the price.
func Price(of string) (int, error) {
	// Exercise 1.1: look it up.
	if of == "" {
		return 0, errors.New("of what?")
	}
	return len(of), nil
}

// Till holds money.
type Till struct{}

// Open opens the till.
func (t *Till) Open(password string) bool { // quickly
	// Exercise 1.2: compare.
	return bcrypt.CompareHashAndPassword(nil, []byte(password)) == nil
} // open

func mine() any { return []any{sha256.New(), token.Claims{}} }
`

func find(src string, want exercise.Wanted) (exercise.Place, bool) {
	places := exercise.Files{"shop.go": []byte(src)}.Source(".").Find(want)
	if len(places) == 0 {
		return exercise.Place{}, false
	}
	return places[0], true
}

func text(t *testing.T, src string, want exercise.Wanted) string {
	t.Helper()
	f, ok := find(src, want)
	require.True(t, ok)
	doc, _, _ := strings.Cut(src[f.Start:f.End], "func ")
	assert.Equal(t, 1+strings.Count(src[:f.Start], "\n"), f.First)
	assert.Equal(t, 1+strings.Count(src[:f.Start]+doc, "\n"), f.Line)
	assert.Equal(t, 1+strings.Count(src[:f.End], "\n"), f.Last)
	return src[f.Start:f.End]
}

const open = `// Open opens the till.
func (t *Till) Open(password string) bool { // quickly
	// Exercise 1.2: compare.
	return bcrypt.CompareHashAndPassword(nil, []byte(password)) == nil
} // open`

func TestAFunctionIsFoundWithItsComments(t *testing.T) {
	t.Parallel()
	assert.Equal(t, open, text(t, source, exercise.Wanted{Name: "Till.Open", ID: "1.2"}))
	assert.True(t, strings.HasPrefix(text(t, source, exercise.Wanted{Name: "mine"}), "func mine() any {"))
	_, ok := find(source, exercise.Wanted{Name: "Open", ID: "9.9"})
	assert.False(t, ok, "a method has the name of its type before it")
}

func TestARenamedFunctionIsFoundByItsExercise(t *testing.T) {
	t.Parallel()
	renamed := strings.Replace(source, ") Open(", ") Unlock(", 1)
	want := exercise.Wanted{Name: "Till.Open", ID: "1.2"}
	assert.Equal(t, strings.Replace(open, ") Open(", ") Unlock(", 1), text(t, renamed, want))
	want.Others = []string{"Till.Unlock"}
	_, ok := find(renamed, want)
	assert.False(t, ok, "that is somebody else's function")
}

func TestTheNameCountsMoreThanTheComment(t *testing.T) {
	t.Parallel()
	both := source + "\nfunc Old() {\n\t// Exercise 1.1: what it was.\n}\n"
	assert.True(t, strings.HasPrefix(text(t, both, exercise.Wanted{Name: "Price", ID: "1.1"}), "// Price"))
	both = strings.Replace(both, "func Old", "func Price", 1)
	both = strings.Replace(both, "func Price(of", "func Older(of", 1)
	assert.True(t, strings.HasPrefix(text(t, both, exercise.Wanted{Name: "Price", ID: "1.1"}), "func Price() {"))
}

func TestBrokenSourceIsReadByItsLines(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ old, replacement, want string }{
		"broken inside":       {"return bcrypt.", "return ((bcrypt.", strings.Replace(open, "return bcrypt.", "return ((bcrypt.", 1)},
		"broken elsewhere":    {"return len(of), nil", "return ((", open},
		"the last brace gone": {"\n} // open", "", strings.TrimSuffix(open, "\n} // open")},
		"an earlier one gone": {"return len(of), nil\n}", "return len(of), nil", open},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, end := range []string{"\n", "\r\n"} {
				src := strings.ReplaceAll(strings.Replace(source, test.old, test.replacement, 1), "\n", end)
				for _, want := range []exercise.Wanted{{Name: "Till.Open"}, {Name: "Gone", ID: "1.2"}} {
					f, ok := find(src, want)
					require.True(t, ok)
					assert.Equal(t, strings.ReplaceAll(test.want, "\n", end), src[f.Start:f.End])
					assert.Equal(t, "Till.Open", f.Name)
				}
			}
		})
	}
	one := "package p\n\nfunc f( {\n}\n\nfunc Gone() int { return 1 }\n\nfunc g() {}\n"
	f, ok := find(one, exercise.Wanted{Name: "Gone"})
	require.True(t, ok)
	assert.Equal(t, "func Gone() int { return 1 }", one[f.Start:f.End])
}

func TestImportsFollowTheCode(t *testing.T) {
	t.Parallel()
	const head, tail = "package p\n\nimport (\n\t\"errors\"\n\n\t\"golang.org/x/crypto/bcrypt\" // slow\n\n\ttoken \"example.com/bookapi/step2-token\"\n)\n\n", "var _ = 1\n"
	uses := map[string]string{
		"errors": "var a = errors.New(`x`)\n", "bcrypt": "var b = bcrypt.MinCost\n", "token": "var c token.Claims\n",
	}
	for name, want := range map[string]string{
		"errors bcrypt token": head,
		"errors token":        "package p\n\nimport (\n\t\"errors\"\n\n\ttoken \"example.com/bookapi/step2-token\"\n)\n\n",
		"errors bcrypt":       "package p\n\nimport (\n\t\"errors\"\n\n\t\"golang.org/x/crypto/bcrypt\" // slow\n)\n\n",
		"token":               "package p\n\nimport (\n\ttoken \"example.com/bookapi/step2-token\"\n)\n\n",
		"errors":              "package p\n\nimport (\n\t\"errors\"\n)\n\n",
		"":                    "package p\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := tail
			for _, used := range strings.Fields(name) {
				body += uses[used]
			}
			for _, end := range []string{"\n", "\r\n"} {
				crlf := func(s string) string { return strings.ReplaceAll(s, "\n", end) }
				got, err := exercise.FixImports([]byte(crlf(head+body)), nil)
				require.NoError(t, err)
				assert.Equal(t, crlf(want+body), string(got))
			}
			got, err := exercise.FixImports([]byte(head+body), nil)
			require.NoError(t, err)
			formatted, err := format.Source(got)
			require.NoError(t, err)
			assert.Equal(t, string(formatted), string(got), "as gofmt has it")
		})
	}
}

func TestAnImportIsNotTakenForSomethingNearer(t *testing.T) {
	t.Parallel()
	const hidden = "package p\n\nimport \"errors\"\n\nfunc f(errors struct{ New int }) int { return errors.New }\n"
	got, err := exercise.FixImports([]byte(hidden), nil)
	require.NoError(t, err)
	assert.NotContains(t, string(got), "import")

	for name, src := range map[string]string{
		"used in a key":   "package p\n\nimport \"errors\"\n\nvar m = unknown.Map{errors.New(`x`): 1}\n",
		"used in a type":  "package p\n\nimport \"errors\"\n\ntype t struct{ errors.X }\n",
		"blank":           "package p\n\nimport _ \"errors\"\n",
		"all its names":   "package p\n\nimport . \"errors\"\n",
		"a version":       "package p\n\nimport \"math/rand/v2\"\n\nvar x = rand.Int()\n",
		"a word of it":    "package p\n\nimport \"example.com/go-udiff\"\n\nvar x = udiff.Lines\n",
		"dots in it":      "package p\n\nimport \"example.com/yaml.v3\"\n\nvar x = yaml.Node{}\n",
		"a step":          "package p\n\nimport \"example.com/bookapi/step2-token\"\n\nvar x token.Claims\n",
		"embed":           "package p\n\nimport _ \"embed\"\n\n//go:embed x\nvar x string\n",
		"a generic index": "package p\n\nimport \"errors\"\n\nvar x = f[errors.X]()\n",
	} {
		got, err := exercise.FixImports([]byte(src), nil)
		require.NoError(t, err)
		assert.Equal(t, src, string(got), name)
	}
}

func TestADeclarationKnowsItsImports(t *testing.T) {
	t.Parallel()
	all, err := exercise.Declarations([]byte(source))
	require.NoError(t, err)
	var names [][]string
	for _, d := range all {
		names = append(names, d.Names)
	}
	assert.Equal(t, [][]string{{"Price"}, {"Till"}, {"Till.Open"}, {"mine"}}, names)
	assert.Equal(t, open, all[2].Text)
	assert.Equal(t, []exercise.Import{{Path: "golang.org/x/crypto/bcrypt"}}, all[2].Imports)
	assert.Equal(t, []exercise.Import{{Path: "crypto/sha256"}, {Path: "example.com/bookapi/step2-token", Name: "token"}}, all[3].Imports)
}

func TestWhatIsNeededIsImported(t *testing.T) {
	t.Parallel()
	const mine = "func mine() any { return []any{sha256.New(), token.Claims{}} }\n"
	fix := func(head string) (string, error) {
		got, err := exercise.FixImports([]byte(head+"\n"+mine), []exercise.Import{{Path: "crypto/sha256"}, {Path: "example.com/bookapi/step2-token", Name: "token"}})
		return strings.TrimSuffix(string(got), mine), err
	}
	got, err := fix("package p\n")
	require.NoError(t, err)
	assert.Equal(t, "package p\n\nimport \"crypto/sha256\"\n\nimport token \"example.com/bookapi/step2-token\"\n\n", got)
	got, err = fix("package p\n\nimport \"errors\"\n")
	require.NoError(t, err)
	assert.Contains(t, got, "import token ")
	assert.NotContains(t, got, "errors")
	got, err = fix("package p\n\nimport (\n\t\"crypto/sha256\"\n\n\ttoken \"example.com/bookapi/step2-token\"\n)\n")
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(got, "sha256"))
	_, err = fix("package p\n\nimport token \"example.com/mine/token\"\n\nvar _ token.Mine\n")
	assert.ErrorContains(t, err, "needs that name")
}
