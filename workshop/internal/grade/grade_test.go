package grade

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/exercise"
	"example.com/bookapi/workshop/internal/flaw"
	"example.com/bookapi/workshop/internal/gotest"
)

func TestNamesAreSafeAndApart(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"alice": "alice", "alice.zip": "alice", "alice.ZIP": "alice", "Zoë Müller": "Zoë_Müller", "=1+1": "_1_1", "-rf": "rf", "..": "submission_",
		"con": "submission_con", "a\nb\x1b[31m": "a_b__31m", "grades.csv": "submission_grades.csv", "a/b": "a_b", strings.Repeat("x", 300): strings.Repeat("x", 60),
		"rtl\u202etxt": "rtl_txt", "\xff": "_",
	} {
		assert.Equal(t, want, safeName(name), "%q", name)
	}
	dir := t.TempDir()
	var paths []string
	for _, name := range []string{"a/bookapi", "b/bookapi", "c.zip", "c", "d"} {
		paths = append(paths, filepath.Join(dir, name))
		require.NoError(t, os.MkdirAll(paths[len(paths)-1], 0o755))
	}
	all, err := Submissions(paths)
	require.NoError(t, err)
	base := filepath.Base(dir)
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
	}
	assert.Equal(t, []string{"a_bookapi", "b_bookapi", safeName(base + "_c"), safeName(base+"_c") + "-2", "d"}, names)
	_, err = Submissions([]string{filepath.Join(dir, "nowhere")})
	assert.ErrorContains(t, err, "there is no")
}

func TestACellIsNoFormula(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "green": "green", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@sum": "'@sum", "\t=1": "'=1", "\r\n=1": "'=1",
		"a\nb": "a b", "\x1b[31mred\x1b[0m": "red", "\u202eevil": "evil",
	} {
		assert.Equal(t, want, cell(text), "%q", text)
	}
}

const testFile = `package alpha_test

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	m.Run()
}

func TestDouble(t *testing.T) {
}

func helper(t *testing.T) {}
`

func TestHarnessKeepsTheLines(t *testing.T) {
	t.Parallel()
	files, tests, err := harness(exercise.Files{"a_test.go": []byte(testFile), "a.go": []byte("package alpha\n")}, "secret")
	require.NoError(t, err)
	assert.Equal(t, []string{"TestDouble"}, tests)
	assert.Equal(t, strings.NewReplacer("func TestMain", "func gradedTestMain", "func TestDouble", "func gradedTestDouble").Replace(testFile), string(files["a_test.go"]))
	text := string(files[harnessFile])
	assert.Nil(t, exercise.Parse([]byte(text)).Fault, text)
	assert.Contains(t, text, "\tgradedTestMain(m)\n")
	assert.Contains(t, text, "func TestDouble(t *testing.T) { gradedTest(t, gradedTestDouble) }\n")

	_, _, err = harness(exercise.Files{"a_test.go": []byte(testFile), "b_test.go": []byte("package alpha\n")}, "secret")
	assert.ErrorContains(t, err, "two packages")
	_, _, err = harness(exercise.Files{"a.go": []byte("package alpha\n")}, "secret")
	assert.ErrorContains(t, err, "no test")
}

// A result counts that was reported with the secret, in a binary that ran to its
// end.
func TestReadProof(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		record string
		begun  bool
		passed []string
	}{
		"whole":               {"s begin \n\ns pass TestA\ns fail TestB\ns skip TestC\ns end ", true, []string{"TestA"}},
		"not ended":           {"s begin\ns pass TestA\n", true, nil},
		"ended another time":  {"s begin\ns pass TestA\ns begin\ns pass TestB\ns end\n", true, []string{"TestB"}},
		"of two":              {"s begin\ns pass TestA\ns end\ns begin\ns pass TestB\ns end\n", true, []string{"TestA", "TestB"}},
		"red the second time": {"s begin\ns pass TestA\ns end\ns begin\ns fail TestA\ns end\n", true, nil},
		"without the secret":  {"x begin\nx pass TestA\nx end\n", false, nil},
		"not begun":           {"s pass TestA\ns end\n", false, nil},
		"nothing":             {"", false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := readProof([]byte(test.record), "s")
			assert.Equal(t, test.begun, p.begun)
			var passed []string
			for _, name := range []string{"TestA", "TestB", "TestC"} {
				if p.passed[name] {
					passed = append(passed, name)
				}
			}
			assert.Equal(t, test.passed, passed)
		})
	}
}

