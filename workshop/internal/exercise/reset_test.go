package exercise_test

import (
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/exercise"
	"example.com/bookapi/workshop/internal/starter"
)

const (
	step  = "step1-alpha"
	alpha = step + "/alpha.go"
	todo  = step + "/todo.go"
)

// goTool runs the go command in dir, with the go.work that belongs to it.
func goTool(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "go %s:\n%s", strings.Join(args, " "), out)
}

func read(t *testing.T, root, name string) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	require.NoError(t, err)
	return string(src)
}

// handedOut is the tiny course's step as it was handed out.
func handedOut(t *testing.T) exercise.Files {
	t.Helper()
	files, err := starter.Read(filepath.Join(coursetest.RepoWithReference(t), step))
	require.NoError(t, err)
	return files
}

// reset works out the files of the step after the reset of an exercise.
func reset(t *testing.T, root, id string) (exercise.Files, error) {
	t.Helper()
	have, err := starter.Read(filepath.Join(root, step))
	require.NoError(t, err)
	return exercise.Reset(step, handedOut(t), have, id)
}

// apply makes the files of a step what they are to become.
func apply(t *testing.T, root, step string, files exercise.Files) {
	t.Helper()
	for name, content := range files {
		coursetest.Write(t, root, step+"/"+name, string(content))
	}
}

func putBack(t *testing.T, root, id string) {
	t.Helper()
	files, err := reset(t, root, id)
	require.NoError(t, err)
	apply(t, root, step, files)
}

const mine = `package alpha

import (
	"errors"
	"strconv" // for plus

	str "strings"
)

// Mine is the learner's own.
type Mine struct{ errors []string }

// Double doubles.
func Double(n int) (int, error) {
	// Exercise 1.1: add the number to itself.
	if n < 0 {
		return 0, errors.New("too small")
	}
	return plus(n, n)
}

// Greeter greets.
type Greeter struct{}

func   (g *Greeter) Greet(name string) string { return str.Join([]string{"hello", name}, " ") }

func plus(a, b int) (int, error) { return strconv.Atoi(strconv.Itoa(a + b)) }
`

func TestOnlyTheFunctionAndItsImportsChange(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n", "\r\n"} {
		root := coursetest.RepoWithReference(t)
		coursetest.Write(t, root, alpha, strings.ReplaceAll(mine, "\n", end))
		putBack(t, root, "1.1")

		want := strings.Replace(mine, `// Double doubles.
func Double(n int) (int, error) {
	// Exercise 1.1: add the number to itself.
	if n < 0 {
		return 0, errors.New("too small")
	}
	return plus(n, n)
}`, `// Double returns twice n.
func Double(n int) (int, error) {
	// Exercise 1.1: add the number to itself.
	return 0, errTODO("1.1")
}`, 1)
		want = strings.Replace(want, "\t\"errors\"\n", "", 1)
		assert.Equal(t, strings.ReplaceAll(want, "\n", end), read(t, root, alpha))
		goTool(t, root, "vet", "./step1-alpha")

		putBack(t, root, "1.2")
		want = strings.Replace(want, "\n\n\tstr \"strings\"", "", 1)
		want = strings.Replace(want, `func   (g *Greeter) Greet(name string) string { return str.Join([]string{"hello", name}, " ") }`, `// Greet says hello.
func (g *Greeter) Greet(name string) string {
	// Exercise 1.2: be kind.
	return "" // TODO: exercise 1.2
}`, 1)
		assert.Equal(t, strings.ReplaceAll(want, "\n", end), read(t, root, alpha))
		goTool(t, root, "vet", "./step1-alpha")
	}
}

func TestAStubIsNotPutBackTwice(t *testing.T) {
	t.Parallel()
	root := coursetest.RepoWithReference(t)
	before := read(t, root, alpha)
	putBack(t, root, "1.1")
	assert.Equal(t, before, read(t, root, alpha))
}

