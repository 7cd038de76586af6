package codediff_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/codediff"
)

const reference = `// VerifyPassword reports whether plaintext is the password behind hash.
func VerifyPassword(plaintext, hash string) bool {
	// Exercise 1.2: compare the two.
	//
	// bcrypt knows how.
	if hashable(plaintext) != nil {
		return false
	}
	return bcrypt.CompareHashAndPassword([]byte(hash), []byte(plaintext)) == nil // in this order
}`

// yours is the reference with a line changed.
func yours(old, replacement string) string { return strings.Replace(reference, old, replacement, 1) }

func TestTheFirstDifferenceIsSaidInWords(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		yours string
		want  []string
	}{
		"the same":              {reference, []string{"Your code is the reference's, to the letter."}},
		"other comments":        {yours(" // in this order", ""), []string{"Your code is the reference's, to the letter."}},
		"the exercise deleted":  {yours("\t// Exercise 1.2: compare the two.\n\t//\n\t// bcrypt knows how.\n", ""), []string{"Your code is the reference's, to the letter."}},
		"line ends of Windows":  {strings.ReplaceAll(reference, "\n", "\r\n"), []string{"Your code is the reference's, to the letter."}},
		"not as gofmt has it":   {yours("if hashable(", "if  hashable( "), []string{"Your code is the reference's, to the letter."}},
		"another line":          {yours("!= nil {", "== nil {"), []string{"In line 45 you have `if hashable(plaintext) == nil {`, and the reference `if hashable(plaintext) != nil {`."}},
		"a line more":           {yours("\treturn bcrypt", "\tprintln(hash)\n\treturn bcrypt"), []string{"In line 48 you have `println(hash)`, and the reference nothing like it."}},
		"lines less":            {yours("\tif hashable(plaintext) != nil {\n\t\treturn false\n\t}\n", ""), []string{"Before line 45 the reference has `if hashable(plaintext) != nil {`, and you nothing like it.", "The reference calls hashable; you do not."}},
		"something else called": {yours("hashable(plaintext) != nil", "strings.TrimSpace(plaintext) == string(rune(0))"), []string{"In line 45 you have `if strings.TrimSpace(plaintext) == string(rune(0)) {`, and the reference `if hashable(plaintext) != nil {`.", "The reference calls hashable; you do not.", "You call strings.TrimSpace; the reference does not."}},
		"no Go":                 {yours("return false", "return ("), []string{"Yours cannot be read as Go.", "In line 46 you have `return (`, and the reference `return false`."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := codediff.Compare(test.yours, reference, 40)
			require.Len(t, d.Words[:min(len(d.Words), len(test.want))], len(test.want), d.Words)
			for i, want := range test.want {
				assert.Contains(t, d.Words[i], want)
			}
			assert.Equal(t, strings.Contains(d.Words[0], "to the letter"), d.Lines == nil)
		})
	}
}

func TestTheLinesLeaveOutWhatPosesTheExercise(t *testing.T) {
	t.Parallel()
	d := codediff.Compare(yours("return false", "return true"), reference, 1)
	var text strings.Builder
	for _, l := range d.Lines {
		text.WriteString([]string{" ", "-", "+"}[l.Kind] + l.Text + "\n")
	}
	assert.Equal(t, ` func VerifyPassword(plaintext, hash string) bool {
 	if hashable(plaintext) != nil {
-		return true
+		return false
 	}
 	return bcrypt.CompareHashAndPassword([]byte(hash), []byte(plaintext)) == nil // in this order
 }
`, text.String())
}

func TestManyCallsAreCutShort(t *testing.T) {
	t.Parallel()
	d := codediff.Compare("func f(w W) { w.a(); g() }", "func f(w W) { a.A(); b.B(); c.C(); d.D(); e.E(); f.F(w); len(w); W(w) }", 1)
	assert.Equal(t, "The reference calls a.A, b.B, c.C, d.D and 3 more; you do not.", d.Words[1])
	assert.Equal(t, "You call a and g; the reference does not.", d.Words[2])
}

func TestHelpersAreFoundThroughOneAnother(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return filepath.Dir(file)
	}
	ref := write("ref/a.go", `package p

func F() int { return one() + given(x.helper) }

// one is the first.
func one() int { return two }

var (
	// two is the second.
	two = len(three{})
	four = 4
)

type three []int

func given(int) int { return four }

func helper() {}
`)
	write("ref/a_test.go", "package p\n\nfunc two() {}\n")
	own := write("own/a.go", "package p\n\nfunc F() int { return 0 }\n\nfunc given(int) int { return 4 }\n")

	helpers := codediff.Helpers([]string{"func F() int { return one() + given(x.helper) }"}, ref, own)
	require.Len(t, helpers, 3)
	assert.Equal(t, codediff.Helper{Name: "one", File: "a.go", Line: 6, Text: "// one is the first.\nfunc one() int { return two }"}, helpers[0])
	assert.Equal(t, "// two is the second.\nvar two = len(three{})", helpers[1].Text)
	assert.Equal(t, "type three []int", helpers[2].Text)
	assert.Empty(t, codediff.Helpers([]string{"func G() {}"}, "nowhere", own))
}
