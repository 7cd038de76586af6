package doctor

import (
	"archive/zip"
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/bookapi/workshop/internal/course"
	"example.com/bookapi/workshop/internal/course/coursetest"
	"example.com/bookapi/workshop/internal/starter"
)

// patient is a doctor before a small course with nothing wrong.
func patient(t *testing.T, root string) Doctor {
	t.Helper()
	t.Setenv("GOWORK", "") // that of the course, also when these tests run without theirs
	c, err := course.Load(root)
	given := make(map[string]starter.Files)
	if c != nil {
		for _, step := range c.Steps {
			given[step.Name], err = starter.Read(filepath.Join(root, step.Dir))
			require.NoError(t, err)
		}
	}
	return Doctor{Root: root, Course: c, Why: err, Now: time.Now, Starter: func(step string) (starter.Files, error) { return given[step], nil }}
}

// examine returns the findings of one check.
func examine(t *testing.T, d Doctor, check string) []Finding {
	t.Helper()
	all := d.Examine(t.Context(), func(Finding) {})
	return slices.DeleteFunc(all, func(f Finding) bool { return f.Check != check })
}

func one(t *testing.T, d Doctor, check string) Finding {
	t.Helper()
	findings := examine(t, d, check)
	require.Len(t, findings, 1)
	return findings[0]
}

func TestAHealthyMachine(t *testing.T) {
	d := patient(t, coursetest.RepoWithReference(t))
	var told []Finding
	findings := d.Examine(t.Context(), func(f Finding) { told = append(told, f) })
	assert.Equal(t, findings, told)
	var checks []string
	for _, f := range findings {
		checks = append(checks, f.Check)
		assert.NotEqual(t, Fail, f.State, f)
		assert.Equal(t, f.State == OK, f.Mend == "", "what is wrong, and only that, can be mended: %v", f)
		assert.NotEmpty(t, f.Says)
		assert.NotEmpty(t, f.Fact)
	}
	assert.Equal(t, []string{"go", "settings", "workspace", "course", "modules", "cache", "port", "clock", "watching", "editor", "curl"}, checks)
	assert.True(t, Takeable(findings))
	assert.NoDirExists(t, filepath.Join(d.Root, ".workshop"), "nothing is left behind")
}

func TestVariablesThatGetInTheWay(t *testing.T) {
	root := coursetest.RepoWithReference(t)
	other := "windows"
	if runtime.GOOS == other {
		other = "linux"
	}
	for name, test := range map[string]struct{ name, value, says string }{
		"a vendor folder":   {"GOFLAGS", "-count=1 -mod=vendor", "GOFLAGS has -mod=vendor"},
		"no workspace":      {"GOWORK", "off", "GOWORK is off"},
		"another workspace": {"GOWORK", filepath.Join(root, "solutions", "go.work"), "so the course's go.work is not used"},
		"no modules":        {"GO111MODULE", "off", "GO111MODULE is off"},
		"another system":    {"GOOS", other, "does not run on this machine"},
		"another Go":        {"GOROOT", t.TempDir(), "but this go command belongs to"},
	} {
		t.Run(name, func(t *testing.T) {
			d := patient(t, root)
			t.Setenv(test.name, test.value)
			findings := d.Examine(t.Context(), func(Finding) {})
			assert.False(t, Takeable(findings))
			failed := slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.State != Fail })
			require.Len(t, failed, 1, "one trouble is told once")
			assert.Equal(t, "settings", failed[0].Check)
			assert.Contains(t, failed[0].Says, test.says)
			assert.Contains(t, failed[0].Mend, test.name)
			assert.NotContains(t, failed[0].Fact, root)
		})
	}
}

func TestHarmlessVariablesAreNoTrouble(t *testing.T) {
	d := patient(t, coursetest.RepoWithReference(t))
	t.Setenv("GOFLAGS", "-buildvcs=false -mod=readonly")
	t.Setenv("GOTOOLCHAIN", "local")
	assert.Equal(t, OK, one(t, d, "settings").State)
}

func TestNoGoCommand(t *testing.T) {
	d := patient(t, coursetest.RepoWithReference(t))
	t.Setenv("PATH", t.TempDir())
	findings := d.Examine(t.Context(), func(Finding) {})
	require.Len(t, findings, 1)
	assert.Equal(t, "There is no go command on the PATH.", findings[0].Says)
	assert.False(t, Takeable(findings))
}