func TestAFunctionIsPutBackWhereverItWent(t *testing.T) {
	t.Parallel()
	const double = "// Double returns twice n.\nfunc Double(n int) (int, error) {\n\t// Exercise 1.1: add the number to itself.\n\treturn 0, errTODO(\"1.1\")\n}\n"
	for name, test := range map[string]struct {
		write map[string]string
		file  string
		want  string
	}{
		"to another file": {
			map[string]string{alpha: "package alpha\n\ntype Greeter struct{}\n\nfunc (Greeter) Greet(string) string { return `` }\n", step + "/mine.go": "package alpha\n\nimport \"math\"\n\nfunc Double(n int) (int, error) { return 2 * n, math.ErrUnsupported }\n"},
			step + "/mine.go", "package alpha\n\n" + double,
		},
		"under another name": {
			map[string]string{alpha: "package alpha\n\nfunc Twice(n int) int {\n\t// Exercise 1.1: add.\n\treturn 0\n}\n\ntype Greeter struct{}\n\nfunc (Greeter) Greet(string) string { return `` }\n"},
			alpha, "package alpha\n\n" + double + "\ntype Greeter struct{}\n\nfunc (Greeter) Greet(string) string { return `` }\n",
		},
		"for good": {
			map[string]string{alpha: "package alpha\n\ntype Greeter struct{}\n\nfunc (Greeter) Greet(string) string { return `` }\n"},
			alpha, "package alpha\n\ntype Greeter struct{}\n\nfunc (Greeter) Greet(string) string { return `` }\n\n" + double,
		},
		"with its helper": {
			map[string]string{todo: "package alpha\n"},
			todo, "package alpha\n\nimport \"example.com/bookapi\"\n\n// errTODO is the error of an exercise that is not written yet.\nfunc errTODO(exercise string) error { return bookapi.NotWritten(exercise) }\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := coursetest.RepoWithReference(t)
			for name, text := range test.write {
				coursetest.Write(t, root, name, text)
			}
			putBack(t, root, "1.1")
			assert.Equal(t, test.want, read(t, root, test.file))
			goTool(t, root, "vet", "./step1-alpha")
		})
	}
}

func TestTheDeletedHelpersComeBack(t *testing.T) {
	t.Parallel()
	root := coursetest.RepoWithReference(t)
	before := read(t, root, todo)
	require.NoError(t, os.Remove(filepath.Join(root, todo)))
	coursetest.Write(t, root, alpha, mine)
	putBack(t, root, "1.2")
	assert.NoFileExists(t, filepath.Join(root, todo), "this stub calls none")
	putBack(t, root, "1.1")
	assert.Equal(t, before, read(t, root, todo))
}

func TestABrokenFunctionIsPutBack(t *testing.T) {
	t.Parallel()
	for _, broken := range []string{"return plus((", "if n {", "}}", "\"", "func("} {
		root := coursetest.RepoWithReference(t)
		coursetest.Write(t, root, alpha, strings.Replace(mine, "return plus(n, n)", broken, 1))
		putBack(t, root, "1.1")
		goTool(t, root, "vet", "./step1-alpha")
	}
}

func TestWhatCannotBePutBackIsSaid(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, text, want string }{
		"broken elsewhere": {alpha, strings.Replace(mine, "return str.Join", "return ((str.Join", 1), "is no Go elsewhere either (line 22: "},
		"a name taken":     {todo, "package alpha\n\nimport bookapi \"errors\"\n\nvar _ = bookapi.New\n", "needs that name for example.com/bookapi"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := coursetest.RepoWithReference(t)
			coursetest.Write(t, root, test.file, test.text)
			_, err := reset(t, root, "1.1")
			assert.ErrorContains(t, err, test.want)
			assert.ErrorContains(t, err, "go run ./workshop reset step1-alpha")
		})
	}
}

// A piece of a learner's file, and what it imports.
type piece struct {
	text    string
	imports string // by line
}

