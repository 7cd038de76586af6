package modules_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"

	"example.com/bookapi/workshop/checks/internal/repository"
	"example.com/bookapi/workshop/internal/course/coursetest"
)

// goVersion is the one that every module and workspace asks for. It names the
// release and no patch, so that any Go of that release or newer will do.
const goVersion = "1.26.0"

// chosen are the packages that the project has chosen. Steps that meet in one
// program need one version of each.
var chosen = []string{
	"github.com/go-chi/chi/v5",
	"github.com/golang-jwt/jwt/v5",
	"github.com/stretchr/testify",
	"golang.org/x/crypto",
}

// Every go.mod is complete, so that an editor can be opened on one folder, and
// has the form that lets steps and solutions stand in for each other.
func TestModulesStandAlone(t *testing.T) {
	t.Parallel()
	for _, module := range repository.AllModules(t) {
		t.Run(module, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(repository.Root(t), module)
			checkGoMod(t, module)

			alone := []string{"GOWORK=off"}
			out, err := coursetest.TryGo(t, dir, alone, append([]string{"vet"}, repository.Packages(t, module)...)...)
			assert.NoError(t, err, "%s does not pass go vet without go.work:\n%s", module, out)
			if isStarter(module) {
				return // requires what the learner will import: as TestNoDrift has it, that of the solution
			}
			out, err = coursetest.TryGo(t, dir, alone, "mod", "tidy", "-diff")
			assert.NoError(t, err, "run, in %s: GOWORK=off go mod tidy\n%s", module, out)
		})
	}
}

func isStarter(module string) bool { return strings.HasPrefix(module, "step") }

func checkGoMod(t *testing.T, module string) {
	t.Helper()
	name := filepath.Join(module, "go.mod")
	content, err := os.ReadFile(filepath.Join(repository.Root(t), name))
	require.NoError(t, err)
	mod, err := modfile.Parse(name, content, nil)
	require.NoError(t, err)
	if assert.NotNil(t, mod.Go, "%s has no go line", name) {
		assert.Equal(t, goVersion, mod.Go.Version, "%s: the go line", name)
	}
	assert.Nil(t, mod.Toolchain, "%s: a toolchain line would make a newer Go download another one", name)
	for _, r := range mod.Replace {
		assert.Equal(t, "v0.0.0", r.Old.Version, `%s: write "replace %s v0.0.0 => %s", with the version: without it, two modules of one go.work cannot both replace it`, name, r.Old.Path, r.New.Path)
	}
}

func TestWorkspacesAskForTheSameGo(t *testing.T) {
	t.Parallel()
	for _, workspace := range repository.Workspaces() {
		content, err := os.ReadFile(filepath.Join(repository.Root(t), workspace, "go.work"))
		require.NoError(t, err)
		work, err := modfile.ParseWork("go.work", content, nil)
		require.NoError(t, err)
		assert.Equal(t, goVersion, work.Go.Version, "%s/go.work: the go line", workspace)
		assert.Nil(t, work.Toolchain, "%s/go.work: a toolchain line would make a newer Go download another one", workspace)
	}
}

func TestTheChosenPackagesHaveOneVersion(t *testing.T) {
	t.Parallel()
	for _, path := range chosen {
		versions := make(map[string][]string)
		for _, module := range repository.AllModules(t) {
			content, err := os.ReadFile(filepath.Join(repository.Root(t), module, "go.mod"))
			require.NoError(t, err)
			mod, err := modfile.ParseLax(module, content, nil)
			require.NoError(t, err)
			for _, r := range mod.Require {
				if r.Mod.Path == path {
					versions[r.Mod.Version] = append(versions[r.Mod.Version], module)
				}
			}
		}
		assert.Len(t, versions, 1, "%s must have one version in all modules", path)
	}
}

// go work sync has nothing to change, once the steps import what their go.mod
// requires for when they are solved.
func TestWorkspacesAreInSync(t *testing.T) {
	t.Parallel()
	tree := t.TempDir()
	repository.Copy(t, tree)
	repository.Solve(t, tree, "")
	for _, workspace := range repository.Workspaces() {
		coursetest.Go(t, filepath.Join(tree, workspace), "work", "sync")
	}
	for _, module := range repository.AllModules(t) {
		for _, name := range []string{"go.mod", "go.sum"} {
			want, err := os.ReadFile(filepath.Join(repository.Root(t), module, name))
			require.NoError(t, err)
			got, err := os.ReadFile(filepath.Join(tree, module, name))
			require.NoError(t, err)
			assert.Equal(t, string(want), string(got), "go work sync changes %s/%s: run it, and commit", module, name)
		}
	}
}

// Compiling the SQL driver takes a minute, and a learner waits for a step's
// tests again and again.
func TestTheLessonsDoNotCompileTheSQLDriver(t *testing.T) {
	t.Parallel()
	for _, step := range repository.Course(t).Steps {
		if step.Number > 4 {
			continue // step 5 is the complete API, database and all
		}
		list := coursetest.Go(t, repository.Root(t), "list", "-deps", "-test", "./"+step.Name+"/...")
		for _, pkg := range strings.Fields(list) {
			if pkg == "database/sql" || strings.HasPrefix(pkg, "modernc.org/") {
				t.Errorf("go test ./%s/... compiles %s: keep what needs the database in cmd/, which the module ignores", step.Name, pkg)
			}
		}
	}
}
