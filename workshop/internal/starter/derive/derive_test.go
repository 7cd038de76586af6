package derive_test

import (
	"context"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"example.com/bookapi/workshop/internal/gocmd"
	"example.com/bookapi/workshop/internal/starter"
	"example.com/bookapi/workshop/internal/starter/derive"
)

var update = flag.Bool("update", false, "rewrite what testdata/derived expects")

const step = "step1-cases"

// archives reads the cases of a folder, by name.
func archives(t *testing.T, dir string) map[string]*txtar.Archive {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.txtar"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	cases := make(map[string]*txtar.Archive)
	for _, file := range files {
		cases[strings.TrimSuffix(filepath.Base(file), ".txtar")] = archive(t, file)
	}
	return cases
}

func archive(t *testing.T, file string) *txtar.Archive {
	t.Helper()
	a, err := txtar.ParseFile(file)
	require.NoError(t, err)
	for i := range a.Files { // a checkout on Windows may have changed them
		a.Files[i].Data = []byte(strings.ReplaceAll(string(a.Files[i].Data), "\r\n", "\n"))
	}
	return a
}

// course lays a small course out and returns its root.
func course(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	write(t, root, archive(t, filepath.Join("testdata", "course.txtar")).Files...)
	return root
}

func write(t *testing.T, root string, files ...txtar.File) {
	t.Helper()
	for _, f := range files {
		file := filepath.Join(root, filepath.FromSlash(f.Name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, f.Data, 0o600))
	}
}

// below returns the files of an archive in a folder of it, by the path there.
func below(a *txtar.Archive, folder string) starter.Files {
	files := make(starter.Files)
	for _, f := range a.Files {
		if name, ok := strings.CutPrefix(f.Name, folder+"/"); ok {
			files[name] = f.Data
		}
	}
	return files
}

// cases lays out a course whose step has each archive as a folder.
func cases(t *testing.T) (root string, all map[string]*txtar.Archive) {
	t.Helper()
	root, all = course(t), archives(t, "derived")
	for name, a := range all {
		for file, content := range below(a, "solved") {
			write(t, root, txtar.File{Name: path.Join("solutions", step, name, file), Data: content})
		}
	}
	return root, all
}

func goTool(t *testing.T, dir string, args ...string) {
	t.Helper()
	out, err := gocmd.Command(t.Context(), dir, []string{"GOWORK=" + filepath.Join(dir, "go.work")}, args...).CombinedOutput()
	require.NoError(t, err, "go %s:\n%s", strings.Join(args, " "), out)
}

// derived is the starter of a step.
func derived(t *testing.T, root, step string) (starter.Files, error) {
	t.Helper()
	solution, err := derive.Load(t.Context(), root, step)
	if err != nil {
		return nil, err
	}
	return solution.Starter()
}

func TestStarterIsTheSolutionWithItsExercisesBlanked(t *testing.T) {
	t.Parallel()
	root, all := cases(t)
	solution, err := derive.Load(t.Context(), root, step)
	require.NoError(t, err)
	derived, err := solution.Starter()
	require.NoError(t, err)

	for name, a := range all {
		t.Run(name, func(t *testing.T) {
			got := make(starter.Files)
			for file, content := range derived {
				if inside, ok := strings.CutPrefix(file, name+"/"); ok {
					got[inside] = content
				}
			}
			if *update {
				rewrite(t, name, a, got)
				return
			}
			same(t, below(a, "starter"), got)
		})
	}

	for file, content := range derived {
		write(t, root, txtar.File{Name: path.Join(step, file), Data: content})
	}
	goTool(t, root, "vet", "./bookapi/...", "./"+step+"/...")
	out, err := exec.Command("gofmt", "-l", filepath.Join(root, step)).Output()
	if err == nil { // gofmt is there
		assert.Empty(t, strings.ReplaceAll(string(out), filepath.Join(root, step, "nested", "testdata", "broken.go")+"\n", ""))
	}

	solved, err := starter.Read(filepath.Join(root, "solutions", step))
	require.NoError(t, err)
	assert.Empty(t, derive.Leaks(solved, derived))
}

