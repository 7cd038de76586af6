package course_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/course/coursetest"
)

func load(t *testing.T, dir string) *course.Course {
	t.Helper()
	c, err := course.Load(dir)
	require.NoError(t, err)
	return c
}

func TestCourseIsReadInOrder(t *testing.T) {
	root := coursetest.Repo(t)
	coursetest.Replace(t, root, "go.work", "\t./step1-alpha\n\t./step2-beta\n", "\t./step2-beta\n\t./step1-alpha\n")

	c := load(t, root)

	require.Len(t, c.Steps, 2)
	first := c.Steps[0]
	assert.Equal(t, "step1-alpha", first.Name)
	assert.Equal(t, "example.test/step1-alpha", first.ImportPath)
	assert.Equal(t, "Alpha", first.Title)
	assert.Equal(t, "Greeter.Greet", first.Exercises[1].Func)
	assert.Equal(t, "Yes.", first.Quiz[0].Why[1])
	assert.Equal(t, 2, c.Steps[1].Number)
}

func TestCourseIsFoundFromAnyFolderInside(t *testing.T) {
	root := coursetest.Repo(t)
	for _, dir := range []string{".", "step1-alpha", "solutions", "solutions/deep/down"} {
		dir = filepath.Join(root, dir)
		require.NoError(t, os.MkdirAll(dir, 0o755))
		assert.Equal(t, root, load(t, dir).Root, dir)
	}
}

func TestOutsideIsNamed(t *testing.T) {
	_, err := course.Load(t.TempDir())
	assert.ErrorIs(t, err, course.ErrOutside)
}

func TestAfterACatchUpTheSolutionIsTestedAndTheLessonStays(t *testing.T) {
	root := coursetest.Repo(t)
	coursetest.Replace(t, root, "go.work", "./step1-alpha", "./solutions/step1-alpha")
	coursetest.Write(t, root, "solutions/step1-alpha/go.mod", "module example.test/step1-alpha\n")

	step := load(t, root).Steps[0]

	assert.Equal(t, "step1-alpha", step.Name)
	assert.Equal(t, "solutions/step1-alpha", step.Dir)
	assert.Equal(t, "Alpha", step.Title)
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	const lesson = "step1-alpha/lesson.toml"
	change := func(file, old, replacement string) func(*testing.T, string) {
		return func(t *testing.T, root string) { coursetest.Replace(t, root, file, old, replacement) }
	}
	remove := func(file string) func(*testing.T, string) {
		return func(t *testing.T, root string) { require.NoError(t, os.RemoveAll(filepath.Join(root, file))) }
	}
	for name, test := range map[string]struct {
		do   func(*testing.T, string)
		want []string
	}{
		"no lesson":        {remove(lesson), []string{lesson}},
		"no folder":        {remove("step1-alpha"), []string{"step1-alpha"}},
		"broken go.work":   {change("go.work", "use (", "use ( ("), []string{"go.work:"}},
		"no step":          {change("go.work", "\t./step1-alpha\n\t./step2-beta\n", ""), []string{"go.work", "step"}},
		"broken toml":      {change(lesson, `id = "1.1"`, `id = `), []string{lesson, "line 4"}},
		"unknown key":      {change(lesson, `minutes = 5`, "minutes = 5\nminuets = 5"), []string{lesson, "minuets"}},
		"no title":         {change(lesson, `title = "Alpha"`, ""), []string{lesson, "title"}},
		"no func":          {change(lesson, `func = "Double"`, ""), []string{lesson, "1.1", "func"}},
		"id of other step": {change(lesson, `id = "1.1"`, `id = "2.1"`), []string{lesson, "2.1", "step 1"}},
		"id twice":         {change(lesson, `id = "1.2"`, `id = "1.1"`), []string{lesson, "1.1", "twice"}},
		"file elsewhere":   {change(lesson, "file = \"alpha.go\"\nfunc = \"Double\"", "file = \"../alpha.go\"\nfunc = \"Double\""), []string{"1.1", "file"}},
		"no test name":     {change(lesson, "tests = \"TestGreet\"\nminutes", "tests = \"Greet\"\nminutes"), []string{"1.2", "tests"}},
		"no minutes":       {change(lesson, `minutes = 5`, ""), []string{"1.1", "minutes"}},
		"two hints":        {change(lesson, `"What is twice as much?", `, ""), []string{"1.1", "3 hints, not 2"}},
		"bad pattern":      {change(lesson, "[[quiz]]", "[[exercise.hint]]\ntests = \"(\"\nsteps = [\"?\"]\n\n[[quiz]]"), []string{"1.2", "pattern", "("}},
		"hint of 4 steps":  {change(lesson, "[[quiz]]", "[[exercise.hint]]\ntests = \"TestGreet\"\nsteps = [\"?\", \"b\", \"c\", \"d\"]\n\n[[quiz]]"), []string{"1.2", "1 to 3 steps, not 4"}},
		"empty hint":       {change(lesson, `"n + n"`, `" "`), []string{"1.1", "hint 3"}},
		"answer outside":   {change(lesson, `answer = 2`, `answer = 3`), []string{"question 1", "1 to 2, not 3"}},
		"answer missing":   {change(lesson, `answer = 2`, ``), []string{"question 1", "answer"}},
		"reason missing":   {change(lesson, `, "Yes."`, ``), []string{"question 1", "2 choices and 1 reasons"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := coursetest.Repo(t)
			test.do(t, root)
			_, err := course.Load(root)
			for _, want := range test.want {
				assert.ErrorContains(t, err, want)
			}
		})
	}
}

func TestFind(t *testing.T) {
	c := load(t, coursetest.Repo(t))
	for _, query := range []string{"2", "step2", "step2-beta", "./step2-beta/", `.\step2-beta`, "beta", "BETA"} {
		selection, ok := c.Find(query)
		if assert.True(t, ok, query) {
			assert.Equal(t, "step2-beta", selection.Steps[0].Name)
			assert.Empty(t, selection.Exercise)
		}
	}
	selection, ok := c.Find("1.2")
	assert.True(t, ok)
	assert.Equal(t, "1.2", selection.Exercise)
	for _, query := range []string{"1.3", "3", "step3", "", "gamma"} {
		_, ok := c.Find(query)
		assert.False(t, ok, query)
	}
}

func TestNearest(t *testing.T) {
	candidates := []string{"step1-hashing", "1.1", "1.2", "1.3", "1.4", "2.1", "2.4", "3.1", "status", "help"}
	for typed, want := range map[string]string{
		"statsu": "status", "STATUS": "status", "hlep": "help", "2.9": "2.4", "1.9": "1.4", "9.1": "3.1",
		"step1-hash": "step1-hashing", "xyzzy": "",
	} {
		assert.Equal(t, want, course.Nearest(typed, candidates), typed)
	}
}
