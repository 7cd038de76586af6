package flaw_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/flaw"
	"example.com/bookapi/workshop/internal/flaw/flawtest"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	patches, err := flaw.Load(filepath.Join(flawtest.Repo(t), "workshop"), "workshop")
	require.NoError(t, err)
	var ids []string
	for _, p := range patches {
		assert.Empty(t, p.Incomplete(), p.File)
		ids = append(ids, p.ID())
	}
	assert.Equal(t, []string{"step1-door/no-key-is-a-key", "step1-door/two-negatives", "step2-house/everybody-is-ada"}, ids)

	p := patches[0]
	assert.Equal(t, "workshop/flaws/step1-door/no-key-is-a-key.patch", p.File)
	assert.False(t, p.Alternative)
	assert.Equal(t, "A forgotten key opens", p.Title)
	assert.Equal(t, "CWE-287", p.CWE)
	assert.Equal(t, "ASVS 5.0 6.3.3", p.Breaks)
	assert.Equal(t, "1.1", p.Exercise)
	assert.Equal(t, flaw.Test{Step: "step1-door", Name: "TestOpensForNobodyElse/no_key"}, p.CaughtBy)
	assert.Equal(t, "ATTACK SUCCEEDED: mallory got in with … key", p.Message)
	assert.Equal(t, "many a door", p.Precedent)
	assert.Equal(t, []string{"mallory can greet ada", "mallory can come in without a key", "mallory can take ada's key away", "mallory can lock ada out"}, p.Choices)
	assert.Equal(t, 1, p.Answer)
	assert.Equal(t, "Whoever forgot the key is let in, and mallory forgets it on purpose.", p.Story)
	assert.True(t, strings.HasPrefix(p.Diff, "--- a/step1-door/door.go\n"), p.Diff)
	assert.Equal(t, []string{"step1-door/door.go"}, p.Paths())

	assert.True(t, patches[1].Alternative)
	assert.Equal(t, "logic", patches[1].AllowedBy)
}

func TestParseTakesABareDiff(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"as diff -u makes it":                       opens("true"),
		"as git diff makes it":                      "diff --git a/step1-door/door.go b/step1-door/door.go\nindex 1234567..89abcde 100644\n" + opens("true"),
		"as git diff makes it in the root":          strings.ReplaceAll(opens("true"), "step1-door/door.go", "solutions/step1-door/door.go"),
		"with the ends of lines that Windows likes": strings.ReplaceAll(opens("true"), "\n", "\r\n"),
		"without the spaces that editors take away": strings.ReplaceAll(opens("true"), "\n \n", "\n\n"),
	} {
		t.Run(name, func(t *testing.T) {
			p, err := flaw.Parse("mine.patch", []byte(text))
			require.NoError(t, err)
			assert.Equal(t, "mine", p.Name)
			assert.Equal(t, "step1-door", p.Step)
			assert.False(t, p.Alternative)
			assert.Equal(t, []string{"step1-door/door.go"}, p.Paths())
			root := filepath.Join(flawtest.Repo(t), "solutions")
			files, err := p.Apply(root)
			require.NoError(t, err)
			assert.Contains(t, string(files[filepath.Join(root, "step1-door", "door.go")]), "\treturn true\n}\n\n// Greet")
		})
	}
}

func TestParseSaysWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	const choices = "Choices:\n- a\n* b\n- c\n- d\n"
	for text, want := range map[string]string{
		"Title: x\n":                                                                 `x.patch:2: there is no diff: it begins with the lines "--- a/step..." and "+++ b/step..."`,
		"Tilte: x\n\n" + opens("true"):                                               `x.patch:1: there is no header "Tilte": it is one of Title, CWE, `,
		"Title: x\nCWE\n\n" + opens("true"):                                          `x.patch:2: "CWE" is no header line: write "Key: value", and a blank line before the story`,
		"CWE:\n\n" + opens("true"):                                                   `x.patch:1: CWE: has no value`,
		"CWE: 347\n\n" + opens("true"):                                               `x.patch:1: CWE: is one number, like CWE-347`,
		"Title: a\nTitle: b\n" + opens("true"):                                       `x.patch:2: Title: is there twice: line 1 has it`,
		"Exercise: 1\n\n" + opens("true"):                                            `x.patch:1: Exercise: looks like 3.2`,
		"Exercise: 2.1\n\n" + opens("true"):                                          `x.patch:1: exercise 2.1 is not one of step1-door`,
		"Caught-by: Opens\n\n" + opens("true"):                                       `x.patch:1: Caught-by: names a test, like TestVerify or step3-protect:TestVerify/alg_none`,
		"Choices: a\n\n" + opens("true"):                                             `x.patch:1: the choices stand on lines of their own`,
		"- a\n\n" + opens("true"):                                                    `x.patch:1: "- a" is no header line`,
		"Choices:\n- a\n* b\n\n" + opens("true"):                                     `x.patch:1: there are four choices, and "* " begins the right one`,
		strings.Replace(choices, "* ", "- ", 1) + "\n" + opens("true"):               `x.patch:1: there are four choices, and "* " begins the right one`,
		strings.Replace(choices, "- d", "* d", 1) + "\n" + opens("true"):             `x.patch:5: a second right answer: line 3 has one`,
		"Title: x\n\n" + strings.Replace(opens("true"), "@@ -3,7", "@@ -3,8", 1):     `the diff: fragment header miscounts lines: -1 old, +0 new`,
		"Title: x\n\n" + strings.Replace(opens("true"), "-\treturn", "=\treturn", 1): `x.patch:9: the diff: invalid line operation: '='`,
		strings.ReplaceAll(opens("true"), "door.go", "door_test.go"):                 `x.patch:1: the diff: step1-door/door_test.go: a patch may not change the tests that judge it`,
		strings.ReplaceAll(opens("true"), "step1-door/door.go", "../door.go"):        `x.patch:1: the diff: ../door.go: paths count from the solutions' folder`,
		strings.ReplaceAll(opens("true"), "step1-door/door.go", "doors/door.go"):     `x.patch:3: doors/door.go is not a file of a step`,
		"diff --git a/step1-door/door.go b/step1-door/gate.go\nsimilarity index 100%\nrename from step1-door/door.go\nrename to step1-door/gate.go\n": `x.patch:1: the diff: step1-door/gate.go: change, add or delete text files`,
		"--- a/step1-door/door.go\n+++ b/step1-door/door.go\n@@ -6,0 +7,1 @@\n+\tpanic(1)\n":                                                          `shows no line of the file, so there is no telling where it belongs: give it context`,
	} {
		_, err := flaw.Parse("x.patch", []byte(text))
		if assert.Error(t, err, text) {
			assert.Contains(t, err.Error(), want, text)
		}
	}
}

func TestApplyFindsLinesThatHaveMoved(t *testing.T) {
	t.Parallel()
	root := filepath.Join(flawtest.Repo(t), "solutions")
	door := filepath.Join(root, "step1-door", "door.go")
	moved := strings.Replace(opens("true"), "@@ -3,7 +3,7 @@", "@@ -103,7 +93,7 @@", 1)
	p, err := flaw.Parse("x.patch", []byte(moved+greets("name")))
	require.NoError(t, err)
	files, err := p.Apply(root)
	require.NoError(t, err)
	assert.Contains(t, string(files[door]), "\treturn true\n}\n\n// Greet says hello.\nfunc Greet(name string) string {\n\t// Exercise 1.2: be kind.\n\treturn name\n")
}

func TestApplyDoesNotGuess(t *testing.T) {
	t.Parallel()
	root := filepath.Join(flawtest.Repo(t), "solutions")
	for name, test := range map[string]struct{ diff, want string }{
		"two places": {
			"--- a/step1-door/door.go\n+++ b/step1-door/door.go\n@@ -1,1 +1,1 @@\n-}\n+} // end\n",
			"x.patch:3: does not apply: step1-door/door.go: the lines of the hunk stand at lines 7 and 13, and not where it says, 1: give it more context",
		},
		"no place, in the second hunk": {
			opens("true") + strings.Replace(greets("name"), "be kind", "be rude", 1),
			`x.patch:12: does not apply: step1-door/door.go: line 11 is "\t// Exercise 1.2: be kind.", and the patch has "\t// Exercise 1.2: be rude." there`,
		},
		"behind the end": {
			"--- a/step1-door/door.go\n+++ b/step1-door/door.go\n@@ -13,2 +13,1 @@\n }\n-// the end\n",
			"x.patch:3: does not apply: step1-door/door.go: the file ends before line 14",
		},
		"no such file": {
			strings.ReplaceAll(opens("true"), "door.go", "gate.go"),
			"x.patch:3: does not apply: the solutions have no step1-door/gate.go",
		},
		"a new file that is there": {
			"--- /dev/null\n+++ b/step1-door/door.go\n@@ -0,0 +1,1 @@\n+package door\n",
			"x.patch:3: does not apply: step1-door/door.go is there already",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := flaw.Parse("x.patch", []byte(test.diff))
			require.NoError(t, err)
			_, err = p.Apply(root)
			assert.EqualError(t, err, test.want)
		})
	}
}