// Whatever a learner has made of a file that builds: it builds after a reset,
// and every other piece of it is as it was.
func TestAnyFileBuildsAfterwards(t *testing.T) {
	t.Parallel()
	doubles := []piece{
		{"func Double(n int) (int, error) {\n\treturn n + n, nil\n}", ""},
		{"// Double it.\nfunc Double(n int) (int, error) {\n\tif n < 0 {\n\t\treturn 0, errors.New(`{`)\n\t}\n\treturn n + n, nil\n} // done", "\"errors\""},
		{"func Double(n int) (int, error) { return strconv.Atoi(str.ToUpper(`4`)) }", "\"strconv\"\nstr \"strings\""},
		{"func Twice(n int) (int, error) {\n\t// Exercise 1.1: mine\n\tvar errors struct{ New int }\n\treturn errors.New, nil\n}", ""},
	}
	greets := []piece{
		{"func (g *Greeter) Greet(name string) string {\n\treturn name\n}", ""},
		{"func (Greeter) Greet(strings string) string { return errors.New(strings).Error() }", "\"errors\""},
		{"/* Greet\n greets. */\nfunc (g Greeter) Greet(name string) string {\n\treturn fmt.Sprint(rand.Int(), str.ToLower(name))\n}", "\"fmt\"\n\"math/rand/v2\"\nstr \"strings\""},
	}
	others := []piece{
		{"type Greeter struct{}", ""},
		{"type Greeter struct{ wait sync.Mutex }\n\nvar text = `\nfunc Double() {\n}\n`", "\"sync\""},
		{"type Greeter struct{}\n\nfunc double() (errors error) {\n\t_ = errors.Error\n\treturn nil\n}", ""},
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 12 {
		pieces := []piece{doubles[random.IntN(len(doubles))], greets[random.IntN(len(greets))], others[random.IntN(len(others))]}
		var imports []string
		var src strings.Builder
		for _, p := range pieces {
			imports = append(imports, strings.Split(p.imports, "\n")...)
		}
		slices.Sort(imports)
		src.WriteString("package alpha\n\nimport (\n\t" + strings.Join(slices.Compact(imports), "\n\t") + "\n)\n")
		for _, i := range random.Perm(len(pieces)) {
			src.WriteString("\n" + pieces[i].text + "\n")
		}
		root := coursetest.RepoWithReference(t)
		coursetest.Write(t, root, alpha, src.String())
		goTool(t, root, "build", "./step1-alpha")

		exercises := random.Perm(2)
		for done, e := range exercises {
			putBack(t, root, []string{"1.1", "1.2"}[e])
			now := read(t, root, alpha)
			for i, p := range pieces {
				assert.Equal(t, !slices.Contains(exercises[:done+1], i), strings.Contains(now, p.text), "%s\n\nbecame\n\n%s", src.String(), now)
			}
			goTool(t, root, "build", "./step1-alpha")
		}
		goTool(t, root, "vet", "./step1-alpha")
	}
}

// Each exercise of the course, with all others solved, can be put back, and its
// step builds.
func TestEveryExerciseCanBePutBack(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("go vet looks at the whole course once for each exercise of a step")
	}
	root, c := courseCopy(t)
	most := 0
	for _, s := range c.Steps {
		most = max(most, len(s.Exercises))
	}
	vet := []string{"vet"}
	solved := make(map[string]exercise.Files)
	for _, s := range c.Steps {
		vet = append(vet, "./"+s.Name)
		files, err := starter.Read(filepath.Join(root, "solutions", s.Name))
		require.NoError(t, err)
		delete(files, "go.mod")
		solved[s.Name] = files
	}
	for i := range most { // one of each step at a time
		for _, s := range c.Steps {
			apply(t, root, s.Name, solved[s.Name])
			if i < len(s.Exercises) {
				files, err := starter.Reset(root, s.Name, s.Exercises[i].ID)
				require.NoError(t, err)
				require.NotEmpty(t, files)
				for _, f := range files {
					coursetest.Write(t, root, f.Path, string(f.Content))
				}
			}
		}
		goTool(t, root, vet...)
	}
}