func TestThereIsALeastGoAndNoGreatest(t *testing.T) {
	for has, want := range map[string]State{
		"go1.21.5": Fail, "go1.25.9": Fail, "go1.26rc1": Fail, "go1.26.0": OK, "go1.26.8": OK, "go1.27rc1": OK, "go1.30": OK, "go2.0": OK,
		"devel go1.28-abcdef": OK, "go1.26.1-custom by mallory": OK,
	} {
		f := goVersion(has, "1.26.0")
		assert.Equal(t, want, f.State, has)
		assert.Contains(t, f.Says, has)
		assert.NotContains(t, f.Fact, "mallory")
	}
	root := coursetest.Repo(t)
	coursetest.Replace(t, root, "go.work", "go 1.26.0", "go 1.33")
	assert.Equal(t, "1.33", leastGo(root))
}

func TestASecondGoCommandIsNamed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a script is no program there")
	}
	first, err := exec.LookPath("go")
	require.NoError(t, err)
	dir := t.TempDir()
	second := filepath.Join(dir, "go")
	require.NoError(t, os.WriteFile(second, []byte("#!/bin/sh\n"), 0o700))
	t.Setenv("PATH", filepath.Dir(first)+string(os.PathListSeparator)+dir)
	f := goVersion("go1.26.8", "1.26.0")
	assert.Contains(t, f.Says, "Not used: "+second)
	assert.Contains(t, f.Fact, ", 1 more on the PATH")
	assert.NotContains(t, f.Fact, dir)
}

func TestTheWorkspace(t *testing.T) {
	root := coursetest.RepoWithReference(t)
	coursetest.Replace(t, root, "go.work", "./step1-alpha", "./solutions/step1-alpha")
	f := one(t, patient(t, root), "workspace")
	assert.Equal(t, OK, f.State)
	assert.Contains(t, f.Says, "From the reference: 1.")

	coursetest.Replace(t, root, "go.work", "./solutions/step1-alpha", "./mine/step1-alpha")
	coursetest.Write(t, root, "mine/step1-alpha/go.mod", "module example.test/step1-alpha\n\ngo 1.26.0\n")
	f = one(t, patient(t, root), "workspace")
	assert.Equal(t, Warn, f.State)
	assert.Contains(t, f.Says, "From a folder of your own: 1.")

	coursetest.Replace(t, root, "go.work", "./mine/step1-alpha", "./step1-alpha")
	require.NoError(t, os.RemoveAll(filepath.Join(root, "solutions")))
	assert.Contains(t, one(t, patient(t, root), "workspace").Says, "solutions/ is not there")

	coursetest.Write(t, root, "mine/go.mod", "module example.test/step1-alpha\n\ngo 1.26.0\n")
	coursetest.Replace(t, root, "go.work", "use (\n", "use (\n\t./mine\n")
	f = one(t, patient(t, root), "workspace")
	assert.Equal(t, Fail, f.State)
	assert.Contains(t, f.Says, "does not accept go.work")

	coursetest.Write(t, root, "go.work", "use (")
	d := patient(t, root)
	f = one(t, d, "workspace")
	assert.Equal(t, Fail, f.State)
	assert.Contains(t, f.Says, "The course cannot be read: ")
	assert.NotContains(t, f.Fact, root)
}

func TestMissingModules(t *testing.T) {
	root := coursetest.RepoWithReference(t)
	coursetest.Replace(t, root, "step1-alpha/go.mod", "require example.com/bookapi v0.0.0", "require (\n\texample.com/bookapi v0.0.0\n\texample.com/nowhere v1.0.0\n)")
	coursetest.Write(t, root, "step1-alpha/uses.go", "package alpha\n\nimport _ \"example.com/nowhere\"\n")
	f := one(t, patient(t, root), "modules")
	assert.Equal(t, Fail, f.State)
	assert.Contains(t, f.Mend, "doctor --warm")
	assert.Contains(t, f.Mend, "START.txt says, on your instructor's stick", "there may be no network")
	gone := filepath.Join(t.TempDir(), "USB disk", "modules")
	t.Setenv("GOPROXY", "file://"+strings.ReplaceAll(filepath.ToSlash(gone), " ", "%20")+",https://proxy.golang.org")
	f = one(t, patient(t, root), "modules")
	if runtime.GOOS != "windows" { // where a drive has one slash more
		assert.Contains(t, f.Says, gone+", which is not there")
	}
	assert.Contains(t, f.Mend, "Plug the stick in")
	assert.NotContains(t, f.Fact, "USB")

	coursetest.Write(t, root, "step1-alpha/go.mod", "module example.test/step1-alpha\n\ngo 1.26.0\n\nrequire example.com/bookapi v0.0.0\n\nreplace example.com/bookapi v0.0.0 => ../bookapi\n")
	coursetest.Write(t, root, "step1-alpha/uses.go", "package alpha\n\nfunc broken( {\n")
	assert.Equal(t, OK, one(t, patient(t, root), "modules").State, "what the learner's code has wrong is no business of the doctor's")
}

