package gofunc_test

import (
	"go/format"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/gofunc"
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

var names = map[string]string{"crypto/sha256": "sha256", "errors": "errors", "golang.org/x/crypto/bcrypt": "bcrypt"}

func text(t *testing.T, src string, want gofunc.Wanted) string {
	t.Helper()
	f, ok := gofunc.Find([]byte(src), want)
	require.True(t, ok)
	doc, _, _ := strings.Cut(src[f.Start:f.End], "func ")
	assert.Equal(t, 1+strings.Count(src[:f.Start]+doc, "\n"), f.Line)
	return src[f.Start:f.End]
}

const open = `// Open opens the till.
func (t *Till) Open(password string) bool { // quickly
	// Exercise 1.2: compare.
	return bcrypt.CompareHashAndPassword(nil, []byte(password)) == nil
} // open`

func TestAFunctionIsFoundWithItsComments(t *testing.T) {
	t.Parallel()
	assert.Equal(t, open, text(t, source, gofunc.Wanted{Name: "Till.Open", Exercise: "1.2"}))
	assert.True(t, strings.HasPrefix(text(t, source, gofunc.Wanted{Name: "mine"}), "func mine() any {"))
	_, ok := gofunc.Find([]byte(source), gofunc.Wanted{Name: "Open", Exercise: "9.9"})
	assert.False(t, ok, "a method has the name of its type before it")
}

func TestARenamedFunctionIsFoundByItsExercise(t *testing.T) {
	t.Parallel()
	renamed := strings.Replace(source, ") Open(", ") Unlock(", 1)
	want := gofunc.Wanted{Name: "Till.Open", Exercise: "1.2"}
	assert.Equal(t, strings.Replace(open, ") Open(", ") Unlock(", 1), text(t, renamed, want))
	want.Others = []string{"Till.Unlock"}
	_, ok := gofunc.Find([]byte(renamed), want)
	assert.False(t, ok, "that is somebody else's function")
}

func TestTheNameCountsMoreThanTheComment(t *testing.T) {
	t.Parallel()
	both := source + "\nfunc Old() {\n\t// Exercise 1.1: what it was.\n}\n"
	assert.True(t, strings.HasPrefix(text(t, both, gofunc.Wanted{Name: "Price", Exercise: "1.1"}), "// Price"))
	both = strings.Replace(both, "func Old", "func Price", 1)
	both = strings.Replace(both, "func Price(of", "func Older(of", 1)
	assert.True(t, strings.HasPrefix(text(t, both, gofunc.Wanted{Name: "Price", Exercise: "1.1"}), "func Price() {"))
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
				for _, want := range []gofunc.Wanted{{Name: "Till.Open"}, {Name: "Gone", Exercise: "1.2"}} {
					f, ok := gofunc.Find([]byte(src), want)
					require.True(t, ok)
					assert.Equal(t, strings.ReplaceAll(test.want, "\n", end), src[f.Start:f.End])
					assert.Equal(t, "Till.Open", f.Name)
				}
			}
		})
	}
	one := "package p\n\nfunc f( {\n}\n\nfunc Gone() int { return 1 }\n\nfunc g() {}\n"
	f, ok := gofunc.Find([]byte(one), gofunc.Wanted{Name: "Gone"})
	require.True(t, ok)
	assert.Equal(t, "func Gone() int { return 1 }", one[f.Start:f.End])
}

func TestPutKeepsEveryOtherByte(t *testing.T) {
	t.Parallel()
	stub := gofunc.Stub{Text: "// Open opens.\nfunc (t *Till) Open(string) bool {\n\treturn false\n}"}
	for _, end := range []string{"\n", "\r\n"} {
		src := strings.ReplaceAll(source, "\n", end)
		f, ok := gofunc.Find([]byte(src), gofunc.Wanted{Name: "Till.Open"})
		require.True(t, ok)
		before, after, _ := strings.Cut(src, strings.ReplaceAll(open, "\n", end))
		assert.Equal(t, before+strings.ReplaceAll(stub.Text, "\n", end)+after, string(gofunc.Put([]byte(src), f, stub)))
	}
	assert.Equal(t, "package shop\n\n"+stub.Text+"\n", string(gofunc.Put([]byte("package shop"), gofunc.Func{}, stub)))
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
				got, err := gofunc.FixImports([]byte(crlf(head+body)), names, nil)
				require.NoError(t, err)
				assert.Equal(t, crlf(want+body), string(got))
			}
			got, err := gofunc.FixImports([]byte(head+body), names, nil)
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
	got, err := gofunc.FixImports([]byte(hidden), names, nil)
	require.NoError(t, err)
	assert.NotContains(t, string(got), "import")

	for name, src := range map[string]string{
		"used in a key":   "package p\n\nimport \"errors\"\n\nvar m = unknown.Map{errors.New(`x`): 1}\n",
		"used in a type":  "package p\n\nimport \"errors\"\n\ntype t struct{ errors.X }\n",
		"blank":           "package p\n\nimport _ \"errors\"\n",
		"all its names":   "package p\n\nimport . \"errors\"\n",
		"name not known":  "package p\n\nimport \"example.com/unknown\"\n",
		"embed":           "package p\n\nimport _ \"embed\"\n\n//go:embed x\nvar x string\n",
		"a generic index": "package p\n\nimport \"errors\"\n\nvar x = f[errors.X]()\n",
	} {
		got, err := gofunc.FixImports([]byte(src), names, nil)
		require.NoError(t, err)
		assert.Equal(t, src, string(got), name)
	}
}

func TestWhatAStubNeedsIsImported(t *testing.T) {
	t.Parallel()
	stubs, err := gofunc.Stubs([]byte(source), names, "Till.Open", "mine")
	require.NoError(t, err)
	require.Len(t, stubs, 2)
	assert.Equal(t, []gofunc.Import{{Path: "golang.org/x/crypto/bcrypt"}}, stubs[0].Imports)
	assert.Equal(t, []gofunc.Import{{Path: "crypto/sha256"}, {Path: "example.com/bookapi/step2-token", Name: "token"}}, stubs[1].Imports)

	fix := func(head string) (string, error) {
		src := gofunc.Put([]byte(head), gofunc.Func{}, stubs[1])
		got, err := gofunc.FixImports(src, names, stubs[1].Imports)
		return strings.TrimSuffix(string(got), stubs[1].Text+"\n"), err
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