// rewrite makes an archive expect what was derived. Read the diff.
func rewrite(t *testing.T, name string, a *txtar.Archive, got starter.Files) {
	a.Files = slices.DeleteFunc(a.Files, func(f txtar.File) bool { return strings.HasPrefix(f.Name, "starter/") })
	for _, file := range slices.Sorted(maps.Keys(got)) {
		a.Files = append(a.Files, txtar.File{Name: "starter/" + file, Data: got[file]})
	}
	require.NoError(t, os.WriteFile(filepath.Join("testdata", "derived", name+".txtar"), txtar.Format(a), 0o600))
}

func same(t *testing.T, want, got starter.Files) {
	t.Helper()
	assert.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
	for name := range want {
		assert.Equal(t, string(want[name]), string(got[name]), name)
	}
}

func TestSolvedExercisesBringTheirHelpersBack(t *testing.T) {
	t.Parallel()
	root, all := cases(t)
	solution, err := derive.Load(t.Context(), root, step)
	require.NoError(t, err)
	blank, err := solution.Starter()
	require.NoError(t, err)
	solved := below(all["ladder"], "solved")

	first, err := solution.Starter("1.1")
	require.NoError(t, err)
	assert.Contains(t, string(first["ladder/a.go"]), "func trim(")
	assert.NotContains(t, string(first["ladder/a.go"]), "forB", "only the second exercise uses it")
	assert.NotContains(t, string(first["ladder/a.go"]), `"errors"`)
	assert.Equal(t, string(blank["ladder/b.go"]), string(first["ladder/b.go"]))
	assert.Contains(t, string(first["ladder/todo.go"]), "func errTODO(")

	second, err := solution.Starter("1.1", "1.2")
	require.NoError(t, err)
	assert.Equal(t, string(solved["a.go"]), string(second["ladder/a.go"]))
	assert.NotContains(t, string(second["ladder/b.go"]), "func serve(")
	assert.NotContains(t, string(second["ladder/todo.go"]), "errTODO")
	assert.Contains(t, string(second["ladder/todo.go"]), "todoHandler")

	third, err := solution.Starter("1.1", "1.2", "1.3")
	require.NoError(t, err)
	assert.Equal(t, string(solved["b.go"]), string(third["ladder/b.go"]))
	assert.NotContains(t, third, "ladder/todo.go")

	_, err = solution.Starter("9.9")
	assert.EqualError(t, err, "derive: solutions/step1-cases has no exercise 9.9")
}

func TestAllExercisesSolvedIsTheSolution(t *testing.T) {
	t.Parallel()
	root, _ := cases(t)
	solution, err := derive.Load(t.Context(), root, step)
	require.NoError(t, err)
	var ids []string
	for _, e := range solution.Exercises() {
		ids = append(ids, e.ID)
	}
	got, err := solution.Starter(ids...)
	require.NoError(t, err)
	want, err := starter.Read(filepath.Join(root, "solutions", step))
	require.NoError(t, err)
	want["go.mod"] = got["go.mod"]
	same(t, want, got)
}

func TestExercisesAreInTheOrderOfTheirNumbers(t *testing.T) {
	t.Parallel()
	root, _ := cases(t)
	solution, err := derive.Load(t.Context(), root, step)
	require.NoError(t, err)
	list := solution.Exercises()
	assert.Equal(t, "1.10", list[slices.IndexFunc(list, func(e derive.Exercise) bool { return e.ID == "2.1" })-1].ID)
	assert.Contains(t, list, derive.Exercise{ID: "2.1", File: "methods/methods.go", Line: 8, Func: "Issuer.Issue"})
	assert.Contains(t, list, derive.Exercise{ID: "2.3", File: "methods/methods.go", Line: 37, Func: "Set.Has"})
}

func TestRefusedSolutionsAreNamedWithPlaceAndRemedy(t *testing.T) {
	t.Parallel()
	for name, a := range archives(t, "refused") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := course(t)
			for _, f := range a.Files {
				write(t, root, txtar.File{Name: path.Join("solutions", step, f.Name), Data: f.Data})
			}
			_, err := derived(t, root, step)
			require.Error(t, err)
			for _, part := range strings.Split(strings.TrimSpace(string(a.Comment)), "\n") {
				assert.ErrorContains(t, err, strings.TrimSpace(part))
			}
		})
	}
}