func TestIncompleteNamesWhatTheGalleryMisses(t *testing.T) {
	t.Parallel()
	p, err := flaw.Parse("flaws/My_own.patch", []byte(opens("true")))
	require.NoError(t, err)
	assert.Equal(t, []string{
		"its place is flaws/step1-door/My_own.patch",
		"name the file by what is wrong, or unusual: two to six words in lower case, with hyphens",
		"Title: is missing",
		"Exercise: is missing",
		"the story is missing, between the header and the diff",
		"CWE: is missing",
		"Breaks: is missing",
		"Caught-by: is missing",
		"Message: is missing",
		"Choices: is missing",
	}, p.Incomplete())

	for name, fine := range map[string]bool{"no-key": true, "hs512-in-place-of-hs256-twice": true, "key": false, "one-two-three-four-five-six-seven": false, "no--key": false} {
		p, err = flaw.Parse("flaws/step1-door/"+name+".patch", []byte(opens("true")))
		require.NoError(t, err)
		assert.Equal(t, !fine, strings.HasPrefix(p.Incomplete()[0], "name the file"), name)
	}

	p, err = flaw.Parse("alternatives/step1-door/no-key.patch", []byte("Title: x\nCWE: CWE-1\nExercise: 1.1\n\nWhy.\n\n"+opens("true")))
	require.NoError(t, err)
	assert.Equal(t, []string{"an alternative has Title, Exercise and Allowed-by alone"}, p.Incomplete())
}

func TestWhatTheCourseDoesNotHaveIsRefused(t *testing.T) {
	t.Parallel()
	c, err := course.Load(flawtest.Repo(t))
	require.NoError(t, err)
	for text, want := range map[string]string{
		strings.ReplaceAll(opens("true"), "step1-door", "step3-roof"):         "x.patch: the course has no step step3-roof",
		"Exercise: 1.9\n\n" + opens("true"):                                   "x.patch: step1-door has no exercise 1.9",
		"Caught-by: TestOpen\n\n" + opens("true"):                             "x.patch: Caught-by: step1-door has no test TestOpen",
		"Caught-by: step3-roof:TestOpensForAda\n\n" + opens("true"):           "x.patch: Caught-by: step3-roof has no test TestOpensForAda",
		opens("true") + strings.ReplaceAll(opens("true"), "1-door", "3-roof"): "x.patch: step3-roof/door.go is not a file of a step",
	} {
		p, err := flaw.Parse("x.patch", []byte(text))
		require.NoError(t, err)
		assert.EqualError(t, p.Fits(c), want)
		judge, err := flaw.NewJudge(t.Context(), c, []*flaw.Patch{p})
		require.NoError(t, err)
		v, err := judge.Judge(t.Context(), p)
		require.NoError(t, err)
		assert.Equal(t, want, v.Why)
		assert.False(t, v.OK)
	}
}

func TestIndex(t *testing.T) {
	t.Parallel()
	root := flawtest.Repo(t)
	c, err := course.Load(root)
	require.NoError(t, err)
	patches, err := flaw.Load(filepath.Join(root, "workshop"), "workshop")
	require.NoError(t, err)
	patches[0].Title = "Any *key | none*"
	index, err := flaw.Index(c, patches)
	require.NoError(t, err)
	for _, want := range []string{
		"with 2 flaws and 1 alternatives:",
		"\n## Step 1\n\nA door: [the lesson](../../step1-door/README.md)\n\n| exercise | flaw | | weakness | caught by |\n|---|---|---|---|---|\n" +
			"| 1.1 | [no-key-is-a-key](step1-door/no-key-is-a-key.patch) | Any \\*key \\| none\\* | CWE-287 | `TestOpensForNobodyElse/no_key` |\n\n",
		"| 1.1 | [two-negatives](../alternatives/step1-door/two-negatives.patch) | Two negatives | logic |\n\n## Step 2\n",
		"| [CWE-306](https://cwe.mitre.org/data/definitions/306.html) Missing Authentication for Critical Function | [everybody-is-ada](step2-house/everybody-is-ada.patch) |\n",
	} {
		assert.Contains(t, string(index), want)
	}
}
