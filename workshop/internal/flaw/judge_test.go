package flaw_test

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/flaw"
	"example.com/bookapi/workshop/internal/flaw/flawtest"
)

func TestMain(m *testing.M) {
	// The tiny workshop has a go.work, also when these tests run without theirs.
	_ = os.Unsetenv("GOWORK")
	m.Run()
}

// opens is a diff in which Opens returns another expression, and its file has
// more declarations.
func opens(expression string) string {
	return `--- a/step1-door/door.go
+++ b/step1-door/door.go
@@ -3,7 +3,7 @@
 // Opens reports whether a key opens the door.
 func Opens(key string) bool {
 	// Exercise 1.1: for Ada alone.
-	return key == "ada's"
+	return ` + expression + `
 }
 
 // Greet says hello.
`
}

// greets is one hunk more, in which Greet returns another expression.
func greets(expression string) string {
	return `@@ -10,4 +10,4 @@
 func Greet(name string) string {
 	// Exercise 1.2: be kind.
-	return "hello " + name
+	return ` + expression + `
 }
`
}

const header = `Title: The door opens for another
Exercise: 1.1
Caught-by: TestOpensForNobodyElse
Message: ATTACK SUCCEEDED: mallory got in with … key

A story.

`

func TestJudge(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		file, text string
		ok         bool
		by         string // the test that decided
		why        string // contained in Why
	}{
		"caught": {
			"flaws/step1-door/a.patch", header + opens(`key == "ada's" || key == "no key"`), true,
			"step1-door:TestOpensForNobodyElse/no_key", "",
		},
		"caught by the subtest that is named": {
			"flaws/step1-door/a.patch", "Caught-by: TestOpensForNobodyElse/no key\n\n" + opens(`key != "mallory's"`), true,
			"step1-door:TestOpensForNobodyElse/no_key", "",
		},
		"caught by a test of another step": {
			"flaws/step1-door/a.patch", "Caught-by: step2-house:TestEnter\nMessage: the key \"\"\n\n" + opens(`key == "ada's" || key == ""`), true,
			"step2-house:TestEnter", "",
		},
		"caught by any test, if none is named": {
			"door.patch", opens(`true`), true,
			"step1-door:TestOpensForNobodyElse/mallory's", "",
		},
		"caught by the only test of an exercise, by an attack": {
			"flaws/step2-house/a.patch", "Exercise: 2.1\nCaught-by: TestEnter\n\n--- a/step2-house/house.go\n+++ b/step2-house/house.go\n@@ -9,1 +9,1 @@\n-\t\treturn \"stay out\"\n+\t\treturn \"come in\"\n", true,
			"step2-house:TestEnter", "",
		},
		"caught, while one of the honest tests fails as well": {
			"flaws/step1-door/a.patch", "Exercise: 1.1\nCaught-by: TestOpensForNoCapitals\n\n" + opens(`key == "ada's" || key == "ADA'S"`), true,
			"step1-door:TestOpensForNoCapitals", "",
		},
		"does not apply": {
			"flaws/step1-door/a.patch", header + "--- a/step1-door/door.go\n+++ b/step1-door/door.go\n@@ -6,1 +6,1 @@\n-\treturn key == \"bob's\"\n+\treturn true\n", false,
			"", `flaws/step1-door/a.patch:10: does not apply: step1-door/door.go: line 6 is "\treturn key == \"ada's\"", and the patch has "\treturn key == \"bob's\"" there`,
		},
		"does not build": {
			"flaws/step1-door/a.patch", header + opens(`key`), false,
			"", "it does not build, or go vet objects: step1-door/door.go:6: cannot use key",
		},
		"does not vet": {
			"flaws/step1-door/a.patch", header + opens(`key == "ada's" || key == "ada's"`), false,
			"", "it does not build, or go vet objects: step1-door/door.go:6: redundant or: ",
		},
		"does not build in a program": {
			"flaws/step1-door/a.patch", header + opens(`key != "mallory's"`) + "--- a/step1-door/cmd/door/main.go\n+++ b/step1-door/cmd/door/main.go\n@@ -5,1 +5,1 @@\n-func main() { println(door.Opens(\"ada's\")) }\n+func main() { door.Close() }\n", false,
			"", "it does not build, or go vet objects: step1-door/cmd/door/main.go:5: undefined: door.Close",
		},
		"not caught": {
			"flaws/step1-door/a.patch", header + opens(`key == "ada's" || key == "a picklock"`), false,
			"", "nobody notices: TestOpensForNobodyElse is green",
		},
		"caught by a test that is not named": {
			"flaws/step1-door/a.patch", "Caught-by: TestGreet\n\n" + opens(`true`), false,
			"step1-door:TestOpensForNobodyElse/mallory's", "TestGreet does not notice. step1-door:TestOpensForNobodyElse/mallory's does: ATTACK SUCCEEDED: mallory got in with mallory's",
		},
		"caught for another reason": {
			"flaws/step1-door/a.patch", header + opens(`key != "no key"`), false,
			"step1-door:TestOpensForNobodyElse/mallory's", "fails for another reason: ATTACK SUCCEEDED: mallory got in with mallory's",
		},
		"breaks the module": {
			"flaws/step1-door/a.patch", header + "--- a/step1-door/go.mod\n+++ b/step1-door/go.mod\n@@ -1,1 +1,1 @@\n-module example.test/step1-door\n+module\n", false,
			"", "The go command could not run the tests. It says:",
		},
		"panics in the test that is named": {
			"flaws/step1-door/a.patch", "Exercise: 1.2\nCaught-by: TestGreet\n\n" + "--- a/step1-door/door.go\n+++ b/step1-door/door.go\n" + greets("name[7:]"), false,
			"step1-door:TestGreet", "TestGreet fails for another reason: panic: runtime error: slice bounds out of range",
		},
		"panics": {
			"flaws/step1-door/a.patch", "Caught-by: TestOpensForNobodyElse\n\n" + opens(`key[6] == 's'`), false,
			"step1-door:TestOpensForNobodyElse", "TestOpensForNobodyElse did not run: TestOpensForAda panicked",
		},
		"locks out the honest caller": {
			"flaws/step1-door/a.patch", "Caught-by: TestOpensForNobodyElse\n\n" + opens(`key == "bob's"`), false,
			"", "it locks out the honest caller too, in exercise 1.1: TestOpensForAda: Promise broken (1.1): Ada gets in",
		},
		"locks out the honest caller of another exercise": {
			"flaws/step1-door/a.patch", "Caught-by: TestOpensForNobodyElse\n\n" + opens("true") + greets("name"), false,
			"", "it locks out the honest caller too, in exercise 1.2: TestGreet: Promise broken (1.2): Greet says hello",
		},
		"caught by a promise to another exercise": {
			"flaws/step1-door/a.patch", "Exercise: 1.1\nCaught-by: TestGreet\nMessage: Greet says hello\n\n" + opens(`key == "ada's" || key == "no key"`) + greets("name"), true,
			"step1-door:TestGreet", "",
		},
		"accepted": {
			"alternatives/step1-door/a.patch", "Title: Two negatives\n\n" + opens(`!(key != "ada's")`), true,
			"", "",
		},
		"accepted, with a new file and without an old one": {
			"alternatives/step2-house/a.patch", "Title: Another name\n\n--- a/step2-house/house.go\n+++ /dev/null\n@@ -1,12 +0,0 @@\n-package house\n-\n-import door \"example.test/step1-door\"\n-\n-// Enter says what happens to somebody with a key.\n-func Enter(key string) string {\n-\t// Exercise 2.1: ask the door.\n-\tif !door.Opens(key) {\n-\t\treturn \"stay out\"\n-\t}\n-\treturn door.Greet(\"ada\")\n-}\n--- /dev/null\n+++ b/step2-house/home.go\n@@ -0,0 +1,10 @@\n+package house\n+\n+import door \"example.test/step1-door\"\n+\n+func Enter(key string) string {\n+\tif door.Opens(key) {\n+\t\treturn door.Greet(\"ada\")\n+\t}\n+\treturn \"stay out\"\n+}\n", true,
			"", "",
		},
		"rejected by a later step": {
			"alternatives/step1-door/a.patch", "Title: No key will do\n\n" + opens(`key == "ada's" || key == ""`), false,
			"step2-house:TestEnter", "step2-house:TestEnter rejects it: ATTACK SUCCEEDED: mallory entered with the key \"\"",
		},
		"accepted by its step, and breaks the finished server": {
			"alternatives/step1-door/a.patch", "Title: Whoever has no name is you\n\n--- a/step1-door/door.go\n+++ b/step1-door/door.go\n" + greets(`map[bool]string{true: "hello you", false: "hello " + name}[name == ""]`), false,
			"step2-house:TestEnterAFinishedServer", `its own tests accept it, but the finished server breaks (step2-house:TestEnterAFinishedServer): Promise broken (2.1): the finished house greets the cat, and not with "hello you"`,
		},
		"an alternative that does not build": {
			"alternatives/step1-door/a.patch", opens(`key`), false,
			"", "it does not build, or go vet objects: step1-door/door.go:6: cannot use key",
		},
	}
	var patches []*flaw.Patch
	names := slices.Sorted(maps.Keys(tests))
	for _, name := range names {
		p, err := flaw.Parse(tests[name].file, []byte(tests[name].text))
		require.NoError(t, err)
		patches = append(patches, p)
	}
	c, err := course.Load(flawtest.Repo(t))
	require.NoError(t, err)
	judge, err := flaw.NewJudge(t.Context(), c, patches)
	require.NoError(t, err)
	defer func() { assert.NoError(t, judge.Close()) }()
	var told []*flaw.Patch
	verdicts, err := judge.All(t.Context(), patches, func(v flaw.Verdict) { told = append(told, v.Patch) })
	require.NoError(t, err)
	assert.ElementsMatch(t, patches, told)
	for i, name := range names {
		t.Run(name, func(t *testing.T) {
			test, v := tests[name], verdicts[i]
			assert.Same(t, patches[i], v.Patch)
			assert.Equal(t, test.ok, v.OK, v.Why)
			if test.by == "" {
				assert.Zero(t, v.Test)
			} else {
				assert.Equal(t, test.by, v.Test.String())
			}
			if test.why == "" {
				assert.Empty(t, v.Why)
			} else {
				assert.Contains(t, v.Why, test.why)
			}
			assert.Positive(t, v.Took)
		})
	}
}