func TestLineEndsOfACheckoutDoNotMatter(t *testing.T) {
	t.Parallel()
	root, _ := cases(t)
	want, err := derived(t, root, step)
	require.NoError(t, err)

	solved, err := starter.Read(filepath.Join(root, "solutions", step))
	require.NoError(t, err)
	for name, content := range solved {
		if strings.HasSuffix(name, ".go") || name == "go.mod" {
			crlf := strings.ReplaceAll(string(content), "\n", "\r\n")
			write(t, root, txtar.File{Name: path.Join("solutions", step, name), Data: []byte(crlf)})
		}
	}
	got, err := derived(t, root, step)
	require.NoError(t, err)
	delete(want, "nested/testdata/broken.go") // data, byte for byte
	delete(got, "nested/testdata/broken.go")
	same(t, want, got)
}

func TestGoModPointsFromTheStep(t *testing.T) {
	t.Parallel()
	root := course(t)
	write(t, root,
		txtar.File{Name: "solutions/step2-next/next.go", Data: []byte("package next\n")},
		txtar.File{Name: "solutions/step2-next/go.mod", Data: []byte(`module example.com/bookapi/step2-next

go 1.26.0

require (
	example.com/bookapi v0.0.0
	example.com/bookapi/step1-cases v0.0.0 // stays, though the stubs do not need it
)

replace (
	example.com/bookapi v0.0.0 => ../../bookapi
	example.com/bookapi/step1-cases v0.0.0 => ../step1-cases
)

replace example.com/a => example.com/b v1.2.3
`)},
		txtar.File{Name: "solutions/step2-next/go.sum", Data: []byte("example.com/b v1.2.3 h1:x\n")})
	files, err := derived(t, root, "step2-next")
	require.NoError(t, err)
	assert.Equal(t, `module example.com/bookapi/step2-next

go 1.26.0

require (
	example.com/bookapi v0.0.0
	example.com/bookapi/step1-cases v0.0.0 // stays, though the stubs do not need it
)

replace (
	example.com/bookapi v0.0.0 => ../bookapi
	example.com/bookapi/step1-cases v0.0.0 => ../step1-cases
)

replace example.com/a => example.com/b v1.2.3
`, string(files["go.mod"]))
	assert.Equal(t, "example.com/b v1.2.3 h1:x\n", string(files["go.sum"]))
}

func TestStepsAreInTheOrderOfTheirNumbers(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, folder := range []string{"step10-last", "step2-b", "step1-a", "proof", "steps", "step-x"} {
		require.NoError(t, os.MkdirAll(filepath.Join(root, "solutions", folder), 0o755))
	}
	steps, err := derive.Steps(root)
	require.NoError(t, err)
	assert.Equal(t, []string{"step1-a", "step2-b", "step10-last"}, steps)

	_, err = derive.Load(t.Context(), root, "step3-none")
	assert.EqualError(t, err, "derive: solutions/step3-none has no go.mod: is that the name of a step?")
}

func TestLoadStopsWhenItIsTold(t *testing.T) {
	t.Parallel()
	root, _ := cases(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := derive.Load(ctx, root, step)
	assert.Error(t, err)
}

func TestLeaksFindsWhatTheStarterShouldNotName(t *testing.T) {
	t.Parallel()
	solution := starter.Files{
		"a.go":         []byte("package a\n\nfunc dummyHash() {}\n\nconst limit, Kept = 1, 2\n"),
		"cmd/x/b.go":   []byte("package main\n\nfunc elsewhere() {}\n"),
		"a_test.go":    []byte("package a_test\n\nfunc ofTheTest() {}\n"),
		"testdata/c.s": []byte("dummyHash"),
	}
	begun := starter.Files{
		"a.go":      []byte("package a\n\n// The limit is not a leak, dummyHash is.\nconst Kept = 2\n"),
		"a_test.go": []byte("package a_test\n\nvar x = \"see dummyHash\"\n\nfunc f() { limit := 1; _, elsewhere := limit, ofTheTest }\n"),
	}
	leaks := derive.Leaks(solution, begun)
	assert.Equal(t, []derive.Leak{
		{Path: "a.go", Line: 3, Name: "dummyHash"},
		{Path: "a_test.go", Line: 3, Name: "dummyHash"},
		{Path: "a_test.go", Line: 5, Name: "limit"},
		{Path: "a_test.go", Line: 5, Name: "limit"},
	}, leaks)
	assert.Equal(t, "a.go:3 names dummyHash, which only the solution declares", leaks[0].String())
}