// courseCopy is a copy of what the course's steps consist of and build on.
func courseCopy(t *testing.T) (string, *course.Course) {
	t.Helper()
	root, repository := t.TempDir(), "../../.."
	c, err := course.Load(repository)
	require.NoError(t, err)
	work := "go 1.26.0\n\nuse ./bookapi\nuse ./workshop\n\nreplace example.com/bookapi v0.0.0 => ./bookapi\n"
	for _, s := range c.Steps {
		work += "\nuse ./" + s.Name + "\n"
		require.NoError(t, os.CopyFS(filepath.Join(root, s.Name), os.DirFS(filepath.Join(repository, s.Name))))
	}
	for _, folder := range []string{"bookapi", "solutions"} {
		require.NoError(t, os.CopyFS(filepath.Join(root, folder), os.DirFS(filepath.Join(repository, folder))))
	}
	coursetest.Write(t, root, "workshop/go.mod", "module example.com/bookapi/workshop\n\ngo 1.26.0\n")
	coursetest.Write(t, root, "go.work", work)
	sums, err := os.ReadFile(filepath.Join(repository, "go.work.sum"))
	require.NoError(t, err)
	coursetest.Write(t, root, "go.work.sum", string(sums))
	return root, c
}

// What was handed out and is gone comes back, without what the learner has
// moved elsewhere or has finished with.
func TestDeletedFilesComeBack(t *testing.T) {
	t.Parallel()
	want := exercise.Files{
		"a.go":          []byte("package p\n\nimport \"errors\"\n\n// One is one.\nfunc One() error {\n\t// Exercise 1.1: one.\n\treturn errTODO(\"1.1\")\n}\n\n// Two is two.\nfunc Two() error {\n\t// Exercise 1.2: two.\n\treturn errTODO(\"1.2\")\n}\n\n// ErrNo is given.\nvar ErrNo = errors.New(\"no\")\n"),
		"b.go":          []byte("package p\n\nfunc Three() error {\n\t// Exercise 1.3: three.\n\treturn errTODO(\"1.3\")\n}\n"),
		"given.go":      []byte("package p\n\nimport \"strings\"\n\n// A is given.\ntype A struct{}\n\n// B is given.\nfunc (A) B() string { return strings.ToUpper(\"b\") }\n"),
		"given.txt":     []byte("words\n"),
		"given_test.go": []byte("package p_test\n"),
		"todo.go":       []byte("package p\n\nimport \"example.com/bookapi\"\n\nfunc errTODO(exercise string) error { return bookapi.NotWritten(exercise) }\n"),
	}
	changed, err := exercise.Reset("step1-p", want, exercise.Files{}, "1.1")
	require.NoError(t, err)
	given := func(names ...string) exercise.Files {
		files := exercise.Files{}
		for _, name := range names {
			files[name] = want[name]
		}
		return files
	}
	assert.Equal(t, given("a.go", "given.go", "given.txt", "given_test.go", "todo.go"), changed, "but not the file of another exercise")

	mine := "package p\n\nfunc Two() error { return ErrNo }\n\nfunc (A) B() string { return `` }\n"
	have := given("b.go", "given.txt", "given_test.go", "todo.go")
	have["mine.go"] = []byte(mine)
	changed, err = exercise.Reset("step1-p", want, have, "1.1")
	require.NoError(t, err)
	assert.Equal(t, []string{"a.go", "given.go"}, slices.Sorted(maps.Keys(changed)))
	assert.Equal(t, "package p\n\nimport \"errors\"\n\n// One is one.\nfunc One() error {\n\t// Exercise 1.1: one.\n\treturn errTODO(\"1.1\")\n}\n\n// ErrNo is given.\nvar ErrNo = errors.New(\"no\")\n", string(changed["a.go"]))
	assert.Equal(t, "package p\n\n// A is given.\ntype A struct{}\n", string(changed["given.go"]))
}