func TestJudgeReadsACheckoutOfWindows(t *testing.T) {
	t.Parallel()
	root := flawtest.Repo(t)
	require.NoError(t, filepath.WalkDir(filepath.Join(root, "solutions"), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		return os.WriteFile(name, bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")), 0o600)
	}))
	c, err := course.Load(root)
	require.NoError(t, err)
	for name, expressions := range map[string][]string{
		"in builds of their own": {`true`},
		"in one build":           {`true`, `key != "mallory's"`, `key == "ada's" || key == "no key"`, `key == "ada's" || key == "ADA'S"`, `!(key != "ada's")`},
	} {
		var patches []*flaw.Patch
		for _, expression := range expressions {
			file := "door.patch"
			if expression == `!(key != "ada's")` {
				file = "alternatives/step1-door/a.patch"
			}
			p, err := flaw.Parse(file, []byte(opens(expression)))
			require.NoError(t, err)
			patches = append(patches, p)
		}
		judge, err := flaw.NewJudge(t.Context(), c, patches)
		require.NoError(t, err)
		verdicts, err := judge.All(t.Context(), patches, func(flaw.Verdict) {})
		require.NoError(t, err)
		for i, v := range verdicts {
			assert.True(t, v.OK, "%s, %s: %s", name, expressions[i], v.Why)
		}
		assert.NoError(t, judge.Close())
	}
}