func testLesson() *lesson {
	src := func(text string) []byte { return []byte("package alpha\n\n" + text) }
	return &lesson{
		Step: course.Step{
			Name: "step1-alpha", Dir: "step1-alpha", Number: 1,
			Exercises: []course.Exercise{{ID: "1.1", File: "alpha.go", Func: "Double", Tests: "TestDouble"}, {ID: "1.2", File: "greet.go", Func: "Greeter.Greet", Tests: "TestGreet"}},
		},
		reference: exercise.Files{"alpha.go": src("func Double(n int) int { return 2*n }\n"), "greet.go": src("func (Greeter) Greet() string { return \"hello\" }\n"), "given.go": src("type Greeter struct{}\n"), "alpha_test.go": []byte(testFile)},
		handedOut: exercise.Files{"alpha.go": src("func Double(n int) int { return 0 }\n"), "greet.go": src("func (Greeter) Greet() string { return \"\" }\n"), "given.go": src("type Greeter struct{}\n"), "alpha_test.go": []byte(testFile), "todo.go": src("func errTODO() {}\n")},
		exercises: []string{"alpha.go", "greet.go"}, importable: map[string]bool{"errors": true},
	}
}

func TestWhatIsTakenAndFlagged(t *testing.T) {
	t.Parallel()
	l := testLesson()
	given := func() exercise.Files {
		files := make(exercise.Files)
		for name, src := range l.handedOut {
			files[name] = src
		}
		return files
	}
	take := func(change func(exercise.Files)) (taken, []string) {
		files := given()
		change(files)
		return l.take(&HandIn{Files: map[string]exercise.Files{l.Name: files}})
	}

	got, flags := take(func(exercise.Files) {})
	assert.True(t, got.untouched(l))
	assert.True(t, got.todo)
	assert.Empty(t, flags)

	got, flags = take(func(f exercise.Files) {
		f["alpha.go"] = []byte("package alpha\r\n\r\n// Double.\r\nfunc Double(n int) int {\r\n\treturn 2 * n\r\n}\r\n")
		delete(f, "todo.go")
	})
	assert.False(t, got.untouched(l))
	assert.False(t, got.todo)
	assert.Equal(t, []string{"equal to the reference: step1-alpha/alpha.go"}, flags)

	got, flags = take(func(f exercise.Files) {
		f["given.go"] = []byte("package alpha\n\ntype Greeter int\n")
		f["alpha_test.go"] = []byte("package alpha_test\n\nfunc TestMain() {}\n")
		f["more_test.go"] = []byte("package alpha_test\n")
		f["new.go"] = []byte("package alpha\n\nimport (\n\t\"errors\"\n\t\"os/exec\"\n\t\"slices\"\n\t_ \"unsafe\"\n)\n\n//go:linkname x y\nfunc x()\n\nfunc init() {}\n\nvar _ = func() int { return 1 }()\n")
		f["below/new.go"] = []byte("package below\n")
		f["given.go/new.go"] = []byte("package below\n")
		f["=cmd|x; init: y.go"] = []byte("package alpha\n")
		f["\x1b[31mred.go"] = []byte("package alpha\n")
		f["notes.txt"] = []byte("mine")
	})
	assert.Equal(t, []string{"alpha.go", "below/new.go", "greet.go", "new.go"}, names(got.mine))
	assert.Equal(t, []string{
		"TestMain: step1-alpha/alpha_test.go",
		"extra file: step1-alpha/below/new.go, step1-alpha/new.go",
		"extra file, not taken: step1-alpha/=cmd|x_ init: y.go, step1-alpha/given.go/new.go, step1-alpha/red.go",
		"extra test, not run: step1-alpha/more_test.go",
		"given file changed: step1-alpha/given.go",
		"go:linkname: step1-alpha/new.go",
		"imports what reaches further: os/exec, unsafe",
		"imports what the reference does not: slices",
		"init: step1-alpha/new.go",
		"runs code at the start: step1-alpha/new.go",
		"test changed: step1-alpha/alpha_test.go",
	}, flags)

	_, flags = take(func(f exercise.Files) { delete(f, "alpha_test.go") })
	assert.Equal(t, []string{"test missing: step1-alpha/alpha_test.go"}, flags)
	got, flags = l.take(&HandIn{Files: map[string]exercise.Files{}})
	assert.True(t, got.missing)
	assert.Equal(t, []string{"step1-alpha was not handed in"}, flags)
}

