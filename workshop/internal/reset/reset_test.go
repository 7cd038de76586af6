package reset_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/keep"
	"example.com/bookapi/workshop/internal/reset"
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

// apply makes the files what they are to become.
func apply(t *testing.T, root string, files []keep.File) {
	t.Helper()
	for _, f := range files {
		file := filepath.Join(root, filepath.FromSlash(f.Path))
		if f.Gone {
			require.NoError(t, os.Remove(file))
			continue
		}
		require.NoError(t, os.WriteFile(file, f.Content, 0o600))
	}
}

func exercise(t *testing.T, root, id string) {
	t.Helper()
	files, err := reset.Exercise(t.Context(), root, step, id)
	require.NoError(t, err)
	apply(t, root, files)
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
		exercise(t, root, "1.1")

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

		exercise(t, root, "1.2")
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
	exercise(t, root, "1.1")
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
			exercise(t, root, "1.1")
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
	exercise(t, root, "1.2")
	assert.NoFileExists(t, filepath.Join(root, todo), "this stub calls none")
	exercise(t, root, "1.1")
	assert.Equal(t, before, read(t, root, todo))
}

func TestABrokenFunctionIsPutBack(t *testing.T) {
	t.Parallel()
	for _, broken := range []string{"return plus((", "if n {", "}}", "\"", "func("} {
		root := coursetest.RepoWithReference(t)
		coursetest.Write(t, root, alpha, strings.Replace(mine, "return plus(n, n)", broken, 1))
		exercise(t, root, "1.1")
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
			_, err := reset.Exercise(t.Context(), root, step, "1.1")
			assert.ErrorContains(t, err, test.want)
			assert.ErrorContains(t, err, "go run ./workshop reset step1-alpha")
		})
	}
	root := coursetest.RepoWithReference(t)
	require.NoError(t, os.Remove(filepath.Join(root, alpha)))
	_, err := reset.Exercise(t.Context(), root, step, "1.1")
	assert.ErrorContains(t, err, "Double is nowhere in step1-alpha")
}

func TestAStepIsPutBack(t *testing.T) {
	t.Parallel()
	root := coursetest.RepoWithReference(t)
	pristine, err := starter.Read(filepath.Join(root, step))
	require.NoError(t, err)
	coursetest.Write(t, root, alpha, strings.ReplaceAll(mine, "\n", "\r\n"))
	coursetest.Write(t, root, step+"/mine.go", "package alpha\n\nvar _ = Mine{}\n")
	coursetest.Write(t, root, step+"/notes.txt", "the learner's")
	require.NoError(t, os.Remove(filepath.Join(root, todo)))

	files, err := reset.Step(t.Context(), root, step)
	require.NoError(t, err)
	apply(t, root, files)

	assert.Contains(t, read(t, root, alpha), "}\r\n", "line ends stay")
	coursetest.Write(t, root, alpha, strings.ReplaceAll(read(t, root, alpha), "\r\n", "\n"))
	assert.Equal(t, "the learner's", read(t, root, step+"/notes.txt"))
	require.NoError(t, os.Remove(filepath.Join(root, step, "notes.txt")))
	got, err := starter.Read(filepath.Join(root, step))
	require.NoError(t, err)
	assert.Equal(t, pristine, got)

	files, err = reset.Step(t.Context(), root, step)
	require.NoError(t, err)
	assert.Empty(t, files)
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
			exercise(t, root, []string{"1.1", "1.2"}[e])
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
	root := t.TempDir()
	repository, err := filepath.Abs("../../..")
	require.NoError(t, err)
	for _, folder := range []string{"bookapi", "solutions"} {
		require.NoError(t, os.CopyFS(filepath.Join(root, folder), os.DirFS(filepath.Join(repository, folder))))
	}
	steps, err := starter.Steps(root)
	require.NoError(t, err)
	work := "go 1.26.0\n\nuse ./bookapi\n\nreplace example.com/bookapi v0.0.0 => ./bookapi\n"
	solved := map[string]starter.Files{}
	exercises := map[string][]string{}
	most := 0
	for _, step := range steps {
		solution, err := starter.Load(t.Context(), root, step)
		require.NoError(t, err)
		for _, e := range solution.Exercises() {
			exercises[step] = append(exercises[step], e.ID)
		}
		exercises[step] = slices.Compact(exercises[step])
		solved[step], err = solution.Starter(exercises[step]...)
		require.NoError(t, err)
		_, _, err = starter.Write(root, step, solved[step], time.Now())
		require.NoError(t, err)
		work += "\nuse ./" + step + "\n"
		most = max(most, len(exercises[step]))
	}
	coursetest.Write(t, root, "go.work", work)
	sums, err := os.ReadFile(filepath.Join(repository, "go.work.sum"))
	require.NoError(t, err)
	coursetest.Write(t, root, "go.work.sum", string(sums))

	vet := []string{"vet"}
	for _, step := range steps {
		vet = append(vet, "./"+step)
	}
	for i := range most { // one of each step at a time
		for _, step := range steps {
			_, _, err := starter.Write(root, step, solved[step], time.Now())
			require.NoError(t, err)
			if i < len(exercises[step]) {
				files, err := reset.Exercise(t.Context(), root, step, exercises[step][i])
				require.NoError(t, err)
				require.NotEmpty(t, files)
				apply(t, root, files)
			}
		}
		goTool(t, root, vet...)
	}
}