// What a later step rejects does not take the others of its group along.
func TestAGroupIsTakenApart(t *testing.T) {
	t.Parallel()
	c, err := course.Load(flawtest.Repo(t))
	require.NoError(t, err)
	parse := func(name, diff string) *flaw.Patch {
		p, err := flaw.Parse("alternatives/step1-door/"+name+".patch", []byte(diff))
		require.NoError(t, err)
		return p
	}
	patches := []*flaw.Patch{
		parse("no-key-will-do", opens(`key == "ada's" || key == ""`)),
	}
	for _, sign := range []string{"Sign", "Bell", "Mat"} {
		patches = append(patches, parse("a-"+sign, "--- /dev/null\n+++ b/step1-door/"+sign+".go\n@@ -0,0 +1,4 @@\n+package door\n+\n+// "+sign+" is at the door.\n+const "+sign+" = \"ada\"\n"))
	}
	judge, err := flaw.NewJudge(t.Context(), c, patches)
	require.NoError(t, err)
	defer func() { assert.NoError(t, judge.Close()) }()
	verdicts, err := judge.All(t.Context(), patches, func(flaw.Verdict) {})
	require.NoError(t, err)
	assert.Same(t, patches[0], verdicts[0].Patch)
	assert.Contains(t, verdicts[0].Why, "step2-house:TestEnter rejects it")
	for i := range patches[1:] {
		assert.Same(t, patches[i+1], verdicts[i+1].Patch)
		assert.True(t, verdicts[i+1].OK, verdicts[i+1].Why)
	}
}