func names(files exercise.Files) []string {
	var all []string
	for name := range files {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func TestCulprits(t *testing.T) {
	t.Parallel()
	b := &bench{lesson: testLesson(), dir: t.TempDir()}
	mine := exercise.Files{"alpha.go": b.reference["alpha.go"], "greet.go": b.reference["greet.go"], "new.go": []byte("package alpha\n\nfunc Double() {}\n")}
	for name, test := range map[string]struct {
		fault gotest.BuildError
		want  []string
	}{
		"in a file":                       {gotest.BuildError{File: "step1-alpha/alpha.go", Line: 3, Message: "undefined: x"}, []string{"alpha.go"}},
		"declared twice, once anew":       {gotest.BuildError{File: "step1-alpha/alpha.go", Message: "Double redeclared in this block\nstep1-alpha/new.go:3:6: other declaration of Double"}, []string{"new.go"}},
		"declared twice, once given":      {gotest.BuildError{File: "step1-alpha/given.go", Message: "Greeter redeclared in this block\nstep1-alpha/greet.go:3:6: other declaration of Greeter"}, []string{"greet.go"}},
		"noticed by a test":               {gotest.BuildError{File: "step1-alpha/alpha_test.go", Line: 1, Message: "undefined: alpha.Double"}, []string{"alpha.go"}},
		"a method":                        {gotest.BuildError{File: "step1-alpha/alpha_test.go", Line: 1, Message: "g.Greet undefined (type alpha.Greeter has no field or method Greet)"}, []string{"greet.go"}},
		"written, and not found":          {gotest.BuildError{File: "step1-alpha/greet.go", Line: 1, Message: "undefined: Double"}, []string{"alpha.go"}},
		"a file that is not there":        {gotest.BuildError{File: "elsewhere.go", Line: 1, Message: "what?"}, nil},
		"a file that a directive names":   {gotest.BuildError{File: "../../etc/passwd", Line: 1, Message: "what?"}, nil},
		"an import cycle, without a file": {gotest.BuildError{Message: "import cycle not allowed"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for file := range b.culprits(mine, []gotest.BuildError{test.fault}) {
				got = append(got, file)
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	b := &bench{lesson: testLesson()}
	faults := b.unreadable(exercise.Files{
		"alpha.go": []byte("package alpha\n\nfunc Double( {}\n"), "greet.go": []byte("package main\n"), "ok.go": []byte("package alpha\n"), "below/x.go": []byte("package below\n"),
	})
	require.Len(t, faults, 2)
	assert.Equal(t, 3, faults["alpha.go"].Line)
	assert.Equal(t, "it is of package main, and the step is package alpha", faults["greet.go"].Message)
}

func TestAClassIsSummedUpWithoutNames(t *testing.T) {
	t.Parallel()
	g := &Grader{lessons: []*lesson{testLesson()}}
	red := func(name, test, says string) Result {
		return Result{Name: name, Exercises: []Exercise{{ID: "1.1", State: Red, Test: test, Failure: says}, {ID: "1.2", State: Todo}}}
	}
	patch := func(name, message string) *flaw.Patch {
		return &flaw.Patch{Name: name, Step: "step1-alpha", Exercise: "1.1", CaughtBy: flaw.Test{Step: "step1-alpha", Name: "TestDouble/three"}, Message: message}
	}
	class := g.Sum([]Result{
		red("alice", "TestDouble/two", `Promise broken (1.1): Double says "alice"`),
		red("bob", "TestDouble/three", "ATTACK SUCCEEDED: mallory gets 4"),
		red("carol", "TestDouble/three", "ATTACK SUCCEEDED: mallory gets 4"),
		red("dave", "TestOther", "Promise broken (1.1): it is other"),
		{Name: "erin", Exercises: []Exercise{{ID: "1.1", State: Green}, {ID: "1.2", State: Red, Test: "TestGreet", Failure: "x"}}},
	}, []*flaw.Patch{patch("another", "something else"), patch("mallory-gets-four", "mallory gets …")})
	text := class.String()
	assert.Contains(t, text, "5 submissions")
	assert.Contains(t, text, "  1.1  : 1 green, 4 red\n")
	assert.Contains(t, text, "\n  3× 1.1 TestDouble\n     ATTACK SUCCEEDED: mallory gets 4\n     → go run ./workshop flaws show step1-alpha/mallory-gets-four\n     → go run ./workshop flaws show step1-alpha/another\n")
	assert.Contains(t, text, "  1. 1.1 TestDouble (3×) → go run ./workshop flaws show step1-alpha/mallory-gets-four\n")
	for _, name := range []string{"alice", "bob", "carol", "dave", "erin"} {
		assert.NotContains(t, text, name)
	}
	assert.Contains(t, Class{}.String(), "No promise is broken")
}

func TestFeedbackIsAPageWithoutMarkdownOfTheirs(t *testing.T) {
	t.Parallel()
	g := &Grader{course: &course.Course{Root: t.TempDir()}, lessons: []*lesson{testLesson()}}
	text := g.Feedback(Result{Name: "alice", Exercises: []Exercise{
		{ID: "1.1", State: Red, Test: "TestDouble", Failure: "x", Output: "Promise broken (1.1): it is\n```\n# not a heading\n" + strings.Repeat("more\n", 100) + strings.Repeat("long", 1000)},
		{ID: "1.2", State: NoBuild, Failure: "step1-alpha/greet.go:3: no"},
	}})
	assert.LessOrEqual(t, strings.Count(text, "\n"), 60)
	assert.Contains(t, text, "\n    # not a heading\n")
	assert.Contains(t, text, "\n    ```\n")
	assert.Contains(t, text, "\n    …\n")
	assert.Contains(t, text, "go test ./step1-alpha -run TestDouble")
	assert.Contains(t, text, "The compiler says:\n\n    step1-alpha/greet.go:3: no\n")
}

func TestResultsAreTakenUp(t *testing.T) {
	t.Parallel()
	g := &Grader{course: &course.Course{Root: t.TempDir()}, lessons: []*lesson{testLesson()}}
	folder, err := OpenFolder(filepath.Join(t.TempDir(), "out"))
	require.NoError(t, err)
	r := Result{Name: "alice", Digest: "d", Flags: []string{"=cmd()"}, Exercises: []Exercise{{ID: "1.1", State: Green}, {ID: "1.2", State: Todo}}}
	require.NoError(t, folder.put(g, r, []Result{r}))
	got, ok := folder.find("alice")
	assert.True(t, ok)
	assert.Equal(t, r, got)
	_, ok = folder.find("bob")
	assert.False(t, ok)
	all, err := folder.Results()
	require.NoError(t, err)
	assert.Equal(t, []Result{r}, all)
	table, err := os.ReadFile(filepath.Join(folder.dir, GradesFile))
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(string(table), "\nsubmission,green,1.1,1.2,flags\nalice,1,green,todo,'=cmd()\n"), string(table))
}