func TestAColdCacheIsWarmed(t *testing.T) {
	if testing.Short() {
		t.Skip("the standard library is compiled once more")
	}
	d := patient(t, coursetest.RepoWithReference(t))
	t.Setenv("GOCACHE", t.TempDir())
	f := d.Cache(t.Context())
	assert.Equal(t, Warn, f.State)
	assert.Contains(t, f.Says, "wait to be compiled")
	assert.Contains(t, f.Mend, "doctor --warm")
	before, err := os.ReadDir(d.Root)
	require.NoError(t, err)
	trouble, err := d.Warm(t.Context(), func(string) {})
	require.NoError(t, err)
	assert.Empty(t, trouble)
	assert.Equal(t, OK, d.Cache(t.Context()).State)
	after, err := os.ReadDir(d.Root)
	require.NoError(t, err)
	assert.Len(t, after, len(before), "no program is left behind")
}

// A proxy is a folder of files, as it is on a stick.
func TestWarmFetchesWhatItCan(t *testing.T) {
	root := coursetest.RepoWithReference(t)
	coursetest.Replace(t, root, "step1-alpha/go.mod", "require example.com/bookapi v0.0.0", "require (\n\texample.com/bookapi v0.0.0\n\texample.com/far v1.0.0\n)")
	coursetest.Write(t, root, "step1-alpha/uses.go", "package alpha\n\nimport _ \"example.com/far\"\n")
	stick, cache := t.TempDir(), t.TempDir()
	const mod = "module example.com/far\n\ngo 1.26.0\n"
	coursetest.Write(t, stick, "example.com/far/@v/v1.0.0.info", `{"Version":"v1.0.0"}`)
	coursetest.Write(t, stick, "example.com/far/@v/v1.0.0.mod", mod)
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for name, text := range map[string]string{"go.mod": mod, "far.go": "package far\n"} {
		w, err := z.Create("example.com/far@v1.0.0/" + name)
		require.NoError(t, err)
		_, err = io.WriteString(w, text)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	coursetest.Write(t, stick, "example.com/far/@v/v1.0.0.zip", packed.String())

	t.Setenv("GOMODCACHE", cache)
	t.Setenv("GOFLAGS", "-modcacherw")
	t.Setenv("GOSUMDB", "off")
	t.Setenv("GOPROXY", "off")
	d := patient(t, root)
	trouble, err := d.Warm(t.Context(), func(string) {})
	require.NoError(t, err)
	require.NotEmpty(t, trouble)
	assert.Equal(t, Warn, trouble[0].State)
	assert.Contains(t, trouble[0].Says, "Not every module could be fetched: ")
	assert.Contains(t, trouble[0].Mend, "START.txt")
	assert.Equal(t, Fail, one(t, d, "modules").State)

	address := filepath.ToSlash(stick)
	if !strings.HasPrefix(address, "/") {
		address = "/" + address
	}
	t.Setenv("GOPROXY", "file://"+address)
	trouble, err = d.Warm(t.Context(), func(string) {})
	require.NoError(t, err)
	assert.Empty(t, trouble)
	assert.Equal(t, OK, one(t, d, "modules").State)
}

func TestWarmTellsWhatDoesNotBuild(t *testing.T) {
	root := coursetest.RepoWithReference(t)
	coursetest.Write(t, root, "step1-alpha/wrong.go", "package alpha\n\nvar x int = \"x\"\n")
	d := patient(t, root)
	trouble, err := d.Warm(t.Context(), func(string) {})
	require.NoError(t, err)
	require.NotEmpty(t, trouble)
	assert.Contains(t, trouble[0].Says, "./step1-alpha could not be compiled: step1-alpha/wrong.go:3:13")
	for _, f := range trouble {
		assert.Equal(t, "compile", f.Check)
		assert.NotContains(t, f.Fact, "wrong")
	}
}

// A checkout may belong to somebody else, and git answers nobody else then.
func TestACheckoutOfSomebodyElse(t *testing.T) {
	root := coursetest.RepoWithReference(t)
	coursetest.Write(t, root, "step2-beta/cmd/bookapi/main.go", coursetest.Server)
	if out, err := exec.Command("git", "-C", root, "init", "-q").CombinedOutput(); err != nil {
		t.Skipf("no git: %s", out)
	}
	t.Setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
	t.Setenv("GOENV", "off")
	t.Setenv("GOFLAGS", "-trimpath")
	d := patient(t, root)
	_, err := tool(t.Context(), root, nil, "build", "-o", os.DevNull, "./step2-beta/cmd/bookapi")
	require.ErrorContains(t, err, "VCS", "without a flag, it does not build")

	trouble, err := d.Warm(t.Context(), func(string) {})
	require.NoError(t, err)
	assert.Empty(t, trouble)
	assert.Contains(t, d.building(t.Context(), root), "GOFLAGS=-trimpath -mod=readonly -buildvcs=false", "the user's flags stay")
	for _, f := range d.Examine(t.Context(), func(Finding) {}) {
		assert.NotEqual(t, Fail, f.State, f)
		if f.Check == "modules" || f.Check == "cache" {
			assert.Equal(t, OK, f.State, f)
		}
	}
}

func TestThePort(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	d := Doctor{Port: listener.Addr().(*net.TCPAddr).Port}
	assert.Equal(t, Warn, d.port(t.Context(), environment{}).State)
	require.NoError(t, listener.Close())
	assert.Equal(t, OK, d.port(t.Context(), environment{}).State)
}

func TestTheClock(t *testing.T) {
	d := Doctor{Root: t.TempDir(), Now: time.Now}
	assert.Equal(t, OK, d.clock(t.Context(), environment{}).State)
	d.Now = func() time.Time { return time.Now().Add(time.Hour) }
	f := d.clock(t.Context(), environment{})
	assert.Equal(t, Warn, f.State)
	assert.Contains(t, f.Says, "1h0m0s apart")
	d.Now = func() time.Time { return time.Date(1970, 1, 1, 0, 5, 0, 0, time.UTC) }
	f = d.clock(t.Context(), environment{})
	assert.Equal(t, Warn, f.State)
	assert.Contains(t, f.Says, "1 January 1970, 00:05")
}

func TestTheTimesOfFiles(t *testing.T) {
	d := Doctor{Root: t.TempDir()}
	assert.NotEqual(t, Fail, d.watching(t.Context(), environment{}).State)
	for took, want := range map[time.Duration]State{time.Millisecond: OK, time.Second: OK, 2 * time.Second: Warn} {
		assert.Equal(t, want, toldApart(took).State, took)
	}
	require.NoError(t, os.WriteFile(filepath.Join(d.Root, ".workshop"), nil, 0o600))
	f := d.watching(t.Context(), environment{})
	assert.Equal(t, Fail, f.State)
	assert.Contains(t, f.Says, "Nothing can be written")
}

// Whatever is wrong, and wherever names and secrets stand: the report has none.
func TestTheReportNamesNobody(t *testing.T) {
	root := filepath.Join(t.TempDir(), "mallory", "course")
	require.NoError(t, os.MkdirAll(root, 0o755))
	require.NoError(t, os.CopyFS(root, os.DirFS(coursetest.RepoWithReference(t))))
	d := patient(t, root)
	host, err := os.Hostname()
	require.NoError(t, err)
	secrets := []string{"mallory", "s3cret", root, filepath.ToSlash(root), host}
	mine := filepath.Join(t.TempDir(), "mallory")
	reports := func() string {
		findings := d.Examine(t.Context(), func(Finding) {})
		return Report(findings)
	}
	all := reports()
	for name, value := range map[string]string{
		"GOFLAGS": "-mod=mod -modfile=" + mine + "/go.mod", "GOWORK": mine + "/go.work", "GOROOT": mine,
		"GOPROXY": "https://mallory:s3cret@proxy.example.com", "HOME": mine, "GOPATH": mine, "USER": "mallory",
	} {
		t.Setenv(name, value)
		all += reports()
	}
	d.Course = nil
	_, d.Why = os.Open(filepath.Join(root, "nothing"))
	all += reports()
	require.NoError(t, os.WriteFile(filepath.Join(root, ".workshop"), nil, 0o600))
	all += reports()
	t.Setenv("PATH", "")
	all += reports()

	assert.Contains(t, all, "fail  settings")
	for _, secret := range secrets {
		assert.NotContains(t, all, secret)
	}
	assert.False(t, strings.ContainsAny(all, `@\`), all)
	assert.NotContains(t, strings.ReplaceAll(all, runtime.GOOS+"/"+runtime.GOARCH, ""), "/")
}