// What go test has cached decides only while the patch, the solutions and their
// tests are the same.
func TestAVerdictIsOfWhatIsThere(t *testing.T) {
	t.Parallel()
	root := flawtest.Repo(t)
	c, err := course.Load(root)
	require.NoError(t, err)
	accepted := func(keys string) bool {
		t.Helper()
		p, err := flaw.Parse("alternatives/step1-door/a.patch", []byte(opens(keys)))
		require.NoError(t, err)
		judge, err := flaw.NewJudge(t.Context(), c, []*flaw.Patch{p})
		require.NoError(t, err)
		defer func() { assert.NoError(t, judge.Close()) }()
		v, err := judge.Judge(t.Context(), p)
		require.NoError(t, err)
		return v.OK
	}
	const bobs, carls = `key == "ada's" || key == "bob's"`, `key == "ada's" || key == "carl's"`
	for range 2 {
		require.True(t, accepted(bobs), "no test knows of Bob")
	}
	coursetest.Replace(t, root, "solutions/step1-door/door_test.go", `"mallory's", `, `"bob's", `)
	assert.False(t, accepted(bobs), "the test has changed")
	assert.True(t, accepted(carls), "the patch is another one")
}

func TestARedSolutionJudgesNothing(t *testing.T) {
	t.Parallel()
	root := flawtest.Repo(t)
	coursetest.Replace(t, root, "solutions/step1-door/door.go", `"hello "`, `"goodbye "`)
	c, err := course.Load(root)
	require.NoError(t, err)
	p, err := flaw.Parse("x.patch", []byte(opens("true")))
	require.NoError(t, err)
	_, err = flaw.NewJudge(t.Context(), c, []*flaw.Patch{p})
	assert.ErrorContains(t, err, "the solution of step1-door is not green as it is, so its tests cannot judge a change. Look at it with: go test -C solutions ./step1-door")
}

// A flaw that only the race detector sees is judged with it, and is skipped where
// the detector does not work.
func TestAFlawThatOnlyTheRaceDetectorSees(t *testing.T) {
	root := flawtest.Repo(t)
	coursetest.Replace(t, root, "solutions/step1-door/door_test.go", "func honest(", `func TestOpensForMany(t *testing.T) {
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() { honest(t) })
	}
	all.Wait()
}

func honest(`)
	coursetest.Replace(t, root, "solutions/step1-door/door_test.go", `"testing"
`, `"sync"
	"testing"
`)
	c, err := course.Load(root)
	require.NoError(t, err)
	text := "Exercise: 1.1\nCaught-by: TestOpensForMany\nRace: true\n\n--- a/step1-door/door.go\n+++ b/step1-door/door.go\n@@ -4,5 +4,8 @@\n func Opens(key string) bool {\n \t// Exercise 1.1: for Ada alone.\n-\treturn key == \"ada's\"\n+\tlast = key\n+\treturn last == \"ada's\"\n }\n+\n+var last string\n \n"
	p, err := flaw.Parse("flaws/step1-door/last-key-shared.patch", []byte(text))
	require.NoError(t, err)
	verdict := func() flaw.Verdict {
		t.Helper()
		judge, err := flaw.NewJudge(t.Context(), c, []*flaw.Patch{p})
		require.NoError(t, err)
		defer func() { assert.NoError(t, judge.Close()) }()
		v, err := judge.Judge(t.Context(), p)
		require.NoError(t, err)
		return v
	}
	if v := verdict(); v.Skipped == "" { // it works here
		assert.True(t, v.OK, v.Why)
		assert.Equal(t, "step1-door:TestOpensForMany", v.Test.String())
	}

	t.Setenv("CGO_ENABLED", "0")
	v := verdict()
	assert.False(t, v.OK)
	assert.Empty(t, v.Why)
	assert.Equal(t, "skipped, as the race detector does not work here: it needs cgo and a C compiler", v.Skipped)
	sum := flaw.Sum([]flaw.Verdict{v})
	assert.True(t, sum.All(), "to be skipped is no failure")
	assert.Equal(t, "0 of 1 caught, 0 of 0 alternatives accepted, 1 skipped", sum.String())
}
